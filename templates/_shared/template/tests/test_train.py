"""The container contract for images and training: what SageMaker does to your image, done on this machine.

The clauses in the comments (T1, R10 ...) are those of the contract of smscaffold. Nothing here knows the language of
the images: data and hyperparameters come from local_test/, what differs from the sample from conftest.py.
"""

import contextlib
import json
import re
import shutil

import pytest
from conftest import CSV, METRIC, SLOW, files
from sagemaker_local import LocalError, endpoint, engine, run, train, training

# --- the images ------------------------------------------------------------------------------------------------------


def test_image_is_for_the_platform_runs_as_root_and_holds_no_secrets(image):  # R10, R14, H31, H54, T8, T46
    config = image.attrs["Config"]
    assert (image.attrs["Os"], image.attrs["Architecture"]) == ("linux", "amd64")
    assert config["User"] in ("", "root", "0", "0:0")
    assert not [entry for entry in config["Env"] if entry.startswith("AWS_")]
    assert not re.search(r"AKIA[0-9A-Z]{16}|aws_secret_access_key=\S", str(image.history()), re.I)
    assert image.attrs["Size"] < 10e9


def test_signals_reach_the_program(image):  # T3, T4
    entrypoint = image.attrs["Config"]["Entrypoint"] or []
    assert entrypoint[:2] != ["/bin/sh", "-c"], "shell form: SIGTERM would stop at /bin/sh"
    assert not (entrypoint and re.search(r"(tini|dumb-init)$", entrypoint[0]) and "--" not in entrypoint)


def test_opt_ml_is_left_to_the_platform(image):  # T5
    assert not [path for path in image.attrs["Config"]["Volumes"] or {} if path.startswith("/opt/ml")]
    assert run(image.id, "-c", "find /opt/ml -type f 2>/dev/null | head", entrypoint="sh").logs == ""


@pytest.mark.parametrize("program", ["train", "serve"])
def test_program_is_executable_with_lf_line_ends(images, program):  # T2, H1
    if engine().images.get(images[program]).attrs["Config"]["Entrypoint"]:
        pytest.skip("the ENTRYPOINT takes the word as an argument")
    script = f'file=$(command -v {program}) && test -x "$file" && ! head -c 200 "$file" | grep -q "$(printf "\\r")"'
    assert run(images[program], "-c", script, entrypoint="sh").exit_code == 0


def test_unit_tests_of_the_algorithm_pass(images, unit_tests):
    done = run(images["train"], *unit_tests.command, timeout=300, mounts={"/tests/unit": unit_tests.directory})
    assert done.exit_code == 0, done.logs


# --- training --------------------------------------------------------------------------------------------------------


def test_training_ends_with_0_and_leaves_a_model_of_plain_files(trained):  # T1, T22, T24, T25, T45, H24
    assert trained.exit_code == 0, trained.logs
    assert files(trained.model)
    assert not [path for path in trained.model.rglob("*") if path.is_symlink()]
    assert trained.failure is None


def test_metric_lines_match_the_declared_expression(trained):  # T27
    values = re.findall(METRIC, trained.logs)
    assert values
    assert all(isinstance(float(value), float) for value in values)
    assert "\r" not in trained.logs


def test_training_writes_only_where_it_may(trained):  # T34
    allowed = r"/(opt(/ml(/.*)?)?|tmp(/.*)?|var(/tmp(/.*)?)?|run(/.*)?|root(/\..*)?|dev(/.*)?)"
    assert not [path for path in trained.changed if not re.fullmatch(allowed, path)]


