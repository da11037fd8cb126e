"""Playing SageMaker on this machine, and what the contract tests of a container folder notice.

`tests/faulty` is an image that keeps the contract but for one fault, named when it is built.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from smscaffold import sagemaker_local as local

pytestmark = pytest.mark.docker
TESTS = Path(__file__).parent
#: fault -> the contract test that notices it
NOTICED = {
    "crlf": "test_program_is_executable_with_lf_line_ends",
    "baked": "test_opt_ml_is_left_to_the_platform",
    "writes_outside": "test_training_writes_only_where_it_may",
    "trusts_hostname": "test_training_ends_with_0_and_leaves_a_model_of_plain_files",
    "encoded_values": "test_crowded_job",
    "flat_data": "test_crowded_job",
    "every_host_writes": "test_other_hosts_than_the_first_write_nothing",
    "failure_exits_0": "test_unusable_hyperparameter_fails_the_job_and_is_named",
    "no_failure_file": "test_unusable_hyperparameter_fails_the_job_and_is_named",
    "trace_first": "test_unusable_hyperparameter_fails_the_job_and_is_named",
    "no_late_fifo": "test_pipe_mode_streams_each_epoch",
    "any_argument": "test_unknown_argument_is_refused_at_once",
    "no_flush": "test_stopped_job_resumes_and_saves_a_model",
    "no_resume": "test_stopped_job_resumes_and_saves_a_model",
    "trusts_checkpoints": "test_truncated_checkpoint_is_skipped",
    "ping_body": "test_ping_is_200_and_empty",
    "ping_waits": "test_busy_server_accepts_and_answers_pings_in_time",
    "loopback": "test_listens_on_8080_on_all_interfaces_and_nowhere_else",
    "second_port": "test_listens_on_8080_on_all_interfaces_and_nowhere_else",
    "starts_without_model": "test_without_a_usable_model_the_container_ends_with_the_reason",
    "lenient_settings": "test_absurd_setting_ends_the_container_and_is_named",
    "ignores_accept": "test_each_content_type_is_answered_in_the_accepted_one",
    "no_parameters": "test_parameters_and_case_of_the_content_type_do_not_matter",
    "small_limit": "test_25_mib_are_served_and_more_is_refused",
    "html_500": "test_bad_request_gets_a_json_error_and_does_no_harm",
    "length_only": "test_one_connection_carries_several_requests_and_chunked_ones",
    "no_keep_alive": "test_one_connection_carries_several_requests_and_chunked_ones",
    "mixes_answers": "test_parallel_answers_belong_to_their_questions",
    "logs_payload": "test_log_has_at_most_one_line_a_request_and_no_payload",
    "writes_model": "test_serves_without_root_rights_on_one_cpu",
    "needs_root": "test_serves_without_root_rights_on_one_cpu",
    "fixed_port": "test_two_endpoints_share_a_closed_network_on_their_own_ports",
    "ignores_sigterm": "test_request_in_flight_is_answered_when_the_endpoint_stops",
    "drops_requests": "test_request_in_flight_is_answered_when_the_endpoint_stops",
    "large_product": "test_execution_parameters_are_sound",
    "batch_fails": "test_bad_records_keep_their_place",
    "batch_drops": "test_bad_records_keep_their_place",
}


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Callable[[str], str]]:
    """A function that builds the image with a fault and returns its name."""
    made: list[str] = []

    def build(fault: str) -> str:
        image = f"smscaffold-test/faulty-{os.getpid()}:{fault}"
        command = ["docker", "build", "--quiet", f"--build-arg=FAULT={fault}", f"--tag={image}", str(TESTS / "faulty")]
        subprocess.run(command, check=True, capture_output=True)
        made.append(image)
        return image

    yield build
    subprocess.run(["docker", "image", "rm", "--force", *made], check=False, capture_output=True)


@pytest.fixture(scope="module")
def image(stand_in: Callable[[str], str]) -> str:
    return stand_in("none")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A container folder, for its local_test/ and tests/."""
    folder = tmp_path_factory.mktemp("folder") / "my-model"
    command = [sys.executable, "-m", "smscaffold", "new", str(folder), "--defaults", "--no-git", "--quiet"]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def data(folder: Path) -> dict[str, Path]:
    return {"train": folder / "local_test" / "opt_ml" / "input" / "data" / "train"}


@pytest.fixture(scope="module")
def model(image: str, data: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = local.train(image, tmp_path_factory.mktemp("trained") / "result", data)
    assert result.exit_code == 0, result.logs
    return result.model


@pytest.fixture
def contract(folder: Path, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """A function that runs contract tests against an image: test -> passed, failure, error or skipped."""

    def contract(image: str, *options: str) -> dict[str, str]:
        report = tmp_path / "report.xml"
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={report}", *options]
        environment = {**os.environ, "TRAIN_IMAGE": image, "SERVE_IMAGE": image}
        done = subprocess.run(command, cwd=folder / "tests", env=environment, capture_output=True, text=True)
        assert report.exists(), done.stdout + done.stderr
        cases = ElementTree.parse(report).iter("testcase")
        return {str(case.get("name")): case[0].tag if len(case) else "passed" for case in cases}

    return contract


def test_contract_holds_for_an_image_without_fault(image: str, contract: Callable[..., dict[str, str]]) -> None:
    outcome = contract(image, "-k", "not unit_tests")
    skipped = {name.partition("[")[0] for name, result in outcome.items() if result == "skipped"}
    assert {name: result for name, result in outcome.items() if result not in ("passed", "skipped")} == {}
    assert skipped == {"test_killed_part_ends_the_container_with_an_error", "test_frozen_workers_turn_ping_unhealthy"}


@pytest.mark.parametrize("fault", NOTICED)
def test_contract_tests_notice(
    fault: str, stand_in: Callable[[str], str], contract: Callable[..., dict[str, str]]
) -> None:
    outcome = contract(stand_in(fault), "--exitfirst", "-k", NOTICED[fault])
    assert "failure" in outcome.values() or "error" in outcome.values(), outcome
