"""Your model. This file is yours: an update of the template never touches it.

`train` calls fit and save; `serve` calls load once, then predict for every request.
"""

from pathlib import Path

import joblib
from sklearn.tree import DecisionTreeClassifier

# The columns of a request, in order, each float or str. All float: predict gets a numpy array, one row each, which is
# fast. With a str among them it gets a pandas DataFrame (then pandas belongs into requirements.txt).
COLUMNS = {"sepal_length": float, "sepal_width": float, "petal_length": float, "petal_width": float}
ALLOW_MISSING = False  # True: blanks and NaN reach predict as NaN; False: such a request is refused with 400

TARGET = "species"

# What a training job may set, with its default. SageMaker sends text; the type of the default says what it becomes.
HYPERPARAMETERS = {"max_depth": 6, "folds": 5, "seed": 0}


def fit(channels, hyperparameters, job):
    """Return a model trained on the channel `train`: a decision tree, its depth chosen by cross-validation.

    One depth a round. After each round the job gets a metric, a checkpoint to resume from when the instance is taken
    away, and asks whether to stop. A model that trains in one go may ignore all three.
    """
    from sklearn.model_selection import cross_val_score  # here, because serving does not need it

    if hyperparameters["max_depth"] < 1:
        raise ValueError(f"max_depth must be 1 or more, not {hyperparameters['max_depth']}")
    data = channels["train"].frame([*COLUMNS, TARGET])
    rows, target = data[list(COLUMNS)].to_numpy(), data[TARGET].to_numpy()

    scores = job.resume(default=[])[: hyperparameters["max_depth"]]  # the accuracy of depth 1, 2, 3 ...
    for depth in range(len(scores) + 1, hyperparameters["max_depth"] + 1):
        tree = DecisionTreeClassifier(max_depth=depth, random_state=hyperparameters["seed"])
        score = cross_val_score(tree, rows, target, cv=hyperparameters["folds"]).mean()
        scores.append(float(score))
        job.metric("validation:accuracy", score, round=depth)
        job.checkpoint(depth, scores)
        if job.stopping:
            break

    best_depth = scores.index(max(scores)) + 1
    print(f"depth {best_depth} is best")
    return DecisionTreeClassifier(max_depth=best_depth, random_state=hyperparameters["seed"]).fit(rows, target)


def save(model, directory: Path):
    """Write the model into directory; SageMaker packs what lies there into model.tar.gz."""
    joblib.dump(model, directory / "model.joblib")


def load(directory: Path):
    """Read back what save wrote.

    Called once, before the worker processes are forked. What does not survive that is for predict, on first use: a GPU,
    a pool of threads, an inference session. Each worker predicts a row of zeros before it gets requests.
    """
    return joblib.load(directory / "model.joblib")


def predict(model, rows):
    """Return one prediction for each row: a list or array of numbers or strings, or one list a row."""
    return model.predict(rows)
