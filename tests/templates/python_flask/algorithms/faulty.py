"""Serves what a request asks for: its first number is what to do, its second one comes back."""

import ctypes
import os
import time

COLUMNS = {"do": float, "answer": float}
ALLOW_MISSING = False
HYPERPARAMETERS = {}
HANG, HANG_IN_C, DIE, RAISE, TOO_FEW = -1, -2, -3, -4, -5


def load(directory):
    return None


def predict(model, rows):
    do = rows[0][0]
    if do == HANG:
        while True:
            pass
    if do == HANG_IN_C:
        ctypes.PyDLL(None).sleep(1000)  # with the interpreter's lock held, as a library in C might
    if do == DIE:
        os.kill(os.getpid(), 9)
    if do == RAISE:
        raise RuntimeError("no good\nand more about it")
    if do == TOO_FEW:
        return []
    time.sleep(do)
    return [float(answer) for answer in rows[:, 1]]
