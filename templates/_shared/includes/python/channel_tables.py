"""The data of a channel to a table: CSV or JSON Lines, each cell as a request's is read."""

import math
import re
from contextlib import suppress
from itertools import chain

import numpy as np
import pandas

import formats
from formats import BadInput

BLOCK = 2**20  # characters of CSV that are read at once
NEEDLESS_ZERO = re.compile(r"[+-]?0[0-9]")
WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")


class Table:
    """Collects the rows of a channel's files by column. One that algorithm.py does not declare has the kind None."""

    def __init__(self, columns):
        self.kinds = {name: formats.COLUMNS.get(name) for name in columns}
        self.blocks = {name: [] for name in columns}
        self.known = {}  # each text, so that equal ones are kept once
        self.found = {}  # the kinds of JSON values in columns that nobody declared

    def add_csv(self, data, file):
        """Add the rows of a CSV file. Raises BadInput that names the file and the row."""
        text = decode(data, file)
        at = len(text) - len(text.lstrip("\r\n \t"))
        at = text.rfind("\n", 0, at) + 1  # blanks before a first cell stay
        names, start = self.header(text, at, file)
        reader = CsvReader(self, file, names or list(self.kinds), text[at:start] if names else None)
        at = start
        while at < len(text):
            end = text.find("\n", at + BLOCK)
            end = len(text) if end < 0 else end + 1
            block = text[at:end]
            at = end if reader.add_plain(block) else reader.add_each(text, at, end)

    def header(self, text, at, file):
        """Return the names in the header that begins there and where the rest begins, or (None, at)."""
        names, rest = formats.cells_at(text, at)
        if isinstance(names, BadInput) or not self.kinds.keys() & set(names):
            return None, at
        if not self.kinds.keys() <= set(names) and self.is_row(names):  # text that happens to be a column's name
            return None, at
        try:
            formats.check_header(names, self.kinds)
        except BadInput as error:
            raise BadInput(f"{file}: {error}") from None
        return names, rest

    def is_row(self, cells):
        try:
            return bool(formats.read_row(cells, self.kinds, any_cell, True))
        except BadInput:
            return False

    def add_lines(self, data, file):
        """Add the rows of a JSON Lines file. Raises BadInput that names the file and the row."""
        rows = []
        for line in decode(data, file).split("\n"):
            if not line.strip():
                continue
            try:
                rows.append(formats.read_row(formats.parse_json(line), self.kinds, self.value, True))
            except BadInput as error:
                raise BadInput(f"{file}, {formats.at_row(len(rows), error)}") from None
        self.add(zip(*rows, strict=True))

    def value(self, name, kind, value):
        """Return a JSON value; a column that nobody declared has the kind of its first value."""
        if kind is None and value is not None:
            kind = self.found.setdefault(name, str if isinstance(value, str) else float)
        return formats.parse_value(name, kind, value)

    def add(self, columns):
        for (name, kind), values in zip(self.kinds.items(), columns, strict=False):
            values = np.array(values, dtype=float) if kind is float else [self.known.setdefault(v, v) for v in values]
            self.blocks[name].append(values)

    def frame(self):
        """Return all rows as a DataFrame. Raises ValueError without a message where there is none."""
        if not any(len(values) for blocks in self.blocks.values() for values in blocks):
            raise ValueError
        return pandas.DataFrame({name: self.column(name, kind) for name, kind in self.kinds.items()})

    def column(self, name, kind):
        if kind is float:
            return np.concatenate(self.blocks[name])
        values = list(chain.from_iterable(self.blocks[name]))
        is_open = kind is None and self.found.get(name) is not str
        if is_open and (numbers := as_numbers(values)) is not None:
            return numbers
        return pandas.Series(values, dtype=object)


