"""Values of the configuration, and answers, that would break or inject something where they end up."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from config_helpers import Machine
from shared_helpers import refused, write

from smscaffold import catalog
from smscaffold.config.places import Place
from smscaffold.config.read import entries
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.new import Request, create

BUILT_IN = [each.name for each in catalog.templates() if each.origin == catalog.BUILT_IN and each.folder]


@pytest.mark.parametrize("line", [
    *("C:\\users", "\\u002a/ x", "ends with \\", "a */ b", "a /* b", "a -- b", "a --> b"),
    *("syntax=evil.example/frontend", "  Escape = `", "check=skip=all", "# syntax=evil", "shellcheck disable=SC2086"),
    *("hadolint global ignore=DL3008", "encoding: utf-7", "coding=rot13", "-*- mode: x -*-", "vim: set x", "ex: x"),
    *("nobody@WORKERS@example", "\x00", "\x1b[2J", "\x7f", "\x85 x", "\u2028 x", "\u2029 x", "\u202e x", "\u2066 x"),
    *("\r x", "\x0b x", "\x0c x", "\ufeff x", "\uffff", "x" * 10_000),
])  # fmt: skip
def test_headers_that_break_a_file(tmp_path: Path, line: str) -> None:
    not_taken(tmp_path, {"licence_header": f"Copyright Example\n{line}\n"})


@pytest.mark.parametrize(
    "value",
    [
        *('a"b', "a\\b", "$(id)", "`id`", "a\n", "\na", "a\nRUN id", "a\r", "a\x00", "a\x1b[2J", "a\x85b"),
        *("a\u2028b", "a\u202eb", "", "x" * 1_001),
    ],
)
def test_labels_that_break_a_dockerfile(tmp_path: Path, value: str) -> None:
    not_taken(tmp_path, {"labels.vendor": value})


@pytest.mark.parametrize(
    "value",
    [
        *("https://x/#", "https://x/a#b", "https://x/&a", "https://x/\\1", "https://x/a|b", "https://x/<url>"),
        *("https://x/;id", "https://x/a b", "https://x/\n", "https://x\u2028/", "https:// x", "https://x/*", "ftp://x"),
        *("https://x/%0a\n", "https://[::1", "https://x:y/", "https://x/" + "y" * 1_000),
    ],
)
def test_mirrors_that_break_sed_a_shell_or_xml(tmp_path: Path, value: str) -> None:
    not_taken(tmp_path, {"mirrors.APT_MIRROR": value})


@pytest.mark.parametrize(
    "value", ["a\x00@example.com", "a#b@example.com", "@a#b", "a@b\n", "@a\n", "a*@example.com", "a\u202eb@example.com"]
)
def test_owners_that_break_a_list_of_owners(tmp_path: Path, value: str) -> None:
    not_taken(tmp_path, {"owners": [value]})


@pytest.mark.parametrize(
    "values",
    [
        *({"tags.x": value} for value in ("a,b", "a=b", "[a]", "{a}", "a'b", "a\n", "a\u2028", "x" * 257)),
        *({f'tags."{name}"': "x"} for name in ("AWS:x", "Aws:x", "a,b", "x" * 129)),
        *({"base_images": value} for value in ("a.example\n", "a.example/..", "a.example:٣", "a/" + "b" * 200)),
        *({"certificates": [value]} for value in ("ca\n.crt", "a b.crt", "-x.crt", "x" * 201 + ".crt")),
    ],
)
def test_other_values_that_break_something(tmp_path: Path, values: dict[str, object]) -> None:
    not_taken(tmp_path, values)


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\u202eb", "a\nb", "x" * 1_001])
def test_what_is_shown_can_be_seen(tmp_path: Path, text: str) -> None:
    for values in ({"default": text}, {"allowed": [text]}, {"allowed_sources": [text]}, {"sources.x": text}):
        not_taken(tmp_path, values, "templates")
    not_taken(tmp_path, {"sources.x": {"source": "gh:acme/x", "title": text}}, "templates")


def test_lists_within_lists_without_end(tmp_path: Path) -> None:
    file = write(tmp_path / "smscaffold.toml", f"x = {'[' * 100_000}")
    with pytest.raises(SmscaffoldError, match="not TOML: lists or tables lie too deep"):
        entries(Place(file))


def not_taken(folder: Path, values: dict[str, object], table: str = "organisation") -> None:
    """The file is refused in one sentence, with the line; what stands in it is shown so that it can do no harm."""
    lines = [f"[{table}]", *(f"{key} = {toml(value)}" for key, value in values.items())]
    file = folder / "smscaffold.toml"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    with pytest.raises(SmscaffoldError) as error:
        entries(Place(file))
    assert f"{file}, line 2: {table}." in str(error.value)
    assert len(str(error.value)) < 2_500


def toml(value: object) -> str:
    """A value as TOML, with every unusual character escaped."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    plain = re.compile(r"[^ -~]|[\"\\]")
    return '"' + plain.sub(lambda found: f"\\U{ord(found[0]):08x}", str(value)) + '"'


