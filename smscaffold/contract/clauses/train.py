"""What every training job needs (profile `train`)."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

from smscaffold.contract.clause import Clause, Each, Mend, expect, unproven
from smscaffold.contract.wording import RUN, files, first_sentence_problem, left_instead, metrics, odd_in, served

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.injection import Fixtures
    from smscaffold.contract.jobs import Unusual
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.long_jobs import Stopped
    from smscaffold.sagemaker_local import TrainingResult

_ABSURD = "not-a-number"


class T1(Clause):
    """`train` trains: it exits with 0 and leaves a model."""

    seconds = 5
    quick = True
    mend = Mend(
        "Have an executable `train` on PATH, or an ENTRYPOINT that takes the word; read the data below "
        "/opt/ml/input/data and write the model to /opt/ml/model."
    )

    def check(self, trained: TrainingResult) -> str:
        expect(trained.exit_code == 0, sent=RUN, expected="exit code 0", came=trained)
        found = files(trained.model)
        expect(found, sent=RUN, expected="files in /opt/ml/model", came=left_instead(trained))
        return f"{len(found)} files in /opt/ml/model after {trained.seconds:.1f} s"


class T10(Clause):
    """Hyperparameters come as strings in `hyperparameters.json`, some or none of them, known or not.

    Some SDKs encode each value as JSON, so that texts carry quotes of their own.
    """

    requires = ("T1",)
    seconds = 6
    mend = Mend(
        "Give every hyperparameter a default, ignore unknown ones, and turn the string into what is needed, after "
        "a try to read it as JSON. A file that is missing is like {}.",
        python="try: value = json.loads(text)\nexcept ValueError: value = text",
        r="value <- tryCatch(jsonlite::fromJSON(text), error = function(e) text)",
        java="mapper.readTree(text), and the text itself on a JsonProcessingException",
    )

    def check(self, bare: Unusual, crowded: Unusual, trained: TrainingResult, lab: Lab) -> str:
        with Each() as each:
            with each():
                less = bare.holds("T10")
            with each():
                more = crowded.holds("T10")
        metric = lab.subject.metric
        wanted = metrics(metric, trained.logs) if metric else []
        if not wanted or not self._differ(crowded, wanted, metric or "", lab):
            return f"{less}; {more}" + (": the same metrics" if wanted else "")
        came = "others, while a training on plain values gives the same ones each time"
        expect(False, sent=f"{RUN}, {more}", expected=f"the metrics {', '.join(wanted[:5])} ...", came=came)
        return ""

    def _differ(self, crowded: Unusual, wanted: list[str], metric: str, lab: Lab) -> bool:
        """Whether the values were understood differently: other metrics come, and not by chance."""
        return (
            metrics(metric, crowded.result("T10").logs) != wanted
            and metrics(metric, crowded.alone("T10").logs) != wanted
            and metrics(metric, lab.train().logs) == wanted
        )


class T11(Clause):
    """`inputdataconfig.json` names the channels, and little else for sure.

    A name may have `.`, `-` and `_` in it. `ContentType` is there only if the job gave one; AWS's local mode leaves out
    still more.
    """

    requires = ("T1",)
    mend = Mend("Take the channels from the keys of the file, and treat each key of a channel as optional.")

    def check(self, bare: Unusual, crowded: Unusual) -> str:
        return _both(bare, crowded, "T11")


def _both(bare: Unusual, crowded: Unusual, way: str) -> str:
    """That training goes well with less than usual, and with more."""
    seen = []
    with Each() as each:
        for jobs in (bare, crowded):
            with each():
                seen.append(jobs.holds(way))
    return "; ".join(seen)


class T12(Clause):
    """A host knows its place by `current_host` and `hosts` in `resourceconfig.json`, and by nothing else.

    Names are not always algo-1, algo-2; the container's own host name is another one, and other keys may be missing.
    """

    requires = ("T1",)
    mend = Mend(
        "rank = index of current_host in hosts; give every other key a default.",
        python='rank = config["hosts"].index(config["current_host"])',
        r="rank <- match(config$current_host, config$hosts)",
        java='hosts.indexOf(config.get("current_host").asText())',
    )

    def check(self, bare: Unusual, crowded: Unusual, lab: Lab, fixtures: Fixtures) -> str:
        with Each() as each:
            with each():
                less = bare.holds("T12")
            with each():
                more = crowded.holds("T12")
            with each():
                several = "" if lab.subject.one_host else f"; {self._places(fixtures.get('cluster'))}"
        return f"{less}; {more}{several}"

    def _places(self, cluster: dict[str, TrainingResult]) -> str:
        writers = [host for host, result in cluster.items() if files(result.model)]
        asked = f"{RUN} on the hosts {', '.join(cluster)}"
        ended = next((result for result in cluster.values() if result.exit_code), None)
        expect(
            writers or ended, sent=asked, expected="a model from one of them", came="none: each thinks it is not first"
        )
        return f"of the hosts {' and '.join(cluster)}, {' and '.join(writers) or 'none'} left a model"


class T13(Clause):
    """Further files in `/opt/ml/input/config` do no harm.

    Real jobs have some that no documentation names.
    """

    requires = ("T1",)
    seconds = 5
    mend = Mend("Read the files you need by their names, and leave the others alone.")

    def check(self, crowded: Unusual) -> str:
        return crowded.holds("T13")


class T14(Clause):
    """It needs no variable of the platform's, and none does harm.

    Only TRAINING_JOB_NAME, TRAINING_JOB_ARN and the job's own ones are documented; local mode has fewer.
    """

    requires = ("T1",)
    mend = Mend("Give every variable a default; never parse the whole environment line by line.")

    def check(self, bare: Unusual, crowded: Unusual) -> str:
        return _both(bare, crowded, "T14")


class T15(Clause):
    """It needs no `SM_*` variables: AWS's own toolkit sets them, not the platform."""

    seconds = 2
    mend = Mend(
        "Read /opt/ml by its paths, and take an SM_* variable only in place of a default.",
        python='os.environ.get("SM_MODEL_DIR", "/opt/ml/model")',
        r='Sys.getenv("SM_MODEL_DIR", "/opt/ml/model")',
        java='System.getenv().getOrDefault("SM_MODEL_DIR", "/opt/ml/model")',
    )

    def check(self, trained: TrainingResult, lab: Lab) -> str:
        if not _good(trained):
            helped = lab.train(environment=_toolkit(lab))
            expect(not _good(helped), sent=RUN, expected="a model without SM_* variables too", came=trained)
            unproven(f"it does not train, with SM_* variables neither: exit code {helped.exit_code}")
        return "trains with TRAINING_JOB_NAME and TRAINING_JOB_ARN alone"


