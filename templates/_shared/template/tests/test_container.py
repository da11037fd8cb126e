"""The container contract: what SageMaker does to your images, done on this machine.

The clauses in the comments (T1, H11, B4 ...) are those of the contract of smscaffold. Nothing here knows the language
of the images: slow requests are large ones, and expected answers come from the samples in local_test/.
"""

import contextlib
import json
import os
import re
import select
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import (
    CSV,
    JSON,
    LINES,
    kill,
    listeners,
    pings_inside,
    post_inside,
    predictions,
    processes,
    read_connections,
)
from sagemaker_local import LocalError, endpoint, engine, run, train, training

MIB = 2**20


def files(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


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
    assert not [odd for odd in trained.odd if odd.startswith("model")], "links and devices are not copied"
    assert trained.failure is None


def test_metric_lines_match_the_declared_expression(trained, metric):  # T27
    values = re.findall(metric, trained.logs)
    assert values
    assert all(isinstance(float(value), float) for value in values)
    assert "\r" not in trained.logs


def test_training_writes_only_where_it_may(images, channels, hyperparameters, tmp_path):  # T34
    allowed = r"/(opt(/ml(/.*)?)?|tmp(/.*)?|var(/tmp(/.*)?)?|run(/.*)?|root(/\..*)?|dev(/.*)?)"
    with training(images["train"], tmp_path / "result", channels, hyperparameters=hyperparameters) as job:
        job.wait()
        assert not [path["Path"] for path in job.container.diff() or () if not re.fullmatch(allowed, path["Path"])]


def test_bare_job_with_one_mount_and_no_variables(images, channels, tmp_path):  # T5, T10, T11, T12, T14, T15
    bare = {
        "hyperparameters.json": None,
        "inputdataconfig.json": {name: {"TrainingInputMode": "File"} for name in channels},
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    result = train(images["train"], tmp_path / "result", channels, config=bare, environment={}, strict=True)
    assert (result.exit_code, bool(files(result.model))) == (0, True), result.logs


def test_crowded_job(images, channels, hyperparameters, trained, said, tmp_path):  # T10, T11, T12, T13, T14, T16, T17
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
    if metric := said["metric"]:
        assert re.findall(metric, result.logs) == re.findall(metric, trained.logs), "values were understood differently"


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
            job.execute(*feeder, detach=True)  # a program that refuses Pipe mode may have ended
        result = job.wait(120)
    refused = says_why(result) and re.search("pipe", result.failure[:1024], re.I)
    assert result.exit_code == 0 or refused, result.logs


def test_unknown_argument_is_refused_at_once(images):  # T6
    refused = run(images["train"], "train", "--no-such-option", timeout=20)
    assert refused.exit_code != 0
    assert re.search("usage|no-such-option", refused.logs, re.I), refused.logs
    with contextlib.suppress(LocalError):  # without an ENTRYPOINT the engine itself refuses the word
        assert run(images["train"], "no-such-command", timeout=20).exit_code != 0


@pytest.fixture(scope="module")
def interrupted(images, channels, slow, metric, tmp_path_factory):
    """The checkpoints of a training that was killed after its third round, as when a spot instance is taken away."""
    work = tmp_path_factory.mktemp("interrupted")
    (work / "none").mkdir()
    with training(images["train"], work / "result", channels, hyperparameters=slow, checkpoints=work / "none") as job:
        job.until(lambda: len(re.findall(metric, job.logs())) >= 3, "three metrics in the log")
        job.kill()
        result = job.wait()
    assert result.exit_code == 137, "over too soon to be killed: flush the log (T26), or make training slower"
    return result.checkpoints


@pytest.fixture
def resume(images, channels, slow, metric, tmp_path):
    """A function that lets training go on from checkpoints, for one round, then stops it as the platform does."""

    def resume(checkpoints):
        options = {"hyperparameters": slow, "checkpoints": checkpoints}
        with training(images["train"], tmp_path / "result", channels, **options) as job:
            job.wait_for_log(metric)
            job.stop(120)
            return job.wait()

    return resume


def test_stopped_job_resumes_and_saves_a_model(images, payloads, metric, interrupted, resume):  # T26, T30, T32
    result = resume(interrupted)
    assert re.search(r"resumed after round [1-9]", result.logs), result.logs
    assert result.exit_code == 0, result.logs
    assert len(re.findall(metric, result.logs)) < 50, "it went on after SIGTERM"
    with endpoint(images["serve"], result.model) as served:
        assert served.invoke(payloads[CSV]).status == 200


def test_truncated_checkpoint_is_skipped(interrupted, resume, tmp_path):  # T32
    checkpoints = tmp_path / "checkpoints"
    shutil.copytree(interrupted, checkpoints)
    newest = max(files(checkpoints), key=lambda path: (path.stat().st_mtime, path.name))
    os.truncate(newest, newest.stat().st_size // 2)
    (checkpoints / "somebody-elses-file").write_text("?")
    result = resume(checkpoints)
    assert (result.exit_code, bool(files(result.model))) == (0, True), result.logs


# --- serving: health -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_ping_is_200_and_empty(served, method):  # H1, H11, D6
    response = served.request(method, "/ping")
    assert (response.status, response.body) == (200, b"")


def test_listens_on_8080_on_all_interfaces_and_nowhere_else(served):  # H10, H40, G1
    assert {address for address, _ in listeners(served)} == {0}
    assert {port for _, port in listeners(served)} == {8080}
    assert served.ping().status == 200, "through the published port"


def repeated(rows, size):
    """A CSV body of whole records, as large as `size` bytes allow, and the number of records."""
    block = "\n".join(rows) + "\n"
    count = size // len(block)
    return block * count, count * len(rows)


def test_busy_server_accepts_and_answers_pings_in_time(served, rows):  # H11, H15
    body, _ = repeated(rows, 4 * MIB)
    enough = threading.Event()
    asked = threading.Semaphore(0)

    def keep_busy():
        while not enough.is_set():
            asked.release()
            assert served.invoke(body).status == 200

    with ThreadPoolExecutor() as pool:
        busy = [pool.submit(keep_busy) for _ in range(6)]
        try:
            for _ in range(12):  # with the second request of each on its way, the workers are at work
                assert asked.acquire(timeout=60)
            pings = pings_inside(served, 50)
        finally:
            enough.set()
        for request in busy:
            request.result()
    assert [status for status, _, _ in pings] == [200] * 50
    assert max(accepted for _, accepted, _ in pings) < 0.25
    assert max(answered for _, _, answered in pings) < 2


@pytest.mark.parametrize("damage", ["missing", "empty", "corrupt"])
def test_without_a_usable_model_the_container_ends_with_the_reason(images, model, tmp_path, damage):  # H12
    if damage != "missing":
        shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    for path in files(tmp_path):
        path.write_bytes(path.read_bytes()[: 0 if damage == "empty" else 100])
    with endpoint(images["serve"], tmp_path, ready_within=None) as broken:
        end = broken.wait(30)
    assert end.exit_code not in (0, 137)
    assert re.search("model", end.logs, re.I), end.logs


@pytest.mark.parametrize("value", ["x", "-1"])
@pytest.mark.parametrize("name", [
    "MODEL_SERVER_WORKERS", "MODEL_SERVER_TIMEOUT", "SAGEMAKER_BIND_TO_PORT", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB",
])  # fmt: skip
def test_absurd_setting_ends_the_container_and_is_named(images, model, name, value):  # H2
    environment = {"SAGEMAKER_BATCH": "true", name: value}
    with endpoint(images["serve"], model, environment=environment, ready_within=None) as refused:
        end = refused.wait(30)
    assert end.exit_code not in (0, 137)
    assert name in end.logs


# --- serving: requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [None, "*/*", CSV, JSON, LINES])
@pytest.mark.parametrize("media", [CSV, JSON, LINES])
def test_each_content_type_is_answered_in_the_accepted_one(served, payloads, expected, media, accept):  # H14, H53
    response = served.invoke(payloads[media], media, **({"Accept": accept} if accept else {}))
    assert predictions(response) == expected
    assert response.headers.get_content_type() == (media if accept in (None, "*/*") else accept)


@pytest.mark.parametrize("media", ["text/csv; charset=utf-8", 'TEXT/CSV ;charset="UTF-8"', "text/csv;x=y; z=1"])
def test_parameters_and_case_of_the_content_type_do_not_matter(served, payloads, expected, media):  # H14
    assert predictions(served.invoke(payloads[CSV], media)) == expected


def test_first_supported_type_of_accept_wins(served, payloads):  # H14
    response = served.invoke(payloads[CSV], Accept="image/png, application/json;q=0.9, */*;q=0.1")
    assert response.headers.get_content_type() == JSON


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_matter(served, rows, expected, end):  # H14
    assert predictions(served.invoke(end.join(rows))) == expected, "without a final one"
    assert predictions(served.invoke(end.join(rows) + end)) == expected


def test_platform_and_unknown_headers_change_nothing(served, payloads, expected):  # H17, H18
    longest = {"Custom-Attributes": 1024, "Target-Model": 1024, "Target-Variant": 63, "Target-Container-Hostname": 63,
               "Inference-Id": 64, "Request-Id": 36, "Session-Id": 256, "Prefix-Aware-Id": 64}  # fmt: skip
    headers = {f"X-Amzn-SageMaker-{name}": "a" * length for name, length in longest.items()}
    response = served.invoke(payloads[CSV], **headers, **{"X-Made-Up": "1", "aCCEPT": JSON})
    assert predictions(response) == expected
    assert response.headers.get_content_type() == JSON
    assert re.fullmatch(r"[!-~ ]{0,1024}", response.headers.get("X-Amzn-SageMaker-Custom-Attributes", ""))


def test_25_mib_are_served_and_more_is_refused(served, rows):  # H19
    body, count = repeated(rows, 25 * MIB - 1024)
    assert len(predictions(served.invoke(body))) == count
    refuses(413, served.invoke(b"[" + b" " * (26 * MIB) + b"]", JSON))


def refuses(status, response):
    """It is this status with `{"error": "one sentence"}`, short enough to reach the client whole (H20)."""
    assert (response.status, response.headers.get_content_type()) == (status, JSON), response.text[:500]
    assert len(response.text) <= 2048
    assert json.loads(response.body).keys() == {"error"}
    assert "Traceback" not in response.text


@pytest.mark.parametrize(("status", "body", "media", "accept"), [
    (400, b"\x00\xff", CSV, None), (400, "", CSV, None), (400, "x" * 5000, CSV, None), (400, "{not", JSON, None),
    (400, "", JSON, None), (400, "[[1], {}]", JSON, None), (400, '{"a": 1}\n{', LINES, None), (400, "", LINES, None),
    (415, "<a/>", "application/xml", None), (415, "1", None, None), (406, None, CSV, "image/png"),
])  # fmt: skip
def test_bad_request_gets_a_json_error_and_does_no_harm(served, payloads, expected, status, body, media, accept):  # H20
    headers = {"Accept": accept} if accept else {}
    refuses(status, served.invoke(payloads[CSV] if body is None else body, media, **headers))
    assert served.ping().status == 200
    assert predictions(served.invoke(payloads[CSV])) == expected


@pytest.mark.parametrize(("status", "path"), [(404, "/nowhere"), (404, "/"), (405, "/invocations")])
def test_unknown_path_and_method_get_a_json_error(served, status, path):  # H20
    response = served.request("GET", path)
    refuses(status, response)
    assert status != 405 or "POST" in response.headers["Allow"]


def test_one_connection_carries_several_requests_and_chunked_ones(served, payloads):  # H21, B6
    whole = served.invoke(payloads[CSV]).body
    connection = served.connection()
    for body in (payloads[CSV], payloads[CSV], [part.encode() for part in re.split("(,)", payloads[CSV])]):
        connection.request("POST", "/invocations", body, {"Content-Type": CSV})
        socket = connection.sock
        answer = connection.getresponse()
        assert answer.read() == whole
        assert connection.sock is socket, "the server closed the connection"
    connection.close()


def test_parallel_answers_belong_to_their_questions(served, rows, expected):  # H22
    orders = [[(n >> bit) % 2 * (1 + n % (len(rows) - 1)) for bit in range(7)] for n in range(64)]
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda order: served.invoke("\n".join(rows[i] for i in order)), orders))
    assert [predictions(answer) for answer in answers] == [[expected[i] for i in order] for order in orders]


def test_log_has_at_most_one_line_a_request_and_no_payload(served, rows):  # H50
    before = len(served.logs())
    for _ in range(20):
        served.invoke(rows[0])
    grown = served.logs()[before:]
    assert len(grown.splitlines()) <= 20
    assert rows[0] not in grown


# --- serving: rights, ports, ends ------------------------------------------------------------------------------------


def test_serves_without_root_rights_on_one_cpu(images, served, model, payloads, expected):  # H5, H23, H31, H43
    rights = {"user": "1000:1000", "cap_drop": ["ALL"], "mem_limit": "1g", "nano_cpus": 10**9}
    with endpoint(images["serve"], model, **rights) as serverless:
        assert predictions(serverless.invoke(payloads[CSV])) == expected
        assert len(processes(serverless)) <= len(processes(served)), "more workers on fewer CPUs"
        assert serverless.stop(30) == 0


def test_two_endpoints_share_a_closed_network_on_their_own_ports(images, model, rows):  # H40, H52, G2, R20
    label = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"
    pipeline = {"SAGEMAKER_BIND_TO_PORT": "14000", "SAGEMAKER_SAFE_PORT_RANGE": "23000-23999"}
    closed = {"network_mode": "none", "ports": None, "ready_within": None}
    with endpoint(images["serve"], model, **closed) as first:
        shared = {**closed, "network_mode": f"container:{first.container.name}"}
        with endpoint(images["serve"], model, environment=pipeline, **shared) as second:
            for served, port in ((first, 8080), (second, 14000)):
                served.until(lambda at=served, port=port: 200 in {p[0] for p in pings_inside(at, 1, port)}, "a 200")
            assert {port for _, port in listeners(first)} == {8080, 14000}
            assert post_inside(first, rows[0]).split()[1] == "200"
        assert first.container.labels.get(label) == "true"


def send_in_flight(endpoint, rows):
    """Four large requests that are read, of which one at least is not answered yet: their connections, and their rows.

    A request that is sent may still lie in the kernel's buffers: the server has not even accepted its connection then.
    """
    for mib in (5, 10, *[20] * 8):  # a fast server needs the larger ones
        body, count = repeated(rows, mib * MIB)
        connections = [endpoint.connection() for _ in range(4)]
        requests = [("POST", "/invocations", body, {"Content-Type": CSV})] * 4
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda connection, request: connection.request(*request), connections, requests))

        def answered(connections=connections):
            return len(select.select([connection.sock for connection in connections], [], [], 0)[0])

        endpoint.until(lambda: read_connections(endpoint) >= 4 or answered() == 4, "the requests to be read")
        if answered() < 4:
            return connections, count
        for connection in connections:
            connection.getresponse().read()
    raise AssertionError("answered too soon to be in flight")