#: all that is unusual and allowed
HEADER = (
    "Copyright 2026 Exämple & Söhne <law@example.com> ©\n\n"
    "\tAll 'rights' \"reserved\": $HOME `x` {{ x }} {% x %} # !\n- x;"
)
STANDARD = {
    "base_images": "registry-1.example:5000/a_b/c.d",
    "owners": ["@example/ml-team.a_b", "first.last+ml%x@mail.example"],
    "licence_header": HEADER,
    "mirrors.APT_MIRROR": "http://debian.example:8080/a/~b/%20c+d",
    "mirrors.PIP_INDEX_URL": "https://pypi.example/root/+simple/",
    "mirrors.MAVEN_MIRROR": "https://[2001:db8::1]:8443/maven",
    "mirrors.CRAN_REPOSITORY": "https://cran.example",
    'labels."org.example/a-b.c_d"': "Exämple & <Söhne> #1; {{ x }} {% x %} * ! % | ~ (c) © x=y, z",
    'tags."cost center:é/+@-_."': " a:b/c+d@e-f_g.ü ",
}


@pytest.mark.parametrize("template", BUILT_IN)
def test_unusual_values_are_harmless_everywhere(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tools of each language read the files of a folder as they read those without any such value."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    values = [f"{key} = {toml(value)}" for key, value in STANDARD.items()]
    file = write(tmp_path / "standard.toml", "\n".join(["[organisation]", *values, ""]))
    folders = []
    for name, config in (("plain", None), ("unusual", file)):
        folders.append(tmp_path / name)
        request = Request(folders[-1], template, data=["layout=split"], defaults=True, git=False, config=config)
        create(request, Console(quiet=True))
    plain, unusual = folders
    assert read(unusual) == read(plain)
    dockerfile = (unusual / "Dockerfile").read_text()
    assert dockerfile.count('LABEL org.example/a-b.c_d="Exämple & <Söhne> #1; {{ x }} {% x %} * ! %') == 2
    assert "first.last+ml%x@mail.example" in (unusual / "CODEOWNERS").read_text()
    assert (
        f"'Key=cost center:é/+@-_.,Value={STANDARD[list(STANDARD)[-1]]}'" in (unusual / "build_and_push.sh").read_text()
    )
    told = yaml.safe_load((unusual / ".copier-answers.yml").read_text())["organisation"]
    assert told["licence_header"] == HEADER
    lint("hadolint", unusual / "Dockerfile")
    scripts = [path for path in unusual.rglob("*") if path.is_file() and re.match(rb"#!/.*sh\n", path.read_bytes())]
    lint("shellcheck", "--external-sources", *scripts)


def read(folder: Path) -> dict[str, object]:
    """What the parsers of Python and XML make of a folder's files, and javac of those that need no library."""
    found: dict[str, object] = {}
    for path in folder.rglob("*.xml"):
        found[str(path.relative_to(folder))] = ElementTree.canonicalize(from_file=path, strip_text=True)
    python = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:40].count(b"python3")]
    for path in {*folder.rglob("*.py"), *python}:
        found[str(path.relative_to(folder))] = compile(path.read_bytes(), path.name, "exec").co_names
    java = sorted(folder.glob("sagemaker/src/main/java/sagemaker/*Exception.java"))
    if java and shutil.which("javac"):
        command = ["javac", "-encoding", "UTF-8", "-d", folder / "compiled", *java]
        subprocess.run(command, check=True, capture_output=True)
        found["classes"] = sorted(path.name for path in (folder / "compiled").rglob("*.class"))
    return found


def lint(tool: str, *arguments: str | Path) -> None:
    program = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    assert program, f"{tool} is not installed: pip install -e '.[test]'"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("template", "answer"),
    [
        ("python-flask", "project_name=churn\n"),
        ("python-flask", "aws_region=us-east-1\n"),
        ("python-flask", "aws_region=us-" + "a" * 100 + "-1"),
        ("python-flask", "base_image=python:3.13\n"),
        ("python-flask", "base_image=bot:hidden@registry.example/python"),
        ("python-flask", "base_image=hidden@registry.example/python:3.13"),
        ("python-flask", "base_image=python:3.13 AS x"),
        ("python-flask", "base_image=" + "a" * 256),
        ("python-fastapi", "train_base_image=a@b"),
        ("java-spring", "build_image=maven:3\n"),
        ("scala-http", "build_image=a/../b"),
        ("r-plumber", "train_base_image=debian\n"),
    ],
)
def test_answers_that_break_a_file(machine: Machine, template: str, answer: str) -> None:
    done = machine.run("new", "x", "-y", "-t", template, "-d", "layout=split", "-d", answer)
    refused(done, f"{answer.partition('=')[0]}: must be")
    assert list(machine.work.iterdir()) == []