def _good(result: TrainingResult) -> bool:
    return result.exit_code == 0 and bool(files(result.model))


def _toolkit(lab: Lab) -> dict[str, str]:
    """The variables that AWS's toolkit would set, those that scripts read most."""
    hyperparameters, channels = lab.subject.hyperparameters, lab.subject.channels
    return {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(dict(hyperparameters)),
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_NUM_CPUS": "1",
        "SM_NUM_GPUS": "0",
        **{f"SM_CHANNEL_{name.upper()}": f"/opt/ml/input/data/{name}" for name in channels},
        **{f"SM_HP_{name.upper()}": str(value) for name, value in hyperparameters.items()},
    }


class T16(Clause):
    """A channel is a directory with folders in it, empty files and hidden ones; it is read and never written.

    What lies below the prefix in S3 keeps its folders; consoles and other tools leave empty marker objects.
    """

    requires = ("T1",)
    mend = Mend(
        "Walk through the channel's folders; leave out empty files and those whose name begins with a dot or _.",
        python='[p for p in path.rglob("*") if p.is_file() and p.stat().st_size and p.name[0] not in "._"]',
        r='grep("(^|/)[._]", list.files(path, recursive = TRUE, full.names = TRUE), invert = TRUE, value = TRUE)',
        java="Files.walk(path).filter(Files::isRegularFile)",
    )

    def check(self, crowded: Unusual) -> str:
        return crowded.holds("T16")


