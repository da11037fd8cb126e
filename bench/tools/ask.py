"""Asks the server at 127.0.0.1:8080 of this network namespace.

ask.py ready SECONDS           waits until /ping is 200
ask.py first SECONDS           the same; prints the monotonic clock, which all containers of a machine share
ask.py predict                 prints status and answer to one CSV row as JSON
ask.py flood NUMBER            sends so many predictions at once, each on a connection of its own
ask.py ping NUMBER             pings so often; prints JSON, times in milliseconds
"""

import http.client
import json
import sys
import threading
import time

ROW = "5.1,3.5,1.4,0.2\n"


def ask(method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=120)
    try:
        connection.request(method, path, body, {"Content-Type": "text/csv"} if body else {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def ready(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ask("GET", "/ping")[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.005)
    sys.exit(f"no 200 from /ping within {seconds} s")


def first(seconds):
    ready(seconds)
    print(time.monotonic())


def flood(requests):
    senders = [threading.Thread(target=ask, args=("POST", "/invocations", ROW)) for _ in range(requests)]
    for sender in senders:
        sender.start()


def ping(number):
    times, statuses = [], set()
    for _ in range(number):
        start = time.perf_counter()
        statuses.add(ask("GET", "/ping")[0])
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.02)
    print(json.dumps({"worst": max(times), "median": sorted(times)[number // 2], "statuses": sorted(statuses)}))


def predict():
    print(json.dumps(ask("POST", "/invocations", ROW)))


if __name__ == "__main__":
    action, *numbers = sys.argv[1:]
    {"ready": ready, "first": first, "flood": flood, "ping": ping, "predict": predict}[action](*map(int, numbers))
