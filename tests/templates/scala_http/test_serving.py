"""What happens when a prediction, the JVM or nginx goes wrong: as with java-spring, whose fixtures will do."""

from __future__ import annotations

import pytest

from ..java_spring.test_serving import (  # noqa: F401
    exceptions,
    faulty,
    missing_file,
    test_a_jvm_in_which_a_prediction_hangs_is_replaced,
    test_a_jvm_that_halts_ends_the_container,
    test_a_jvm_that_is_replaced_finishes_long_predictions,
    test_a_replacement_that_does_not_start_leaves_the_jvm_before,
    test_predictions_that_hang_get_504_and_the_next_ones_are_answered,
    victim,
    workers,
)
from ..serving_tests import (  # noqa: F401
    served_by_workers,
    served_impatiently,
    test_a_control_character_in_a_header_ends_no_worker,
    test_a_header_that_is_too_long_is_refused_as_json,
    test_a_missing_or_broken_model_ends_the_container_with_the_reason,
    test_a_path_forges_no_line_of_the_log,
    test_a_prediction_of_55_seconds_is_answered,
    test_a_setting_that_does_not_parse_ends_the_container,
    test_a_stop_lets_a_request_that_is_still_arriving_finish,
    test_a_stop_lets_requests_in_flight_finish,
    test_an_exception_in_predict_is_answered_with_its_reason,
    test_no_process_of_the_server_dies_unnoticed,
    test_ping_is_not_200_while_all_workers_are_frozen,
    test_ping_never_waits_behind_predictions,
    test_the_page_is_served_on_request_only,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates
