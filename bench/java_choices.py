"""Measures what each choice in java-spring gains: `python bench/java_choices.py`, see README.md.

Each variant is the container folder with one line of it written otherwise; they answer the same load, taking turns.
"""

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

FLAG = "-XX:-UsePerfData"
RUNTIME = "COPY --from=libraries /opt/jre /opt/jre"
SERVE, WEB_SERVER = "program/serve", "serve/src/main/java/serve/WebServer.java"
APPLICATION = "serve/src/main/java/serve/Serve.java"
#: name -> (file, what stands in it, what does instead)
CHOICES = {
    "serial collector": (SERVE, FLAG, f"{FLAG} -XX:+UseSerialGC"),
    "parallel collector": (SERVE, FLAG, f"{FLAG} -XX:+UseParallelGC"),
    "first compiler only": (SERVE, FLAG, f"{FLAG} -XX:TieredStopAtLevel=1"),
    "no class data": (SERVE, "-XX:SharedArchiveFile=/opt/program/serve.jsa", ""),
    "beans made lazily": (
        APPLICATION,
        "application.setLogStartupInfo(false);",
        "application.setLogStartupInfo(false); application.setLazyInitialization(true);",
    ),
    "virtual threads": (
        WEB_SERVER,
        "protocol.setMaxThreads(THREADS);",
        "protocol.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());",
    ),
    "Debian's runtime": (
        "Dockerfile",
        RUNTIME,
        "RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends "
        "openjdk-21-jre-headless && ln -s /usr/lib/jvm/java-21-openjdk-amd64 /opt/jre",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load (default: 5)")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load a round and variant (default: 4)")
    parser.add_argument("--starts", type=int, default=5, help="starts a variant (default: 5)")
    parser.add_argument("choices", nargs="*", metavar="CHOICE", help=f"of {', '.join(CHOICES)} (default: all)")
    options = parser.parse_args()
    made: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), made, options)
    finally:
        engine.remove_images(*made.values(), engine.TOOLS)


def measure(parent: Path, made: dict[str, str], options: argparse.Namespace) -> None:
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    chosen = {name: CHOICES[name] for name in options.choices or CHOICES}
    model = None
    for number, (name, edit) in enumerate({GENERATED: None, **chosen}.items()):
        folder = engine.container_folder(parent, f"java-choice-{number}", template="java-spring")
        model = model or engine.train(folder)
        if edit:
            write_otherwise(folder, *edit)
        made[name] = engine.build(f"{engine.PREFIX}-java-choice-{number}", folder)
    servers = {name: {"image": image, "options": []} for name, image in made.items()}
    rates = throughput.compare(made[GENERATED], servers, model, options.rounds, options.seconds)
    print(f"\n| variant | predictions/s, to the {GENERATED} | CPU | start, ms | PSS, MB | image, MB |")
    print("|---|---|---|---|---|---|")
    for name, image in made.items():
        rate, cpu = (ratio(rates, name, key) for key in ("rate", "cpu"))
        start = lifecycle.starts(image, model, options.starts) * 1000
        memory = lifecycle.memory(image, model, throughput.load)["total"]
        print(f"| {name} | {rate} | {cpu} | {start:.0f} | {memory:.0f} | {images.size(image):.0f} |", flush=True)


def write_otherwise(folder: Path, file: str, there: str, instead: str) -> None:
    path = folder / file
    text = path.read_text()
    assert there in text, f"{file} has no {there!r} any more"
    path.write_text(text.replace(there, instead))


def ratio(rates: dict[str, list[dict]], name: str, key: str) -> str:
    ratios = [mine[key] / its[key] for mine, its in zip(rates[name], rates[GENERATED], strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
