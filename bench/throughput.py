"""Predictions per second of the container folder's server beside two others, in rounds that take turns."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import engine

LOAD = ("wrk", "-t1", "-c8", "-s", "/post.lua", "http://127.0.0.1:8080/invocations")
GENERATED, SAMPLE, RAW = "container folder", "sample's shape", "raw WSGI"
FIGURES = {"rate": "predictions/s", "cpu": "CPU us/request", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "errors": "errors"}


def variants(folder: Path) -> dict[str, dict]:
    """Returns how each of the servers is run: all from the same image, so with the same libraries."""
    program, sample = Path("/opt/program"), "/opt/sample"
    raw = [
        *engine.mount(engine.BENCH / "raw_wsgi" / "predictor.py", f"{program}/predictor.py"),
        *engine.mount(folder / "program" / "predictor.py", f"{program}/generated_predictor.py"),
    ]
    return {
        GENERATED: {"options": []},
        SAMPLE: {"options": engine.mount(engine.BENCH / "sample_shape", sample), "command": f"{sample}/serve"},
        RAW: {"options": raw},
    }


def compare(image: str, variants: dict[str, dict], model: Path, rounds: int, seconds: int) -> dict[str, list[dict]]:
    """Returns the figures of each server, one entry a round; `image` and `model` are for those that name none."""
    results: dict[str, list[dict]] = {}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                engine.serving(how.pop("image", image), how.pop("model", model), *how.pop("options"), **how)
            )
            for name, how in variants.items()
        }
        for server in servers.values():
            load(server, 1)
        for number in range(rounds):
            engine.wait_until_idle()
            for name, server in servers.items():
                results.setdefault(name, []).append(load(server, seconds))
            rates = ", ".join(f"{name} {entries[-1]['rate']:.0f}" for name, entries in results.items())
            print(f"round {number + 1}: {rates} predictions/s", flush=True)
    return results


def load(server: engine.Server, seconds: int) -> dict:
    """Returns what 8 keep-alive connections got in so many seconds."""
    before = server.cpu_seconds()
    figures = json.loads(server.run_beside(engine.TOOLS, *LOAD, f"--duration={seconds}s").splitlines()[-1])
    figures["cpu"] = (server.cpu_seconds() - before) / figures["requests"] * 1e6
    figures["rate"] = figures["requests"] / figures["seconds"]
    return figures


GOALS = (
    ("predictions/s, to the sample's shape", "rate", SAMPLE, "at least 3"),
    ("p99, to the sample's shape", "p99_ms", SAMPLE, "at most 0.5"),
    ("predictions/s, to raw WSGI", "rate", RAW, "at least 0.85"),
    ("CPU a request, to raw WSGI", "cpu", RAW, ""),
)


def report(results: dict[str, list[dict]], goals: tuple[tuple[str, str, str, str], ...] = GOALS) -> None:
    """Prints the medians of all rounds, and the medians of the ratios in each round."""
    print(f"\n| server | {' | '.join(FIGURES.values())} |\n|---|{'---|' * len(FIGURES)}")
    for name, rounds in results.items():
        digits = {"p50_ms": 2, "p99_ms": 2}
        cells = [f"{median(entry[key] for entry in rounds):,.{digits.get(key, 0)}f}" for key in FIGURES]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| ratio | median | least | most | goal |\n|---|---|---|---|---|")
    for text, key, other, goal in goals:
        ratios = [mine[key] / its[key] for mine, its in zip(results[GENERATED], results[other], strict=True)]
        print(f"| {text} | {median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} | {goal} |")
