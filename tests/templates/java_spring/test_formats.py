"""Odd requests and odd training data: read alike, and in a batch job one answer a record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import train

from ..conftest import Mounts
from ..format_tests import (  # noqa: F401
    CSV,
    JSON,
    LINES,
    batch_of_echo,
    pytest_generate_tests,
    served_echo,
    test_a_type_that_accept_rules_out_is_not_the_answer,
    test_bad_records_of_a_batch_in_json_have_their_reason,
    test_each_record_of_a_batch_has_its_answer,
    test_the_log_does_not_quote_the_payload,
    test_values_arrive_as_they_were_meant,
    test_what_cannot_be_read_is_refused_with_the_reason,
)
from .conftest import Compile

pytestmark = pytest.mark.docker

VALUES = [
    (JSON, '[[30, null], [30, "S"]]', ["30.0 null", '30.0 "S"']),
    (CSV, "30,\n,01\nNA,NA", ["30.0 null", 'NaN "01"', 'NaN "NA"']),
    (CSV, '"30", "a ""b"", c"\r\n', ['30.0 "a \\"b\\", c"']),
    (CSV, "number,text\n1,x", ['1.0 "x"']),
    (LINES, '{"text": "a\u2028b", "number": 1}\r\n', ['1.0 "a\u2028b"']),
    ("text/csv; charset=latin-1", "1,\xe4".encode("latin-1"), ['1.0 "ä"']),
    ("text/csv; charset=UTF8", "\ufeff1,ä".encode(), ['1.0 "ä"']),
    ("text/csv; charset=cp1252", b"1,\x80", ['1.0 "€"']),
    ('text/csv; charset="ISO_8859-15"', b"1,\xa4", ['1.0 "€"']),
    ("text/csv; charset=utf-16le", "1,ä".encode("utf-16le"), ['1.0 "ä"']),
    ("text/csv; charset=utf-16", "1,ä".encode("utf-16-be"), ['1.0 "ä"']),
]
REFUSED = [
    ("text/csv; charset=punycode", "1,a", "unknown charset 'punycode': it must be one of utf-8, utf-16, utf-16le, "),
    ("text/csv; charset=", "1,a", "unknown charset '': it must be one of "),
    (f"text/csv; charset={'x' * 50}", "1,a", f"unknown charset '{'x' * 40}': it must be one of "),
    ("text/csv; charset=ascii", "1,ä", "the body is not us-ascii text"),
    (CSV, '1,a\n2\n3,"', "row 2: 1 values, expected 2: number, text"),  # the first bad one
    (LINES, '[1, "a"]\n\n{', "row 2: the body is not JSON"),
    (CSV, f"{'x' * 45}',a", f"row 1: number must be a number, not '{'x' * 40}'"),
]
BATCHES = [
    (CSV, '1,a\n"2,b\n3,c', '"1.0 ""a"""\nERROR\n"3.0 ""c"""'),  # the quote is never closed
    (CSV, "number,text", "ERROR"),  # a header is a line of the input as well
    ("text/csv; header=present", "text,number\na,1\nb", 'ERROR\n"1.0 ""a"""\nERROR'),
    (CSV, "number,text\n\n1,a", 'ERROR\nERROR\n"1.0 ""a"""'),
    (
        LINES,
        '[2]\n[3, "c"]\n[2]',
        """{"error":"row 1: 1 values, expected 2: number, text"}
{"prediction":"3.0 \\"c\\""}
{"error":"row 3: 1 values, expected 2: number, text"}""",
    ),
]
BATCHES_IN_JSON = [
    (
        '[[1, "a"], [2], [3, "c"]]',
        ['1.0 "a"', {"error": "row 2: 1 values, expected 2: number, text"}, '3.0 "c"'],
        '[1, "a"]\n[2]\n{',
    )
]


@pytest.fixture(scope="module")
def echo(algorithm: Compile) -> Mounts:
    return algorithm("Echo")


@pytest.fixture
def row() -> str:
    return "1,x"


def test_training_data_is_read_as_requests_are(image: str, echo: Mounts, tmp_path: Path) -> None:
    (tmp_path / "größe.csv").write_bytes("\ufeffmore,number,text,target\n9,1, 01 ,yes\r\n9,,,no\n".encode())
    result = train(image, tmp_path / "job", {"train": tmp_path}, mounts=echo)
    assert re.findall("read: (.*)", result.logs) == ['1.0 "01" "yes"', 'NaN null "no"'], result.logs
