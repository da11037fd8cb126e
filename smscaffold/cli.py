"""The command line: one function per command, no logic. Whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from smscaffold import __version__
from smscaffold.authoring.commands import add_template
from smscaffold.console import Console, show_traceback, show_warning
from smscaffold.errors import SmscaffoldError
from smscaffold.parser import Commands, Parser
from smscaffold.surroundings import drop_output, make_do, refusal

#: the options that may stand before the command as well
_DAY, _A_MOMENT = 86400, 0.01  # seconds
_EVERYWHERE: dict[str, dict[str, Any]] = {
    "config": {"type": Path, "metavar": "FILE", "help": "a smscaffold.toml whose values win"},
    "quiet": {"action": "store_true", "help": "print nothing but errors"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code.

    0 is success, 1 a refusal with its reason, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM; `check` has its own.
    """
    make_do()
    parser = _parser()
    options = parser.parse_args(arguments)
    if "run" not in options:
        parser.print_help()
        return 2
    for name in _EVERYWHERE:
        if getattr(options, name) and name not in vars(options).get("takes", ()):
            parser.error(f"{options.command} takes no --{name}")
    for number, handler in ((signal.SIGTERM, _stop), (signal.SIGHUP, _stop), (signal.SIGINT, _interrupt)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has us ignore the hangup
            signal.signal(number, handler)
    sys.unraisablehook = _raise_again
    sys.excepthook = show_traceback
    warnings.showwarning = show_warning
    try:
        code: int | None = options.run(options)
        sys.stdout.flush()
    except SmscaffoldError as error:
        Console().error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it may have been a key, and the next one a signal
        Console().stopped(_left_behind(options))
        return 128 + signal.SIGINT
    except BrokenPipeError:
        drop_output()  # whoever read it has read enough
        return 128 + signal.SIGPIPE
    except OSError as error:
        drop_output()
        Console().error(refusal(error))
        return getattr(options, "failed", 1)
    return code or 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command line. Raises SystemExit, after a word on what is wrong, where there is no such one."""
    return _parser().parse_args(arguments)


def new(options: argparse.Namespace) -> None:
    """Writes a container folder."""
    from smscaffold.new import Request, create

    request = Request.of(options, template=options.template, ref=options.ref)
    create(request, Console(quiet=options.quiet))


def update(options: argparse.Namespace) -> None:
    """Updates a container folder."""
    from smscaffold.update import Request, update

    request = Request(
        folder=options.path, data=options.data, ref=options.ref, pretend=options.pretend, config=options.config
    )
    update(request, Console(quiet=options.quiet))


def check(options: argparse.Namespace) -> int:
    """Proves the container contract on an image or a folder, or tells what its clauses say."""
    if options.list or options.explain:
        from smscaffold.contract import telling

        listed = telling.as_json if options.json else telling.as_table
        Console().say_text(telling.explained(options.explain) if options.explain else listed())
        return 0
    from smscaffold.check import Request, check

    return check(Request.of(options), Console())


def list_templates(options: argparse.Namespace) -> None:
    """Lists the templates."""
    from smscaffold.config.standard import load
    from smscaffold.listing import as_json, as_table

    standard = load(options.config)
    Console().say_text(as_json(standard) if options.json else as_table(standard))


def config(options: argparse.Namespace) -> None:
    """Shows the organisation's configuration."""
    from smscaffold.config.show import as_json, as_table, doubts
    from smscaffold.config.standard import load

    standard = load(options.config)
    Console().say_text(as_json(standard) if options.json else as_table(standard))
    for doubt in doubts(standard):
        Console().note(doubt)


def doctor(options: argparse.Namespace) -> int:
    """Looks at this machine."""
    from smscaffold.doctor import examine, report

    console = Console()
    return report(examine(options.config, console), console, as_json=options.json)


def completion(options: argparse.Namespace) -> None:
    """Prints a shell's completion script."""
    from smscaffold.completion import SCRIPTS

    Console().say_text(SCRIPTS[options.shell].rstrip("\n"))


def complete(options: argparse.Namespace) -> None:
    """Prints what can stand at the end of a line: for the completion scripts."""
    from smscaffold.completion import candidates

    for word, meaning in candidates(options.line, _parser()):
        Console().say(f"{word}\t{meaning}")


def _left_behind(options: argparse.Namespace) -> str:
    """What to say of it to whoever has stopped the program."""
    from smscaffold.staging import deeds

    return f" after {' and '.join(deeds)}" if deeds else f", nothing {getattr(options, 'undone', 'was written')}"


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends the program by an exception, so that everything temporary is removed on the way out."""
    sys.exit(128 + number)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends the program at the first Ctrl-C; further ones must not disturb what is removed on the way out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _raise_again(lost: Any) -> None:
    """Where Python can raise nothing, as in the callback of a weak reference, a stop would be lost: it comes again."""
    stop = lost.exc_value
    if not isinstance(stop, KeyboardInterrupt | SystemExit):
        show_traceback(lost.exc_type, stop, lost.exc_traceback)
        return

    def raise_it(number: int, frame: FrameType | None) -> None:
        while frame:
            if (
                frame.f_code is _raise_again.__code__
            ):  # a busy machine has not left it yet: raised here, it would be lost
                signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)
                return
            frame = frame.f_back
        raise stop

    signal.signal(signal.SIGALRM, raise_it)
    signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="smscaffold",
        description="Scaffolding for Amazon SageMaker training and serving containers.",
        examples=["smscaffold new my-model", "smscaffold check my-model"],
    )
    parser.add_argument("-V", "--version", action="version", version=f"smscaffold {__version__}")
    for name, says in _EVERYWHERE.items():
        parser.add_argument(f"--{name}", **says)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    _add_new(commands)
    _add_update(commands)
    _add_check(commands)
    _add_list(commands)
    _add_config(commands)
    _add_doctor(commands)
    add_template(commands, _add_answers)
    _add_completion(commands)
    _add_expected(commands)
    return parser


def _add_new(commands: Commands) -> None:
    command = commands.add_parser(
        "new",
        help="write a container folder",
        description="Write a container folder: Dockerfile, train, serve, web front end, local tests. In a terminal it "
        "asks for what has no answer; with SMSCAFFOLD_PLAIN=1 line by line, as screen readers like it.",
        examples=["smscaffold new my-model", "smscaffold new my-model -t r-plumber -y -d layout=split"],
    )
    add = command.add_argument
    add("dest", nargs="?", type=Path, metavar="DEST", help="folder to write (default: ./<project_name>)")
    add("-t", "--template", metavar="NAME", help="a name from `smscaffold list`, a folder, or a git URL (gh:NAME/NAME)")
    add("--ref", metavar="REF", help="version, branch or commit of the template (default: its newest release)")
    _add_answers(command)
    command.set_defaults(run=new)


def _add_answers(command: argparse.ArgumentParser) -> None:
    """The options of what asks questions and writes a folder."""
    add = command.add_argument
    add("-d", "--data", metavar="KEY=VALUE", action="append", default=[], help="one answer (repeatable)")
    add("--data-file", type=Path, metavar="FILE", help="answers in YAML, another folder's .copier-answers.yml too")
    add("-y", "--defaults", action="store_true", help="take the defaults for everything that has no answer")
    add("-n", "--pretend", action="store_true", help="show the tree of files, write nothing")
    _add_everywhere(command, "quiet", "config")
    add("--git", action=argparse.BooleanOptionalAction, default=True, help="git init and a first commit (default: yes)")


def _add_update(commands: Commands) -> None:
    command = commands.add_parser(
        "update",
        help="bring a container folder to its template's newest version",
        description="Merge what is new in a container folder's template into it, or what other answers change.",
        examples=["smscaffold update --pretend", "smscaffold update my-model -d layout=split"],
    )
    add = command.add_argument
    add("path", nargs="?", type=Path, metavar="PATH", default=Path(), help="the container folder (default: here)")
    add("-d", "--data", metavar="KEY=VALUE", action="append", default=[], help="change one answer (repeatable)")
    add("--ref", metavar="REF", help="version, branch or commit of the template (default: its newest release)")
    add("-n", "--pretend", action="store_true", help="show the diff, change nothing")
    _add_everywhere(command, "quiet", "config")
    command.set_defaults(run=update)


def _add_check(commands: Commands) -> None:
    command = commands.add_parser(
        "check",
        help="prove the container contract on any image, clause by clause",
        description="Prove on this machine, with Docker, that a container will live on Amazon SageMaker. "
        "Exit code 0: all MUST hold; 1: some are broken; 2: the check could not run, or not tell.",
        examples=[
            "smscaffold check my-model --quick --format junit=report.xml",
            "smscaffold check my-image:latest --train-data data/ --select T24,H11",
        ],
    )
    add = command.add_argument
    words: dict[str, Any] = {"action": "extend", "type": _words, "default": []}
    add(
        "target",
        nargs="?",
        metavar="IMAGE|FOLDER",
        help="an image that trains and serves, or a container folder to build",
    )
    add("--train-image", metavar="IMAGE", help="the image that trains, if another one serves or none")
    add("--serve-image", metavar="IMAGE", help="the image that serves, if another one trains or none")
    add("--train-data", metavar="[CHANNEL=]DIR", action="append", default=[], help="data of a channel (default: train)")
    add("--hyperparameters", metavar="FILE", type=Path, help="hyperparameters as a JSON object")
    add(
        "--slow-hyperparameters", metavar="FILE", type=Path, help="those that make a training long enough to be stopped"
    )
    add("--metric", metavar="REGEX", help="what a line of the log with a metric looks like; its group is the number")
    add(
        "--model",
        metavar="PATH",
        type=Path,
        help="a model to serve: directory, file or model.tar.gz (default: train one)",
    )
    add("--payload", metavar="FILE", action="append", type=Path, default=[], help="body of a good request (repeatable)")
    add("--content-type", metavar="TYPE", action="append", default=[], help="its type (default: by the file's ending)")
    add("--select", metavar="ID,...", **words, help="only these clauses; T or H for all training or hosting ones")
    add("--ignore", metavar="ID,...", **words, help="not these clauses")
    add(
        "--profile",
        metavar="NAME,...",
        **words,
        help="only these profiles; the contract's list for them counts as MUST",
    )
    add("--quick", action="store_true", help="only the image itself and the cheap clauses on serving, within a minute")
    add("--strict", action="store_true", help="count each SHOULD as a MUST")
    add(
        "--settings",
        metavar="FILE",
        type=Path,
        help="what the container claims, and which findings are accepted (default: a folder's smscaffold-check.toml)",
    )
    add("--accept-all", action="store_true", help="write today's findings into that file, as accepted for 90 days")
    add(
        "--start-timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long the server's first start may take (default: 180)",
    )
    add(
        "--format",
        metavar="NAME[=FILE]",
        action="append",
        default=[],
        help="of the report: text (default), json, junit, github, markdown, sarif or gitlab (repeatable)",
    )
    add("--output", metavar="FILE", type=Path, help="write the report there, and the text to the terminal")
    add("--list", action="store_true", help="list the clauses")
    add("--json", action="store_true", help="with --list: for programs")
    add("--explain", metavar="ID", help="tell all about a clause")
    command.set_defaults(run=check, undone="stays behind", failed=2)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 1 <= seconds <= _DAY:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of seconds from 1 to {_DAY}")
    return seconds


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _add_list(commands: Commands) -> None:
    _add_shown(
        commands,
        "list",
        list_templates,
        help="list the templates",
        description="List the templates.",
        examples=["smscaffold list", "smscaffold list --json"],
    )


def _add_config(commands: Commands) -> None:
    _add_shown(
        commands,
        "config",
        config,
        help="show the organisation's configuration",
        description="Show every value of the organisation's configuration (smscaffold.toml), and where it came from.",
        examples=["smscaffold config", "smscaffold config --config ./smscaffold.toml --json"],
    )


def _add_doctor(commands: Commands) -> None:
    _add_shown(
        commands,
        "doctor",
        doctor,
        help="tell whether this machine has all that is needed",
        description="Look at Docker, git, AWS's command line, port 8080, disks, proxies and the organisation's files: "
        "a line each, and below it how to mend it. Exit code 1: something is at fault.",
        examples=["smscaffold doctor", "smscaffold doctor --json"],
    )


def _add_shown(commands: Commands, name: str, run: Callable[[argparse.Namespace], int | None], **says: Any) -> None:
    """Adds a command that shows what there is, to people or with ``--json`` to programs."""
    command = commands.add_parser(name, **says)
    command.add_argument("--json", action="store_true", help="for programs")
    _add_everywhere(command, "config")
    command.set_defaults(run=run)


def _add_everywhere(command: argparse.ArgumentParser, *names: str) -> None:
    """Options that a command takes, before its name or after it; the last one wins."""
    for name in names:
        command.add_argument(f"--{name}", default=argparse.SUPPRESS, **_EVERYWHERE[name])
    command.set_defaults(takes=names)


def _add_completion(commands: Commands) -> None:
    command = commands.add_parser(
        "completion",
        help="print a script that completes commands, templates and answers in a shell",
        description="Print a completion script; its first lines say where it goes.",
        examples=[
            "smscaffold completion bash > ~/.local/share/bash-completion/completions/smscaffold",
            "smscaffold completion fish > ~/.config/fish/completions/smscaffold.fish",
        ],
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")
    command.set_defaults(run=completion)
    hidden = commands.add_parser("_complete")
    hidden.add_argument("line")
    hidden.set_defaults(run=complete)


def _add_expected(commands: Commands) -> None:
    """Commands that other programs have; the list of commands leaves them out."""
    commands.add_parser("version").set_defaults(run=lambda options: Console().say(f"smscaffold {__version__}"))
    command = commands.add_parser("help")
    command.add_argument("commands", nargs="*", metavar="COMMAND")
    command.set_defaults(run=lambda options: _parser().parse_args([*options.commands, "--help"]))
