"""Request bodies to rows, predictions to response bodies: text/csv, application/json, application/jsonlines.

Rows are a numpy array of floats where all columns of algorithm.py are floats, else a pandas DataFrame. Plain numbers
take a fast path; what does not fit there is read again value by value, to take it or to say what is wrong and where.
"""

import codecs
import csv
import io
import json
import math
import os
import sys
from functools import lru_cache
from itertools import chain, islice

import numpy as np

from algorithm import ALLOW_MISSING, COLUMNS

CSV, JSON, JSONLINES = TYPES = ("text/csv", "application/json", "application/jsonlines")
NAMES = list(COLUMNS)
NUMERIC = all(kind is float for kind in COLUMNS.values())
HEADER = ",".join(NAMES)
# Character sets that a request may name, with or without - and _, and what else some of them are called. Python knows
# many more: some take minutes for a text of 1 MB.
CHARSETS = (
    *("utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1", "iso-8859-2", "iso-8859-15"),
    *("windows-1250", "windows-1251", "windows-1252"),
)
ALSO_CALLED = {"ascii": "us-ascii", "latin1": "iso-8859-1", "latin2": "iso-8859-2", "latin9": "iso-8859-15"}
ALSO_CALLED |= {f"cp{number}": f"windows-{number}" for number in (1250, 1251, 1252)}
MARKS = str.maketrans("", "", "-_ ")
SPELLINGS = {name.translate(MARKS): name for name in CHARSETS} | ALSO_CALLED
LONGEST_MESSAGE = 1000  # characters that the answer says about one record
BATCH = os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"  # then each line is a record, whatever is in it (B5)
csv.field_size_limit(sys.maxsize)
if any(kind not in (float, str) for kind in COLUMNS.values()):
    raise TypeError("algorithm.py: COLUMNS must give each column the type float or str")


class BadInput(ValueError):
    """The request body cannot be used: one sentence for the client (H20)."""


# --- media types -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def parse_media_type(header):
    """Split a Content-Type: 'Text/CSV; header=present' gives ('text/csv', {'header': 'present'})."""
    name, *parameters = header.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"').lower() for key, _, value in pairs}


@lru_cache(maxsize=256)
def choose_type(accept, own):
    """Return the type of the answer for an Accept header, or None; with no preference that is own (H14)."""
    offers, refused = [], set()
    for name, parameters in map(parse_media_type, accept.split(",") if accept.strip() else ["*/*"]):
        try:
            quality = float(parameters.get("q", 1))
        except ValueError:
            quality = 1.0
        if quality > 0:
            offers.append((quality, name))
        else:
            refused.add(name)
    for _, name in sorted(offers, key=lambda offer: -offer[0]):  # a stable sort: first come, first served
        for known in (own, *TYPES):
            family = known.split("/")[0] + "/*"
            if name == known or (name in ("*/*", family) and not refused & {known, family}):
                return known
    return None


# --- reading ---------------------------------------------------------------------------------------------------------


def read_rows(body, media_type, parameters):
    """Return (rows, errors) of a request body: the good records in order, and what is wrong with the bad ones.

    Errors has the message of each bad record by its position. Only a batch job goes on after a bad record: otherwise
    the first one raises BadInput, and nothing after it is read. So does a body in which no records can be told apart.
    """
    text = decode(body, parameters.get("charset", "utf-8"))
    lines = BATCH and media_type != JSON  # a blank one is a record too
    text = text.removesuffix("\n").removesuffix("\r") if lines else text.rstrip("\r\n")
    if not (lines or text.strip()):
        raise BadInput("the body is empty")
    if media_type == CSV:
        return read_csv(text, parameters.get("header") == "present")
    if media_type == JSONLINES:
        return to_rows(each_line(text, parse_json))
    return read_json(text)


def each_line(text, read):
    """Yield for each line what it reads as, or the BadInput that says what is wrong with it."""
    for line in text.split("\n"):
        try:
            record = read(line)
        except BadInput as error:
            record = error
        yield record


