"""Unit tests of algorithm.py. They run inside the train image, where its libraries are: see README.md."""

import tempfile
import unittest
from pathlib import Path

import algorithm

ROWS = [[5.0, 3.4, 1.4 + i / 100, 0.2] for i in range(20)] + [[6.5, 3.0, 5.5 + i / 100, 2.0] for i in range(20)]
TARGETS = ["setosa"] * 20 + ["virginica"] * 20


class Job:
    """Stands in for the running job, and remembers what fit told it."""

    def __init__(self, state=(), stopping=False):
        self.state, self.stopping, self.rounds = list(state), stopping, []

    def metric(self, name, value, round):
        self.rounds.append(round)

    def checkpoint(self, number, state):
        self.state = list(state)

    def resume(self, default):
        return self.state or default


def fit(job, **hyperparameters):
    return algorithm.fit(ROWS, TARGETS, algorithm.HYPERPARAMETERS | hyperparameters, job)


class FitTest(unittest.TestCase):
    def test_a_loaded_model_tells_the_difference(self):
        with tempfile.TemporaryDirectory() as directory:
            algorithm.save(fit(Job(), max_depth=2), Path(directory))
            model = algorithm.load(Path(directory))
        self.assertEqual(list(algorithm.predict(model, [ROWS[0], ROWS[-1]])), ["setosa", "virginica"])

    def test_goes_on_after_the_checkpoint(self):
        job = Job(state=[0.5])
        fit(job, max_depth=3)
        self.assertEqual(job.rounds, [2, 3])

    def test_stops_after_the_round_when_asked(self):
        job = Job(stopping=True)
        fit(job, max_depth=3)
        self.assertEqual(job.rounds, [1])


if __name__ == "__main__":
    unittest.main()
