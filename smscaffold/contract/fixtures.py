"""The fixtures of the built-in clauses. No check may harm them: one that breaks something starts its own container.

`subject`, `lab` (it starts further containers) and `fixtures` (for one that is needed only sometimes) are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smscaffold.contract import jobs, long_jobs  # noqa: F401 - they have fixtures too
from smscaffold.contract.clause import shown, unproven
from smscaffold.contract.injection import Fixtures, fixture
from smscaffold.contract.inside import Inside
from smscaffold.contract.lab import Lab
from smscaffold.contract.starting import Start
from smscaffold.contract.subject import Payload, Subject
from smscaffold.sagemaker_local import Endpoint, Response, TrainingResult

BATCH = {
    "SAGEMAKER_BATCH": "true",
    "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
    "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "2",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6",
}


def fixtures(subject: Subject, lab: Lab) -> Fixtures:
    """All fixtures, for checks of this subject; none is made yet."""
    return Fixtures(subject=subject, lab=lab)


@fixture
def images(subject: Subject, lab: Lab) -> dict[str, Any]:
    """The images as the engine describes them, by use; only `train` if one image does both."""
    names = {"train": subject.train_image, "serve": subject.serve_image}
    if names["train"] == names["serve"]:
        del names["serve"]
    return {use: lab.image(name) for use, name in names.items() if name}


@fixture
def offline(lab: Lab) -> TrainingResult:
    """A training on the data as they are, without a network (T45)."""
    return lab.train()


@fixture
def trained(lab: Lab, offline: TrainingResult) -> TrainingResult:
    """The training that most checks look at: `offline`; or if only that works, one with a network, as all then."""
    if offline.exit_code and not (connected := lab.train(network_mode="bridge")).exit_code:
        lab.network_mode = "bridge"
        return connected
    return offline


@fixture
def model(subject: Subject, fixtures: Fixtures) -> Path | None:
    """The directory of a model, or None: a container may need none (H23)."""
    if subject.model or not subject.train_image:
        return subject.model
    result: TrainingResult = fixtures.get("trained")
    if result.exit_code:
        unproven(f"there is no model: the training ended with exit code {result.exit_code}")
    return result.model


@fixture
def endpoint(start: Start) -> Endpoint:
    """The endpoint that most checks talk to: the one of the first start."""
    return unproven(f"nothing serves: {start.problem}; see H1") if start.problem else start.served


@fixture
def batch(lab: Lab, model: Path | None) -> Iterator[Endpoint]:
    """An endpoint that was started for a batch transform with all its variables (B2)."""
    with lab.endpoint(model, environment=BATCH) as served:
        yield served


@fixture
def bare_batch(lab: Lab, model: Path | None) -> Iterator[Endpoint]:
    """One with the least that says so, in the letters of AWS's local mode (B2): no limit is set."""
    with lab.endpoint(model, environment={"SAGEMAKER_BATCH": "True"}) as served:
        yield served


@fixture
def inside(lab: Lab, endpoint: Endpoint) -> Inside:
    """The network of `endpoint`, seen from inside."""
    return lab.inside(endpoint)


@fixture
def offered(subject: Subject) -> tuple[Payload, ...]:
    """All requests that were given, at least one, whether they are answered or not."""
    return subject.payloads or unproven("give a request that it answers: --payload FILE --content-type TYPE")


@fixture
def payloads(offered: tuple[Payload, ...], endpoint: Endpoint) -> tuple[Payload, ...]:
    """All requests that were given, each of which `endpoint` answers with 200 (H14)."""
    for each in offered:
        answer = endpoint.invoke(each.body, each.content_type)
        if answer.status != 200:
            unproven(f"the {each.content_type} payload gets {shown(answer)}: see H14, or give one that it answers")
    return offered


@fixture
def payload(payloads: tuple[Payload, ...]) -> Payload:
    """The request that was given first; a CSV one if there is one."""
    return next((each for each in payloads if each.content_type == "text/csv"), payloads[0])


@fixture
def answer(endpoint: Endpoint, payload: Payload) -> Response:
    """What `endpoint` answers to `payload`."""
    return endpoint.invoke(payload.body, payload.content_type)


@fixture
def failed(subject: Subject, lab: Lab) -> tuple[str, TrainingResult]:
    """The name of a hyperparameter, and the training that was given an unusable value for it (T24, T25)."""
    numbers = (name for name, value in subject.hyperparameters.items() if re.fullmatch(r"[-+.\de]+", str(value)))
    name = next(numbers, None) or unproven("give a hyperparameter that is a number: --hyperparameters FILE")
    return name, lab.train(hyperparameters={**subject.hyperparameters, name: "not-a-number"})