class CsvReader:
    """Reads one CSV file into a table: plain blocks column by column, any other record by record."""

    def __init__(self, table, file, names, header):
        self.table, self.file, self.names, self.count = table, file, names, 0
        # a Pipe repeats it for every object in it
        self.header = header and formats.NEEDLESS_QUOTES.sub(r"\1", header.rstrip("\r\n"))
        self.is_named = header is not None
        self.places = [names.index(name) for name in table.kinds]

    def add_plain(self, block):
        """Add a block of whole lines. Returns False where anything is out of the ordinary, and adds nothing then."""
        if "\r" in block:
            block = block.replace("\r\n", "\n")
        block = formats.without_needless_quotes(block)
        if '"' in block or "\r" in block or "\0" in block:
            return False
        lines = [line for line in block.split("\n") if line.strip(formats.BLANKS) and line != self.header]
        if any(line.count(",") != len(self.names) - 1 for line in lines):
            return False
        if lines:
            try:
                self.table.add(self.plain_numbers(block, lines) or self.plain_columns(lines))
            except BadInput:
                return False
        self.count += len(lines)
        return True

    def plain_numbers(self, block, lines):
        """Return the columns of lines in which all are numbers but at most the last one, or None."""
        if list(self.table.kinds.values())[:-1].count(float) < len(self.places) - 1 or len(self.places) < 2:
            return None
        if not block.isascii() or any(blank in block for blank in "\f\v\x1c\x1d\x1e\x1f"):  # numpy would skip these
            return None
        *places, last = self.places
        try:
            numbers = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2, usecols=places)
        except ValueError:
            return None
        if not np.isfinite(numbers).all():
            return None
        after = len(self.names) - last
        cells = [line.rsplit(",", after)[-after] for line in lines]
        return [*numbers.T, plain_column(*list(self.table.kinds.items())[-1], cells)]

    def plain_columns(self, lines):
        cells = list(zip(*(line.split(",") for line in lines), strict=True))
        columns = zip(self.places, self.table.kinds.items(), strict=True)
        return [plain_column(name, kind, cells[place]) for place, (name, kind) in columns]

    def add_each(self, text, at, end):
        """Add the records that begin in text[at:end]; return where the next one begins. Raises BadInput."""
        rows = []
        while at < end:
            cells, after = formats.cells_at(text, at)
            if text[at:after].strip("\r\n \t") and not (self.is_named and cells == self.names):
                try:
                    if isinstance(cells, list) and len(cells) != len(self.names):
                        raise BadInput(f"{len(cells)} values, expected {len(self.names)}: {', '.join(self.names)}")
                    record = [cells[place] for place in self.places] if isinstance(cells, list) else cells
                    rows.append(formats.read_row(record, self.table.kinds, any_cell, True))
                except BadInput as error:
                    raise BadInput(f"{self.file}, {formats.at_row(self.count + len(rows), error)}") from None
            at = after
        self.table.add(zip(*rows, strict=True))
        self.count += len(rows)
        return at


def plain_column(name, kind, cells):
    """Return the values of a column without quotes. Raises BadInput."""
    if kind is not float:
        return [cell.strip(formats.BLANKS) or math.nan for cell in cells]
    joined = "".join(cells)
    if joined.isascii() and not any(letter in joined for letter in formats.NO_NUMBER):
        with suppress(ValueError):
            values = np.array([float(cell) if cell else math.nan for cell in cells])
            if np.isfinite(values).sum() + cells.count("") == len(cells):
                return values
    return [formats.parse_cell(name, kind, cell) for cell in cells]


def any_cell(name, kind, cell):
    if kind is not None:
        return formats.parse_cell(name, kind, cell)
    return formats.checked_text(name, cell) if cell.strip(formats.BLANKS) else math.nan


def as_numbers(values):
    """Return the values of a column that nobody declared as numbers, or None where one of them is text.

    Whole ones, with none missing, become integers.
    """
    numbers = [as_number(value) for value in values]
    if None in numbers:
        return None
    is_whole = all(isinstance(number, int) for number in numbers)
    return np.array(numbers, dtype=np.int64 if is_whole else float)


def as_number(value):
    """Return a number of JSON or a cell of CSV as int or float, or None for text; `01` is text, as in a code."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    word = value.strip(formats.BLANKS)
    if WHOLE.fullmatch(word):
        return int(word)
    if word.lower() in ("na", "nan"):
        return math.nan
    is_number = formats.NUMBER.fullmatch(word) and not NEEDLESS_ZERO.match(word) and math.isfinite(float(word))
    return float(word) if is_number else None


def decode(data, file):
    try:
        return formats.decode(data)
    except BadInput:
        raise BadInput(
            f"{file} is not UTF-8 text: frame() reads CSV and JSON Lines; for other formats, such as Parquet, "
            "read the channel's files() yourself"
        ) from None