def test_request_in_flight_is_answered_when_the_endpoint_stops(images, model, rows):  # H4
    with endpoint(images["serve"], model) as leaving, ThreadPoolExecutor() as pool:
        connections, count = send_in_flight(leaving, rows)
        began = time.monotonic()
        stop = pool.submit(leaving.stop, 30)
        answers = pool.map(lambda connection: connection.getresponse().read(), connections)  # all at once: none waits
        assert [len(answer.splitlines()) for answer in answers] == [count] * 4
        assert stop.result() == 0
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("front", [True, False], ids=["front end", "workers"])
def test_killed_part_ends_the_container_with_an_error(images, model, front):  # H13
    with endpoint(images["serve"], model) as broken:
        chosen = [pid for pid, command in processes(broken).items() if ("nginx" in command) == front]
        if not chosen:
            pytest.skip("one process does it all")
        kill(broken, "KILL", chosen)
        assert broken.wait(30).exit_code != 0


def test_frozen_workers_turn_ping_unhealthy(images, model):  # H13
    with endpoint(images["serve"], model, environment={"MODEL_SERVER_TIMEOUT": "2"}) as frozen:

        def freeze():
            chosen = [pid for pid, command in processes(frozen).items() if "nginx" not in command]
            kill(frozen, "STOP", chosen)
            return chosen

        if not freeze():
            pytest.skip("one process does it all")
        frozen.until(lambda: frozen.ping().status != 200 or not freeze(), "a ping that tells", 20)  # some start late


