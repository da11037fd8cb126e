"""The lines of boto3 in the README go from the pushed image to a prediction: run as they stand, against moto."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import Render

PLACES = {"ACCOUNT": "123456789012", "BUCKET": "bucket"}


@pytest.mark.parametrize(
    ("layout", "images"),
    [("single", {"train": "URI", "serve": "URI"}), ("split", {"train": "TRAIN", "serve": "SERVE"})],
)
def test_deploy(
    render: Render,
    layout: str,
    images: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import botocore.client
    from moto import mock_aws

    folder = render("python-flask", project_name="team/churn_1.0", layout=layout)
    code = deploy_code(folder)
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    calls: dict[str, Any] = {}
    call = botocore.client.BaseClient._make_api_call

    def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        calls[operation] = parameters
        return call(client, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", noted)
    with mock_aws():
        exec(compile(code, "README.md", "exec"), {})
    job, model = calls["CreateTrainingJob"], calls["CreateModel"]
    assert job["TrainingJobName"] == "team-churn-1-0-1"
    assert job["AlgorithmSpecification"]["TrainingImage"].startswith(images["train"])
    assert job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://bucket/team/churn_1.0/train"
    assert model["PrimaryContainer"]["Image"].startswith(images["serve"])
    assert calls["InvokeEndpoint"]["Body"] == (folder / "local_test/payloads/iris.csv").read_bytes()
    assert capsys.readouterr().out.strip()
    assert {"DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"} <= calls.keys()


def deploy_code(folder: Path) -> str:
    (code,) = re.findall(r"```python\n(import boto3\n.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    for place, value in PLACES.items():
        code = code.replace(place, value)
    return str(code)
