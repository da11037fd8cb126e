"""``smscaffold completion``: scripts that complete commands, options, template names and answers in a shell."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from smscaffold.errors import SmscaffoldError
from smscaffold.visible import COLUMN, escaped, visible

if TYPE_CHECKING:
    from smscaffold.catalog import Template
    from smscaffold.config.standard import Standard

#: a word that can stand at the cursor, and what it means
Word = tuple[str, str]

# letters and signs that mean nothing to any shell
_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_MOST = 1000

# the shell hands over its line up to the cursor; what the program cannot complete, the shell completes as files
SCRIPTS = {
    "bash": r"""# smscaffold completion bash > ~/.local/share/bash-completion/completions/smscaffold
_smscaffold() {
  local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT}
  local word=${line##*[[:space:]]}
  COMPREPLY=($(smscaffold _complete "$line" 2>/dev/null | cut -f 1))
  # bash takes = and : for the ends of words: what is before them stands already
  COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*[=:]}"}"}")
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -o default -F _smscaffold smscaffold
""",
    "zsh": r"""#compdef smscaffold
# smscaffold completion zsh > a file `_smscaffold` in a folder of $fpath
_smscaffold() {
  local line
  local -a found shown
  for line in ${(f)"$(smscaffold _complete "${(j: :)words[1,CURRENT]}" 2>/dev/null)"}; do
    found+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  -- }")
  done
  if (( $#found == 0 )); then
    _files
  elif [[ $found[1] == *= ]]; then
    compadd -l -S '' -d shown -a found
  else
    compadd -l -d shown -a found
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _smscaffold "$@"
else
  compdef _smscaffold smscaffold
fi
""",
    "fish": r"""# smscaffold completion fish > ~/.config/fish/completions/smscaffold.fish
function __smscaffold_complete
    set -l found (smscaffold _complete (commandline --cut-at-cursor --current-process | string collect) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline --current-token)
    end
end
complete --command smscaffold --no-files --arguments '(__smscaffold_complete)'
""",
}


def candidates(line: str, parser: argparse.ArgumentParser) -> list[Word]:
    """What can stand at the end of a command line; nothing where a file or free text belongs.

    Bash writes a word into the user's line as it is: what it would take for more than a word, as ``$(...)`` in a
    template's choice, is left out. At most 1000 words are proposed.
    """
    *before, word = _words(line)[1:] or [""]
    found = ((text, meaning) for text, meaning in _possible(before, word, parser) if text.startswith(word))
    plain = ((text, visible(meaning, COLUMN)) for text, meaning in found if _is_plain(text))
    return list(itertools.islice(plain, _MOST))


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.fullmatch(word)) and escaped(word) == word


def _possible(before: list[str], word: str, parser: argparse.ArgumentParser) -> Iterable[Word]:
    command, words = parser, before
    before = _behind_options(parser, before)
    while commands := next((each for each in command._actions if isinstance(each, argparse._SubParsersAction)), None):
        if words and words[-1] in _with_value(command):
            return []
        if not before:
            helps = [(action.dest, action.help or "") for action in commands._choices_actions]
            return [*helps, *(_options(command) if word.startswith("-") else [])]
        name, *before = before
        if name not in commands.choices:
            return []
        command = commands.choices[name]
    option, equals, _ = word.partition("=")
    if option.startswith("--") and equals:
        values = _values(command, option, words, word[len(option) + 1 :])
        return [(f"{option}={text}", meaning) for text, meaning in values]
    if word.startswith("-"):
        return _options(command)
    if before and before[-1].startswith("-"):
        return _values(command, before[-1], words, word)
    positional = next((action for action in command._actions if not action.option_strings and action.choices), None)
    return [(str(choice), "") for choice in positional.choices or ()] if positional else []


def _behind_options(parser: argparse.ArgumentParser, words: list[str]) -> list[str]:
    """The words from the command on: options may stand before it."""
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in _with_value(parser) else 1 :]
    return words


def _with_value(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions if action.nargs is None for name in action.option_strings}


def _options(parser: argparse.ArgumentParser) -> list[Word]:
    return [
        (option, action.help or "")
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    ]


def _values(parser: argparse.ArgumentParser, option: str, before: list[str], word: str) -> Iterator[Word]:
    from smscaffold import catalog

    action = next((each for each in parser._actions if option in each.option_strings), None)
    if action and action.choices:
        yield from ((str(choice), "") for choice in action.choices)
    elif option in ("--select", "--ignore", "--explain", "--profile"):
        yield from _clauses(option, word)
    elif option == "--format":
        from smscaffold.contract.formats import FORMATS

        yield from ((name, f"for {readers}") for name, readers in FORMATS.items())
    elif option in ("-t", "--template"):
        yield from ((each.name, each.about["title"]) for each in catalog.templates(standard=_standard(before)))
    elif option in ("-d", "--data"):
        found = (answer for template in _templates(parser, before) for answer in _answers(template, word))
        yield from {text: (text, meaning) for text, meaning in found}.values()


def _templates(parser: argparse.ArgumentParser, before: list[str]) -> list[Template]:
    """The templates whose answers the line can give."""
    from smscaffold import catalog

    if parser.prog.endswith(" template new"):
        return [catalog.template_package()]
    named = [value for name, value in itertools.pairwise(before) if name in ("-t", "--template")]
    named += [each.partition("=")[2] for each in before if each.startswith("--template=")]
    if not named:
        return list(catalog.templates())
    try:
        found = catalog.find(named[-1], _standard(before))
    except SmscaffoldError:
        return []
    return [] if found.origin == catalog.CONFIGURED else [found]  # that one would have to be fetched first


def _standard(before: list[str]) -> Standard:
    """The organisation's, as far as it can be read."""
    from smscaffold.config.standard import NO_STANDARD, load

    given = [value for name, value in itertools.pairwise(before) if name == "--config"]
    given += [each.partition("=")[2] for each in before if each.startswith("--config=")]
    try:
        return load(Path(given[-1]) if given else None)
    except SmscaffoldError:
        return NO_STANDARD


def _clauses(option: str, word: str) -> Iterator[Word]:
    """The ids of clauses or the names of their profiles; several of them stand with commas between."""
    from smscaffold.contract.catalogue import PROFILES, rules

    before = "".join(word.rpartition(",")[:2])
    if option == "--profile":
        yield from ((f"{before}{name}", "") for name in PROFILES)
    elif option == "--explain":
        yield from ((rule.id, rule.title) for rule in rules().values())
    else:
        yield from ((f"{before}{rule.id}", rule.title) for rule in rules().values() if rule.checked)


def _answers(template: Template, word: str) -> Iterator[Word]:
    """The template's answer keys as ``layout=``, and once there is a key, its choices."""
    from smscaffold.answers import askable
    from smscaffold.obtain import obtain
    from smscaffold.staging import temporary_folder
    from smscaffold.template_config import load_config

    with temporary_folder() as work:
        try:
            obtain(template, work / "template")
            questions = load_config(Path(work, "template")).questions
        except SmscaffoldError:
            return
    for name in askable(questions):
        question = questions[name]
        help = str(question.details.get("help", "")).splitlines()
        if not word.startswith(f"{name}="):
            yield f"{name}=", "" if "{" in "".join(help[:1]) else "".join(help[:1])
            continue
        for choice in question.choices or (("yes", "no") if question.type == "bool" else ()):
            yield f"{name}={choice}", ""


def _words(line: str) -> list[str]:
    """The words of a line that may end in the middle of a quotation."""
    for close in ("", "'", '"'):
        try:
            words = shlex.split(line + close)
        except ValueError:
            continue
        return [*words, ""] if not close and line[-1:].isspace() else words
    return []
