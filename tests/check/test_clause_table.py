"""The table in docs/check.md says what the tests do."""

from __future__ import annotations

import clause_table


def test_it_is_what_the_tests_do() -> None:
    written = clause_table.DOCUMENT.read_text("utf-8")
    assert written == clause_table.document(), "run python tests/check/clause_table.py"
