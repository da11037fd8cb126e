"""What an image says of itself (profile `static`): nothing is started for it."""

from __future__ import annotations

import posixpath
import re
import tarfile
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Each, Mend, expect, skip, unproven
from smscaffold.contract.wording import SCHEMA_2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smscaffold.contract.lab import Lab

LARGEST = 10 * 10**9  # bytes, as `docker image inspect` counts them
_MACHINES = {"amd64": 62, "arm64": 183}  # in the head of an ELF file
_CAPABILITIES = "com.amazonaws.sagemaker.capabilities."
#: the profile that a label claims, and whether clauses of that have no check
_CLAIMS = {
    "accept-bind-to-port": ("pipeline", False),
    "multi-models": ("mme", True),
    "bidirectional-streaming": ("bidi", True),
}
#: variables that take the place of the job's role
_ROLE = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|(DEFAULT_)?PROFILE|ROLE_ARN|CONFIG_FILE|"
    r"SHARED_CREDENTIALS_FILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_\w+)"
)
_DIRECTORIES = 50  # of PATH that are looked into
_PASSWD = 2**16  # bytes of /etc/passwd that are read
_KEYS = re.compile(r"AKIA[0-9A-Z]{16}|(?i:aws_secret_access_key|aws_session_token)=\S+")


class T2(Clause):
    """The programs `train` and `serve` are executable, with LF line ends.

    Without an ENTRYPOINT the engine looks the word up on PATH, as a shell would. A file without the execute bit or with
    a carriage return in its first line is not found.
    """

    dockerfile = r"^\s*(COPY|ADD)\b.*(train|serve|program)"
    mend = Mend(
        "In the Dockerfile: COPY the program into a directory on PATH, RUN chmod 0755 it; keep LF line ends by "
        "`* text eol=lf` in .gitattributes."
    )

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        without = [(image, word) for image, word in _words(images, lab) if not image.attrs["Config"]["Entrypoint"]]
        seen = [self._program(image, word, lab) for image, word in without]
        return ", ".join(seen) or skip("the ENTRYPOINT takes the word as an argument")

    def _program(self, image: Any, program: str, lab: Lab) -> str:
        path, mode, head = on_path(lab, image, program)
        asked = f"a look for {program} on PATH"
        expect(mode is not None, sent=asked, expected="an executable", came=f"none in {_variables(image).get('PATH')}")
        asked = f"the file {path} of the image"
        expect((mode or 0) & 0o111, sent=asked, expected="the execute bit", came=f"mode {mode:04o}")
        expect(b"\r" not in head, sent=asked, expected="LF line ends", came=f"a first line {head[:80]!r}")
        return f"{path} {mode:04o}"


def _words(images: dict[str, Any], lab: Lab) -> list[tuple[Any, str]]:
    """Each image with a word that the platform starts it with: `train`, `serve`, or both where one image does both."""
    one = lab.subject.train_image == lab.subject.serve_image
    return [(image, word) for use, image in images.items() for word in (("train", "serve") if one else (use,))]


def _variables(image: Any) -> dict[str, str]:
    return dict(entry.partition("=")[::2] for entry in image.attrs["Config"]["Env"] or [])


def on_path(lab: Lab, image: Any, program: str) -> tuple[str, int | None, bytes]:
    """Where a program is, with the file's mode (None: nowhere) and its first line."""
    directories = _variables(image).get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    for directory in [""] if "/" in program else directories[:_DIRECTORIES]:
        found = _resolved(lab, image.id, posixpath.join(directory, program))
        if found[1] is not None:
            return found
    return program, None, b""


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

    dockerfile = r"^\s*ENTRYPOINT"
    mend = Mend('Write `ENTRYPOINT ["program"]`, or none and `train` and `serve` on PATH; a wrapper ends in `exec`.')

    def check(self, images: dict[str, Any]) -> str:
        for image in images.values():
            words = image.attrs["Config"]["Entrypoint"] or []
            shell = len(words) > 1 and re.fullmatch(r"(.*/)?(ba|da|z)?sh", words[0]) and words[1] == "-c"
            expect(not shell, sent="docker image inspect", expected="an ENTRYPOINT in exec form", came=str(words))
        return ", ".join(f"ENTRYPOINT {image.attrs['Config']['Entrypoint'] or 'none'}" for image in images.values())


class T4(Clause):
    """No init program such as `tini` stands first in the ENTRYPOINT without `--` and a program.

    It would take `train` and `serve` for the program to start. AWS's documentation excludes it.
    """

    dockerfile = r"^\s*ENTRYPOINT"
    mend = Mend("Remove it: a program that handles SIGTERM needs none. If it has to stay: `tini -- program`.")

    def check(self, images: dict[str, Any]) -> str:
        for image in images.values():
            words = image.attrs["Config"]["Entrypoint"] or []
            init = words and posixpath.basename(words[0]) in ("tini", "tini-static", "dumb-init")
            bare = init and ("--" not in words or words[-1] == "--")
            expect(not bare, sent="docker image inspect", expected="no tini, or `--` and a program", came=str(words))
        return ", ".join(f"ENTRYPOINT {image.attrs['Config']['Entrypoint'] or 'none'}" for image in images.values())


