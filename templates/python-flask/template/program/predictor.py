"""The web application behind nginx: POST /invocations, one request at a time in each worker process.

`serve` starts it as `gunicorn -c python:predictor predictor:create_app()`: gunicorn takes the hooks at the end of this
file, calls create_app once, and forks the workers, which share the memory of the loaded model.
"""

import faulthandler
import gc
import logging
import os
import signal
import sys
import traceback
from pathlib import Path

import numpy as np
from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotAcceptable, UnsupportedMediaType

import algorithm
import formats

MODEL = Path("/opt/ml/model")
RUN = Path("/tmp/serve")  # sockets and pid files, shared with `serve` and nginx
TIMEOUT = int(os.environ.get("MODEL_SERVER_TIMEOUT", "65"))  # seconds; `serve` has checked it

log = logging.getLogger("predictor")


def create_app():
    """Load the model and return the application. Ends the process where the model cannot be loaded (H12)."""
    try:
        model = algorithm.load(MODEL)
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"serve: cannot load the model in {MODEL}: {type(error).__name__}: {error}")
    warm_up(model)
    gc.collect()
    gc.freeze()  # what is loaded stays in pages that the workers share
    return build_app(model)


def warm_up(model):
    """Predict once before the fork, so that no first request pays for lazy initialisation.

    Not with several threads to a worker: a pool of OpenMP threads does not survive a fork.
    """
    if formats.NUMERIC and os.environ.get("OMP_NUM_THREADS") == "1":
        try:
            algorithm.predict(model, np.zeros((1, len(formats.NAMES))))
        except Exception as error:
            log.warning("warm-up with a row of zeros failed: %r", error)


def build_app(model):
    app = Flask(__name__, static_folder=None)

    @app.post("/invocations")
    def invocations():
        # nginx has the whole body already. It is read before anything is refused: a rest would spoil the connection.
        body = request.environ["wsgi.input"].read()
        content_type = request.headers.get("Content-Type", "")
        media_type, parameters = formats.parse_media_type(content_type)
        if media_type not in formats.TYPES:
            raise UnsupportedMediaType(f"Content-Type {content_type!r} is not one of {', '.join(formats.TYPES)}")
        answer_type = formats.choose_type(request.headers.get("Accept", ""), media_type)
        if answer_type is None:
            raise NotAcceptable(f"Accept must allow one of {', '.join(formats.TYPES)}")
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT + 0.5)  # nginx has answered 504 by then
        try:
            answer = predict(model, body, media_type, parameters, answer_type)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return Response(answer, content_type=f"{answer_type}; charset=utf-8")

    @app.errorhandler(HTTPException)
    def refuse(error):
        return error_response(error.code, error.description)

    @app.errorhandler(Exception)
    def fail(error):
        log.exception("the request failed")
        return error_response(500, f"{type(error).__name__}: {error}")

    return app


def predict(model, body, media_type, parameters, answer_type):
    """Return the response body. Raises BadRequest for input that is not what algorithm.py declares."""
    try:
        rows, errors = formats.read_rows(body, media_type, parameters)
    except formats.BadInput as error:
        raise BadRequest(str(error)) from None
    if errors and not formats.BATCH:
        raise BadRequest(next(iter(errors.values())))
    predictions = formats.to_list(algorithm.predict(model, rows)) if len(rows) else []
    if len(predictions) != len(rows):
        raise RuntimeError(f"predict returned {len(predictions)} predictions for {len(rows)} rows")
    if errors:
        predictions = formats.merge_errors(predictions, errors, answer_type)
    text = formats.write_predictions(predictions, answer_type)
    return text if formats.BATCH else text + "\n"  # SageMaker ends each batch answer with a newline of its own (B5)


def error_response(status, message):
    """Return the JSON that every error has: one short sentence, no stack trace (H20)."""
    message = " ".join(message.split())[:1000]
    log.warning("%s %s: %d", request.method, request.path, status)  # the message may quote the payload (H50)
    return Response(formats.dump_json({"error": message}) + "\n", status, content_type=formats.JSON)


# --- gunicorn's hooks ------------------------------------------------------------------------------------------------


def pre_fork(server, worker):
    """Give each worker the free one of the sockets: nginx then sees which worker is idle."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in range(len(server.LISTENERS)) if slot not in taken)
    worker.sockets = [server.LISTENERS[worker.slot]]


def post_worker_init(worker):
    """Make a prediction that hangs end its worker, with a trace of where; tell `serve` that this worker is ready."""
    faulthandler.register(signal.SIGALRM, chain=True)
    (RUN / f"worker-{worker.slot}.pid").write_text(f"{worker.pid}\n")
