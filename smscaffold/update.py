"""``smscaffold update``: brings a container folder to a newer version of its template, or to other answers.

Copier merges in a second work tree of the folder's repository, and git takes over the result when it is complete: an
update that is stopped before leaves the folder as it was.
"""

from __future__ import annotations

import os
import re
import shlex
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from smscaffold import answers, catalog, git
from smscaffold.address import without_secrets
from smscaffold.config.standard import Standard
from smscaffold.config.standard import load as load_standard
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.folder import ANSWERS_FILE, Folder, find_folder
from smscaffold.history import git_remote
from smscaffold.merging import keep_edits
from smscaffold.proof import compare
from smscaffold.render import by_the_system, copiers_environment, reason
from smscaffold.repository import Clone, clone, helper_on_path
from smscaffold.second_tree import in_whole_tree, second_work_tree
from smscaffold.small_file import load_yaml, read_small
from smscaffold.staging import temporary_files_in, temporary_folder, uninterrupted
from smscaffold.template_config import TemplateConfig, load_config
from smscaffold.trust import Trust, check_safe, refusal, refuse_hostile

#: whether the template leaves a file of the container folder to the user alone
LeftAlone = Callable[[Path], bool]

# seconds to wait for another program of git's, which seldom takes long
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_UNDO = "restore --staged --worktree ."


@dataclass(frozen=True)
class Request:
    """What the user asked for; `ref` is a version, branch or commit of the template, None its newest release."""

    folder: Path = Path()
    data: list[str] = field(default_factory=list)
    ref: str | None = None
    pretend: bool = False
    config: Path | None = None


@dataclass(frozen=True)
class Merged:
    """The folder as the update leaves it, ready in the second work tree."""

    tree: str  # of the whole repository
    answers: dict[str, Any]
    changes: list[tuple[str, str]]  # A, M, D or T, and the path from the repository's top
    conflicts: list[str]  # paths from there as well
    unmerged: str  # these conflicts for git's index


def update(request: Request, console: Console) -> None:
    """Updates the folder, or shows what would change in it.

    Raises SmscaffoldError when something stands against it, and then nothing has changed; also when there are
    conflicts, and then these are in the folder, as a merge of git leaves them.
    """
    standard = load_standard(request.config)
    given = answers.collect(request.data)
    folder = find_folder(request.folder)
    if unwanted := standard.source_refusal(folder.address):
        raise SmscaffoldError(f"the template of {folder.path} {unwanted}")
    if folder.source != folder.address:
        console.note(
            f"{ANSWERS_FILE} and the history of {folder.path.name} hold a login or a query in _src_path: let git's "
            "credential helper log you in, take that out of the file, and have the password or token replaced"
        )
    with temporary_folder() as work:
        template = clone(folder.address, work / "template")
        _check_known(folder, template)
        ref = request.ref or standard.ref(folder.source)
        if standard.limits_sources:  # copier gets the old version as well, with its submodules
            template.check_out(folder.commit, standard.source_refusal)
        target = template.check_out(ref, standard.source_refusal)
        config = load_config(template.folder)
        gathered = _gathered(given, config, folder, standard)
        settled = _newly_fixed(folder, gathered)
        if target == folder.commit and not given and not settled:
            _say_that_nothing_is_newer(folder, template, target, work, console)
            return
        trust = _check_safe(folder, config, request.pretend)
        with second_work_tree(folder, work / "tree", whole=trust.reads_machine()) as second:
            with console.moment("Updating ..."), gathered.blamed():
                left_alone = _run_copier(folder, second, gathered, target, work, trust, tasks=not request.pretend)
                merged = _merged(folder, second, work / "renders", left_alone, trust)
                difference = _difference(second) if request.pretend else ""
            if not request.pretend:
                _take_over(folder, merged)
    if request.pretend:
        _show(difference, console)
    else:
        _report(folder, merged, gathered, console)
    if merged.conflicts:
        raise SmscaffoldError(_conflicts(folder, merged, request.pretend))


def _say_that_nothing_is_newer(folder: Folder, template: Clone, target: str, work: Path, console: Console) -> None:
    """Says that the folder is up to date if that is proved: the answers file may have been changed by hand."""
    name = folder.path.name
    try:
        template.remove_history()
        trust = check_safe(folder.source, folder.source, load_config(template.folder))
        with console.moment("Comparing ..."):
            found = compare(folder, template.folder, trust, work / "proof")
    except SmscaffoldError as error:
        why = f"whether {name} is what this version renders cannot be told: {error}"
    else:
        why = found.told(name) if found.others else ""
    if why:
        console.say(f"There is nothing to update: {ANSWERS_FILE} of {name} names {target} of {folder.source} already")
        console.note(why)
    else:
        console.say(f"{name} is up to date with {target} of {folder.source}")


