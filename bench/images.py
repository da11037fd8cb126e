"""Measures the images of the python-flask container folder: `python bench/images.py`, see README.md.

Sizes in MB (1,000,000 bytes) as the engine counts them, and the seconds to rebuild after a change of the algorithm.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import engine

GPU_ANSWERS = {"layout": "split", "gpu": "true"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rebuilds", type=int, default=3, help="rebuilds with each builder (default: 3)")
    options = parser.parse_args()
    images: list[str] = []
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), images, options.rebuilds)
    finally:
        engine.remove_images(*images)


def measure(parent: Path, images: list[str], rebuilds: int) -> None:
    """Builds everything with both builders, and prints what came of it; adds the names of what it built to `images`."""
    single = engine.container_folder(parent, "single")
    split = engine.container_folder(parent, "split", layout="split")
    builds = {  # image -> its folder and target
        f"{engine.PREFIX}-single": (single, ()),
        f"{engine.PREFIX}-split-train": (split, ("--target", "train")),
        f"{engine.PREFIX}-split-serve": (split, ("--target", "serve")),
    }
    images.extend(builds)
    for image, (folder, target) in builds.items():
        for buildkit in (True, False):
            engine.build(image, folder, *target, buildkit=buildkit)
    sizes = report_sizes(list(builds))
    gpu(parent, images, sizes[f"{engine.PREFIX}-split-serve"])
    print("\n| rebuild after a change of algorithm.py | BuildKit | classic builder | goal |\n|---|---|---|---|")
    for image, (folder, target) in builds.items():
        seconds = {kit: [rebuild(image, folder, target, kit) for _ in range(rebuilds)] for kit in (True, False)}
        print(f"| {image} | {median(seconds[True]):.1f} s | {median(seconds[False]):.1f} s | 5 s |")


def report_sizes(images: list[str]) -> dict[str, float]:
    sizes = {image: size(image) for image in images}
    serve, train = sizes[f"{engine.PREFIX}-split-serve"], sizes[f"{engine.PREFIX}-split-train"]
    print("\n| image | MB | goal |\n|---|---|---|")
    for image, megabytes in sizes.items():
        print(f"| {image} | {megabytes:.0f} | {'320' if image.endswith('serve') else ''} |")
    print(f"| serve to train | {serve / train:.0%} | 80 % |")
    return sizes


def gpu(parent: Path, images: list[str], serve: float) -> None:
    """Prints the same for training on a GPU, where its base image can be had."""
    folder = engine.container_folder(parent, "gpu", **GPU_ANSWERS)
    answers = (folder / ".copier-answers.yml").read_text()
    base = next(line.split(": ", 1)[1] for line in answers.splitlines() if line.startswith("train_base_image"))
    have = [[engine.DOCKER, "image", "inspect", base], [engine.DOCKER, "pull", base]]
    if all(subprocess.run(command, capture_output=True).returncode for command in have):
        print(f"| serve to train with gpu | not measured: {base} can be had neither here nor from a registry | 25 % |")
        return
    images.append(image := f"{engine.PREFIX}-gpu-train")
    engine.build(image, folder, "--target", "train")
    print(f"| {image} | {size(image):.0f} | |\n| serve to train with gpu | {serve / size(image):.0%} | 25 % |")


def size(image: str) -> float:
    return int(engine.docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6


def rebuild(image: str, folder: Path, target: tuple[str, ...], buildkit: bool) -> float:
    """Returns the seconds of a build after a line was added to the algorithm."""
    with (folder / "program" / "algorithm.py").open("a") as file:
        file.write(f"# {time.time_ns()}\n")
    engine.wait_until_idle()
    start = time.perf_counter()
    engine.build(image, folder, *target, buildkit=buildkit)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
