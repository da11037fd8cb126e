"""The web application behind nginx: POST /invocations, one prediction at a time in each worker process.

`serve` has gunicorn run it in processes of uvicorn's: see gunicorn.conf.py, which also says when the model is loaded.
"""

import logging
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from starlette.exceptions import HTTPException as AnyHTTPException

import algorithm
import formats

MODEL = Path("/opt/ml/model")
TIMEOUT = int(os.environ.get("MODEL_SERVER_TIMEOUT", "65"))  # seconds; `serve` has checked it

log = logging.getLogger(__name__)


@cache
def load_model() -> Any:
    """Return the model, loaded at the first call. Ends the process where it cannot be loaded (H12)."""
    try:
        model = algorithm.load(MODEL)
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"serve: cannot load the model in {MODEL}: {type(error).__name__}: {error}")
    warm_up(model)
    return model


def warm_up(model: Any) -> None:
    """Predict once before the fork, so that no first request pays for lazy initialisation.

    Not with several threads to a worker: a pool of OpenMP threads does not survive a fork.
    """
    if formats.NUMERIC and os.environ.get("OMP_NUM_THREADS") == "1":
        try:
            algorithm.predict(model, np.zeros((1, len(formats.NAMES))))
        except Exception as error:
            log.warning("warm-up with a row of zeros failed: %r", error)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Give each request the model, as its state; gunicorn had it loaded before it forked this worker."""
    yield {"model": load_model()}


async def loaded_model(request: Request) -> Any:  # async, as FastAPI calls all others in a thread
    return request.state.model


Model = Annotated[Any, Depends(loaded_model)]

# Without openapi_url there is no /docs either: nginx passes on /invocations and nothing else.
app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.post("/invocations")
async def invocations(request: Request, model: Model) -> Response:
    # nginx has the whole body already. It is read before anything is refused: a rest would spoil the connection.
    body = await request.body()
    media_type, parameters, answer_type = negotiate(request)
    # This keeps the event loop waiting, on purpose: one prediction at a time, without the detour of a thread. nginx
    # answers /ping, gives other requests to other workers, and has those that are left here wait.
    with time_limit():
        answer = predict(model, body, media_type, parameters, answer_type)
    return Response(answer, media_type=f"{answer_type}; charset=utf-8")


def negotiate(request: Request) -> tuple[str, dict[str, str], str]:
    """Return the media type of the body, its parameters, and the media type of the answer."""
    content_type = request.headers.get("Content-Type", "")
    media_type, parameters = formats.parse_media_type(content_type)
    if media_type not in formats.TYPES:
        raise HTTPException(415, f"Content-Type {content_type!r} is not one of {', '.join(formats.TYPES)}")
    answer_type = formats.choose_type(",".join(request.headers.getlist("Accept")), media_type)
    if answer_type is None:
        raise HTTPException(406, f"Accept must allow one of {', '.join(formats.TYPES)}")
    return media_type, parameters, answer_type


@contextmanager
def time_limit() -> Iterator[None]:
    """End this process if it takes too long: nginx has answered 504 by then, and gunicorn starts another one."""
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT + 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def predict(model: Any, body: bytes, media_type: str, parameters: dict[str, str], answer_type: str) -> str:
    """Return the response body. Raises BadInput for a request that is not what algorithm.py declares."""
    rows, errors = formats.read_rows(body, media_type, parameters)
    predictions = formats.to_list(algorithm.predict(model, rows)) if len(rows) else []
    if len(predictions) != len(rows):
        raise RuntimeError(f"predict returned {len(predictions)} predictions for {len(rows)} rows")
    if errors:
        predictions = formats.merge_errors(predictions, errors, answer_type)
    text = formats.write_predictions(predictions, answer_type)
    return text if formats.BATCH else text + "\n"  # SageMaker ends each batch answer with a newline of its own (B5)


@app.exception_handler(formats.BadInput)
async def refuse_input(request: Request, error: formats.BadInput) -> Response:
    return error_response(request, 400, str(error))


@app.exception_handler(AnyHTTPException)
async def refuse(request: Request, error: AnyHTTPException) -> Response:
    return error_response(request, error.status_code, error.detail)


@app.exception_handler(Exception)
async def fail(request: Request, error: Exception) -> Response:
    return error_response(request, 500, f"{type(error).__name__}: {error}")


def error_response(request: Request, status: int, message: str) -> Response:
    """Return the JSON that every error has: one short sentence, no stack trace (H20)."""
    message = " ".join(message.split())[:1000]
    # the message may quote the payload (H50), and the path may hold control characters
    log.warning("%s %.200s: %d", request.method, ascii(request.url.path)[1:-1], status)
    return Response(formats.dump_json({"error": message}) + "\n", status, media_type=formats.JSON)
