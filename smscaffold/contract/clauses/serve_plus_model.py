"""What makes a good endpoint (profile `serve-plus`): its model, its disk, its memory."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Mend, expect, shown, skip, unproven
from smscaffold.contract.load import LINES, ask, media
from smscaffold.contract.wording import changes, files, odd_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smscaffold.contract.injection import Fixtures
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Asked, Pieces
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Response, TrainingResult

MIB = 2**20
_LARGE = 256  # MiB of a body that an asynchronous endpoint may get


class H24(Clause):
    """The model that training leaves can be packed and served: it holds files and no links.

    Hosting refuses an archive with links in it.
    """

    requires = ("T1", "H1")
    mend = Mend("Write the files themselves to /opt/ml/model, no symbolic and no hard links, with relative names.")

    def check(self, lab: Lab, fixtures: Fixtures) -> str:
        if lab.subject.train_image and lab.subject.channels:
            result: TrainingResult = fixtures.get("trained")
            model, odd = result.model, odd_in(result, "model")
        elif lab.subject.model:
            model, odd = lab.subject.model, [*lab.subject.odd, *_odd(lab.subject.model)]
        else:
            skip("no model was given, and none is trained")
        found, came = files(model), "; ".join(odd[:5])
        expect(not odd, sent="a look into /opt/ml/model", expected="plain files and directories", came=came)
        expect(found, sent="a look into /opt/ml/model", expected="files", came="none")
        return f"{len(found)} plain files, no links"


def _odd(model: Path) -> list[str]:
    """What a directory that somebody gave holds besides plain files and directories, in words."""
    found = (Path(folder, name) for folder, *names in os.walk(model) for name in names[0] + names[1])
    odd = (
        path for path in found if not stat.S_ISREG(path.lstat().st_mode) and (path.is_symlink() or not path.is_dir())
    )
    return [f"{path.relative_to(model)} is {'a link' if path.is_symlink() else 'no file'}" for path in odd]


class H25(Clause):
    """A model that was not packed serves too, with further directories in it.

    Without an archive the platform copies all objects below a prefix, with what their keys make directories.
    """

    requires = ("H1",)
    seconds = 3
    mend = Mend("Open the files of the model by their names, instead of the first or the only one in the directory.")

    def check(self, lab: Lab, model: Path | None, payload: Payload, answer: Response) -> str:
        if model is None:
            skip("it has no model")
        nested = lab.folder() / "model"
        shutil.copytree(model, nested, symlinks=True, copy_function=_linked)
        extra = nested / "0-extra" / "of year=2024" / "part one"
        extra.mkdir(parents=True)
        (extra / "notes.txt").write_text("not a model\n")
        (nested / "0-extra" / "empty").touch()
        with lab.endpoint(nested) as served:
            same(ask(served, payload).answer, answer, "further directories in /opt/ml/model")
        return f"the same answer with {len(files(nested))} files, some of them in further directories"


def _linked(source: str, target: str) -> None:
    """A copy that takes no space where that is possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def same(answer: Response, usual: Response, what: str) -> None:
    """Ends the check unless the answer is 200, in the type of the usual one."""
    good = answer.status == 200 and answer.headers.get_content_type() == usual.headers.get_content_type()
    expect(good, sent=f"a good request, {what}", expected=f"as without: {shown(usual)}", came=answer)


class H26(Clause):
    """Additional model data beside the model do not disturb.

    They lie in `/opt/ml/additional-model-data-sources/<name>`, read-only.
    """

    requires = ("H1",)
    seconds = 2
    mend = Mend("Look for the model in /opt/ml/model only, not in all of /opt/ml.")

    def check(self, lab: Lab, model: Path | None, payload: Payload, answer: Response) -> str:
        extra = lab.folder()
        (extra / "nested").mkdir()
        (extra / "nested" / "adapter.bin").write_bytes(bytes(range(256)))
        place = "/opt/ml/additional-model-data-sources/odd.name-1_b"
        with lab.endpoint(model, mounts={place: extra}) as served:
            same(ask(served, payload).answer, answer, f"a directory {place}")
        return f"the same answer with {place} as without"