def decode(body, charset):
    """Return the text of the body. Raises BadInput for a character set that is not in CHARSETS (H20)."""
    name = SPELLINGS.get(charset.translate(MARKS))
    if name is None:
        raise BadInput(f"unknown charset {charset[:40]!r}: it must be one of {', '.join(CHARSETS)}")
    codec = "utf-8-sig" if name == "utf-8" else name
    if name == "utf-16" and not body.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        codec = "utf-16be"  # RFC 2781
    try:
        return body.decode(codec)
    except UnicodeError as error:
        raise BadInput(f"the body is not {name} text: {error}"[:200]) from None


def read_csv(text, has_header):
    names, header = NAMES, False
    first_line, _, rest = text.partition("\n")
    if has_header or (first_line[:1] == HEADER[:1] and first_line.strip() == HEADER):
        names = [name.strip() for name in split_line(first_line)]
        if missing := [name for name in NAMES if name not in names]:
            raise BadInput(f"the header has no column {', '.join(missing)}")
        header = True
        if not BATCH:
            text = rest
            if not text:
                raise BadInput("there is a header but no row")
    if NUMERIC and names == NAMES and (rows := fast_csv(text)) is not None:
        return rows, {}
    records = split_csv(text)
    if names != NAMES:
        records = (by_name(names, cells) for cells in records)
    if header and BATCH:  # a line of the input that has to have one in the output
        records = chain([BadInput("is a header")], islice(records, 1, None))
    return to_rows(records, parse_cell)


def split_csv(text):
    """Yield the cells of each record; in a batch job a quote that is never closed spoils its own line only."""
    if BATCH:
        yield from each_line(text, split_line)
        return
    try:
        yield from csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    except csv.Error as error:
        raise BadInput(f"the body is not CSV: {error}") from None


def split_line(line):
    try:
        return next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error as error:
        raise BadInput(f"the line is not CSV: {error}") from None


def by_name(names, cells):
    if isinstance(cells, BadInput):
        return cells
    if len(cells) != len(names):
        return BadInput(f"{len(cells)} values, expected {len(names)} as in the header")
    return dict(zip(names, cells, strict=True))


def fast_csv(text):
    """Return plain numbers as an array, or None where anything is out of the ordinary."""
    if "_" in text or not text.isascii():  # Python would read 1_0 as 10, and the digits of all scripts
        return None
    try:
        if len(text) < 10_000:
            rows = np.array([list(map(float, line.split(","))) for line in text.split("\n")])
        else:
            rows = np.loadtxt(io.StringIO(text), delimiter=",", comments=None, ndmin=2)
            if len(rows) != text.count("\n") + 1:  # loadtxt drops blank lines
                return None
    except ValueError:
        return None
    return checked(rows)


def checked(rows):
    """Return the array if it has one finite number for each column, else None."""
    fits = rows.ndim == 2 and rows.shape[1] == len(NAMES) and np.isfinite(rows).all()
    return rows if fits else None


def parse_json(text):
    try:
        return json.loads(text)
    except RecursionError:
        raise BadInput("the JSON is nested too deeply") from None
    except ValueError as error:
        raise BadInput(f"the body is not JSON: {error}"[:200]) from None


def read_json(text):
    document = parse_json(text)
    records = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(records, list) or not records:
        raise BadInput('the JSON must be a list of rows or {"instances": [rows]}, with at least one row')
    # numpy would give each number the room of the longest text, and take true for 1
    quotes = 2 if isinstance(document, dict) else 0  # those of "instances"
    if NUMERIC and text.count('"') == quotes and "true" not in text and "false" not in text:
        try:
            rows = np.array(records)
        except ValueError:  # rows of different lengths
            rows = None
        if rows is not None and rows.dtype.kind in "fiu" and (rows := checked(rows.astype(float))) is not None:
            return rows, {}
    return to_rows(records)


