"""Unit tests of algorithm.py. They run inside the train image, where its libraries are: see README.md."""

import tempfile
import unittest
from pathlib import Path

import numpy
import pandas

import algorithm


class Channel:
    """Stands in for the job's input: two species that the length of a petal tells apart."""

    def frame(self, columns):
        rows = [[5.0, 3.4, 1.4 + i / 100, 0.2, "setosa"] for i in range(20)]
        rows += [[6.5, 3.0, 5.5 + i / 100, 2.0, "virginica"] for i in range(20)]
        return pandas.DataFrame(rows, columns=columns)


class Job:
    """Stands in for the running job, and remembers what fit told it."""

    def __init__(self, state=None, stopping=False):
        self.state, self.stopping, self.rounds = state, stopping, []

    def metric(self, name, value, round):
        self.rounds.append(round)

    def checkpoint(self, number, state):
        self.state = list(state)

    def resume(self, default):
        return default if self.state is None else self.state


def fit(job, **hyperparameters):
    return algorithm.fit({"train": Channel()}, algorithm.HYPERPARAMETERS | hyperparameters, job)


class FitTest(unittest.TestCase):
    def test_learns_the_difference(self):
        model = fit(Job(), max_depth=2)
        predicted = algorithm.predict(model, numpy.array([[5.0, 3.4, 1.5, 0.2], [6.5, 3.0, 5.6, 2.0]]))
        self.assertEqual(list(predicted), ["setosa", "virginica"])

    def test_goes_on_after_the_checkpoint(self):
        job = Job(state=[0.5])
        fit(job, max_depth=3)
        self.assertEqual(job.rounds, [2, 3])

    def test_stops_after_the_round_when_asked(self):
        job = Job(stopping=True)
        self.assertIsNotNone(fit(job, max_depth=3))
        self.assertEqual(job.rounds, [1])

    def test_refuses_a_depth_of_zero(self):
        with self.assertRaisesRegex(ValueError, "max_depth must be 1 or more"):
            fit(Job(), max_depth=0)


class SaveTest(unittest.TestCase):
    def test_a_loaded_model_predicts_what_the_saved_one_did(self):
        model, row = fit(Job()), numpy.array([[5.0, 3.4, 1.5, 0.2]])
        with tempfile.TemporaryDirectory() as directory:
            algorithm.save(model, Path(directory))
            loaded = algorithm.load(Path(directory))
        self.assertEqual(list(algorithm.predict(loaded, row)), list(algorithm.predict(model, row)))


if __name__ == "__main__":
    unittest.main()