class H27(Clause):
    """While it serves, it writes to `/tmp` only.

    That lies on the volume of the instance; all else is the small root file system.
    """

    strength = "SHOULD"
    requires = ("H19",)
    mend = Mend(
        "Let temporary files, logs, sockets and the buffers of a front end lie in /tmp.",
        python="nginx: client_body_temp_path and proxy_temp_path below /tmp; MPLCONFIGDIR=/tmp HF_HOME=/tmp",
        r="nginx: client_body_temp_path and proxy_temp_path below /tmp; TMPDIR is /tmp by itself",
        java="-Djava.io.tmpdir=/tmp; server.tomcat.basedir=/tmp/tomcat",
    )

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...], heavy: Asked) -> str:
        for payload in (*payloads, heavy.payload):
            ask(endpoint, payload)
        changed, misplaced = changes(endpoint.container)
        asked, came = "docker diff after requests, one of them large", ", ".join(misplaced[:10])
        expect(not misplaced, sent=asked, expected="nothing outside of /tmp", came=came)
        return f"{len(changed)} paths changed, all of them where they may"


class H30(Clause):
    """A large body of an asynchronous request is not multiplied in memory.

    Such bodies may have 1 GB. The container gets twice the size of this one above what it needs when idle. That long
    requests do not keep pings waiting is shown by H11.
    """

    requires = ("H19",)
    seconds = 8
    mend = Mend(
        "Read the body as a stream, or into one buffer that is released before the next step; let a front end keep it "
        "on disk.",
        python="parse request.stream, not request.get_data() and then a text of it",
        r="a file that nginx has buffered, by X-Accel or client_body_in_file_only, read in parts",
        java="an InputStream as the parameter, and Jackson's streaming parser",
    )

    def check(self, lab: Lab, model: Path | None, payloads: tuple[Payload, ...], pieces: Pieces | None) -> str:
        import docker.errors  # here: to list clauses nobody needs it

        with lab.endpoint(model) as tried:
            load, size = _large(tried, payloads, pieces)
            free = _send(tried, load, size)
        if free.status != 200:
            skip(f"{free.status or 'no answer'} to {_LARGE} MiB: it does not claim asynchronous inference")
        with lab.endpoint(model) as served:
            limit = _memory(served) + 2 * _LARGE * MIB
            try:
                served.container.update(mem_limit=limit, memswap_limit=limit)
            except docker.errors.APIError as error:
                unproven(f"the engine cannot limit a container's memory: {error.explanation}")
            answer = _send(served, load, size)
            asked = f"POST /invocations, {_LARGE} MiB of {load[-1].content_type}, with {limit // MIB} MiB of memory"
            came = shown(answer) if served.running else "the container ended: it was out of memory"
            expect(answer.status == 200, sent=asked, expected="200, as with more memory", came=came)
            ping = served.ping()
            expect(ping.status == 200, sent="GET /ping after that", expected="200", came=ping)
        return f"200 to {_LARGE} MiB after {answer.seconds:.1f} s with {limit // MIB} MiB of memory"


def _large(endpoint: Endpoint, payloads: tuple[Payload, ...], pieces: Pieces | None) -> tuple[tuple[Payload, ...], int]:
    """Parts that make a good body of this size one after the other, and how many bytes they have."""
    for payload in payloads:
        if media(payload.content_type) == "application/json":  # white space is legal
            blank = type(payload)(b" " * MIB, payload.content_type)
            parts: tuple[Payload, ...] = (*[blank] * _LARGE, payload)
            return parts, sum(len(part.body) for part in parts)
    if pieces and media(pieces.content_type) in LINES and not pieces.head:
        part = pieces.grown(MIB)
        if ask(endpoint, part).answer.seconds * _LARGE < 60:
            return (part,) * _LARGE, len(part.body) * _LARGE
    unproven(f"no good request of {_LARGE} MiB can be made that is answered soon: give a JSON --payload")


def _send(endpoint: Endpoint, parts: tuple[Payload, ...], size: int) -> Response:
    def body() -> Iterator[bytes]:
        yield from (part.body for part in parts)

    headers = {"Content-Type": parts[-1].content_type, "Content-Length": str(size)}
    return endpoint.request("POST", "/invocations", body(), headers)


def _memory(endpoint: Endpoint) -> int:
    """The bytes that a container needs now, without what the kernel keeps for speed alone."""
    now: Any = endpoint.container.stats(stream=False, one_shot=True)["memory_stats"]  # type: ignore[index]
    more = now.get("stats", {})
    return int(now.get("usage", 0)) - int(more.get("total_inactive_file", more.get("inactive_file", 0)))
