"""Request bodies of a nasty shape, in any size: what the tests of growth and the benchmark of it send."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
ROW = "5.1,3.5,1.4,0.2"  # a good record of the sample model
NAMES = "sepal_length,sepal_width,petal_length,petal_width"

Body = Callable[[int], bytes]


def filled(start: str, piece: str, end: str = "") -> Body:
    """Return a function that makes a body of so many bytes: start, the piece over and over, end."""
    content = piece.encode()
    return lambda size: start.encode() + content * (size // len(content)) + end.encode()


def halves(start: str, first: str, second: str, end: str = "") -> Body:
    """Return a function that makes a body of two halves, each of a piece over and over."""
    pieces = first.encode(), second.encode()
    return lambda size: b"".join(
        [start.encode(), *(piece * (size // 2 // len(piece)) for piece in pieces), end.encode()]
    )


def numbered(start: str, piece: str, end: str = "") -> Body:
    """Return a function that makes a body of pieces that all differ: {} in the piece is a number."""
    return lambda size: (
        start + "".join(piece.format(n) for n in range(size // len(piece.format(10**5)))) + end
    ).encode()


def names_of_one_hash_code(size: int) -> bytes:
    """Return an object whose names have one hash code in the JVM: a plain hash table would compare each with all."""
    names = map("".join, itertools.product(("Aa", "BB"), repeat=20))
    return ("[{" + ",".join(f'"{name}":1' for name in itertools.islice(names, size // 45)) + "}]").encode()


class Shape(NamedTuple):
    """What makes a body nasty."""

    media: str
    body: Body


# The worst of each kind, which CI tries.
WORST = {
    "CSV: blank lines, then a bad one": Shape(CSV, filled("", "\n", "x")),
    "CSV: every record bad": Shape(CSV, filled("", "1,2,3,x\n")),
    "CSV: quotes": Shape(CSV, filled("", '"')),
    "CSV: a quoted cell with doubled quotes": Shape(CSV, filled('"', '""', '",1,1,1')),
    "CSV: digits": Shape(CSV, filled("1,1,1,", "1")),
    "CSV: digits, then a letter": Shape(CSV, filled("", "1", "x,1,1,1")),
    "JSON: names of one hash code": Shape(JSON, names_of_one_hash_code),
    "JSON: nested lists": Shape(JSON, halves("", "[", "]")),
    "JSON: an open string of escaped quotes beside NaN": Shape(JSON, filled('[NaN,"', '\\"')),
    "JSON: a long text before many rows": Shape(
        JSON, lambda size: b'[["%b",1,1,1]%b]' % (b"a" * (size // 2), b",[1,1,1,1]" * (size // 20))
    ),
    "JSON: digits": Shape(JSON, filled("[[1,1,1,", "1", "]]")),
    "JSON Lines: blank lines, then a bad one": Shape(LINES, filled("", "\n", "{")),
    "JSON Lines: every record bad": Shape(LINES, filled("", "[1]\n")),
    "JSON: a value of many values": Shape(JSON, filled("[[1,1,1,[", "1,", "1]]]")),
    "charset punycode": Shape(f"{CSV}; charset=punycode", filled("", "a")),
}
OTHERS = {
    "CSV: good rows": Shape(CSV, filled("", f"{ROW}\n")),
    "CSV: a bad row before good ones": Shape(CSV, filled("x\n", f"{ROW}\n")),
    "CSV: a bad row after good ones": Shape(CSV, filled("", f"{ROW}\n", "x")),
    "CSV: line ends of all kinds": Shape(CSV, filled("", "\r\n\r\r\n", "x")),
    "CSV: blank lines after a row": Shape(CSV, filled(ROW, "\n", " ")),
    "CSV: commas": Shape(CSV, filled("", ",")),
    "CSV: spaces": Shape(CSV, filled("", " ", "x")),
    "CSV: spaces within a cell": Shape(CSV, filled("1,1,1,a", " ", "b")),
    "CSV: spaces within a header": Shape(f"{CSV}; header=present", filled(f"{NAMES},a", " ", f"b\n{ROW}")),
    "CSV: spaces after commas": Shape(CSV, filled("", ",   ")),
    "CSV: spaces between digits": Shape(CSV, filled("", "1   ")),
    "CSV: an open quote": Shape(CSV, filled('"', "a")),
    "CSV: an open quote over lines": Shape(CSV, filled('"', "a\n")),
    "CSV: an open quote in each line": Shape(CSV, filled("", '"a\n')),
    "CSV: quotes after commas": Shape(CSV, filled("", ',"')),
    "CSV: quoted cells": Shape(CSV, filled("", '"",')),
    "CSV: quoted cells beside letters that are not ASCII": Shape(CSV, filled("é", ',"é"')),
    "CSV: quoted rows": Shape(CSV, filled("", '"5.1","3.5","1.4","0.2"\n')),
    "CSV: quotes within cells": Shape(CSV, filled("", 'a"b"c,')),
    "CSV: a quoted cell of many lines": Shape(CSV, filled('1,1,1,"', "a\n", '"')),
    "CSV: one row of many columns": Shape(CSV, filled("", "1,", "1")),
    "CSV: many rows of one column": Shape(CSV, filled("", "1\n", "1")),
    "CSV: many columns, then short rows": Shape(CSV, halves("", "1,", "\n1", "\n")),
    "CSV: one long cell": Shape(CSV, filled("1,1,1,", "x")),
    "CSV: digits after the point": Shape(CSV, filled("1,1,1,1.", "1")),
    "CSV: digits of an exponent": Shape(CSV, filled("1,1,1,1e", "1")),
    "CSV: noughts": Shape(CSV, filled("1,1,1,0.", "0", "1")),
    "CSV: signs": Shape(CSV, filled("1,1,1,", "-")),
    "CSV: points": Shape(CSV, filled("1,1,1,", ".")),
    "CSV: exponents": Shape(CSV, filled("", "1e5e")),
    "CSV: NULs": Shape(CSV, filled("1", "\0")),
    "CSV: byte order marks": Shape(CSV, filled("", "\ufeff")),
    "CSV: letters that are not ASCII": Shape(CSV, filled("", "é,")),
    "CSV: blanks that are not ASCII": Shape(CSV, filled("", "\u3000", "x")),
    "CSV: bytes that are not UTF-8": Shape(CSV, lambda size: b"\xff" * size),
    "CSV: headers": Shape(CSV, filled("", f"{NAMES}\n")),
    "CSV: a header of many columns": Shape(f"{CSV}; header=present", numbered(NAMES, ",c{}", f"\n{ROW}")),
    "CSV: one name again and again": Shape(f"{CSV}; header=present", filled(NAMES, ",a", f"\n{ROW}")),
    "CSV: other columns in short rows": Shape(f"{CSV}; header=present", filled(f"{NAMES},more\n", "1\n")),
    "JSON: good rows": Shape(JSON, filled("[", f"[{ROW}],", f"[{ROW}]]")),
    "JSON: a bad row before good ones": Shape(JSON, filled("[[1]", f",[{ROW}]", "]")),
    "JSON: a bad row after good ones": Shape(JSON, filled("[", f"[{ROW}],", "[1]]")),
    "JSON: every record bad": Shape(JSON, filled("[1", ",1", "]")),
    "JSON: every value bad": Shape(JSON, filled("[", '[1,1,1,"x"],', "[1]]")),
    "JSON: every value missing": Shape(JSON, filled("[", "[1,1,1,null],", "[1]]")),
    "JSON: every value NaN": Shape(JSON, filled("[", "[1,1,1,NaN],", "[1]]")),
    "JSON: open lists": Shape(JSON, filled("", "[")),
    "JSON: open objects": Shape(JSON, filled("", '{"a":')),
    "JSON: nested objects": Shape(JSON, halves('{"instances":', '{"a":', "}", "}")),
    "JSON: nested lists in a value": Shape(JSON, halves("[[1,1,1,", "[", "]", "]]")),
    "JSON: nested too deeply for a value only": Shape(
        JSON, lambda size: b"[[1,1,1,%b]]" % b",".join([b"[" * 400 + b"]" * 400] * (size // 800))
    ),
    "JSON: closing brackets": Shape(JSON, filled("[[1]", "]")),
    "JSON: a list of numbers": Shape(JSON, filled("[", "1,", "1]")),
    "JSON: one row of many numbers": Shape(JSON, filled("[[", "1,", "1]]")),
    "JSON: empty lists": Shape(JSON, filled("[", "[],", "[]]")),
    "JSON: empty objects": Shape(JSON, filled("[", "{},", "{}]")),
    "JSON: commas": Shape(JSON, filled("[", ",", "]")),
    "JSON: colons": Shape(JSON, filled('{"a"', ":", "}")),
    "JSON: quotes": Shape(JSON, filled("", '"')),
    "JSON: empty texts": Shape(JSON, filled("[", '"",', '""]')),
    "JSON: one long text": Shape(JSON, filled('[[1,1,1,"', "a", '"]]')),
    "JSON: an open text": Shape(JSON, filled('[[1,1,1,"', "a")),
    "JSON: escaped letters": Shape(JSON, filled('[[1,1,1,"', "\\u0041", '"]]')),
    "JSON: half a surrogate pair": Shape(JSON, filled('[[1,1,1,"', "\\ud800", '"]]')),
    "JSON: backslashes": Shape(JSON, filled('["', "\\")),
    "JSON: escaped quotes and a last backslash beside NaN": Shape(JSON, filled('[NaN,"', '\\"', "\\")),
    "JSON: backslashes in NaN's company": Shape(JSON, filled('[NaN,"', "\\")),
    "JSON: NaN in a text": Shape(JSON, filled('[[1,1,1,"', "NaN ", '"]]')),
    "JSON: NaN": Shape(JSON, filled("[", "NaN,", "NaN]")),
    "JSON: Infinity": Shape(JSON, filled("[", "-Infinity,", "NaN]")),
    "JSON: quotes beside NaN": Shape(JSON, filled("NaN", '"')),
    "JSON: digits after the point": Shape(JSON, filled("[[1,1,1,1.", "1", "]]")),
    "JSON: digits of an exponent": Shape(JSON, filled("[[1,1,1,1e", "1", "]]")),
    "JSON: numbers of 4000 digits": Shape(JSON, filled("[[1,1,1,", f"{'1' * 4000},", "1]]")),
    "JSON: numbers with exponents": Shape(JSON, filled("[", "1e-300,", "1]")),
    "JSON: minus signs": Shape(JSON, filled("[[1,1,1,", "-", "]]")),
    "JSON: a long name": Shape(JSON, filled('[{"', "a", '":1}]')),
    "JSON: many names": Shape(JSON, numbered("[{", '"a{}":1,', '"a":1}]')),
    "JSON: one name again and again": Shape(JSON, filled("[{", '"a":1,', '"a":1}]')),
    "JSON: blanks": Shape(JSON, filled("[[", " ", "]]")),
    "JSON: line ends before the end": Shape(JSON, filled("[[1]", "\n", "]")),
    "JSON: line ends before no JSON": Shape(JSON, filled("[", "\n", "x\n")),
    "JSON: NULs": Shape(JSON, filled("[", "\0")),
    "JSON: byte order marks": Shape(JSON, filled("[", "\ufeff")),
    "JSON Lines: good rows": Shape(LINES, filled("", f"[{ROW}]\n", f"[{ROW}]")),
    "JSON Lines: a bad row before good ones": Shape(LINES, filled("{\n", f"[{ROW}]\n")),
    "JSON Lines: a bad row after good ones": Shape(LINES, filled("", f"[{ROW}]\n", "{")),
    "JSON Lines: every line no JSON": Shape(LINES, filled("", "{\n")),
    "JSON Lines: every line a number": Shape(LINES, filled("", "1\n")),
    "JSON Lines: every line an empty object": Shape(LINES, filled("", "{}\n")),
    "JSON Lines: every value bad": Shape(LINES, filled("", '[1,1,1,"x"]\n')),
    "JSON Lines: every line nested": Shape(LINES, filled("", "[" * 2000 + "]" * 2000 + "\n")),
    "JSON Lines: line ends of all kinds": Shape(LINES, filled("", "\r\n\r\r\n", "{")),
    "JSON Lines: one long line": Shape(LINES, filled('[1,1,1,"', "a", '"]')),
    "charset utf-16": Shape(f"{CSV}; charset=utf-16", lambda size: ("1," * (size // 4)).encode("utf-16")),
    "charset utf-7": Shape(f"{CSV}; charset=utf-7", filled("+", "AAAA")),
    "charset idna": Shape(f"{CSV}; charset=idna", filled("", "a")),
    "charset unicode_escape": Shape(f"{CSV}; charset=unicode_escape", filled("", "\\N{DIGIT ONE}")),
    "charset iso-2022-jp": Shape(f"{CSV}; charset=iso-2022-jp", filled("", "\x1b$B")),
}  # fmt: skip
SHAPES = WORST | OTHERS

# Headers of a nasty shape: what stands before, the piece that fills the header, what stands behind. CI tries the worst.
WORST_HEADERS = {
    "blanks": ("text/csv;charset=", " ", "x"),
    "quotes": ("text/csv;header=x", '"', "x"),
    "commas": ("", ",", ""),
}
OTHER_HEADERS = {
    "semicolons": ("text/csv", ";", "x"),
    "equals signs": ("text/csv;a", "=", "x"),
    "types": ("", "*/*;q=0,", "text/csv"),
    "parameters": ("text/csv", ";a=1", ""),
}
HEADERS = WORST_HEADERS | OTHER_HEADERS
