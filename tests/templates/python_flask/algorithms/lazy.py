"""Makes pools of threads on first use in predict, and answers with the id of its process."""

import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

COLUMNS = {"number": float}
ALLOW_MISSING = False
HYPERPARAMETERS = {}
pools = []


def load(directory):
    return None


def predict(model, rows):
    if not pools:
        pools.extend([ThreadPoolExecutor(2), ThreadPool(2)])
    for pool in pools:
        list(pool.map(float, rows[:, 0]))
    return [os.getpid()] * len(rows)
