"""Clauses on what an image says of itself."""

from __future__ import annotations

import pytest
from check_helpers import Fault, pushed_as
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

from smscaffold.contract.clauses import static

pytestmark = pytest.mark.docker
SERVES = False
#: of a program for 64-bit ARM, in octal for printf
ARM_HEAD = r"\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0"
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("T2", "RUN chmod 0644 /opt/program/train"),
    ("T2", r"RUN sed -i 's/$/\r/' /opt/program/serve"),
    ("T2", "RUN rm /opt/program/serve"),
    ("T3", "ENTRYPOINT python3 -c pass"),
    ("T4", 'ENTRYPOINT ["tini"]'),
    ("T4", 'ENTRYPOINT ["/usr/bin/dumb-init", "--"]'),
    ("T5", "VOLUME /opt/ml/model"),
    ("T5", "RUN mkdir -p /opt/ml/code && touch /opt/ml/code/train.py"),
    ("T8", "USER 1000"),
    ("T8", "RUN sed -i s/^root:x:0:/root:x:1000:/ /etc/passwd\nUSER root"),
    ("T46", "ENV AWS_ACCESS_KEY_ID="),
    ("T46", "ENV AWS_PROFILE=mine"),
    ("T46", "RUN mkdir /root/.aws && touch /root/.aws/credentials"),
    ("H54", "# platform: linux/s390x\nFROM scratch\nCOPY serve /"),
    ("H54", rf"RUN printf '{ARM_HEAD}' > /opt/program/train"),
    ("H54", rf"RUN printf '{ARM_HEAD}' > /opt/program/python3"),
    ("H54", rf"RUN printf '{ARM_HEAD}' > /opt/program/serve"),
    ("R10", "# platform: linux/s390x\nFROM scratch\nCOPY serve /"),
    ("R11", pushed_as("application/vnd.oci.image.manifest.v1+json")),
    ("R11", pushed_as("application/vnd.oci.image.index.v1+json")),
    ("R13", "RUN truncate -s 300M /opt/data"),
    ("R20", "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=True"),
    ("R20", "LABEL com.amazonaws.sagemaker.capabilities.multi-models="),
    ("R14", "ENV AWS_SECRET_ACCESS_KEY=x"),
    ("R14", "RUN : AKIAABCDEFGHIJKLMNOP"),
]


@pytest.fixture(autouse=True)
def _smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image of more than 10 GB takes minutes to build."""
    monkeypatch.setattr(static, "LARGEST", 400e6)
