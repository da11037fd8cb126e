"""The least that serves the same model: mounted in place of predictor.py, behind the same serve and nginx.conf.

No media types, no checks, no error answers, no limit to a prediction's time: one text/csv body in, predictions out.
"""

import gc
from pathlib import Path

import algorithm
import numpy as np
from generated_predictor import post_worker_init, pre_fork  # noqa: F401  gunicorn's hooks, the container folder's own


def create_app():
    model = algorithm.load(Path("/opt/ml/model"))
    algorithm.predict(model, np.zeros((1, len(algorithm.COLUMNS))))
    gc.collect()
    gc.freeze()

    def application(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        rows = [[float(value) for value in line.split(b",")] for line in body.splitlines()]
        answer = ("\n".join(algorithm.predict(model, rows)) + "\n").encode()
        start_response("200 OK", [("Content-Type", "text/csv"), ("Content-Length", str(len(answer)))])
        return [answer]

    return application