def test_bare_job_with_one_mount_and_no_variables(images, channels, tmp_path):  # T5, T10, T11, T12, T14, T15
    bare = {
        "hyperparameters.json": None,
        "inputdataconfig.json": {name: {"TrainingInputMode": "File"} for name in channels},
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    result = train(images["train"], tmp_path / "result", channels, config=bare, environment={}, strict=True)
    assert (result.exit_code, bool(files(result.model))) == (0, True), result.logs


def test_crowded_job(images, channels, hyperparameters, trained, tmp_path):  # T10, T11, T12, T13, T14, T16, T17
    """Encoded values, 100 hyperparameters, foreign files, nested data, an odd host name: all at once."""
    for name, source in channels.items():
        shutil.copytree(source, tmp_path / name / "year=2024" / "part one")
        (tmp_path / name / "_SUCCESS").touch()
        (tmp_path / name / ".hidden").write_text("not data")
    (tmp_path / "odd.name-1_b").mkdir()
    data = {name: tmp_path / name for name in [*channels, "odd.name-1_b"]}
    full = {"ContentType": "text/csv", "TrainingInputMode": "FastFile", "S3DistributionType": "FullyReplicated"}
    host = "ip-10-0-94-1.example"
    group = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.c5.xlarge", "hosts": [host]}
    cluster = {"current_host": host, "hosts": [host], "network_interface_name": "eth0", "topology": None}
    config = {
        "inputdataconfig.json": {name: {**full, "RecordWrapperType": "None"} for name in data},
        "resourceconfig.json": {**cluster, "current_group_name": "homogeneousCluster", "instance_groups": [group]},
        "init-config.json": {"inputMode": "FILE", "channels": {}, "hostConfig": {"clusterSize": 2, "hostNumber": 1}},
        "trainingjobconfig.json": {"TrainingJobName": "job", "HyperParameters": {}, "InputDataConfig": []},
        "metric-definition-regex.json": [],
        "random.bin": bytes(range(256)),
    }
    encoded = {name: json.dumps(value) for name, value in hyperparameters.items()}
    unknown = {f"unknown-{n}": "x" for n in range(98 - len(encoded))}
    many = {**encoded, **unknown, "sagemaker_program": '"algo.py"', "long": "y" * 2500}
    odd = {"TRAINING_JOB_NAME": "t-1", "ODD": "spaces, 'quotes\" and\na newline"}
    result = train(images["train"], tmp_path / "result", data, hyperparameters=many, config=config, environment=odd)
    assert (result.exit_code, bool(files(result.model))) == (0, True), result.logs
    assert re.findall(METRIC, result.logs) == re.findall(METRIC, trained.logs), "values were understood differently"


@pytest.mark.parametrize(("host", "hosts"), [("algo-2", [f"algo-{n}" for n in range(1, 13)]), ("zoe", ["zoe", "ann"])])
def test_other_hosts_than_the_first_write_nothing(images, channels, tmp_path, host, hosts):  # T12, T22, T40
    cluster = {"current_host": host, "hosts": sorted(hosts), "network_interface_name": "eth1"}
    result = train(images["train"], tmp_path / "result", channels, config={"resourceconfig.json": cluster})
    assert (result.exit_code, files(result.model)) == (0, []), result.logs


def says_why(result):
    """The failure file begins with a sentence, not with a stack trace (T24)."""
    return bool(result.failure and result.failure.strip()) and not result.failure.startswith("Traceback")


def test_unusable_hyperparameter_fails_the_job_and_is_named(images, channels, hyperparameters, tmp_path):  # T24, T25
    name = next((name for name, value in hyperparameters.items() if re.fullmatch(r"[-0-9.]+", str(value))), None)
    if name is None:
        pytest.skip("local_test/ has no hyperparameter that is a number")
    wrong = {**hyperparameters, name: "many"}
    result = train(images["train"], tmp_path / "result", channels, hyperparameters=wrong)
    assert result.exit_code not in (0, 137)
    assert says_why(result), result.failure
    assert name in result.failure[:1024]
    assert files(result.model) == []


def test_host_without_data_says_so_or_ends_well(images, channels, tmp_path):  # T19
    (tmp_path / "nothing").mkdir()
    shape = {"TrainingInputMode": "File", "S3DistributionType": "ShardedByS3Key", "RecordWrapperType": "None"}
    config = {"inputdataconfig.json": dict.fromkeys(channels, shape)}
    result = train(images["train"], tmp_path / "result", dict.fromkeys(channels, tmp_path / "nothing"), config=config)
    assert result.exit_code == 0 or says_why(result), result.logs


def test_pipe_mode_streams_each_epoch(images, channels, tmp_path):  # T18
    """Every FIFO appears late, and the next one only after the one before was read."""
    feed = 'for n in 0 1 2 3; do sleep 1; mkfifo "$1_$n" && cat "$2"/* >"$1_$n"; done'
    shape = {"TrainingInputMode": "Pipe", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    config = {"inputdataconfig.json": dict.fromkeys(channels, shape)}
    sources = {f"/tmp/source/{name}": path for name, path in channels.items()}
    with training(images["train"], tmp_path / "result", {}, config=config, mounts=sources) as job:
        for name in channels:
            feeder = ["sh", "-c", feed, "sh", f"/opt/ml/input/data/{name}", f"/tmp/source/{name}"]
            job.container.exec_run(feeder, detach=True)
        result = job.wait(120)
    assert result.exit_code == 0 or (says_why(result) and "Pipe" in result.failure), result.logs


def test_unknown_argument_is_refused_at_once(images):  # T6
    refused = run(images["train"], "train", "--no-such-option", timeout=20)
    assert refused.exit_code != 0
    assert re.search("usage|no-such-option", refused.logs, re.I), refused.logs
    with contextlib.suppress(LocalError):  # without an ENTRYPOINT the engine itself refuses the word
        assert run(images["train"], "no-such-command", timeout=20).exit_code != 0


@pytest.fixture(scope="module")
def interrupted(images, channels, hyperparameters, tmp_path_factory):
    """The checkpoints of a training that was killed after its third round, as when a spot instance is taken away."""
    work = tmp_path_factory.mktemp("interrupted")
    (work / "none").mkdir()
    slow = {**hyperparameters, **SLOW}
    with training(images["train"], work / "result", channels, hyperparameters=slow, checkpoints=work / "none") as job:
        job.wait_for_log(f"(?s)({METRIC}.*?){{3}}")
        job.container.kill()
        result = job.wait()
    assert result.exit_code == 137, "over too soon to be killed: the log is not flushed (T26), or SLOW too fast"
    return result.checkpoints


@pytest.fixture
def resume(images, channels, hyperparameters, tmp_path):
    """A function that lets training go on from checkpoints, for one round, then stops it as the platform does."""

    def resume(checkpoints):
        slow = {"hyperparameters": {**hyperparameters, **SLOW}, "checkpoints": checkpoints}
        with training(images["train"], tmp_path / "result", channels, **slow) as job:
            job.wait_for_log(METRIC)
            job.stop(120)
            return job.wait()

    return resume


def test_stopped_job_resumes_and_saves_a_model(images, payloads, interrupted, resume):  # T26, T30, T32
    result = resume(interrupted)
    assert re.search(r"resumed after round [1-9]", result.logs), result.logs
    assert result.exit_code == 0, result.logs
    assert len(re.findall(METRIC, result.logs)) < 50, "it went on after SIGTERM"
    with endpoint(images["serve"], result.model) as served:
        assert served.invoke(payloads[CSV]).status == 200


def test_truncated_checkpoint_is_skipped(interrupted, resume, tmp_path):  # T32
    checkpoints = tmp_path / "checkpoints"
    shutil.copytree(interrupted, checkpoints)
    newest = max(files(checkpoints), key=lambda path: (path.stat().st_mtime, path.name))
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    (checkpoints / "somebody-elses-file").write_text("?")
    result = resume(checkpoints)
    assert (result.exit_code, bool(files(result.model))) == (0, True), result.logs
