"""Playing SageMaker on this machine, and what the contract tests of a container folder notice.

`tests/faulty` is an image that keeps the contract but for one fault, named when it is built.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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


@pytest.fixture(scope="module")
def contract(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """A function that runs contract tests against an image: test -> passed, failure, error or skipped."""
    own = dict(os.environ)  # copied before threads call this, because pytest changes the environment meanwhile

    def contract(image: str, *options: str, at: Path = folder) -> dict[str, str]:
        work = tmp_path_factory.mktemp("contract")
        report = work / "report.xml"
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
        environment = {**own, "TRAIN_IMAGE": image, "SERVE_IMAGE": image}
        done = subprocess.run(
            [*command, f"--junit-xml={report}", f"--basetemp={work / 'tmp'}"],
            cwd=at / "tests",
            env=environment,
            capture_output=True,
            text=True,
        )
        assert report.exists(), done.stdout + done.stderr
        print(done.stdout[-5000:])  # shown when the caller's assertion fails
        cases = ElementTree.parse(report).iter("testcase")
        return {str(case.get("name")): case[0].tag if len(case) else "passed" for case in cases}

    return contract


@pytest.mark.exhaustive
def test_contract_holds_for_an_image_without_fault(
    stand_in: Callable[[str], str], contract: Callable[..., dict[str, str]]
) -> None:
    outcome = contract(stand_in("limited"), "-k", "not unit_tests")
    skipped = {name.partition("[")[0] for name, result in outcome.items() if result == "skipped"}
    assert {name: result for name, result in outcome.items() if result not in ("passed", "skipped")} == {}
    assert skipped == {"test_killed_part_ends_the_container_with_an_error", "test_frozen_workers_turn_ping_unhealthy"}


def test_a_request_is_in_flight_once_it_is_read(
    stand_in: Callable[[str], str], contract: Callable[..., dict[str, str]]
) -> None:
    """On a busy machine it lies in the kernel for a while, and a server that stops has not begun it."""
    outcome = contract(stand_in("accepts_late"), "-k", "in_flight")
    assert outcome == {"test_request_in_flight_is_answered_when_the_endpoint_stops": "passed"}


#: a plugin of pytest's: whoever runs a command in a container comes after its end
ENDED_FIRST = """
from docker import APIClient

def late(self, container, *words, **options):
    self.wait(container)
    return create(self, container, *words, **options)