def _gathered(given: answers.Answers, config: TemplateConfig, folder: Folder, standard: Standard) -> answers.Gathered:
    """The answers to change, and those that the organisation fixes: without its configuration, as the folder has it."""
    gathered = answers.gather(given, config, catalog.from_source(folder.source, standard).names, standard)
    for name in [] if standard.places else sorted(given.keys() & set(folder.fixed)):
        if not answers.same(config.questions[name], given[name].value, folder.answers.get(name)):
            raise SmscaffoldError(
                f"{name} was fixed by the organisation ({answers.FIXED_ANSWERS} in {ANSWERS_FILE}), and its "
                "configuration is not on this machine: --data cannot change it"
            )
    return gathered


def _newly_fixed(folder: Folder, gathered: answers.Gathered) -> list[str]:
    """The answers that are fixed now and were others, or by which the folder remembers what the organisation says."""
    questions, given = gathered.config.questions, gathered.given
    changed = [
        name
        for name, each in given.items()
        if each.fixed and name in folder.answers and not answers.same(questions[name], each.value, folder.answers[name])
    ]
    remembered = {
        answers.FIXED_ANSWERS: folder.fixed,
        answers.ORGANISATION: folder.answers.get(answers.ORGANISATION, {}),
    }
    return changed + [name for name, was in remembered.items() if name in given and given[name].value != was]


def _check_safe(folder: Folder, config: TemplateConfig, pretend: bool) -> Trust:
    trust = check_safe(folder.source, folder.source, config)
    if trust.runs_code and pretend and "migrations" in config.unsafe_features:
        raise SmscaffoldError(
            f"{folder.source} has migrations, and what they change cannot be shown without running them"
        )
    return trust


def _check_known(folder: Folder, template: Clone) -> None:
    """Raises SmscaffoldError when the template's history lacks the version that the folder was made from."""
    if template.has(folder.commit):
        return
    releases = template.releases()
    newest = releases[-1] if releases else "none"
    if re.search(r"-\d+-g[0-9a-f]+$", folder.commit):
        raise SmscaffoldError(
            f"{folder.path} was made from a working tree of {folder.source} ({folder.commit}) that no release holds: "
            f"copier cannot tell what has changed since; `copier recopy` renders {newest} over it, and `git diff` "
            "shows what that undid"
        )
    if name := folder.source.partition(f"git+{git_remote.SCHEME}")[2]:
        raise SmscaffoldError(
            f"{folder.path} was made with {folder.commit} of {folder.source}, and the newest version installed here is "
            f"{newest}: first upgrade {git_remote.provider(name.strip('/'))}"
        )
    raise SmscaffoldError(
        f"{folder.path} was made from {folder.commit}, which {folder.source} does not have (any more)"
    )


def _run_copier(
    folder: Folder, second: Path, gathered: answers.Gathered, target: str, work: Path, trust: Trust, *, tasks: bool
) -> LeftAlone:
    """Has copier update the second work tree to the version `target` of the template.

    What it renders without the user is kept in `work`, in ``renders``. Returns which files it leaves to the user alone.
    Copier gets no version to choose: for that it would look into the template's own folder, with the settings there.
    """
    variables: dict[str, str | None] = dict.fromkeys(git.LOCAL_VARIABLES)
    variables["COPIER_CACHE_DIR"] = str(work / "cache")
    variables["TMPDIR"] = str(work / "temporary")
    # copier's own repositories exchange objects with the folder's
    variables["GIT_DEFAULT_HASH"] = git.ask(second, "rev-parse", "--show-object-format").strip()
    # a template's tasks may set up hooks of the folder, where the user has none everywhere
    sets_up = tasks and trust.runs_code and not git.run(work, "config", "core.hooksPath", hooks=True).stdout
    variables |= git.settings("status.showUntrackedFiles=normal", f"core.excludesFile={os.devnull}", hooks=sets_up)
    with (
        helper_on_path(work / "bin"),
        copiers_environment(variables),
        temporary_files_in(work / "temporary"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        import copier
        from copier._settings import SettingsModel
        from plumbum import local

        from smscaffold.worker import Users, careful_worker

        # git prefers a folder of an address's name to the address: it must find none in the folder that is updated
        empty = work / "empty"
        empty.mkdir()
        try:
            with (
                local.cwd(empty),
                careful_worker(trust, Users(folder.path.name, _elsewhere(second), work / "renders", folder.inside))(
                    dst_path=second,
                    data=gathered.data,
                    user_defaults=dict(gathered.proposed),
                    vcs_ref=target,
                    defaults=True,
                    overwrite=True,
                    quiet=True,
                    settings=SettingsModel(),
                    unsafe=trust.runs_code,
                    skip_tasks=not tasks,
                ) as worker,
            ):
                worker.run_update()
                return worker.match_skip
        except SmscaffoldError:
            raise
        except copier.errors.UserMessageError as error:
            raise SmscaffoldError(f"copier cannot update it: {without_secrets(str(error))}") from error
        except Exception as error:
            if by_the_system(error):
                raise
            raise SmscaffoldError(reason(error)) from error


def _elsewhere(second: Path) -> dict[Path, str]:
    """The links and submodules that the user has committed in the folder, each with its kind."""
    kinds = {"120000": "link", "160000": "submodule"}
    entries = [entry.partition("\t") for entry in git.ask(second, "ls-files", "--stage", "-z").split("\0") if entry]
    return {Path(name): kinds[about[:6]] for about, _, name in entries if about[:6] in kinds}


def _merged(folder: Folder, second: Path, renders: Path, left_alone: LeftAlone, trust: Trust) -> Merged:
    """What copier made in the second work tree, with each edit of the user's; there everything is staged afterwards."""
    unmerged = git.ask(second, "ls-files", "--unmerged", "--full-name", "-z")
    settled = {entry.partition("\t")[2] for entry in unmerged.split("\0")}

    def not_looked_at(name: str) -> bool:
        path = Path(os.path.relpath(name, folder.inside))
        return name in settled or str(path) == ANSWERS_FILE or left_alone(path)

    _leave_ignored(folder, second)
    git.ask(second, "add", "--all", "--force", "--", ".")
    unmerged += keep_edits(second, renders, not_looked_at, strict=not trust.runs_code)
    listed = git.ask(second, "diff", "--cached", "--name-status", "--no-renames", "-z", "HEAD").split("\0")
    changes = list(zip(listed[::2], listed[1::2], strict=False))
    made = [os.path.relpath(name, folder.inside) for kind, name in changes if kind != "D"]
    refuse_hostile(folder.source, second, made)
    tree = git.ask(second, "write-tree").strip()
    return Merged(
        tree=in_whole_tree(folder, tree, renders.with_name("index-of-all"), whole=trust.reads_machine()),
        answers=_recorded(second / ANSWERS_FILE, folder.source),
        changes=changes,
        conflicts=sorted({entry.partition("\t")[2] for entry in unmerged.split("\0") if entry}),
        unmerged=unmerged,
    )


def _recorded(file: Path, template: str) -> dict[str, Any]:
    """What the updated answers file holds.

    Raises SmscaffoldError unless a later update finds there which template the folder is from, and which version.
    """
    try:
        recorded = load_yaml(read_small(file))
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise refusal(template, f"makes a {ANSWERS_FILE} that cannot be read ({why})") from error
    for name in ("_src_path", "_commit"):
        value = recorded.get(name) if isinstance(recorded, dict) else None
        if not value or not isinstance(value, (str, int, float)):
            raise refusal(template, f"makes a {ANSWERS_FILE} without {name}, which later updates need")
    return dict(recorded)


def _leave_ignored(folder: Folder, second: Path) -> None:
    """Drops what the template brings although its own .gitignore names it, where the folder has the same file."""
    for name in git.ask(second, "ls-files", "--others", "-z", "--", ".").split("\0"):
        mine, brought = folder.path / name, second / name
        if name and mine.is_file() and brought.is_file() and mine.read_bytes() == brought.read_bytes():
            brought.unlink()


def _difference(second: Path) -> str:
    # without the user's programs and colours: the console colours it after it has escaped what strangers wrote
    return git.ask(second, "diff", "--cached", "--color=never", "--no-ext-diff", "--no-textconv", "HEAD").rstrip("\n")


def _show(difference: str, console: Console) -> None:
    in_a_file = False
    for line in difference.split("\n"):
        in_a_file = line.startswith("@@") or (in_a_file and not line.startswith("diff "))
        style = {"+": "done", "-": "error", "@": "place"}.get(line[:1], "") if in_a_file else "ask"
        console.say([(style, line)])


def _take_over(folder: Folder, merged: Merged) -> None:
    """Has git bring folder and index to the merged state, in one go that nothing interrupts."""
    dropped = {name for kind, name in merged.changes if kind == "D"}
    for name in [name for kind, name in merged.changes if kind == "A"]:
        if os.path.lexists(folder.top / name):
            raise SmscaffoldError(
                f"the update brings {name}, and a file that git ignores is in its place: move it away"
            )
        for parent in [str(parent) for parent in Path(name).parents]:
            place = folder.top / parent  # git would remove what it ignores there
            if os.path.lexists(place) and (place.is_symlink() or not place.is_dir()) and parent not in dropped:
                raise SmscaffoldError(
                    f"the update brings {name}, and {parent} is a file or a link that git ignores: move it away"
                )
    _refresh_index(folder)
    with uninterrupted(f"{folder.path.name} was updated"):
        git.ask(folder.top, "read-tree", "-m", "-u", "HEAD", merged.tree)
        if merged.unmerged:
            gone = "0" * len(merged.tree)
            removed = "".join(f"0 {gone}\t{name}\0" for name in merged.conflicts)
            git.ask(folder.top, "update-index", "-z", "--index-info", text=removed + merged.unmerged)


def _refresh_index(folder: Folder) -> None:
    """Has git look at all files again: after ``cp -r`` its index still has the times of the files that were copied.

    Raises SmscaffoldError while another program of git's holds the index.
    """
    lock = folder.top / git.ask(folder.top, "rev-parse", "--git-path", "index.lock").strip()
    for wait in (*_WAITS, 0.0):
        done = git.run(folder.top, "update-index", "-q", "--really-refresh")
        # 1: there are changes; git asks for the lock only where it has something to write
        if done.returncode in (0, 1) and not os.path.lexists(lock):
            return
        time.sleep(wait)
    raise SmscaffoldError(
        f"another program of git's is at work in {folder.top}: update again when it has ended, or remove {lock} if "
        "there is none"
    )


def _report(folder: Folder, merged: Merged, gathered: answers.Gathered, console: Console) -> None:
    if not merged.changes:
        console.say(f"Nothing changes in {folder.path.name}")
        return
    old, new = folder.commit, str(merged.answers.get("_commit"))
    versions = f"from {old} to {new}" if old != new else f"with other answers, still {new}"
    console.heading(f"Updated {folder.path.name} {versions} of {folder.source}")
    for kind, name in merged.changes:
        console.say(f"  {kind} {os.path.relpath(folder.top / name, folder.path)}")
    for name in answers.askable(gathered.config.questions):
        if note := _note(name, folder.answers, merged.answers, gathered.given.get(name)):
            console.note(note)
    if not merged.conflicts:
        look = _command(folder, "diff --cached")
        console.say()
        console.say(f"Everything is staged. See `{look}`, test it, and commit it; or undo it:")
        console.say(f"  {_command(folder, _UNDO)}")


def _note(name: str, before: dict[str, Any], now: dict[str, Any], given: answers.Given | None) -> str:
    """What to say about an answer that nobody has given by hand."""
    if name not in now or before.get(name) == now[name]:
        return ""
    if given and given.fixed:
        return f"{name} is now {now[name]!r}, {given.why}" + (f" (it was {before[name]!r})" if name in before else "")
    if name not in before and not given:
        return f"new question {name}: took its default {now[name]!r} (another one: -d {name}=...)"
    return ""


def _conflicts(folder: Folder, merged: Merged, pretend: bool) -> str:
    names = [os.path.relpath(folder.top / name) for name in merged.conflicts]
    what = "would conflict" if pretend else "conflict"
    advice = "" if pretend else f"; edit them, `git add` them and commit, or undo the update: {_command(folder, _UNDO)}"
    return f"your changes and the template's {what} in {', '.join(names)}{advice}"


def _command(folder: Folder, words: str) -> str:
    """A command of git in the folder, for the user's shell: it must not touch what lies around the folder."""
    place = "" if Path.cwd() == folder.path else f" -C {shlex.quote(os.path.relpath(folder.path))}"
    return f"git{place} {words}"
