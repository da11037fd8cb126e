"""What a serverless endpoint needs (profile `serverless`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Each, Mend, expect
from smscaffold.contract.splitting import first_difference, predictions

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Pieces
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint

#: the platform does not tell the user id (H5): this one stands for any that is not root's
UNPRIVILEGED: dict[str, Any] = {"user": "1000:1000", "cap_drop": ["ALL"]}
_LARGE = 256 * 1024  # bytes that no server keeps in its buffers
_MOST = 4_000_000  # bytes of a request or an answer
_START = 180  # seconds
_GIGABYTES = 10


class H5(Clause):
    """It serves as any user without root's rights, as serverless endpoints start it.

    Only what that user may write to can be written then: temporary files of large bodies, logs, pid files and sockets
    included.
    """

    requires = ("H1",)
    seconds = 4
    mend = Mend(
        "Write to /tmp alone, or `RUN chmod o+rwX` what is written to; change no user.",
        python="gunicorn --worker-tmp-dir /dev/shm; nginx: pid, *_temp_path and logs in /tmp or to stderr",
        r="Let packages cache below /tmp: R_USER_CACHE_DIR=/tmp/cache",
        java="-Djava.io.tmpdir=/tmp, server.tomcat.basedir=/tmp/tomcat",
    )

    def check(
        self, lab: Lab, model: Path | None, endpoint: Endpoint, payloads: tuple[Payload, ...], pieces: Pieces | None
    ) -> str:
        large = (pieces.grown(_LARGE),) if pieces else ()
        with lab.endpoint(model, **UNPRIVILEGED) as limited, Each() as each:
            for payload in (*payloads, *large):
                usual, answer = (one.invoke(payload.body, payload.content_type) for one in (endpoint, limited))
                if usual.status != 200:
                    continue
                asked = f"POST /invocations, {payload.content_type}, {len(payload.body)} bytes, to user 1000"
                same = answer.status == 200 and first_difference(predictions(answer), predictions(usual)) is None
                with each():
                    expect(same, sent=asked, expected="what root's server answers", came=answer)
        return f"user 1000 without capabilities answers {len(payloads)} payloads" + (
            ", and a large one" if large else ""
        )


class H31(Clause):
    """Within 3 min it serves in 1 GB of memory, its image is no larger than 10 GB.

    The smallest serverless endpoint has 1024 MB. A request may have 4 MB.
    """

    requires = ("H5",)
    seconds = 5
    mend = Mend(
        "Start one worker for each CPU and GB that the container has, not the machine; load the model once, and read "
        "it before workers are forked. Leave out of the image what only training needs."
    )

    def check(
        self, lab: Lab, model: Path | None, endpoint: Endpoint, payloads: tuple[Payload, ...], pieces: Pieces | None
    ) -> str:
        size = lab.image(lab.serve_image).attrs["Size"] / 1e9
        asked = "docker image inspect"
        expect(size < _GIGABYTES, sent=asked, expected=f"less than {_GIGABYTES} GB", came=f"{size:.1f} GB")
        memory: dict[str, Any] = {"mem_limit": "1g", "memswap_limit": "1g"}
        most = (pieces.grown(_MOST),) if pieces else ()
        with lab.endpoint(model, ready_within=_START, **UNPRIVILEGED, **memory) as small:
            for payload in (*payloads, *most):
                asked = f"POST /invocations, {payload.content_type}, {len(payload.body)} bytes, with 1 GB of memory"
                answer = small.invoke(payload.body, payload.content_type)
                usual = answer if answer.status == 200 else endpoint.invoke(payload.body, payload.content_type)
                good = answer.status == 200 or usual.status == answer.status
                expect(good, sent=asked, expected=f"{usual.status}, as with all memory", came=answer)
            ping = small.ping()
            expect(ping.status == 200, sent="GET /ping, after all that", expected="200", came=ping)
        return f"an image of {size:.2f} GB; answers with 1 GB of memory" + (", 4 MB at once too" if most else "")
