"""What request bodies of a nasty shape cost each template's container: CPU time and memory for 1, 2 and 4 MB.

    growth.py [-t TEMPLATE]... [WORDS]...

Only the shapes whose name has one of the words, or all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from engine import PREFIX, ROOT, build, container_folder, remove_images, train, wait_until_idle

from smscaffold import catalog
from smscaffold.sagemaker_local import endpoint

sys.path.insert(0, str(ROOT / "tests"))
from templates.cost import cost, used
from templates.nasty_bodies import CSV, JSON, LINES, ROW, SHAPES

SIZES_MB = (1, 2, 4)
MEMORY_LIMIT = "6g"


def main() -> None:
    built_in = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-t", "--template", action="append", choices=built_in)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    names = [name for name in SHAPES if not options.words or any(word in name for word in options.words)]
    with tempfile.TemporaryDirectory() as work:
        for template in options.template or built_in:
            measure(template, names, Path(work))


def measure(template: str, names: list[str], work: Path) -> None:
    folder = container_folder(work, template, template)
    image = build(f"{PREFIX}-{template}", folder)
    try:
        model = train(folder)
        for mode in ("endpoint", "batch"):
            wait_until_idle()
            print_table(template, mode, names, image, model)
    finally:
        remove_images(image)


def print_table(template: str, mode: str, names: list[str], image: str, model: Path) -> None:
    environment = {"MODEL_SERVER_WORKERS": "1", "SAGEMAKER_BATCH": str(mode == "batch").lower()}
    sizes = " | ".join(f"{size} MB" for size in SIZES_MB)
    print(f"\n{template}, {mode}: s of CPU time, MB of memory\n\n| shape | {sizes} |\n|---|{'---|' * len(SIZES_MB)}")
    with endpoint(image, model, environment=environment, mem_limit=MEMORY_LIMIT) as served:
        for media, body in ((CSV, ROW), (JSON, f"[[{ROW}]]"), (LINES, f"[{ROW}]"), (CSV, "x")):
            served.invoke(body, media)
        _, idle = used(served)
        for name in names:
            media, body = SHAPES[name]
            costs = [cost(served, body(size * 10**6), idle, **{"Content-Type": media}) for size in SIZES_MB]
            # a status other than 200 and 400 means that the server gave up
            cells = [f"{c.cpu:.2f}, {c.memory:.0f}" + f" ({c.status})" * (c.status not in (200, 400)) for c in costs]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