class T17(Clause):
    """FastFile mode is File mode: the same directory, which can only be read.

    The configuration may say FastFile or File (D2).
    """

    requires = ("T1",)
    mend = Mend("Treat FastFile like File; write and rename in /tmp, never in the channel.")

    def check(self, crowded: Unusual) -> str:
        return crowded.holds("T17")


class T19(Clause):
    """A host that gets no data says so, or ends well: with ShardedByS3Key that happens."""

    requires = ("T1",)
    seconds = 3
    mend = Mend("Check that a channel holds data, and end with a sentence in /opt/ml/output/failure if it must.")

    def check(self, lab: Lab) -> str:
        nothing = lab.folder()
        channels = dict.fromkeys(lab.subject.channels, nothing) or unproven(
            "give the data to train on: --train-data DIR"
        )
        shape = {"TrainingInputMode": "File", "S3DistributionType": "ShardedByS3Key", "RecordWrapperType": "None"}
        result = lab.train(channels, config={"inputdataconfig.json": dict.fromkeys(channels, shape)})
        if result.exit_code == 0:
            return "exit code 0 without data"
        asked, wanted = f"{RUN}, its channels empty", "exit code 0, or a clear sentence in /opt/ml/output/failure"
        problem = first_sentence_problem(result.failure or "")
        expect(not problem, sent=asked, expected=wanted, came=result)
        return f"exit code {result.exit_code}: {(result.failure or '').strip().splitlines()[0][:100]}"


class T22(Clause):
    """`/opt/ml/model` holds plain files that can be packed, unpacked and served; of several hosts, each its own.

    The platform packs the directory, with several hosts all of them together. Hosting refuses links (H24).
    """

    requires = ("T1",)
    seconds = 8
    mend = Mend(
        "Write the files themselves, no links, and on the first host only; or put the host into the files' names."
    )

    def check(self, trained: TrainingResult, lab: Lab, fixtures: Fixtures) -> str:
        with Each() as each:
            with each(weight=1):
                odd, wanted = odd_in(trained, "model"), "plain files in /opt/ml/model, no link"
                expect(not odd, sent=RUN, expected=wanted, came=left_instead(trained))
            with each(weight=2):
                told = served(lab, _unpacked(lab, trained.model), "the packed model")
            with each():
                twice = "" if lab.subject.one_host else self._names(fixtures.get("cluster"))
        return f"no links{twice}, {told}"

    def _names(self, cluster: dict[str, TrainingResult]) -> str:
        first, second = (
            {path.relative_to(result.model) for path in files(result.model)} for result in cluster.values()
        )
        asked, wanted = f"{RUN} on the hosts {' and '.join(cluster)}", "no file of the same name from both"
        expect(not first & second, sent=asked, expected=wanted, came=", ".join(sorted(map(str, first & second))))
        return ", no name twice from two hosts"


def _unpacked(lab: Lab, model: Path) -> Path:
    """What becomes of a model when the platform packs and unpacks it."""
    from smscaffold.sagemaker_local import unpack  # here: to list clauses nobody needs docker

    folder = lab.folder()
    with tarfile.open(folder / "model.tar.gz", "w:gz", compresslevel=1) as archive:
        for path in model.iterdir():
            archive.add(path, path.name)
    (folder / "model").mkdir()
    with tarfile.open(folder / "model.tar.gz") as archive:
        unpack(archive, folder / "model", "the packed model", lab.room)
    return folder / "model"


