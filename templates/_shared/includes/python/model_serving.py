"""The model and its predictions, whatever web framework asks for them.

The model is loaded once, before the worker processes are forked, so that they share its memory. Everything else of
algorithm.py runs in the workers only: threads, sessions and GPUs that a library makes do not survive a fork.
"""

import json
import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

import algorithm
import answers
import formats
import negotiation

MODEL = Path(os.environ.get("OPT_ML", "/opt/ml")) / "model"
TIMEOUT = int(os.environ.get("MODEL_SERVER_TIMEOUT", "65"))  # seconds; `serve` has checked it
WARM_UP = min(TIMEOUT, 60)  # seconds: SageMaker waits some minutes for a container to be ready

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
log = logging.getLogger(__name__)


@cache
def load_model():
    """Return the model, loaded at the first call. Ends the process where it cannot be loaded (H12)."""
    before = threads()
    try:
        model = algorithm.load(MODEL)
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"serve: cannot load the model in {MODEL}: {type(error).__name__}: {error}")
    if new := threads() - before:
        names = [thread.name for thread in threading.enumerate() if str(thread.native_id) in new]
        log.warning(
            "load has left %d threads running%s. The workers are forked without them, and a prediction that needs them "
            "may hang: start them in predict, on first use",
            len(new), f" ({', '.join(names)})" if names else "",
        )  # fmt: skip
    return model


def threads():
    """Return the ids of this process's threads, those of libraries included."""
    return set(os.listdir("/proc/self/task"))


def warm_up(begun):
    """Predict once in a new worker, so that no client waits for what predict makes on first use.

    A warm-up that hangs or dies ends its worker. The file `begun` stays then, and the next worker goes without one.
    """
    if not formats.NUMERIC:
        return
    if begun.exists():
        log.warning("a warm-up with a row of zeros did not end: this worker starts without it")
        return
    begun.touch()
    try:
        with time_limit(WARM_UP):
            algorithm.predict(load_model(), np.zeros((1, len(formats.NAMES))))
    except Exception as error:
        log.warning("warm-up with a row of zeros failed: %r", error)
    begun.unlink()


@contextmanager
def time_limit(seconds):
    """End this process if it takes longer, with a trace of where it is: gunicorn starts another one."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def write_columns(path):
    """Write the names and the types of the columns, from which the page makes a form."""
    types = {float: "number", str: "text"}
    columns = [{"name": name, "type": types[kind]} for name, kind in algorithm.COLUMNS.items()]
    path.write_text(json.dumps(columns) + "\n")


def respond(body, content_type, accept, encoding):
    """Return the body and the content type of the answer to a request (H14). Raises Refused."""
    media_type, parameters, answer_type = negotiation.negotiate(content_type, accept)
    body = negotiation.uncompress(body, encoding)
    with time_limit(TIMEOUT + 0.5):  # nginx has answered 504 by then
        rows, errors = formats.read_rows(body, media_type, parameters)
        predictions = answers.to_list(algorithm.predict(load_model(), rows)) if len(rows) else []
        if len(predictions) != len(rows):
            raise RuntimeError(f"predict returned {len(predictions)} predictions for {len(rows)} rows")
        if errors:
            predictions = answers.merge_errors(predictions, errors, answer_type)
        text = answers.write_predictions(predictions, answer_type)
    # SageMaker ends each batch answer with a newline of its own (B5)
    return (text if formats.BATCH else text + "\n").encode(), f"{answer_type}; charset=utf-8"


def error_body(method, path, status, message, logged=""):
    """Return the JSON that every error has: one short sentence, no stack trace (H20).

    The message may quote the payload, which does not belong into the log: that gets `logged` instead (H50).
    """
    # the path may hold control characters
    log.warning("%s %.200s: %d%s", method, ascii(path)[1:-1], status, logged and f", {logged}")
    message = " ".join(message.split())[:1000]
    return (answers.dump_json({"error": message}) + "\n").encode("utf-8", "replace")
