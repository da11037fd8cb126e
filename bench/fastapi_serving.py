"""Measures the web server of python-fastapi beside others: `python bench/fastapi_serving.py`, see README.md.

Each variant is the container folder with another server, or with one line of main.py written otherwise; all answer the
same load, taking turns.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import engine
import throughput
from throughput import FIGURES, GENERATED

FLASK = "python-flask"
#: what the others need on top of the folder's own libraries
LIBRARIES = ("hypercorn", "granian")
UNIX, TCP = "/tmp/serve/worker-0.sock", "127.0.0.1:9000"
HOOKS = "gunicorn.conf.py"
CLASS = "worker_class = Worker\n"
UVICORN = "uvicorn main:app --log-level warning --no-access-log"
#: name -> the command line in place of gunicorn's
SERVERS = {
    "uvicorn, a process a socket": UVICORN + " --uds /tmp/serve/worker-{slot}.sock",
    "uvicorn, one unix socket": f"{UVICORN} --workers {{workers}} --uds {UNIX}",
    "uvicorn, one TCP port": f"{UVICORN} --workers {{workers}} --port 9000",
    "uvicorn, one TCP port, asyncio": f"{UVICORN} --workers {{workers}} --port 9000 --loop asyncio",
    "hypercorn, one unix socket": f"hypercorn main:app --workers {{workers}} --umask 0 --bind unix:{UNIX}",
    "granian, one unix socket": "granian main:app --interface asgi --workers {workers} --no-log "
    f"--uds {UNIX} --uds-permissions 666",
}
#: name -> (file, what stands in it, what does instead)
EDITS = {
    "uvicorn's worker, asyncio": (HOOKS, '"loop": "uvloop"', '"loop": "asyncio"'),
    "uvicorn's worker, h11": (HOOKS, '"http": "httptools"', '"http": "h11"'),
    "gunicorn's own worker": (HOOKS, CLASS, 'worker_class = "asgi"\nasgi_loop = "asyncio"\n'),
    "gunicorn's own worker, uvloop": (HOOKS, CLASS, 'worker_class = "asgi"\n'),
    "prediction in a thread": ("main.py", "answer = predict(", "answer = await run_in_threadpool(predict, "),
}
IMPORT, THREAD = "import algorithm\n", "from fastapi.concurrency import run_in_threadpool\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of load a round and variant (default: 3)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers (default: 1 2)")
    parser.add_argument("--keep-images", action="store_true", help="leave the images, for another run")
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="only these (default: all)")
    options = parser.parse_args()
    made: list[str] = []
    try:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), made, options)
    finally:
        if not options.keep_images:
            engine.remove_images(*made, engine.TOOLS)


def measure(parent: Path, made: list[str], options: argparse.Namespace) -> None:
    engine.build(engine.TOOLS, engine.BENCH / "tools")
    folder = engine.container_folder(parent, "fastapi", template="python-fastapi")
    model = engine.train(folder)
    made.append(f"{engine.PREFIX}-fastapi")
    flask = engine.build(f"{engine.PREFIX}-flask", engine.container_folder(parent, "flask"))
    more = parent / "more"
    more.mkdir()
    install = f"python3 -m ensurepip && python3 -m pip install {' '.join(LIBRARIES)}"
    (more / "Dockerfile").write_text(f"FROM {made[0]}\nRUN {install}\n")
    others = engine.build(f"{engine.PREFIX}-fastapi-others", more)
    made += [flask, others]
    for workers in options.workers:
        print(f"\n{workers} workers", flush=True)
        variants = {GENERATED: {"image": made[0], "options": []}, FLASK: {"image": flask, "options": []}}
        variants |= other_variants(folder, parent, others)
        chosen = {name: how for name, how in variants.items() if name in (GENERATED, *(options.variants or variants))}
        for how in chosen.values():
            how["workers"] = workers
        report(throughput.compare(made[0], chosen, model, options.rounds, options.seconds))


def other_variants(folder: Path, parent: Path, image: str) -> dict[str, dict]:
    """Returns how each variant is run: files with what is written otherwise are mounted over the image's."""
    variants: dict[str, dict] = {}
    for name, command in SERVERS.items():
        serve = engine.mount(engine.BENCH / "fastapi" / "serve", "/opt/bench/serve")
        address = TCP if "--port" in command else f"unix:{UNIX}"
        environment = ("--env", f"SERVER={command}", "--env", f"ADDRESS={address}")
        variants[name] = {"image": image, "options": (*serve, *environment), "command": "/opt/bench/serve"}
    for name, (file, there, instead) in EDITS.items():
        text = (folder / "program" / file).read_text()
        assert there in text, f"{file} has no {there!r} any more"
        text = text.replace(there, instead).replace(IMPORT, f"{THREAD}{IMPORT}")
        edited = parent / f"{len(variants)}.py"
        edited.write_text(text)
        variants[name] = {"options": engine.mount(edited, f"/opt/program/{file}")}
    return variants


def report(results: dict[str, list[dict]]) -> None:
    """Prints the medians of all rounds, and of the ratio to the container folder in each round."""
    print(f"\n| server | {' | '.join(FIGURES.values())} | to the {GENERATED} |\n|---|{'---|' * (len(FIGURES) + 1)}")
    for name, rounds in results.items():
        cells = [f"{median(entry[key] for entry in rounds):,.{2 if key.endswith('ms') else 0}f}" for key in FIGURES]
        ratios = [its["rate"] / mine["rate"] for its, mine in zip(rounds, results[GENERATED], strict=True)]
        print(f"| {name} | {' | '.join(cells)} | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |")


if __name__ == "__main__":
    main()
