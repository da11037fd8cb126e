"""Measures the server and images of java-spring container folders: `python bench/java_serving.py`, see README.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import engine
import images
import lifecycle
import throughput
from throughput import GENERATED

BARE = "bare servlet"
SHARES = {"nginx": 0.85, "direct": 0.60}
PARTS = ("throughput", "ping", "start", "memory", "sizes")
PLAIN = ("java", "-jar", "/opt/plain.jar")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison (default: 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of load a round and server (default: 5)")
    parser.add_argument("--starts", type=int, default=7, help="starts (default: 7)")
    parser.add_argument("--keep-images", action="store_true", help="leave the images, for another run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    made: list[str] = []
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), made, options)
    finally:
        if not options.keep_images:
            engine.remove_images(*made, engine.TOOLS)


def build(parent: Path, made: list[str], front_end: str) -> tuple[Path, str, Path]:
    """Builds a folder's image, and IMAGE-plain with the other application in it; returns the folder of the jars too."""
    folder = engine.container_folder(parent, f"java-{front_end}", template="java-spring", front_end=front_end)
    image = engine.build(f"{engine.PREFIX}-java-{front_end}", folder)
    stage = engine.build(f"{image}-build", folder, "--target", "build")
    arguments = ("--build-arg", f"BUILD={stage}", "--build-arg", f"IMAGE={image}", "--target")
    compiled = engine.build(f"{image}-compiled", engine.BENCH / "java", *arguments, "build")
    plain = engine.build(f"{image}-plain", engine.BENCH / "java", *arguments, "plain")
    made += [image, stage, compiled, plain]
    jars = parent / f"jars-{front_end}"
    jars.mkdir()
    engine.docker("run", "--rm", "--volume", f"{jars}:/jars", compiled, "cp", "bare.jar", "busy.jar", "/jars")
    return folder, image, jars


def measure(parent: Path, made: list[str], options: argparse.Namespace) -> None:
    parts = options.parts or PARTS
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    model = None
    for front_end, share in SHARES.items():
        folder, image, jars = build(parent, made, front_end)
        model = model or engine.train(folder)
        print(f"\n{front_end}:")
        if "throughput" in parts:
            bare = engine.mount(jars / "bare.jar", "/opt/program/serve.jar")
            variants = {GENERATED: {"options": []}, BARE: {"options": bare}}
            goals = (
                ("predictions/s, to the bare servlet", "rate", BARE, f"at least {share}"),
                ("CPU a request, to the bare servlet", "cpu", BARE, ""),
            )
            throughput.report(throughput.compare(image, variants, model, options.rounds, options.seconds), goals)
        print("\n| what | measured | | goal |\n|---|---|---|---|")
        if "ping" in parts:
            algorithm = engine.mount(jars / "busy.jar", "/opt/program/lib/algorithm-1.jar")
            for busy in ("asleep", "computing"):
                got = lifecycle.worst_ping(image, model, busy, algorithm=algorithm)
                print(
                    f"| `/ping` with all workers {busy}, 50 times "
                    f"| worst {got['worst']:.1f} ms, median {got['median']:.1f} ms | "
                    f"status {', '.join(map(str, got['statuses']))} | 50 ms |"
                )
        if "start" in parts:
            report_start(image, model, options.starts)
        if "memory" in parts:
            got = lifecycle.memory(image, model, throughput.load)
            print(f"| memory of 4 workers, after load | {got['total']:.0f} MB PSS | | |")
        if "sizes" in parts:
            print(f"| image, which trains and serves | {images.size(image):.0f} MB | | |")


def report_start(image: str, model: Path, times: int) -> None:
    """Prints the start beside that of a plain Spring Boot application in the same image, taking turns."""
    own, plain = [], []
    for _ in range(times):
        for seconds, name, command in ((own, image, ("serve",)), (plain, f"{image}-plain", PLAIN)):
            engine.wait_until_idle()
            took, container = lifecycle.first_200(name, model, *command)
            seconds.append(took)
            engine.docker("rm", "--force", container)
    ratio = median(a / b for a, b in zip(own, plain, strict=True))
    print(
        f"| start to first 200, median | {median(own) * 1000:.0f} ms; plain Spring Boot {median(plain) * 1000:.0f} ms "
        f"| ratio {ratio:.2f} | 0.5 |"
    )


if __name__ == "__main__":
    main()
