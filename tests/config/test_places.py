"""Where ``smscaffold.toml`` is found, and what wins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from config_helpers import CHECKOUT, Machine, answers
from shared_helpers import refused, write

ORDER = ("option", "variable", "user", "system", "package")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package with a configuration, which must not be imported."""
    sources = tmp_path / "example-platform"
    write(sources / "example_platform" / "__init__.py", "raise RuntimeError('imported')\n")
    write(sources / "example_platform" / "smscaffold.toml", "[defaults]\npackage = 'package'\n")
    write(
        sources / "pyproject.toml",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "example-platform"\nversion = "1.2"\n'
        '[project.entry-points."smscaffold.config"]\nexample = "example_platform"\n',
    )
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "dist"]
    subprocess.run(build, cwd=sources, check=True, capture_output=True)
    (wheel,) = (sources / "dist").glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", tmp_path / "site"]
    subprocess.run([*pip, wheel], check=True, capture_output=True)
    return tmp_path / "site"


def test_nothing_is_configured(machine: Machine) -> None:
    assert machine.done("config").stdout.startswith("There is no smscaffold.toml. Looked for in:\n")
    assert json.loads(machine.done("config", "--json").stdout) == []


def test_the_order_of_precedence(machine: Machine, package: Path, tmp_path: Path) -> None:
    """Each place has a value of its own, and says something about those of all places after it."""
    files = {
        "option": tmp_path / "option.toml",
        "variable": tmp_path / "variable.toml",
        "user": machine.users,
        "system": machine.systems,
        "package": package / "example_platform" / "smscaffold.toml",
    }
    for number, (place, file) in enumerate(files.items()):
        write(file, "[defaults]\n" + "".join(f"{later} = '{place}'\n" for later in ORDER[number:]))
    variables = {"SMSCAFFOLD_CONFIG": str(files["variable"]), "PYTHONPATH": f"{CHECKOUT}:{package}"}
    done = machine.done("config", "--json", "--config", files["option"], **variables)
    found = {value["key"][-1]: value for value in json.loads(done.stdout)}
    assert {name: value["value"] for name, value in found.items()} == dict.fromkeys(ORDER, "option")
    for number, place in enumerate(ORDER[1:], 1):
        earlier = files[ORDER[number - 1]]
        earlier.write_text(f"[fixed]\n{ORDER[number - 1]} = 1\n")
        done = machine.done("config", "--json", "--config", files["option"], **variables)
        value = next(each for each in json.loads(done.stdout) if each["key"] == ["defaults", ORDER[-1]])
        assert (value["value"], value["file"]) == (place, str(files[place]))
    assert value["package"] == "example-platform 1.2"
    table = machine.done("config", "--config", files["option"], **variables).stdout.splitlines()
    assert table[:2] == [str(files["option"]), str(files["variable"])]
    assert table[4] == f"{files['package']}  (example-platform 1.2)"
    assert table[-1].split() == ["defaults.package", "=", '"package"', "#", "example-platform", "1.2,", "line", "2"]


def test_one_install_gives_the_standard_offline(machine: Machine, package: Path) -> None:
    write(
        package / "example_platform" / "smscaffold.toml",
        "[fixed]\naws_region = 'eu-central-1'\n[defaults.python-flask]\nbase_image = 'registry.example/python:3.13'\n",
    )
    machine.done("new", "churn", "-y", PYTHONPATH=f"{CHECKOUT}:{package}", https_proxy="http://127.0.0.1:9")
    found = answers(machine.work / "churn")
    assert (found["aws_region"], found["base_image"]) == ("eu-central-1", "registry.example/python:3.13")
    assert found["fixed_answers"] == ["aws_region"]


def test_a_file_that_is_named_has_to_be_there(machine: Machine) -> None:
    refused(machine.run("new", "x", "-y", "--config", "gone.toml"), "--config names gone.toml, and there is no such")
    refused(machine.run("list", SMSCAFFOLD_CONFIG="gone.toml"), "$SMSCAFFOLD_CONFIG names gone.toml")
    assert list(machine.work.iterdir()) == []


@pytest.mark.parametrize("words", [["--help"], ["list"], ["config"], ["config", "--help"]])
def test_without_a_file_no_parser_is_loaded(machine: Machine, words: list[str]) -> None:
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr))\n"
        f"from smscaffold.cli import main\nsys.exit(main({words!r}))\n"
    )
    done = machine.command(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert not set(done.stderr.split()) & {"tomllib", "tomli", "copier", "docker", "jinja2", "pydantic"}
