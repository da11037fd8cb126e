"""Request bodies to rows, predictions to response bodies: text/csv, application/json, application/jsonlines."""

import csv
import json
import math

from algorithm import COLUMNS

CSV, JSON, JSONLINES = TYPES = ("text/csv", "application/json", "application/jsonlines")


class BadInput(ValueError):
    """The request cannot be used: one sentence for the client (H20)."""


def parse_media_type(header):
    """Split a Content-Type: 'Text/CSV; header=present' gives ('text/csv', {'header': 'present'})."""
    name, *parameters = header.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"').lower() for key, _, value in pairs}


def choose_type(accept, own):
    """Return the type of the answer for an Accept header, or None; with no preference that is own (H14)."""
    for name, parameters in map(parse_media_type, accept.split(",") if accept.strip() else ["*/*"]):
        if parameters.get("q") not in ("0", "0.0"):
            for known in (own, *TYPES):
                if name in (known, "*/*", known.split("/")[0] + "/*"):
                    return known
    return None


def read_rows(body, media_type, parameters):
    """Yield each record's numbers, or the BadInput that says what is wrong with it; BadInput where none can be read."""
    try:
        text = body.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeError as error:
        raise BadInput(f"the body is not utf-8 text: {error}"[:200]) from None
    if not text.strip():
        raise BadInput("the body is empty")
    if media_type == CSV:
        return csv_rows(text.split("\n"), parameters.get("header") == "present")
    if media_type == JSONLINES:
        return (attempt(lambda line=line: to_row(parse_json(line))) for line in text.split("\n"))
    document = parse_json(text)
    records = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(records, list) or not records:
        raise BadInput('the JSON must be a list of rows or {"instances": [rows]}, with at least one row')
    return (attempt(lambda record=record: to_row(record)) for record in records)


def csv_rows(lines, has_header):
    names = COLUMNS
    if has_header or lines[0].strip() == ",".join(COLUMNS):
        names = [name.strip() for name in lines.pop(0).split(",")]
        if missing := [name for name in COLUMNS if name not in names]:
            raise BadInput(f"the header has no column {', '.join(missing)}")
        if not lines:
            raise BadInput("there is a header but no row")
    if names == COLUMNS:
        return plain_rows(lines)
    return (attempt(lambda line=line: csv_row(line, names)) for line in lines)


def plain_rows(lines):
    """Yield the rows of lines with nothing but numbers, which is fast; another one is read again, with more care."""
    for line in lines:
        try:
            row = [float(cell) for cell in line.split(",")]
        except ValueError:
            row = []
        if len(row) == len(COLUMNS) and math.isfinite(sum(row)):
            yield row
        else:
            yield attempt(lambda line=line: csv_row(line, COLUMNS))


def csv_row(line, names):
    try:
        cells = next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error as error:
        raise BadInput(f"the line is not CSV: {error}") from None
    if len(cells) != len(names):
        raise BadInput(f"{len(cells)} values, expected {len(names)}: {', '.join(names)}")
    try:
        row = [float(cells[names.index(name)]) for name in COLUMNS]
    except ValueError:
        raise BadInput("each value must be a number") from None
    return checked(row)


def to_row(record):
    if isinstance(record, dict):
        if missing := [name for name in COLUMNS if name not in record]:
            raise BadInput(f"no value for {', '.join(missing)}")
        record = [record[name] for name in COLUMNS]
    if not isinstance(record, list):
        raise BadInput("must be a list or an object")
    if len(record) != len(COLUMNS):
        raise BadInput(f"{len(record)} values, expected {len(COLUMNS)}: {', '.join(COLUMNS)}")
    if not all(type(value) in (int, float) for value in record):
        raise BadInput("each value must be a number")
    return checked(record)


def checked(row):
    try:
        if all(map(math.isfinite, row)):
            return row
    except OverflowError:  # a whole number that is larger than any float
        pass
    raise BadInput("each value must be a finite number")


def attempt(read):
    try:
        return read()
    except BadInput as error:
        return error


def parse_json(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the body is not JSON: {error}"[:200]) from None


def write_predictions(predictions, media_type):
    """Return the predictions as text of the media type, without a final newline; a BadInput becomes ERROR (B5)."""
    if media_type == CSV:
        return "\n".join("ERROR" if isinstance(p, BadInput) else str(p) for p in predictions)
    values = [{"error": str(p)} if isinstance(p, BadInput) else p for p in predictions]
    if media_type == JSON:
        return compact({"predictions": values})
    return "\n".join(compact(v if isinstance(v, dict) else {"prediction": v}) for v in values)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
