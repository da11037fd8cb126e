"""The container folder of python-fastapi, rendered, built and trained once; its other algorithms are python-flask's."""

from __future__ import annotations

from ..conftest import sample_fixtures

folder, image, model = sample_fixtures("python-fastapi")
