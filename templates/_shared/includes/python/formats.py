"""Request bodies to rows: text/csv, application/json, application/jsonlines.

Rows are a numpy array of floats where all columns of algorithm.py are floats, else a pandas DataFrame. Plain numbers
take a fast path; what does not fit there is read again value by value, to take it or to say what is wrong and where.
`train` reads its channels with the same functions, so that a model sees the same values in training and serving.
"""

import codecs
import io
import json
import math
import os
import re
from itertools import chain, islice

import numpy as np

from algorithm import ALLOW_MISSING, COLUMNS
from negotiation import CSV, JSON, JSONLINES, BadInput

NAMES = list(COLUMNS)
NUMERIC = all(kind is float for kind in COLUMNS.values())
if not NUMERIC:
    import pandas  # takes seconds: before the first request, and before the workers are forked

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
BLANKS = " \t"
# Its quantifiers give nothing back, so that a million digits and a letter take one pass.
NUMBER = re.compile(r"[+-]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
NO_NUMBER = "_xX\f\v\x1c\x1d\x1e\x1f"  # what Python's float would take, and those who read numbers elsewhere would not
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which cannot be written out again
QUOTED_CELL = re.compile(r'[ \t]*+"((?:[^"]++|"")*+)"[ \t]*+(,|\r?\n|\r?\Z)')
OTHER_CELL = re.compile(r"([^,\n]*+)(,|\n|\Z)")
# A quoted cell that means the same without its quotes; a blank one may not: a blank line is no cell.
NEEDLESS_QUOTES = re.compile(r'(?:^|(?<=,))"([^",\r\n \t](?:[^",\r\n]*[^",\r\n \t])?)"(?=,|$)', re.MULTILINE)
OPEN_QUOTE = re.compile(r'[ \t]*+"(?:[^"]++|"")*+\Z')
if any(kind not in (float, str) for kind in COLUMNS.values()):
    raise TypeError("algorithm.py: COLUMNS must give each column the type float or str")


# --- requests --------------------------------------------------------------------------------------------------------


def read_rows(body, media_type, parameters):
    """Return (rows, errors) of a request body: the good records in order, and what is wrong with the bad ones.

    Errors has the message of each bad record by its position. Only a batch job goes on after a bad record: otherwise
    the first one raises BadInput, and nothing after it is read. So does a body in which no records can be told apart.
    """
    lines = BATCH and media_type != JSON  # a blank one is a record too
    text = decode(body, parameters.get("charset", "utf-8"), lines)
    text = text.removesuffix("\n").removesuffix("\r") if lines else text.rstrip("\r\n")
    if not (lines or text.strip()):
        raise BadInput("the body is empty")
    if media_type == CSV:
        return read_csv(text, parameters.get("header"))
    if media_type == JSONLINES:
        return to_rows(each_line(text, parse_json))
    return read_json(text)


def decode(body, charset="utf-8", by_line=False):
    """Return the text of a body. Raises BadInput for a character set that is not in CHARSETS (H20).

    By line, bytes that are no text become halves of surrogate pairs, so that they spoil their own line only (B5).
    """
    name = SPELLINGS.get(charset.translate(MARKS))
    if name is None:
        raise BadInput(f"unknown charset {charset[:40]!r}: it must be one of {', '.join(CHARSETS)}")
    codec = "utf-8-sig" if name == "utf-8" else name
    if name == "utf-16" and not body.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        codec = "utf-16be"  # RFC 2781
    try:
        return body.decode(codec, "surrogateescape" if by_line and not name.startswith("utf-16") else "strict")
    except UnicodeError as error:
        raise BadInput(f"the body is not {name} text: {error}"[:200]) from None


def each_line(text, read):
    """Yield for each line what it reads as, or the BadInput that says what is wrong with it."""
    for line in text.split("\n"):
        try:
            if not line.isascii() and NO_TEXT.search(line):
                raise BadInput("has bytes that are no letters of the character set")
            record = read(line)
        except BadInput as error:
            record = error
        yield record


def read_csv(text, declared_header):
    """Return (rows, errors) of CSV text. The parameter `header` of the media type may say whether there is one."""
    names, rest = read_header(text, declared_header)
    if not (names and BATCH):
        text = without_needless_quotes(text[rest:])
        if NUMERIC and names in (None, NAMES) and (rows := fast_csv(text)) is not None:
            return rows, {}
    records = each_line(text, one_record) if BATCH else split_csv(text)
    if names:
        records = (by_name(names, cells) for cells in records)
        if BATCH:  # a line of the input that has to have one in the output
            records = chain([BadInput("is a header")], islice(records, 1, None))
    return to_rows(records, parse_cell)


def read_header(text, declared_header):
    """Return the names in the header, and where the rest of the text begins; (None, 0) without a header."""
    end = text.find("\n")
    first = text if end < 0 else text[:end]
    if declared_header == "absent" or not (declared_header == "present" or NAMES[0] in first or '"' in first):
        return None, 0
    names, rest = cells_at(first if BATCH else text, 0)
    if isinstance(names, BadInput):
        return None, 0
    missing = [name for name in NAMES if name not in names]
    if declared_header != "present" and missing:
        return None, 0
    check_header(names, NAMES)
    if rest > len(text) and not BATCH:
        raise BadInput("there is a header but no row")
    return names, rest


def check_header(names, wanted):
    """Raise BadInput unless the header has each of the wanted columns once."""
    if missing := [name for name in wanted if name not in names]:
        raise BadInput(f"the header has no column {', '.join(missing)}")
    if twice := [name for name in wanted if names.count(name) > 1]:
        raise BadInput(f"the header names {', '.join(twice)} twice")


def by_name(names, cells):
    if isinstance(cells, BadInput):
        return cells
    if len(cells) != len(names):
        return BadInput(f"{len(cells)} values, expected {len(names)} as in the header")
    return dict(zip(names, cells, strict=True))


def fast_csv(text):
    """Return plain numbers as an array, or None where anything is out of the ordinary."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    if not text.isascii() or "\r" in text or any(letter in text for letter in NO_NUMBER):
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


def read_json(text):
    document = parse_json(text)
    records = document
    if isinstance(document, dict):
        records, parameters = document.get("instances"), document.get("parameters")
        if parameters is not None and parameters != {}:
            names = ", ".join(parameters) if isinstance(parameters, dict) else "parameters"
            raise BadInput(f"this model takes no parameters: {names}"[:LONGEST_MESSAGE])
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
            good.append(read_row(record, COLUMNS, parse or parse_value, ALLOW_MISSING))
        except BadInput as error:
            if not BATCH:
                raise BadInput(at_row(position, error)) from None
            reason = str(error)
            errors[position] = reasons.setdefault(reason, reason)  # one text for all that are bad in the same way
    if NUMERIC:
        return np.array(good, dtype=float).reshape(-1, len(NAMES)), errors
    frame = pandas.DataFrame(good, columns=NAMES, dtype=object)
    return frame.astype({name: float for name, kind in COLUMNS.items() if kind is float}), errors


def at_row(position, reason):
    return f"row {position + 1}: {reason}"[:LONGEST_MESSAGE]


# --- records, in requests and in training data -----------------------------------------------------------------------


def split_csv(text):
    """Yield the cells of each record (RFC 4180), or the BadInput that says what is wrong with the last one."""
    at = 0
    while at <= len(text):
        cells, at = cells_at(text, at)
        yield cells


def one_record(line):
    cells, _ = cells_at(line, 0)
    return cells


def without_needless_quotes(text):
    """Return the text without quotes if no cell needs them, which is faster to read; else the text as it is."""
    if '"' in text and '"' not in (plain := NEEDLESS_QUOTES.sub(r"\1", text.replace("\r\n", "\n"))):
        return plain
    return text


def cells_at(text, at):
    """Return the cells of the record that begins there, and where the next one does."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    line = text[at:end]
    try:
        return quoted_cells(text, at) if '"' in line else (plain_cells(line), end + 1)
    except BadInput as error:
        return error, len(text) + 1


def plain_cells(line):
    line = line.removesuffix("\r")
    if "\r" in line:
        raise BadInput("has a CR without LF")
    return [cell.strip(BLANKS) for cell in line.split(",")] if line else []


def quoted_cells(text, at):
    """Do the same for a record with a quote in it: it may go on over several lines, inside of quotes."""
    cells = []
    while True:
        if found := QUOTED_CELL.match(text, at):
            cells.append(found[1].replace('""', '"'))
        else:
            found = OTHER_CELL.match(text, at)
            cell = found[1] if found[2] == "," else found[1].removesuffix("\r")
            if cell.lstrip(BLANKS).startswith('"'):
                is_open = OPEN_QUOTE.match(text, at)
                raise BadInput("a quote is never closed" if is_open else "has text after a closing quote")
            if "\r" in cell:
                raise BadInput("has a CR without LF")
            cells.append(cell.strip(BLANKS))
        at = found.end()
        if found[2] != ",":
            return cells, at if found[2].endswith("\n") else len(text) + 1


def parse_json(text):
    try:
        return json.loads(text)
    except RecursionError:
        raise BadInput("the JSON is nested too deeply") from None
    except ValueError as error:
        raise BadInput(f"the body is not JSON: {error}"[:200]) from None


def read_row(record, columns, parse, allow_missing):
    """Return the values of a record, one for each of the columns. Raises BadInput."""
    if isinstance(record, BadInput):
        raise record
    if isinstance(record, dict):
        if missing := [name for name in columns if name not in record]:
            raise BadInput(f"no value for {', '.join(missing)}")
        record = [record[name] for name in columns]
    if not isinstance(record, list):
        raise BadInput("must be a list or an object")
    if len(record) != len(columns):
        raise BadInput(f"{len(record)} values, expected {len(columns)}: {', '.join(columns)}")
    row = [parse(name, kind, value) for (name, kind), value in zip(columns.items(), record, strict=True)]
    if not allow_missing:
        for name, value in zip(columns, row, strict=True):
            if value != value:
                raise BadInput(f"{name} is missing")
    return row


def parse_cell(name, kind, text):
    """Return the value of a CSV cell as kind; NaN for a blank, and for NA or NaN where numbers belong."""
    blank = text.strip(BLANKS)
    if blank == "":
        return math.nan
    if kind is str:
        return checked_text(name, text)
    if blank.lower() in ("na", "nan"):
        return math.nan
    if not NUMBER.fullmatch(blank):
        raise BadInput(f"{name} must be a number, not {blank[:40]!r}")
    return finite(name, float(blank))


def parse_value(name, kind, value):
    """Return a JSON value as kind; NaN for null, and for NaN where numbers belong."""
    if value is None or (kind is float and value != value):
        return math.nan
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return finite(name, value)
    if kind is str and isinstance(value, str):
        return checked_text(name, value)
    raise BadInput(f"{name} must be {'a number' if kind is float else 'text'}, not {start_of(value)}")


def finite(name, number):
    try:
        number = float(number)
    except OverflowError:  # an integer
        number = math.inf
    if math.isinf(number):
        raise BadInput(f"{name} is not a finite number")
    return number


def checked_text(name, text):
    if ("\0" in text or not text.isascii()) and NO_TEXT.search(text):
        raise BadInput(f"{name} must be text without NUL or half a surrogate pair, not {text[:40]!a}")
    return text


def start_of(value):
    """Return the first 40 characters of a JSON value, without writing out the rest of it."""
    return "".join(islice(json.JSONEncoder().iterencode(value), 40))[:40]
