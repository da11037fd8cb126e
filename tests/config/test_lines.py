"""The line that a value of the configuration stands in, whatever stands above it."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_helpers import Machine
from shared_helpers import write

from smscaffold.config.places import Place
from smscaffold.config.read import entries
from smscaffold.errors import SmscaffoldError

#: each value stands in the line that its key says, which is 2 in `fixed.line2`
TOML = r'''[fixed]
line2 = """
[defaults]
line2 = "x" \""" \
'line2' = 1
"""
line7 = [
  "[x", # ] [organisation.labels]
  'line2=',
]
line11 = "a # b"   # """
"l\u0069ne12" = """one"""
line13 = !!!
line2 = 1
\!!!

[ defaults . "java-spring" ] # = [
line18 = !!!!!!
'line19' = 1.5
[defaults]
python-flask.line21 = 'x'
r-plumber = {line22 = """
{[
""", line24 = 2}
'''.replace("!!!", "'''")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each(tmp_path: Path, end: str) -> None:
    file = tmp_path / "smscaffold.toml"
    file.write_bytes(TOML.replace("\n", end).encode())
    found = {".".join(entry.key): entry.line for entry in entries(Place(file))}
    assert len(found) == 10
    assert found == {name: int(name.partition("line")[2]) for name in found}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[organisation]\nlicence_header = '''\n[fixed]\nx: [1]'''\nowners = 3\n", "line 5: organisation.owners must"),
        ('[templates]\ndefault = """\\\n  a"""\nallowed = 3\n', "line 4: templates.allowed must"),
        ("[templates]\nallowed = [\n'a',\n'[fixed]',\n]\nalowed = 3\n", "line 6: templates.alowed is not known"),
        ('[templates]\nsources = {a = """\\\n  gh:a/b""", "b c" = "gh:a/b"}\n', "line 3: templates.sources.b c is no"),
        ("# x\n\n[fixd.python-flask]\ngpu = 1\n", "line 3: fixd is not known"),
        ("# x\n\nfixd.python-flask.gpu = 1\n", "line 3: fixd is not known"),
    ],
)
def test_in_a_refusal(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path / "smscaffold.toml", text)
    with pytest.raises(SmscaffoldError) as error:
        entries(Place(file))
    assert f"{file}, {said}" in str(error.value)


def test_config_shows_it(machine: Machine) -> None:
    write(machine.users, "[organisation]\nlicence_header = '''\n[fixed]\n'''\nowners = ['@acme/ml']\n")
    assert machine.done("config").stdout.splitlines()[-1].endswith("smscaffold.toml, line 5")


def test_many_keys(tmp_path: Path) -> None:
    """Time in the square of the text would not end here."""
    keys = "\n".join(f'"\\u0061{number}" = """{number}"""' for number in range(20_000))
    file = write(tmp_path / "smscaffold.toml", f"[defaults]\n{keys}\n")
    assert [entry.line for entry in entries(Place(file))] == list(range(2, 20_002))
