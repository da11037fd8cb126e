"""The scripts in ``local_test/`` of a container folder, for whoever leads a user to them."""

from __future__ import annotations

#: by what people call the deed, in the order of use
SCRIPTS = {
    "train": "local_test/train_local.sh",
    "serve": "local_test/serve_local.sh",
    "predict": "local_test/predict.sh",
}
