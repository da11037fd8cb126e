"""Predictions to response bodies: application/json, application/jsonlines, text/csv."""

import json
import math
import re

from formats import at_row
from negotiation import CSV, JSON

NEEDS_QUOTES = re.compile(r'[,"\r\n]|\A[ \t]|[ \t]\Z')  # in CSV


class RecordError(dict):
    """What the answer of a batch job says at the place of a bad record (B5)."""


def to_list(predictions):
    """Return what predict returned as a list of plain values: numbers, text, bools, None, lists and dicts of them."""
    if hasattr(predictions, "to_numpy"):  # a pandas Series or DataFrame
        predictions = predictions.to_numpy()
    if hasattr(predictions, "tolist"):
        predictions = predictions.tolist()
    if not isinstance(predictions, list | tuple):
        raise TypeError(f"predict must return a list or an array, not {type(predictions).__name__}")
    if set(map(type, predictions)) <= {bool, float, int, str}:
        return list(predictions)
    return [plain(value) for value in predictions]


def plain(value):
    """Return a value without numpy and pandas in it, at any depth."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return None if type(value).__name__ in ("NAType", "NaTType") else value  # what pandas calls missing


def merge_errors(predictions, errors, media_type):
    """Yield the predictions, with a placeholder at the place of each bad record, so that the output lines up (B5)."""
    rest = iter(predictions)
    for position in range(len(predictions) + len(errors)):
        if position not in errors:
            yield next(rest)
        elif media_type == CSV:
            yield "ERROR"
        else:
            yield RecordError(error=at_row(position, errors[position]))


def write_predictions(predictions, media_type):
    """Return predictions as text of the media type, without a final newline."""
    if media_type == CSV:
        return write_csv(list(predictions))
    if media_type == JSON:
        return dump_json({"predictions": list(predictions)})
    return "\n".join(dump_json(p if isinstance(p, RecordError) else {"prediction": p}) for p in predictions)


def write_csv(predictions):
    kinds = set(map(type, predictions))
    if kinds == {int} or (kinds == {float} and all(map(math.isfinite, predictions))):
        return "\n".join(map(str, predictions))
    if kinds == {str} and "" not in predictions:
        text = "\n".join(predictions)
        if text.count("\n") == len(predictions) - 1 and not any(odd in text for odd in ',"\r \t'):
            return text
    return "\n".join(map(write_line, predictions))


def write_line(value):
    """Return the line of a prediction: one cell, or those of a list."""
    cells = map(write_cell, value if isinstance(value, list) else [value])
    return ",".join(cells) or '""'  # a blank line would be skipped where it is read


def write_cell(value):
    """Return a cell: blank for what is missing or not finite, JSON for a list or a dict."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"' if NEEDS_QUOTES.search(value) else value
    if value is None or isinstance(value, float) and not math.isfinite(value):
        return ""
    if isinstance(value, bool | list | dict):
        return write_cell(dump_json(value))
    return str(value)


def dump_json(value):
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:  # JSON has no NaN or infinity
        return json.dumps(without_nan(value), separators=(",", ":"), ensure_ascii=False)


def without_nan(value):
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
