"""A ``smscaffold.toml`` that is not valid: file, line, key and reason in one sentence, and nothing is written."""

from __future__ import annotations

import pytest
from config_helpers import Machine
from shared_helpers import refused, write


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fixed]\n\nregion =\n", "line 3: not TOML: Invalid value"),
        ("[fixed]\na = 1\na = 2\n", "line 3: not TOML: Cannot overwrite a value"),
        (
            "[fixd]\na = 1\n",
            "line 1: fixd is not known (did you mean 'fixed'?): there is defaults, fixed, templates and organisation",
        ),
        ("# x\nfixed = 1\n", "line 2: fixed must be a table, [fixed]"),
        ("[templates]\nalowed = []\n", "line 2: templates.alowed is not known (did you mean 'allowed'?)"),
        ("[templates]\nallowed = 'x'\n", "line 2: templates.allowed must be a list of names or patterns, not 'x'"),
        ("[templates]\ndefault = 3\n", "line 2: templates.default must be text, not 3"),
        ("[templates]\nsources = 3\n", "line 2: templates.sources must be a table, [templates.sources]"),
        ("[templates.sources]\n'a b' = 'x'\n", "line 2: templates.sources.a b is no name for a template"),
        ("[templates.sources]\na = {ref = 'v1'}\n", "line 2: templates.sources.a has no source"),
        (
            "[templates.sources.a]\nsource = 'gh:acme/churn'\nreff = 'v1'\n",
            "line 1: templates.sources.a has a key 'reff' that is not known (did you mean 'ref'?)",
        ),
        ("[templates]\n[templates.sources]\na = 'nowhere'\n", "line 3: templates.sources.a names "),
        ("[fixed]\n'a' = 2020-01-01\n", "line 2: fixed.a must be text, a number, true, false, or a list of these"),
        ("[fixed]\nlayout = 'splt'\n", "line 2: fixed.layout must be single or split (did you mean 'split'?)"),
        ("[defaults.python-flask]\ngpu = 'maybe'\n", "line 2: defaults.python-flask.gpu must be yes or no"),
        ("[fixed.python-flask]\ngpuu = true\n", "line 2: fixed.python-flask.gpuu answers no question of that template"),
        ("[fixed]\naws_region = 'Europe'\n", "line 2: fixed.aws_region must be a region such as us-east-1"),
    ],
)
def test_what_is_wrong_with_it(machine: Machine, text: str, words: str) -> None:
    write(machine.users, text)
    done = machine.run("new", "x", "-y")
    refused(done, words)
    assert str(machine.users) in done.stderr
    assert list(machine.work.iterdir()) == []


def test_bytes_that_are_no_text(machine: Machine) -> None:
    machine.users.parent.mkdir(parents=True)
    machine.users.write_bytes(b"[fixed]\na = '\xff'\n")
    refused(machine.run("config"), f"{machine.users}, line 2: not UTF-8 text")


def test_an_answer_that_no_template_asks_for_is_doubted(machine: Machine) -> None:
    write(machine.users, "[fixed]\naws_regoin = 'eu-west-1'\n")
    done = machine.done("config")
    assert "line 2: no template here asks 'aws_regoin' (did you mean 'aws_region'?)" in done.stderr
