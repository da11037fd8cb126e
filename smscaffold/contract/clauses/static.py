"""What an image says of itself (profile `static`): nothing is started for it."""

from __future__ import annotations

import posixpath
import re
import tarfile
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Mend, expect, skip

if TYPE_CHECKING:
    from smscaffold.contract.lab import Lab

_KEYS = re.compile(r"AKIA[0-9A-Z]{16}|(?i:aws_secret_access_key|aws_session_token)=\S+")


class T2(Clause):
    """The programs `train` and `serve` are executable, with LF line ends.

    Without an ENTRYPOINT the engine looks the word up on PATH, as a shell would. A file without the execute bit or with
    a carriage return in its first line is not found.
    """

    mend = Mend(
        "In the Dockerfile: COPY the program into a directory on PATH, RUN chmod 0755 it; keep LF line ends by "
        "`* text eol=lf` in .gitattributes."
    )

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        one = lab.subject.train_image == lab.subject.serve_image
        programs = [(image, word) for use, image in images.items() for word in (("train", "serve") if one else (use,))]
        without = [(image, word) for image, word in programs if not image.attrs["Config"]["Entrypoint"]]
        seen = [self._program(image, word, lab) for image, word in without]
        return ", ".join(seen) or skip("the ENTRYPOINT takes the word as an argument")

    def _program(self, image: Any, program: str, lab: Lab) -> str:
        variables = dict(entry.partition("=")[::2] for entry in image.attrs["Config"]["Env"] or [])
        for directory in variables.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":"):
            path, mode, head = _resolved(lab, image.id, posixpath.join(directory, program))
            if mode is None:
                continue
            asked = f"the file {path} of the image"
            expect(mode & 0o111, sent=asked, expected="the execute bit", came=f"mode {mode:04o}")
            expect(b"\r" not in head, sent=asked, expected="LF line ends", came=f"a first line {head[:80]!r}")
            return f"{path} {mode:04o}"
        return self._missing(program, variables.get("PATH", ""))

    def _missing(self, program: str, path: str) -> str:
        expect(False, sent=f"a look for {program} on PATH", expected="an executable", came=f"none in {path}")
        return ""


def _resolved(lab: Lab, image: str, path: str) -> tuple[str, int | None, bytes]:
    """Where a path leads, with the file's mode (None: nowhere) and its first line."""
    for _ in range(8):
        with lab.archive(image, path) as archive:
            entry = archive.next() if archive else None
            if archive is None or entry is None or entry.type not in (tarfile.REGTYPE, tarfile.SYMTYPE):
                return path, None, b""
            if entry.isfile():
                file = archive.extractfile(entry)
                return path, entry.mode & 0o7777, file.readline(256) if file else b""
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.linkname))
    return path, None, b""


class T3(Clause):
    """The ENTRYPOINT is in exec form, so that signals reach the program.

    The shell form puts `/bin/sh -c` in the first place, and SIGTERM ends there.
    """

    mend = Mend('Write `ENTRYPOINT ["program"]`, or none and `train` and `serve` on PATH; a wrapper ends in `exec`.')

    def check(self, images: dict[str, Any]) -> str:
        for image in images.values():
            words = image.attrs["Config"]["Entrypoint"] or []
            shell = len(words) > 1 and re.fullmatch(r"(.*/)?(ba|da|z)?sh", words[0]) and words[1] == "-c"
            expect(not shell, sent="docker image inspect", expected="an ENTRYPOINT in exec form", came=str(words))
        return ", ".join(f"ENTRYPOINT {image.attrs['Config']['Entrypoint'] or 'none'}" for image in images.values())


class T5(Clause):
    """Nothing of the image lies in `/opt/ml`, which belongs to the platform.

    Mounts hide what is baked there, all of it or a part.
    """

    mend = Mend("Put code and data elsewhere, such as /opt/program, and declare no VOLUME below /opt/ml.")

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        for image in images.values():
            volumes = [path for path in image.attrs["Config"]["Volumes"] or {} if f"{path}/".startswith("/opt/ml/")]
            expect(not volumes, sent="docker image inspect", expected="no VOLUME in /opt/ml", came=", ".join(volumes))
            with lab.archive(image.id, "/opt/ml") as archive:
                found = [f"/opt/{entry.name}" for entry in archive or () if not entry.isdir()]
            came = ", ".join(found[:5])
            expect(not found, sent="a look into the image", expected="no file in /opt/ml", came=came)
        return "no file, no VOLUME there"


class T8(Clause):
    """It runs as root, which is how the platform starts it.

    Another USER cannot write /opt/ml/model and /opt/ml/output/failure: the job fails without a reason.
    """

    mend = Mend("Remove USER from the Dockerfile, or end it with `USER root`.")

    def check(self, images: dict[str, Any]) -> str:
        for image in images.values():
            user = image.attrs["Config"]["User"]
            root = re.fullmatch(r"(root|0)?(:(root|0))?", user)
            expect(root, sent="docker image inspect", expected="no USER, root or 0", came=f"USER {user}")
        return "no other USER"


class R14(Clause):
    """No layer and no variable holds a secret of the cloud account.

    Whoever can pull the image can read them.
    """

    mend = Mend(
        "Give credentials at run time, by the job's role; at build time use `RUN --mount=type=secret`. Revoke these."
    )

    def check(self, images: dict[str, Any]) -> str:
        steps = 0
        for image in images.values():
            told = [*(image.attrs["Config"]["Env"] or []), *(str(step["CreatedBy"]) for step in image.history())]
            steps += len(told)
            found = [match[0][:8] + "..." for text in told if (match := _KEYS.search(text))]
            asked = "docker history --no-trunc, and the variables"
            expect(not found, sent=asked, expected="no key of a cloud account", came=", ".join(found))
        return f"{steps} build steps and variables read"
