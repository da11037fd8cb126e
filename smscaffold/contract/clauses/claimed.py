"""What an image claims by a label (profiles `pipeline` and `mme`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Mend, expect
from smscaffold.contract.parsing import json_value

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.inside import Inside
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.subject import Payload

_PORTS = {14000: range(23000, 24000), 14001: range(24000, 25000)}
_DNS = "127.0.0.11"  # where the engine itself listens in networks that users make
_SMALL = 65536  # characters of a list of no models


class H40(Clause):
    """With `SAGEMAKER_BIND_TO_PORT` it listens there, and nowhere else but in `SAGEMAKER_SAFE_PORT_RANGE`.

    The containers of a pipeline share one network: two that listen on one port cannot run together. An image claims it
    by the label com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true.
    """

    requires = ("H1",)
    seconds = 6
    mend = Mend(
        "Take the port from SAGEMAKER_BIND_TO_PORT, else 8080, and let everything else that listens use a Unix socket "
        "or a port of SAGEMAKER_SAFE_PORT_RANGE; or remove the label.",
        python='os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"); gunicorn --bind unix:/tmp/gunicorn.sock behind nginx',
        r='Sys.getenv("SAGEMAKER_BIND_TO_PORT", "8080")',
        java="server.port=${SAGEMAKER_BIND_TO_PORT:8080}; management.server.port left alone",
    )

    def check(self, lab: Lab, model: Path | None, payload: Payload) -> str:
        (port, safe), (other, other_safe) = _PORTS.items()
        with lab.endpoint(model, environment=_told(port, safe), port=port, ready_within=None) as first:
            inside = lab.inside(first)
            first.until(lambda: _serves(inside, port) or _serves(inside, 8080), "a 200 from /ping", lab.patience)
            asked = f"docker run -e SAGEMAKER_BIND_TO_PORT={port} IMAGE serve"
            came = "200 at port 8080, and none there"
            expect(_serves(inside, port), sent=asked, expected=f"200 from /ping at port {port}", came=came)
            shared: dict[str, Any] = {"network_mode": f"container:{first.container.id}", "ports": None}
            environment = _told(other, other_safe)
            with lab.endpoint(model, environment=environment, ready_within=None, **shared) as second:
                second.until(lambda: _serves(inside, other), f"a 200 from /ping at port {other}", lab.patience)
                found = {(str(address), number) for address, number in inside.listeners() if str(address) != _DNS}
                wrong = [
                    f"{address}:{number}"
                    for address, number in sorted(found)
                    if number not in (port, other, *safe, *other_safe)
                ]
                asked = f"two containers in one network, at the ports {port} and {other}"
                wanted = "no listener elsewhere, except in their safe ranges"
                expect(not wrong, sent=asked, expected=wanted, came=f"listens on {', '.join(wrong[:5])}")
                for number in (port, other):
                    typed = payload.content_type
                    answer = inside.request(
                        "POST", "/invocations", payload.body, port=number, timeout=60, Content_Type=typed
                    )
                    expect(answer.status == 200, sent=f"a good request to port {number}", expected="200", came=answer)
        return f"two in one network answer at the ports {port} and {other}"


def _told(port: int, safe: range) -> dict[str, str]:
    return {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_SAFE_PORT_RANGE": f"{safe[0]}-{safe[-1]}"}


def _serves(inside: Inside, port: int) -> bool:
    return inside.request("GET", "/ping", port=port).status == 200


class M2(Clause):
    """Told to serve several models, it starts without any, and lists none.

    The platform sets SAGEMAKER_MULTI_MODEL=true and loads models later. An image claims it by the label
    com.amazonaws.sagemaker.capabilities.multi-models=true.
    """

    requires = ("H10",)
    seconds = 4
    mend = Mend(
        "With SAGEMAKER_MULTI_MODEL=true load no model at the start, and answer GET /models with the models that were "
        'loaded, such as {"models": []}; or remove the label.'
    )

    def check(self, lab: Lab) -> str:
        environment = {"SAGEMAKER_MULTI_MODEL": "true"}
        with lab.endpoint(None, environment=environment, mounts={"/opt/ml/models": lab.folder()}) as several:
            answer = several.request("GET", "/models", timeout=60)
        asked = "GET /models, SAGEMAKER_MULTI_MODEL=true and /opt/ml/models empty"
        expect(answer.status == 200, sent=asked, expected="200", came=answer)
        expect(_models(answer.text) == [], sent=asked, expected='{"models": []}', came=answer)
        return "a 200 to /ping without a model, and an empty list of models"


def _models(text: str) -> object:
    try:
        value = json_value(text) if len(text) <= _SMALL else None
    except ValueError:
        return None
    return value.get("models") if isinstance(value, dict) else None