# --- batch transform -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def batch(images, model):
    environment = {"SAGEMAKER_BATCH": "true", "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
                   "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "2", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6"}  # fmt: skip
    with endpoint(images["serve"], model, environment=environment) as running:
        yield running


def test_execution_parameters_are_sound(batch):  # B2, B3
    response = batch.request("GET", "/execution-parameters")
    if response.status == 404:
        pytest.skip("not offered")
    parameters = json.loads(response.body)
    numbers = parameters["MaxConcurrentTransforms"], parameters["MaxPayloadInMB"]
    assert [type(number) for number in numbers] == [int, int]
    assert 1 <= numbers[0] * numbers[1] <= 100
    assert parameters["BatchStrategy"] in ("MULTI_RECORD", "SINGLE_RECORD")


def test_split_input_gives_the_same_output(batch, rows):  # B1, B4, B7
    records = (rows * 30)[:30]
    outputs = []
    for size in (30, 1, 7):
        blocks = ["\n".join(records[start : start + size]) + "\n" for start in range(0, 30, size)]
        outputs.append("\n".join(batch.invoke(block).text for block in blocks))
    assert len(set(outputs)) == 1
    assert len(outputs[0].split("\n")) == 30


def test_bad_records_keep_their_place(batch, rows):  # B5, B9
    records = (rows * 1000)[:1000]
    bad = {0, 500, 999}
    before = len(batch.logs())
    lines = batch.invoke("\n".join("?" if i in bad else record for i, record in enumerate(records))).text.split("\n")
    assert {i for i, line in enumerate(lines) if line == "ERROR"} == bad
    assert len(lines) == 1000
    assert len(batch.invoke("\n".join(records * 10)).text.split("\n")) == 10_000
    assert len(batch.logs()) - before < 100_000


def test_100_mib_arrive_in_chunks(images, model, payloads, expected):  # B2, B6
    """Mostly white space, which JSON allows: the size is meant, not the work."""
    pieces = [b" " * MIB] * 99 + [payloads[JSON].encode()]
    with endpoint(images["serve"], model, environment={"SAGEMAKER_BATCH": "True"}) as unlimited:
        assert predictions(unlimited.invoke(pieces, JSON)) == expected