create, APIClient.exec_create = APIClient.exec_create, late
"""


@pytest.mark.parametrize(("fault", "outcome"), [("refuses_pipe", "passed"), ("ignores_pipe", "failure")])
def test_pipe_mode_may_be_refused_before_anything_is_fed(
    fault: str,
    outcome: str,
    stand_in: Callable[[str], str],
    contract: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> None:
    """A program in Go has ended before a command can run in its container."""
    (tmp_path / "ended_first.py").write_text(ENDED_FIRST)
    test = "test_pipe_mode_streams_each_epoch"
    said = contract(stand_in(fault), "-p", "ended_first", f"--override-ini=pythonpath={tmp_path}", "-k", test)
    assert said == {test: outcome}


def test_a_model_without_metrics_skips_what_needs_them(
    stand_in: Callable[[str], str], contract: Callable[..., dict[str, str]], folder: Path, tmp_path: Path
) -> None:
    quiet = Path(shutil.copytree(folder, tmp_path / "folder"))
    (quiet / "smscaffold-check.toml").write_text("metric = ''\n")
    outcome = contract(stand_in("no_metric"), "-k", "metric_lines or crowded or resumes or truncated", at=quiet)
    assert outcome == {
        "test_metric_lines_match_the_declared_expression": "skipped",
        "test_crowded_job": "passed",
        "test_stopped_job_resumes_and_saves_a_model": "skipped",
        "test_truncated_checkpoint_is_skipped": "skipped",
    }


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, stand_in: Callable[[str], str], contract: Callable[..., dict[str, str]]
) -> Iterator[dict[str, Future[dict[str, str]]]]:
    """What the contract tests say of each fault; several are tried at a time, because some take long to show."""

    def noticed(fault: str) -> dict[str, str]:
        return contract(stand_in(fault), "--exitfirst", "-k", NOTICED[fault])

    faults = [fault for fault in NOTICED if any(f"[{fault}]" in item.name for item in request.session.items)]
    with ThreadPoolExecutor(3) as pool:
        yield {fault: pool.submit(noticed, fault) for fault in faults}


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", NOTICED)
def test_contract_tests_notice(fault: str, outcomes: dict[str, Future[dict[str, str]]]) -> None:
    outcome = outcomes[fault].result()
    assert {"failure", "error"} & set(outcome.values()), outcome


# --- the harness itself ----------------------------------------------------------------------------------------------


def test_without_an_engine_one_sentence_says_what_to_do() -> None:
    script = (
        "from smscaffold.sagemaker_local import LocalError, run\ntry: run('image')\nexcept LocalError as e: print(e)"
    )
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout == "No Docker engine answers: start Docker, or set DOCKER_HOST, and try again.\n"


def test_unknown_image_and_directory_are_named(image: str, tmp_path: Path) -> None:
    with pytest.raises(local.LocalError, match="no image smscaffold-test/nowhere on this machine: build it first"):
        local.run("smscaffold-test/nowhere")
    with pytest.raises(local.LocalError, match="nowhere does not exist"):
        local.train(image, tmp_path / "result", {"train": tmp_path / "nowhere"})


def test_what_a_training_leaves_belongs_to_the_caller(model: Path) -> None:  # G7
    assert {path.stat().st_uid for path in [model, *model.iterdir()]} == {os.getuid()}


@pytest.mark.parametrize("strict", [False, True])
def test_files_baked_into_opt_ml_are_hidden(
    stand_in: Callable[[str], str], data: dict[str, Path], tmp_path: Path, strict: bool
) -> None:  # G6
    result = local.train(stand_in("baked"), tmp_path / "result", data, strict=strict)
    assert [path.name for path in result.model.iterdir()] == ["model.json"]


def test_a_job_sees_its_channels_read_only_and_what_it_left_comes_back(
    image: str, data: dict[str, Path], tmp_path: Path
) -> None:
    script = """
        set -e
        ! touch /opt/ml/input/data/train/x 2>/dev/null
        cat /opt/ml/input/config/hyperparameters.json; echo; cat /opt/ml/checkpoints/old
        echo new > /opt/ml/checkpoints/new; echo why > /opt/ml/output/failure; mkdir /opt/ml/model/deep
        touch /opt/ml/model/deep/file; test -p /dev/stdout; exit 7
    """
    (tmp_path / "job.sh").write_text("#!/bin/sh" + script)
    (tmp_path / "job.sh").chmod(0o755)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "old").write_text("from before\n")
    result = local.train(
        image,
        tmp_path / "result",
        data,
        hyperparameters={"depth": 3, "flag": True},
        checkpoints=tmp_path / "old",
        mounts={"/opt/program/train": tmp_path / "job.sh"},
    )
    assert (result.exit_code, result.failure) == (7, "why\n"), result.logs
    assert result.logs == '{"depth": "3", "flag": "True"}\nfrom before\n'
    assert (result.model / "deep" / "file").exists()
    assert sorted(path.name for path in result.checkpoints.iterdir()) == ["new", "old"]
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["old"]


def test_an_endpoint_that_ends_or_never_answers_says_what_it_printed(image: str, model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(local.LocalError, match=r"exit code 1(?s:.*)the model cannot be read"),
        local.endpoint(image, tmp_path / "empty"),
    ):
        pass
    with (
        pytest.raises(local.LocalError, match=r"a 200 from /ping: 0\.5 s passed"),
        local.endpoint(image, model, port=9999, ready_within=0.5),
    ):
        pass


def test_stop_kills_after_the_grace_period(stand_in: Callable[[str], str], model: Path) -> None:  # G4, G8
    with local.endpoint(stand_in("ignores_sigterm"), model) as served:
        assert served.stop(1) == 137
        assert served.invoke("1,2,3,4").status == 0


def test_what_comes_after_a_containers_end_is_no_error(image: str, model: Path) -> None:
    with local.endpoint(image, model) as served:
        assert served.execute("sh", "-c", "echo said; echo told >&2") == "said\n"
        assert not served.ends(0)
        assert served.kill("TERM")
        assert served.ends(30)
        assert not served.kill()
        assert (served.execute("echo", "said"), served.stop(1)) == ("", 0)


def test_a_command_that_ends_its_container_is_no_error(image: str, model: Path) -> None:
    """The engine forgets a command with the container's end, and would not tell its exit code."""
    with local.endpoint(image, model) as served:
        assert served.execute("sh", "-c", "echo before; kill -9 -1; kill -TERM 1; sleep 60") == "before\n"
        assert served.ends(30)


def test_nothing_stays_behind(image: str, model: Path, data: dict[str, Path], tmp_path: Path) -> None:
    names: list[str | None] = []
    with contextlib.suppress(KeyboardInterrupt), local.endpoint(image, model) as served:
        names.append(served.container.name)
        raise KeyboardInterrupt
    with contextlib.suppress(ZeroDivisionError), local.training(image, tmp_path / "result", data) as job:
        names.append(job.container.name)
        names += [mount["Name"] for mount in job.container.attrs["Mounts"] if mount["Type"] == "volume"]
        raise ZeroDivisionError
    left = local.engine().containers.list(all=True) + local.engine().volumes.list()
    assert len(names) == 5
    assert not set(names) & {thing.name for thing in left}
