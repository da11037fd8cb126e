"""One behaviour in all languages: every template's container gives python-flask's answers, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from smscaffold import catalog
from smscaffold.sagemaker_local import Endpoint, Response, endpoint

from .conftest import Build, Render, train_sample

pytestmark = pytest.mark.docker
MODEL = "python-flask"
OTHERS = [t.name for t in catalog.templates() if t.origin == catalog.BUILT_IN and t.name != MODEL]
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
ROW = "5.1,3.5,1.4,0.2"
OTHER = "6.5,3.2,5.1,2.0"
NAMES = "sepal_length,sepal_width,petal_length,petal_width"
OBJECT = '{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}'

BODIES = {
    CSV: [
        ROW, f"{ROW}\n", f"{ROW}\r\n{OTHER}\r\n", f" 5.1 , 3.5,1.4 ,0.2 \n{OTHER}", f"{NAMES}\n{ROW}", NAMES,
        f"{NAMES}\n{ROW}\n{OTHER}\n", '"5.1","3.5","1.4","0.2"', "+5.1,3.5,1.4,2e-1", "5.,3.5,.4,0.2", "5,3,1,0",
        f"\ufeff{ROW}", "", "\n", "   ", ",", "1", "1,2,3", "1,2,3,4,5", "1,2,3,", ",,,", "1,2,3,x", "1,2,3,0x10",
        "1,2,3,1_0", "1,2,3,1e999", "1,2,3,inf", "1,2,3,-Infinity", "1,2,3,nan", "1,2,3,NA", "1,2,3,", "1,2,3,1e",
        "1,2,3,1 0", "1,2,3,1d5", "1,2,3,1L", "1,2,3,\u0661", "1,2,3,true", "1,2,3,'4'", '1,2,3,"4', '1,2,3,"a ""b"""',
        f"{ROW}\n\n{OTHER}", f"{ROW}\n1,2\n{OTHER}", f"{ROW}\n1,2,3,x\n1,2", "a,b,c,d", f"{NAMES},more\n{ROW}",
        f"{ROW},", f"{ROW}\n,{ROW}", "\t5.1,3.5,1.4,0.2", f"{ROW}\n \n{OTHER}", "1;2;3;4", "x" * 50 + ",2,3,4",
        f"{ROW}\n\n\n", "\n\n", f"{NAMES}\n\n", f"\r\n{ROW}\r\n\r\n",
        "1,2,3,é", f"{ROW}\n" * 400, f"{ROW}\n" * 400 + "1,2,3",
    ],
    "text/csv; header=present": [
        f"{NAMES}\n{ROW}", NAMES, "petal_width,petal_length,sepal_width,sepal_length\n0.2,1.4,3.5,5.1", "a,b\n1,2",
        f"{NAMES},more\n{ROW},9", f"{NAMES},more\n{ROW}",
        f'"sepal_length",sepal_width,petal_length, petal_width\n{ROW}',
        f"{NAMES}\n", f"{NAMES}\n\n{ROW}", f"{NAMES}\n{ROW}\n1,2,x,4",
    ],
    'TEXT/CSV ;charset="latin-1"': [ROW, "1,2,3,é"],
    "text/csv; charset=klingon": [ROW],
    "text/csv; charset=punycode": [ROW],
    "text/csv; charset=x'y": [ROW],
    'text/csv; charset=""': [ROW],
    f"text/csv; charset={'a' * 50}": [ROW],
    "text/csv; charset=US_ASCII": [ROW, "1,2,3,é"],
    "text/csv; charset=latin 2": ["1,2,3,š".encode("iso-8859-2")],
    "text/csv; charset=ISO-8859-15": ["1,2,3,€".encode("iso-8859-15")],
    "text/csv; charset=windows-1250": ["1,2,3,š".encode("cp1250")],
    "text/csv; charset=cp1251": ["1,2,3,д".encode("cp1251")],
    "text/csv; charset=Windows1252": ["1,2,3,€".encode("cp1252"), b"1,2,3,\x81"],
    "text/csv; charset=utf-16le": [ROW.encode("utf-16-le"), "1,2,3,é".encode("utf-16-le")],
    "text/csv; charset=utf_16be": [ROW.encode("utf-16-be")],
    "text/csv; charset=utf-16": [ROW.encode("utf-16"), ROW.encode("utf-16-be")],
    JSON: [
        f"[[{ROW}]]", f"[[{ROW}], [{OTHER}]]", f'{{"instances": [[{ROW}]]}}', f"[{OBJECT}]", f"[{OBJECT}, [{OTHER}]]",
        f'{{"instances": [{OBJECT}]}}', f" [ [{ROW}] ]\n", "[[5, 3, 1, 0]]", "[[5.1e0, 3.5E+0, 1.4, 2e-1]]", "[]", "{}",
        "5", "null", '"x"', "true", '{"instances": []}', '{"instances": 5}', '{"rows": [[1]]}', "[[]]", "[[1,2,3]]",
        "[[1,2,3,4,5]]", "[1,2,3,4]", "[[1,2,3,null]]", '[[1,2,3,"4"]]', '[[1,2,3,"x"]]', "[[1,2,3,true]]",
        "[[1,2,3,[4]]]", '[[1,2,3,{"a": 1}]]', "[[1,2,3,1e999]]", "[[1,2,3,NaN]]", "[[1,2,3,Infinity]]", "[[1,2,3,-0]]",
        "[[1,2,3,10000000000000000000000]]", f"[[{ROW}], [1,2]]", '[{"sepal_length": 1}]', "[null]", "[[1,2,3,4]",
        "[[1,2,3,4]]]", "{", "", " ", "[[1,2,3,4,]]", "[" * 5000, f"[[1,2,3,[{'1, ' * 50}4]]]",
        f"[[1,2,3,{'[' * 50}{']' * 50}]]", '[[1,2,3,{"a": [1, {"b": null}], "c": "d"}]]', f"[[{ROW}], 7]",
        f'[[1,2,3,"{"y" * 90}"]]',
        '[[1,2,3,"é\\u00e9"]]', b"\xff\xfe[", '{"instances": [[1,2,3,4]], "more": 1}', f'[{OBJECT[:-1]}, "more": 1}}]',
    ],
    LINES: [
        f"[{ROW}]", f"[{ROW}]\n[{OTHER}]\n", f"{OBJECT}\r\n[{OTHER}]\r\n", OBJECT, "", "[1,2]", f"[{ROW}]\n\n[{OTHER}]",
        f"[{ROW}]\n\n\n", "\n\n", "\n", f"[{ROW}]\n{{", "7", f"[{ROW}]\n[1,2,3,null]", f"[{ROW}]\nnull",
        f"[1,2]\n{{\n[{ROW}]", f"{{\n[1,2]\n[{ROW}]",
    ],
    "application/xml": ["<a/>"],
    "": [ROW],
}  # fmt: skip
ACCEPTS = [
    "*/*", CSV, JSON, LINES, "image/png", "application/*", "text/*;q=0.1, application/json", "text/csv;q=0",
    "a/b, */*;q=0", f"{JSON};q=0.2, {LINES};q=0.9", "TEXT/CSV", "*/*, text/csv;q=0",
    "text/html, application/json;q=x", ",", ";",
]  # fmt: skip


