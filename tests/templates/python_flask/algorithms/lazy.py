"""Makes a pool of threads on first use, as libraries do, and leaves a thread running in load."""

import threading
from concurrent.futures import ThreadPoolExecutor

COLUMNS = {"number": float}
ALLOW_MISSING = False
HYPERPARAMETERS = {}

pool = None


def load(directory):
    threading.Thread(target=threading.Event().wait, name="left-over", daemon=True).start()


def predict(model, rows):
    global pool
    pool = pool or ThreadPoolExecutor(1)
    return list(pool.map(float, rows[:, 0]))
