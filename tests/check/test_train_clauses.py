"""Clauses on training."""

from __future__ import annotations

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = False
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("T1", fault("no_model")),
    ("T1", "RUN rm /opt/program/train"),
    ("T10", fault("no_defaults")),
    ("T10", fault("strict_names")),
    ("T10", fault("encoded_values")),
    ("T10", fault("default_for_quoted")),
    ("T11", fault("needs_record_wrapper")),
    ("T11", fault("plain_names")),
    ("T12", fault("needs_interface")),
    ("T12", fault("algo_1_only")),
    ("T12", fault("trusts_hostname")),
    ("T13", fault("reads_all_config")),
    ("T14", fault("needs_variable")),
    ("T14", fault("parses_environment")),
    ("T15", fault("needs_sm")),
    ("T16", fault("flat_data")),
    ("T16", fault("reads_hidden")),
    ("T17", fault("file_mode_only")),
    ("T17", fault("writes_channel")),
    ("T19", fault("no_failure_file")),
    ("T19", fault("trace_first")),
    ("T22", fault("link")),
    ("T22", fault("link_out")),
    ("T22", fault("every_host_writes")),
    ("T22", fault("bad_model")),
    ("T24", fault("no_failure_file")),
    ("T24", fault("trace_first")),
    ("T25", fault("failure_exits_0")),
    ("T30", fault("ignores_sigterm")),
    ("T30", fault("stop_saves_nothing")),
    ("T30", fault("stop_saves_half")),
]
