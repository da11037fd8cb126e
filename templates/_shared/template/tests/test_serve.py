"""The container contract for serving: what SageMaker does to your image, done on this machine.

The clauses in the comments (H11, B4 ...) are those of the contract of smscaffold. Nothing here knows the language of
the images: slow requests are large ones, and expected answers come from the samples in local_test/.
"""

import json
import re
import select
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import CSV, JSON, LINES, files, kill, listeners, pings_inside, post_inside, predictions, processes
from sagemaker_local import endpoint

MIB = 2**20


# --- health ----------------------------------------------------------------------------------------------------------


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


# --- requests --------------------------------------------------------------------------------------------------------


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


# --- rights, ports, ends ---------------------------------------------------------------------------------------------


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


def send_in_flight(endpoint, body):
    """Four large requests, sent whole, of which one at least is not answered yet: their connections."""
    for _ in range(10):
        connections = [endpoint.connection() for _ in range(4)]
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda c: c.request("POST", "/invocations", body, {"Content-Type": CSV}), connections))
        answered, _, _ = select.select([connection.sock for connection in connections], [], [], 0)
        if len(answered) < 4:
            return connections
        for connection in connections:
            connection.getresponse().read()
    raise AssertionError("answered too soon to be in flight")


def test_request_in_flight_is_answered_when_the_endpoint_stops(images, model, rows):  # H4
    body, count = repeated(rows, 20 * MIB)  # more than network buffers hold: once sent, the server has begun to read it
    with endpoint(images["serve"], model) as leaving, ThreadPoolExecutor() as pool:
        connections = send_in_flight(leaving, body)
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
