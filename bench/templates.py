"""Measures the containers of all built-in templates side by side: `python bench/templates.py`, see README.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import engine
import images
import lifecycle
import throughput
from throughput import FIGURES

from smscaffold import catalog

HEADINGS = ("template", *FIGURES.values(), "start ms", "PSS MB", "image MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load (default: 5)")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load a round and template (default: 4)")
    parser.add_argument("--starts", type=int, default=5, help="starts (default: 5)")
    parser.add_argument("--beside", metavar="VERSION", help="each template as it was released then, too")
    parser.add_argument("templates", nargs="*", metavar="TEMPLATE", help="only these (default: all that are built in)")
    options = parser.parse_args()
    made: list[str] = []
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), made, options)
    finally:
        engine.remove_images(*made, engine.TOOLS)


def measure(parent: Path, made: list[str], options: argparse.Namespace) -> None:
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    built_in = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]
    names = options.templates or built_in
    if options.beside:
        names = [each for name in names for each in (name, f"{name}@{options.beside}")]
    models, servers = {}, {}
    for name in names:
        models[name] = engine.train(engine.container_folder(parent, name.replace("@", "-"), template=name))
        made.append(image_of(name))
        servers[name] = {"image": image_of(name), "model": models[name], "options": []}
    results = throughput.compare(made[0], servers, next(iter(models.values())), options.rounds, options.seconds)
    print(f"\n| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    for name, rounds in results.items():
        image, model = image_of(name), models[name]
        cells = [f"{median(entry[key] for entry in rounds):,.{2 if key.endswith('ms') else 0}f}" for key in FIGURES]
        cells.append(f"{lifecycle.starts(image, model, options.starts) * 1000:,.0f}")
        cells.append(f"{lifecycle.memory(image, model, throughput.load)['total']:.0f}")
        cells.append(f"{images.size(image):.0f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def image_of(name: str) -> str:
    return f"{engine.PREFIX}-{name.replace('@', '-')}"


if __name__ == "__main__":
    main()
