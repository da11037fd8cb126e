"""Every test that docs/security.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def test_the_tests_that_it_names_exist() -> None:
    page = (CHECKOUT / "docs" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/.]+\.py)?(?:::)?(?:(Test\w+)(?:::|`))?(test_\w+`)?", page)
    sources = "\n".join(path.read_text() for path in (CHECKOUT / "tests").rglob("*.py"))
    assert sum(bool(test) for _, _, test in named) > 60
    for file, family, test in named:
        assert not file or (CHECKOUT / file).is_file(), file
        assert not family or re.search(rf"^class {family}\b", sources, re.MULTILINE), family
        assert not test or re.search(rf"def {test.rstrip('`')}\(", sources), test