class T5(Clause):
    """Nothing of the image lies in `/opt/ml`, which belongs to the platform.

    Mounts hide what is baked there, all of it or a part. Samples of AWS's own keep their scripts there, and run: an
    image that smscaffold did not generate SHOULD leave the place alone, a generated one MUST.
    """

    foreign = "SHOULD"
    dockerfile = r"/opt/ml"

    mend = Mend("Put code and data elsewhere, such as /opt/program, and declare no VOLUME below /opt/ml.")

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        for image in images.values():
            volumes = [path for path in image.attrs["Config"]["Volumes"] or {} if f"{path}/".startswith("/opt/ml/")]
            with lab.archive(image.id, "/opt/ml") as archive:
                found = next((f"/opt/{entry.name}" for entry in archive or () if not entry.isdir()), "")
            came = ", ".join(volumes)
            with Each() as each:
                with each():
                    expect(not found, sent="a look into the image", expected="no file in /opt/ml", came=found)
                with each():
                    expect(not volumes, sent="docker image inspect", expected="no VOLUME in /opt/ml", came=came)
        return "no file, no VOLUME there"


class T8(Clause):
    """It runs as root, which is how the platform starts it.

    Another USER cannot write /opt/ml/model and /opt/ml/output/failure: the job fails without a reason.
    """

    dockerfile = r"^\s*USER"
    mend = Mend("Remove USER from the Dockerfile, or end it with `USER root`.")

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        for image in images.values():
            user = image.attrs["Config"]["User"]
            root = re.fullmatch(r"(root|0)?(:(root|0))?", user)
            expect(root, sent="docker image inspect", expected="no USER, root or 0", came=f"USER {user}")
            number = _number_of_root(image, lab) if user.startswith("root") else "0"
            asked = "a look into /etc/passwd of the image"
            expect(number == "0", sent=asked, expected="root with the number 0", came=f"root with the number {number}")
        return "no other USER"


def _number_of_root(image: Any, lab: Lab) -> str:
    """Returns the user number that the image gives the name root: "0" where it says nothing else."""
    with lab.archive(image.id, "/etc/passwd") as archive:
        entry = archive.next() if archive else None
        file = archive.extractfile(entry) if archive and entry and entry.isfile() else None
        text = file.read(_PASSWD).decode("utf-8", "replace") if file else ""
    found = re.search(r"^root:[^:\n]*:(\d+):", text, re.MULTILINE)
    return found[1].lstrip("0") or "0" if found else "0"


class R14(Clause):
    """No build step, variable, label or command of it holds a secret of the cloud account.

    Whoever can pull the image can read them. The files in its layers are not searched.
    """

    dockerfile = r"AKIA|(?i:aws_secret|aws_session)"
    mend = Mend(
        "Give credentials at run time, by the job's role; at build time use `RUN --mount=type=secret`. Revoke these."
    )

    def check(self, images: dict[str, Any]) -> str:
        steps = 0
        for image in images.values():
            config = image.attrs["Config"]
            told = [f"{name}={value}" for name, value in (config["Labels"] or {}).items()]
            told += [*(config["Env"] or []), *(config["Cmd"] or []), *(config["Entrypoint"] or [])]
            told += [str(step["CreatedBy"]) for step in image.history()]
            steps += len(told)
            found = [match[0][:8] + "..." for text in told if (match := _KEYS.search(text))]
            asked = "docker history --no-trunc, and docker image inspect"
            expect(not found, sent=asked, expected="no key of a cloud account", came=", ".join(found))
        return f"{steps} build steps, variables, labels and words of commands read"


class T46(Clause):
    """No credentials, and nothing in place of the job's role, is baked in.

    The AWS SDKs take such variables and files first, and the role that the job brings never counts.
    """

    dockerfile = r"AWS_|\.aws"
    strength = "SHOULD"
    mend = Mend("Remove these variables and files; the SDKs find the job's role by themselves.")

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        for image in images.values():
            found = [name for name in _variables(image) if _ROLE.fullmatch(name)]
            expect(not found, sent="docker image inspect", expected="none of AWS's variables", came=", ".join(found))
            with lab.archive(image.id, "/root/.aws/credentials") as archive:
                came = "/root/.aws/credentials"
                expect(archive is None, sent="a look into the image", expected="no file of credentials", came=came)
        return "neither AWS_* variables with credentials nor /root/.aws/credentials"