@pytest.mark.parametrize(
    "image",
    [
        "debian",
        "Registry.example:5000/a/b.c_d--e:V1.0_x",
        f"public.example/python@sha256:{'0a' * 32}",
        f"python:3.13@sha256:{'0a' * 32}",
        "localhost/x",
    ],
)
def test_names_of_images(machine: Machine, image: str) -> None:
    machine.done("new", "x", "-y", "--no-git", "-d", f"base_image={image}")
    assert f"ARG BASE_IMAGE={image}\n" in (machine.work / "x" / "Dockerfile").read_text()


@pytest.mark.parametrize(
    ("template", "answer"),
    [
        ("r-plumber", {"unit_test_directory": '"] + [__import__("os").system("touch hacked")] + ["'}),
        ("python-flask", {"unit_test_command": ["touch", "hacked"]}),
        ("python-flask", {"image_reference": ".", "base_image": "python\nRUN touch hacked"}),
    ],
)
def test_answers_to_what_nobody_is_asked(machine: Machine, template: str, answer: dict[str, object]) -> None:
    """A data file may be somebody else's."""
    file = write(machine.root / "answers.yml", yaml.safe_dump(answer, sort_keys=True))
    refused(machine.run("new", "x", "-y", "-t", template, "--data-file", file), "this template works it out by itself")
    assert list(machine.work.iterdir()) == []


@pytest.mark.parametrize("text", ["a: '\\ud800'\n", 'region: "\\ud800"\n', f"region: {'[' * 100_000}\n"])
def test_data_that_no_file_can_hold(machine: Machine, template: Path, text: str) -> None:
    file = write(machine.root / "answers.yml", text)
    refused(machine.run("new", "x", "-y", "-t", template, "--data-file", file))
    assert list(machine.work.iterdir()) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("APT_MIRROR", "http://x#;e"),
        ("APT_MIRROR", "http://x&"),
        ("APT_MIRROR", "a\\b"),
        ("MAVEN_MIRROR", "https://x?a&b"),
    ],
)
def test_build_arguments_that_break_a_step(machine: Machine, argument: str, value: str) -> None:
    """The shell of the step that takes the argument; a good value goes on to what this machine may not have."""
    machine.done("new", "x", "-y", "--no-git", "-t", "java-spring")
    text = (machine.work / "x" / "Dockerfile").read_text()
    step = next(each for each in re.split(r"\nRUN ", text) if f"case ${{{argument}}}" in each)
    check = next(line for line in step.replace("RUN ", "").splitlines() if line.strip().startswith("case "))
    for given, code in ((value, 1), ("https://[::1]:80/a-b_c~d%20+", 0), ("", 0)):
        done = machine.command("sh", "-c", f"{check.strip(' ' + chr(92))}", **{argument: given})
        assert (done.returncode, bool(done.stderr)) == (code, bool(code)), done


@pytest.mark.parametrize("label", ["com.amazonaws.sagemaker.capabilities.multi-models", "com.amazonaws.sagemaker.x"])
def test_labels_that_sagemaker_reads(tmp_path: Path, label: str) -> None:
    not_taken(tmp_path, {f'labels."{label}"': "false"})


@pytest.mark.parametrize(
    "line",
    [
        *("vim : set x", "vi:noai", "ex : x", "noqa", "noqa: F401", "Copyright noqa", "fmt: off", "fmt:skip"),
        *("yapf: disable", "formatter:off"),
        *("type: ignore", "go:build ignore", "+build ignore", "pylint: skip-file", "mypy: ignore-errors", "ruff: noqa"),
        *("isort: skip_file", "flake8: noqa", "eslint-disable", "@ts-nocheck", "nolint", "NOSONAR", "CHECKSTYLE:OFF"),
        *("scalafmt: off", "scalastyle:off", "@formatter:off", "pragma: no cover", "nosec", "pyright: basic"),
    ],
)  # fmt: skip
def test_headers_that_are_orders_for_tools(tmp_path: Path, line: str) -> None:
    not_taken(tmp_path, {"licence_header": f"Copyright Example\n{line}\n"})


@pytest.mark.parametrize(
    "line", ["This type: open source", "Prototype of the format: 2", "Example: http://example.com"]
)
def test_headers_that_only_look_alike(tmp_path: Path, line: str) -> None:
    file = write(tmp_path / "smscaffold.toml", f"[organisation]\nlicence_header = {toml(line)}\n")
    assert [entry.value for entry in entries(Place(file))] == [line]


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "HOME", "PYTHONPATH", "BASE_IMAGE", "URL", "_URL", "IFS", "SHELL"]
)
def test_mirrors_of_names_that_mean_something_else(tmp_path: Path, name: str) -> None:
    not_taken(tmp_path, {f"mirrors.{name}": "https://pypi.example"})


@pytest.mark.parametrize(
    "name", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "NPM_CONFIG_REGISTRY", "HTTPS_PROXY", "GOPROXY"]
)
def test_mirrors_of_other_languages(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "smscaffold.toml", f"[organisation.mirrors]\n{name} = 'https://pypi.example'\n")
    assert [entry.key[-1] for entry in entries(Place(file))] == [name]