class Said(NamedTuple):
    """What of an answer has to be the same."""

    status: int
    content_type: str
    text: str


def said(answer: Response, body: bytes) -> Said:
    """An answer without what a JSON reader or a codec of the language says in its own words.

    What kind of flower an odd row is depends on the tree, so that is left out as well.
    """
    own_words = r"(the body is not (?:JSON|[\w-]+ text)|the JSON is nested too deeply)[^\n]*?(\"\}|$)"
    text = re.sub(own_words, r"unreadable\2", answer.text)
    if not (ROW.encode() in body or OTHER.encode() in body):
        text = re.sub("setosa|versicolor|virginica", "species", text)
    return Said(answer.status, (answer.headers["Content-Type"] or "").replace(" ", ""), text)


@pytest.fixture(scope="module")
def started(render: Render, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple]]:
    """By template: its image, and the model that it has trained."""
    made = {}
    for name in [MODEL, *OTHERS]:
        folder = render(name)
        image = build(folder, tag=f"same-{name}")
        made[name] = (image, train_sample(image, folder, tmp_path_factory.mktemp("job") / "out").model)
    return made


@pytest.fixture(scope="module", params=[False, True], ids=["endpoint", "batch"])
def expected(request: pytest.FixtureRequest, started: dict[str, tuple[str, Path]]) -> Iterator[Endpoint]:
    """python-flask's endpoint, for real-time requests or for a batch transform."""
    environment = {"SAGEMAKER_BATCH": str(request.param).lower(), "MODEL_SERVER_WORKERS": "1"}
    with endpoint(*started[MODEL], environment=environment) as served:
        served.environment = environment
        yield served


@pytest.mark.parametrize("template", OTHERS)
def test_answers_are_the_same(template: str, expected: Endpoint, started: dict[str, tuple[str, Path]]) -> None:
    with endpoint(*started[template], environment=expected.environment) as served:
        others = []
        for media, body, headers in requests():
            wanted, found = (said(at.invoke(body, media, **headers), body) for at in (expected, served))
            if wanted != found:
                others.append(f"{media!r} {headers} {body[:80]!r}:\n  {wanted}\n  {found}")
    assert not others, f"{len(others)} answers differ\n" + "\n".join(others)


def requests() -> Iterator[tuple[str | None, str | bytes, dict[str, str]]]:
    for media, bodies in BODIES.items():
        for body in bodies:
            yield media or None, body if isinstance(body, bytes) else body.encode(), {}
    for accept in ACCEPTS:
        for media, body in ((CSV, ROW), (JSON, f"[[{ROW}]]"), (LINES, f"[{ROW}]")):
            yield media, body.encode(), {"Accept": accept}
