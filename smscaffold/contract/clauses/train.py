"""What every training job needs (profile `train`)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from smscaffold.contract.clause import Clause, Mend, expect, unproven
from smscaffold.contract.wording import files, first_sentence_problem

if TYPE_CHECKING:
    from smscaffold.contract.lab import Lab
    from smscaffold.sagemaker_local import TrainingResult

_RUN = "docker run IMAGE train"
_ABSURD = "not-a-number"


class T1(Clause):
    """`train` trains: it exits with 0 and leaves a model."""

    seconds = 5
    mend = Mend(
        "Have an executable `train` on PATH, or an ENTRYPOINT that takes the word; read the data below "
        "/opt/ml/input/data and write the model to /opt/ml/model."
    )

    def check(self, trained: TrainingResult) -> str:
        expect(trained.exit_code == 0, sent=_RUN, expected="exit code 0", came=trained)
        found = files(trained.model)
        came = "an empty directory"
        expect(found, sent=_RUN, expected="files in /opt/ml/model", came=came)
        return f"{len(found)} files in /opt/ml/model after {trained.seconds:.1f} s"


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
        came = f"the file after exit code {trained.exit_code}: {trained.failure}"
        expect(trained.failure is None, sent=_RUN, expected="no failure file after a success", came=came)
        name, result = failed
        asked = f"{_RUN} with the hyperparameter {name}={_ABSURD!r}"
        expect(result.failure, sent=asked, expected="/opt/ml/output/failure", came="no such file, or an empty one")
        text = result.failure or ""
        problem = first_sentence_problem(text)
        expect(not problem, sent=asked, expected="the useful sentence first", came=f"{problem}: {text[:300]}")
        expect(name in text[:1024], sent=asked, expected=f"{name} in the first 1024 characters", came=text[:300])
        return text.splitlines()[0][:100]


class T25(Clause):
    """A training that fails exits with an error.

    Exit code 0 is a completed job, whatever the log says; a pipe such as `python train.py | tee log` loses the code.
    """

    requires = ("T1",)
    mend = Mend("Let errors through to the exit code; in shell scripts `set -euo pipefail`, and `exec` the program.")

    def check(self, failed: tuple[str, TrainingResult]) -> str:
        name, result = failed
        asked = f"{_RUN} with the hyperparameter {name}={_ABSURD!r}"
        expect(result.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=result)
        return f"exit code {result.exit_code}"


class T30(Clause):
    """A stopped job ends by itself within 120 s, after SIGTERM.

    What it has learned by then is saved. PID 1 gets the signal, and its default action is to ignore it.
    """

    requires = ("T1",)
    seconds = 8
    mend = Mend(
        "Handle SIGTERM in the program that is PID 1: finish the round, save the model, exit.",
        python="signal.signal(signal.SIGTERM, handler) in the main thread",
        r="R cannot catch SIGTERM: a bash PID 1 traps TERM and sends INT to Rscript, which catches `interrupt` (N3)",
        java="Runtime.getRuntime().addShutdownHook(...), with `exec java` in wrappers",
    )

    def check(self, lab: Lab) -> str:
        slow = {**lab.subject.hyperparameters, **lab.subject.slow}
        asked = "SIGTERM to PID 1 of a running training"
        with lab.training(hyperparameters=slow) as job:
            job.until(lambda: job.logs() or not job.running, "the first line of the log", 60)
            if not job.running:
                unproven("the training was over before it could be stopped: --slow-hyperparameters FILE makes it long")
            heard = lab.inside(job).hears(signal.SIGTERM)
            expect(heard, sent=asked, expected="a handler for it", came="none: PID 1 would never notice")
            code = job.stop(120)
            result = job.wait()
        expect(code != 137, sent=asked, expected="its end within 120 s", came=result)
        return f"exit code {code} after {result.seconds:.1f} s"
