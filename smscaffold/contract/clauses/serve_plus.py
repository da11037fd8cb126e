"""What makes a good endpoint (profile `serve-plus`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smscaffold.contract.clause import Clause, Mend, expect

if TYPE_CHECKING:
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint


class H20(Clause):
    """Bad requests get a 4xx, and do no harm.

    The caller sees status and text as a ModelError; a 5xx says that the container is at fault, and batch transforms
    repeat it.
    """

    requires = ("H14",)
    mend = Mend("Answer what cannot be read with 400, an unknown Content-Type with 415 and an unknown path with 404.")

    def check(self, endpoint: Endpoint, payload: Payload) -> str:
        bad = {
            "an empty body": (b"", payload.content_type),
            "a body of random bytes": (bytes(range(256)), payload.content_type),
            "a made-up content type": (payload.body, "application/x-made-up"),
        }
        for name, (body, media) in bad.items():
            answer = endpoint.invoke(body, media)
            expect(400 <= answer.status < 500, sent=f"POST /invocations, {name}", expected="a 4xx", came=answer)
            expect(len(answer.text) <= 2048, sent=f"POST /invocations, {name}", expected="2048 characters", came=answer)
        answer = endpoint.request("GET", "/made-up")
        expect(answer.status == 404, sent="GET /made-up", expected="404", came=answer)
        answer = endpoint.invoke(payload.body, payload.content_type)
        expect(answer.status == 200, sent="a good request after bad ones", expected="200", came=answer)
        return f"4xx to {', '.join(bad)}; good ones still get 200"
