"""Measures the server of the python-flask container folder: `python bench/serving.py`, see README.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import engine
import lifecycle
import throughput

PARTS = ("throughput", "ping", "start", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison (default: 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of load a round and server (default: 5)")
    parser.add_argument("--starts", type=int, default=7, help="starts of each image (default: 7)")
    parser.add_argument("--keep-images", action="store_true", help="leave the images, for another run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(unknown)}")
    single, serve = f"{engine.PREFIX}-single", f"{engine.PREFIX}-split-serve"
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), single, serve, options)
    finally:
        if not options.keep_images:
            engine.remove_images(single, serve, engine.TOOLS)


def measure(parent: Path, single: str, serve: str, options: argparse.Namespace) -> None:
    parts = options.parts or PARTS
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    folder = engine.container_folder(parent, "single")
    model = engine.train(folder)
    if {"start", "memory"} & set(parts):
        engine.build(serve, engine.container_folder(parent, "split", layout="split"), "--target", "serve")

    if "throughput" in parts:
        throughput.report(
            throughput.compare(single, throughput.variants(folder), model, options.rounds, options.seconds)
        )
    print("\n| what | measured | | goal |\n|---|---|---|---|")
    if "ping" in parts:
        for busy in ("asleep", "computing"):
            got = lifecycle.worst_ping(single, model, busy)
            print(
                f"| `/ping` with all workers {busy}, 50 times "
                f"| worst {got['worst']:.1f} ms, median {got['median']:.1f} ms | "
                f"status {', '.join(map(str, got['statuses']))} | 50 ms |"
            )
    if "memory" in parts:
        for image in (single, serve):
            got = lifecycle.memory(image, model, throughput.load)
            programs = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in got.items() if name != "total")
            print(f"| memory of 4 workers, {image} | {got['total']:.0f} MB PSS | {programs} | 200 MB |")
    if "start" in parts:
        for image in (single, serve):
            lifecycle.report_start(image, lifecycle.start(image, model, options.starts))


if __name__ == "__main__":
    main()