class T24(Clause):
    """A job that fails says why in `/opt/ml/output/failure`; one that succeeds leaves no such file.

    The platform shows its first 1024 characters, so the useful sentence comes first, not a stack trace.
    """

    requires = ("T1",)
    seconds = 3
    mend = Mend(
        "Catch every error of the training, write its sentence and then the trace to /opt/ml/output/failure, and exit "
        "with an error.",
        python="try: main()\nexcept Exception as error: Path('/opt/ml/output/failure').write_text(str(error)); raise",
        r="tryCatch(main(), error = function(e) { writeLines(conditionMessage(e), failure); quit(status = 1) })",
        java="catch (Exception e) { Files.writeString(failure, e.getMessage()); System.exit(1); }",
    )

    def check(self, trained: TrainingResult, failed: tuple[str, TrainingResult]) -> str:
        name, result = failed
        asked, text = f"{RUN} with the hyperparameter {name}={_ABSURD!r}", result.failure or ""
        with Each() as each:
            with each(weight=2):
                for one in (trained, result):
                    link = [odd for odd in odd_in(one, "output") if odd.startswith("output/failure ")]
                    came = f"/opt/ml/{''.join(link)}: it is not read"
                    expect(not link, sent=RUN, expected="a plain file, or none", came=came)
                expect(text, sent=asked, expected="/opt/ml/output/failure", came="no such file, or an empty one")
                problem = first_sentence_problem(text)
                expect(not problem, sent=asked, expected="the useful sentence first", came=f"{problem}: {text[:300]}")
                expect(
                    name in text[:1024], sent=asked, expected=f"{name} in the first 1024 characters", came=text[:300]
                )
            with each():
                came = f"the file after exit code {trained.exit_code}: {trained.failure}"
                expect(trained.failure is None, sent=RUN, expected="no failure file after a success", came=came)
        return text.splitlines()[0][:100]


class T25(Clause):
    """A training that fails exits with an error.

    Exit code 0 is a completed job, whatever the log says; a pipe such as `python train.py | tee log` loses the code.
    """

    requires = ("T1",)
    mend = Mend("Let errors through to the exit code; in shell scripts `set -euo pipefail`, and `exec` the program.")

    def check(self, failed: tuple[str, TrainingResult]) -> str:
        name, result = failed
        asked = f"{RUN} with the hyperparameter {name}={_ABSURD!r}"
        expect(result.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=result)
        return f"exit code {result.exit_code}"


class T30(Clause):
    """A stopped job ends by itself within 120 s, after SIGTERM.

    What it has learned by then is saved. PID 1 gets the signal, and its default action is to ignore it.
    """

    requires = ("T1",)
    seconds = 8
    timed = True
    mend = Mend(
        "Handle SIGTERM in the program that is PID 1: finish the round, save the model, exit.",
        python="signal.signal(signal.SIGTERM, handler) in the main thread",
        r="R cannot catch SIGTERM: a bash PID 1 traps TERM and sends INT to Rscript, which catches `interrupt` (N3)",
        java="Runtime.getRuntime().addShutdownHook(...), with `exec java` in wrappers",
    )

    def check(self, stopped: Stopped, lab: Lab) -> str:
        asked = "SIGTERM to PID 1 of a running training"
        if stopped.heard is None:
            unproven("the training was over before it could be stopped: --slow-hyperparameters FILE makes it long")
        expect(stopped.heard, sent=asked, expected="a handler for it", came="none: PID 1 would never notice")
        result = stopped.result or unproven("nothing came of the stop")
        expect(result.exit_code != 137, sent=asked, expected="its end within 120 s", came=result)
        learned = lab.subject.metric and metrics(lab.subject.metric, stopped.before)
        if not files(result.model) and not learned:
            unproven("whether it had learned anything by then cannot be told: --metric REGEX")
        expect(files(result.model), sent=asked, expected="what it has learned in /opt/ml/model", came=result)
        return f"exit code {result.exit_code}; what it saved is {served(lab, result.model, 'the model it saved')}"