class H54(Clause):
    """Its programs are for the architecture that it names, which has machines at SageMaker.

    Any other one ends in `exec format error`. arm64 is for the Graviton families only.
    """

    dockerfile = r"^\s*FROM"
    mend = Mend("Build with `docker build --platform linux/amd64`, on base images and with binaries of that platform.")

    def check(self, images: dict[str, Any], lab: Lab) -> str:
        seen = [self._image(word, image, lab) for image, word in _words(images, lab)]
        return ", ".join(dict.fromkeys(seen))

    def _image(self, use: str, image: Any, lab: Lab) -> str:
        architecture = image.attrs["Architecture"]
        asked = "docker image inspect"
        expect(architecture in _MACHINES, sent=asked, expected="amd64, or arm64 for Graviton", came=architecture)
        path, _, head = self._binary(lab, image, (image.attrs["Config"]["Entrypoint"] or [use])[0])
        if head[:4] != b"\x7fELF":
            return f"{architecture} by its name; no program was found to look at"
        machine = int.from_bytes(head[18:20], "little")
        came = next((name for name, number in _MACHINES.items() if number == machine), f"number {machine}")
        expect(came == architecture, sent=f"the head of {path}", expected=f"a program for {architecture}", came=came)
        return f"{architecture}, as {path} is"

    def _binary(self, lab: Lab, image: Any, program: str) -> tuple[str, int | None, bytes]:
        """The program, or what interprets it, as a file of the image."""
        for _ in range(4):
            path, mode, head = on_path(lab, image, program)
            if not head.startswith(b"#!"):
                return path, mode, head
            words = head[2:].decode("utf-8", "replace").split()
            if not words:
                return path, mode, head
            by_env = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
            program = by_env[0] if posixpath.basename(words[0]) == "env" and by_env else words[0]
        return path, mode, head


class R10(Clause):
    """The platform is linux/amd64, or linux/arm64 for Graviton.

    A build on an ARM machine makes the wrong one unless told otherwise.
    """

    dockerfile = r"^\s*FROM"
    mend = Mend("Build with `docker build --platform linux/amd64`.")

    def check(self, images: dict[str, Any]) -> str:
        found = [f"{image.attrs['Os']}/{image.attrs['Architecture']}" for image in images.values()]
        for platform in found:
            wanted = "linux/amd64, or linux/arm64 for Graviton"
            expect(
                platform in ("linux/amd64", "linux/arm64"), sent="docker image inspect", expected=wanted, came=platform
            )
        return ", ".join(found)


class R11(Clause):
    """Its manifest is of Docker's schema 2: hosting refuses OCI manifests and indexes.

    Registries take all of them, so the push succeeds and the deployment fails.
    """

    mend = Mend(
        "docker buildx build --platform linux/amd64 --provenance=false --sbom=false "
        "--output type=image,name=URI,oci-mediatypes=false,push=true ."
    )

    def check(self, lab: Lab) -> str:
        seen = []
        for name in dict.fromkeys(filter(None, (lab.subject.train_image, lab.subject.serve_image))):
            media, source = lab.manifest(name)
            expect(media == SCHEMA_2, sent=f"the manifest of {name}, by {source}", expected=SCHEMA_2, came=media)
            seen.append(f"by {source}")
        return f"{SCHEMA_2} {', '.join(dict.fromkeys(seen))}"


class R13(Clause):
    """It has at most 10 GB, so that it starts in time, and serverless takes it."""

    dockerfile = r"^\s*FROM"
    mend = Mend("Leave out of the image what only the build needs (stages), caches of package managers, and models.")

    def check(self, images: dict[str, Any]) -> str:
        for image in images.values():
            size = image.attrs["Size"]
            wanted = f"at most {LARGEST / 1e9:g} GB"
            expect(size <= LARGEST, sent="docker image inspect", expected=wanted, came=f"{size / 1e9:.2f} GB")
        return ", ".join(f"{image.attrs['Size'] / 1e9:.2f} GB" for image in images.values())


def claimed(images: Iterable[Any]) -> set[str]:
    """The profiles that these images claim by their labels."""
    labels = (image.attrs["Config"]["Labels"] or {} for image in images)
    return {
        profile
        for each in labels
        for name, (profile, _) in _CLAIMS.items()
        if each.get(f"{_CAPABILITIES}{name}") == "true"
    }


class R20(Clause):
    """A label of a capability has the value `true`, in these letters, and claims what is there.

    The capabilities are accept-bind-to-port (H40), multi-models (M1) and bidirectional-streaming (S2). A label claims
    the clauses of its profile, which are MUST then; where some of them have no check, the claim stays unproven.
    """

    dockerfile = r"sagemaker\.capabilities"
    source = "as H40, M1 and S2"
    strength = "SHOULD"
    mend = Mend("In the Dockerfile: LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true")

    def check(self, images: dict[str, Any]) -> str:
        labels = {
            name.removeprefix(_CAPABILITIES): value
            for image in images.values()
            for name, value in (image.attrs["Config"]["Labels"] or {}).items()
            if name.startswith(_CAPABILITIES)
        }
        with Each() as each:
            for name, value in labels.items():
                with each():
                    expect(
                        value == "true",
                        sent=f"the label {_CAPABILITIES}{name}",
                        expected="true",
                        came=value or "(empty)",
                    )
        if unchecked := [name for name, value in labels.items() if _CLAIMS.get(name, ("", True))[1]]:
            unproven(f"{', '.join(unchecked)} claimed; smscaffold cannot check all that the contract asks for that")
        return ", ".join(labels) or skip("it claims no capability by a label")
