"""Mounted in place of the algorithm: a prediction takes a minute, asleep or (BUSY=computing) on the CPU."""

import os
import time
from pathlib import Path

COLUMNS = {"sepal_length": float, "sepal_width": float, "petal_length": float, "petal_width": float}
ALLOW_MISSING = False
HYPERPARAMETERS = {}
SECONDS = 60


def load(directory: Path):
    return None


def predict(model, rows):
    if rows.any():  # a row of zeros is the warm-up
        os.write(1, f"busy {os.getpid()}\n".encode())  # one write: two workers may say so at once
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            time.sleep(0 if os.environ.get("BUSY") == "computing" else 0.5)
    return [0] * len(rows)
