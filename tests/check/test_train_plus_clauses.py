"""Clauses on what makes a good training."""

from __future__ import annotations

import pytest
from check_helpers import Fault, StandIns, check, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = False
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("T6", fault("any_argument")),
    ("T6", fault("no_usage")),
    ("T6", "RUN rm /bin/sh"),
    ("T18", fault("no_late_fifo")),
    ("T18", fault("ignores_pipe")),
    ("T21", fault("all_channels")),
    ("T23", fault("no_output_directory")),
    ("T23", fault("same_output")),
    ("T26", fault("no_flush")),
    ("T27", fault("decimal_comma")),
    ("T27", fault("carriage_return")),
    ("T27", fault("no_metric")),
    ("T32", fault("no_checkpoints")),
    ("T32", fault("no_resume")),
    ("T32", fault("trusts_checkpoints")),
    ("T33", fault("clean_cache")),
    ("T33", fault("clean_tmp")),
    ("T34", fault("writes_outside")),
    ("T35", fault("needs_shared_memory")),
    ("T40", fault("resolves_once")),
    ("T40", fault("others_fail")),
    ("T45", fault("needs_network")),
]


def test_pipe_mode_may_be_refused(stand_ins: StandIns) -> None:
    result = check(stand_ins.build(fault("refuses_pipe")), "T18")["T18"]
    assert (result.outcome, result.seen) == ("pass", "refused: this algorithm cannot read Pipe mode, use File")


def test_what_needs_a_network_breaks_that_clause_alone(stand_ins: StandIns) -> None:
    results = check(stand_ins.build(fault("needs_network")), "T1", "T24", "T45")
    assert {name: result.outcome for name, result in results.items()} == {"T1": "pass", "T24": "pass", "T45": "fail"}


def test_a_training_that_is_said_to_print_no_metric_is_not_searched_for_one(stand_ins: StandIns) -> None:
    result = check(stand_ins.build(fault("no_metric")), "T27", metric="")["T27"]
    assert (result.outcome, result.proven, result.seen) == ("skip", True, "training is said to print no metric")
