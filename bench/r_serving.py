"""Measures the server and the images of the r-plumber container folder: `python bench/r_serving.py`, see README.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import engine
import images
import lifecycle
import throughput
from throughput import GENERATED, SAMPLE

RAW = "bare httpuv"
GOALS = (
    ("predictions/s, to the sample's shape", "rate", SAMPLE, "at least 6"),
    ("p50, to the sample's shape", "p50_ms", SAMPLE, "at most 0.25"),
    ("predictions/s, to bare httpuv", "rate", RAW, "at least 0.65"),
    ("CPU a request, to bare httpuv", "cpu", RAW, ""),
)
R = engine.BENCH / "r"
VARIANTS = {
    GENERATED: {"options": []},
    SAMPLE: {"options": engine.mount(R / "sample_shape", "/opt/sample"), "command": "/opt/sample/serve"},
    RAW: {"options": engine.mount(R / "raw_workers.R", "/opt/program/workers.R")},
}
PARTS = ("throughput", "ping", "start", "memory", "sizes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison (default: 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of load a round and server (default: 5)")
    parser.add_argument("--starts", type=int, default=7, help="starts (default: 7)")
    parser.add_argument("--keep-images", action="store_true", help="leave the images, for another run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    made = {"single": f"{engine.PREFIX}-r-single"}
    made |= {kind: f"{engine.PREFIX}-r-split-{kind}" for kind in ("train", "serve")}
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), made, options)
    finally:
        if not options.keep_images:
            engine.remove_images(*made.values(), engine.TOOLS)


def measure(parent: Path, made: dict[str, str], options: argparse.Namespace) -> None:
    parts = options.parts or PARTS
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    folder = engine.container_folder(parent, "r-single", template="r-plumber")
    model = engine.train(folder)
    single = made["single"]
    if "throughput" in parts:
        throughput.report(throughput.compare(single, VARIANTS, model, options.rounds, options.seconds), GOALS)
    print("\n| what | measured | | goal |\n|---|---|---|---|")
    if "ping" in parts:
        for busy in ("asleep", "computing"):
            algorithm = engine.mount(R / "busy.R", "/opt/program/algorithm.R")
            got = lifecycle.worst_ping(single, model, busy, algorithm=algorithm)
            print(
                f"| `/ping` with all workers {busy}, 50 times "
                f"| worst {got['worst']:.1f} ms, median {got['median']:.1f} ms | "
                f"status {', '.join(map(str, got['statuses']))} | 50 ms |"
            )
    if "memory" in parts:
        got = lifecycle.memory(single, model, throughput.load)
        programs = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in got.items() if name != "total")
        print(f"| memory of 4 workers | {got['total']:.0f} MB PSS | {programs} | |")
    if "start" in parts:
        seconds = lifecycle.starts(single, model, options.starts)
        print(f"| start to first 200, median | {seconds * 1000:.0f} ms | | 1000 ms |")
    if "sizes" in parts:
        split = engine.container_folder(parent, "r-split", template="r-plumber", layout="split")
        for kind in ("train", "serve"):
            engine.build(made[kind], split, "--target", kind)
        for kind, image in made.items():
            print(f"| image {kind} | {images.size(image):.0f} MB | | |")


if __name__ == "__main__":
    main()