def to_rows(records, parse=None):
    """Read records (lists in the order of the columns, or objects by column name) value by value."""
    good, errors, reasons = [], {}, {}
    for position, record in enumerate(records):
        try:
            good.append(to_row(record, parse or parse_value))
        except BadInput as error:
            if not BATCH:
                raise BadInput(at_row(position, error)) from None
            reason = str(error)
            errors[position] = reasons.setdefault(reason, reason)  # one text for all that are bad in the same way
    if NUMERIC:
        return np.array(good, dtype=float).reshape(-1, len(NAMES)), errors
    import pandas  # only where there are columns of text

    frame = pandas.DataFrame(good, columns=NAMES)
    return frame.astype({name: float if kind is float else object for name, kind in COLUMNS.items()}), errors


def at_row(position, reason):
    return f"row {position + 1}: {reason}"[:LONGEST_MESSAGE]


def to_row(record, parse):
    if isinstance(record, BadInput):
        raise record
    if isinstance(record, dict):
        if missing := [name for name in NAMES if name not in record]:
            raise BadInput(f"no value for {', '.join(missing)}")
        record = [record[name] for name in NAMES]
    if not isinstance(record, list):
        raise BadInput("must be a list or an object")
    if len(record) != len(NAMES):
        raise BadInput(f"{len(record)} values, expected {len(NAMES)}: {', '.join(NAMES)}")
    return [parse(name, kind, value) for (name, kind), value in zip(COLUMNS.items(), record, strict=True)]


def parse_cell(name, kind, text):
    """Return the value of a CSV cell; a blank, NA or NaN is a missing one."""
    text = text.strip()
    if text == "" or kind is float and text.lower() in ("na", "nan"):
        return parse_value(name, kind, None)
    if kind is str:
        return text
    try:
        number = float("x" if "_" in text or not text.isascii() else text)
    except ValueError:
        raise BadInput(f"{name} must be a number, not {text[:40]!r}") from None
    return parse_value(name, kind, number)


def parse_value(name, kind, value):
    """Return a JSON value as kind; null is a missing one, and so is NaN where numbers belong."""
    if value is None or (kind is float and value != value):
        if ALLOW_MISSING:
            return math.nan
        raise BadInput(f"{name} is missing")
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) <= 1.7e308:  # neither infinite nor too large an integer
            return float(value)
        raise BadInput(f"{name} is not a finite number")
    if kind is str and isinstance(value, str):
        return value
    raise BadInput(f"{name} must be {'a number' if kind is float else 'text'}, not {start_of(value)}")


def start_of(value):
    """Return the first 40 characters of a JSON value, without writing out the rest of it."""
    return "".join(islice(json.JSONEncoder().iterencode(value), 40))[:40]


# --- writing ---------------------------------------------------------------------------------------------------------


def to_list(predictions):
    """Return what predict returned as a list of plain numbers, strings or lists of them."""
    if hasattr(predictions, "to_numpy"):  # a pandas Series or DataFrame
        predictions = predictions.to_numpy()
    if hasattr(predictions, "tolist"):
        predictions = predictions.tolist()
    if not isinstance(predictions, list | tuple):
        raise TypeError(f"predict must return a list or an array, not {type(predictions).__name__}")
    return [plain(value) for value in predictions]


def plain(value):
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def merge_errors(predictions, errors, media_type):
    """Yield the predictions, with a placeholder at the place of each bad record, so that the output lines up (B5)."""
    rest = iter(predictions)
    for position in range(len(predictions) + len(errors)):
        if position not in errors:
            yield next(rest)
        elif media_type == CSV:
            yield "ERROR"
        else:
            yield {"error": at_row(position, errors[position])}


def write_predictions(predictions, media_type):
    """Return predictions (scalars, or lists of them) as text of the media type, without a final newline."""
    if media_type == CSV:
        return write_csv(list(predictions))
    if media_type == JSON:
        return dump_json({"predictions": list(predictions)})
    return "\n".join(dump_json(p if is_error(p) else {"prediction": p}) for p in predictions)


def is_error(prediction):
    return isinstance(prediction, dict) and prediction.keys() == {"error"}


def write_csv(predictions):
    if not any(isinstance(value, list) for value in predictions):
        text = "\n".join(map(str, predictions))
        if not any(special in text for special in ',"\r') and text.count("\n") == len(predictions) - 1:
            return text
    out = io.StringIO()
    rows = (value if isinstance(value, list) else [value] for value in predictions)
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().removesuffix("\n")


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
