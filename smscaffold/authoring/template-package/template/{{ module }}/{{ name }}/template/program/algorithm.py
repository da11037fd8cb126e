"""Your model. This file is yours: an update of the template never touches it.

`train` calls fit and save; `serve` calls load once, then predict for every request.
"""

import json
import random
from collections import Counter

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]  # of a request, all of them numbers
TARGET = "species"
# What a training job may set, with its default. SageMaker sends text; the type of the default says what it becomes.
HYPERPARAMETERS = {"max_depth": 6, "folds": 5, "seed": 0}


def fit(rows, targets, hyperparameters, job):
    """Return a decision tree, its depth chosen by cross-validation.

    One depth a round. After each round the job gets a metric and a checkpoint, and is asked whether to stop.
    """
    if hyperparameters["max_depth"] < 1:
        raise ValueError(f"max_depth must be 1 or more, not {hyperparameters['max_depth']}")
    data = list(zip(rows, targets, strict=True))
    random.Random(hyperparameters["seed"]).shuffle(data)
    scores = job.resume(default=[])[: hyperparameters["max_depth"]]  # the accuracy of depth 1, 2, 3 ...
    for depth in range(len(scores) + 1, hyperparameters["max_depth"] + 1):
        scores.append(accuracy(data, depth, hyperparameters["folds"]))
        job.metric("validation:accuracy", scores[-1], round=depth)
        job.checkpoint(depth, scores)
        if job.stopping:
            break
    return grow(data, scores.index(max(scores)) + 1)


def accuracy(data, depth, folds):
    """Return the share of rows that trees grown without them tell right."""
    right = 0
    for fold in range(folds):
        tree = grow([each for i, each in enumerate(data) if i % folds != fold], depth)
        right += sum(decide(tree, row) == target for row, target in data[fold::folds])
    return right / len(data)


def grow(data, depth):
    """Return a tree: the most frequent answer, or (column, threshold, tree below it, tree from it on)."""
    counts = Counter(target for _, target in data)
    best = (0.0, None, None)
    for column in range(len(COLUMNS)) if depth and len(counts) > 1 else ():
        data = sorted(data, key=lambda each: each[0][column])
        below, above = Counter(), Counter(counts)
        for n in range(1, len(data)):
            (row, target), (after, _) = data[n - 1], data[n]
            below[target] += 1
            above[target] -= 1
            if row[column] < after[column]:
                purity = sum(k * k for k in below.values()) / n + sum(k * k for k in above.values()) / (len(data) - n)
                best = max(best, (purity, column, (row[column] + after[column]) / 2), key=lambda each: each[0])
    _, column, threshold = best
    if column is None:
        return counts.most_common(1)[0][0]
    left = [each for each in data if each[0][column] < threshold]
    right = [each for each in data if each[0][column] >= threshold]
    return [column, threshold, grow(left, depth - 1), grow(right, depth - 1)]


def decide(tree, row):
    while isinstance(tree, list):
        column, threshold, below, above = tree
        tree = below if row[column] < threshold else above
    return tree


def save(model, directory):
    """Write the model into directory; SageMaker packs what lies there into model.tar.gz."""
    (directory / "model.json").write_text(json.dumps({"columns": COLUMNS, "tree": model}, indent=1))


def load(directory):
    """Read back what save wrote."""
    return json.loads((directory / "model.json").read_text())["tree"]


def predict(model, rows):
    """Return an iterator with one prediction for each row."""
    return (decide(model, row) for row in rows)
