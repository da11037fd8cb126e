"""The web application behind nginx: POST /invocations, one prediction at a time in each worker process.

`serve` has gunicorn run it in processes of uvicorn's: see gunicorn.conf.py, which also says when the model is loaded.
"""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

import model_serving
import negotiation

# Without openapi_url there is no /docs either: nginx passes on /invocations and nothing else.
app = FastAPI(openapi_url=None)


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    # nginx has the whole body already. It is read before anything is refused: a rest would spoil the connection.
    body = await request.body()
    asked = (", ".join(request.headers.getlist(name)) for name in ("Content-Type", "Accept", "Content-Encoding"))
    # This keeps the event loop waiting, on purpose: one prediction at a time, without the detour of a thread. nginx
    # answers /ping, gives other requests to other workers, and has those that are left here wait.
    answer, content_type = model_serving.respond(body, *asked)
    return Response(answer, media_type=content_type)


@app.exception_handler(negotiation.Refused)
async def refuse(request: Request, error: negotiation.Refused) -> Response:
    return error_response(request, error.status, str(error), error.headers, error.without_values)


@app.exception_handler(HTTPException)
async def refuse_in_fastapi(request: Request, error: HTTPException) -> Response:
    return error_response(request, error.status_code, error.detail, error.headers)


@app.exception_handler(Exception)
async def fail(request: Request, error: Exception) -> Response:
    return error_response(request, 500, f"{type(error).__name__}: {error}")


def error_response(
    request: Request, status: int, message: str, headers: dict[str, str] | None = None, logged: str = ""
) -> Response:
    body = model_serving.error_body(request.method, request.url.path, status, message, logged)
    return Response(body, status, headers, media_type=negotiation.JSON)
