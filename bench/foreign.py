"""Containers that nobody of this project wrote, built from their public sources, to try `smscaffold check` on them.

    python bench/foreign.py build [NAME ...] [--sources DIR] [--base OLD=NEW ...]
    python bench/foreign.py check [NAME ...] [-- OPTIONS OF smscaffold check]

Nothing of them is kept in this repository. `scikit` and `r` are AWS's samples, from a clone of their repository;
`sagify` comes from PyPI and `creator` (awslabs' ml-container-creator) from npm. Their serving code stays as it is; what
has to change so that they build on the packages of today stands in PATCHES. Each gets the smallest model of its kind.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
IRIS = CHECKOUT / "templates/_shared/template/local_test/opt_ml/input/data/train/iris.csv"
SAMPLES = "amazon-sagemaker-examples"
SAMPLES_URL = f"https://github.com/aws/{SAMPLES}"
PYTHON = "FROM python:3.13-slim-trixie"
TREE = "sklearn.tree.DecisionTreeClassifier()"

#: what is replaced in a file, by an expression, and why
PATCHES: dict[str, list[tuple[str, str, str]]] = {
    "scikit": [
        ("Dockerfile", r"^FROM .*", PYTHON),  # Ubuntu 16.04 is no longer served
        ("Dockerfile", r"^\s+(wget|python) \\\n", ""),  # the image has Python and pip
        (
            "Dockerfile",
            r"RUN wget(.|\n)*?/root/.cache\n",
            "RUN pip install scikit-learn pandas flask gevent gunicorn packaging\n",
        ),
        ("decision_trees/train", r"\.ix\[", ".iloc["),  # pandas has no ix
        ("decision_trees/train", r"'w'\) as out", "'wb') as out"),  # Python 3 pickles into bytes
    ],
    "r": [
        ("Dockerfile", r"^FROM .*", "FROM r-base:4.5.0"),  # with R 4, as the rest of the world has it
        ("Dockerfile", r"^\s+(wget|libcurl4.*|libsodium-dev|r-base|r-base-dev)\s*\\\n", ""),
        ("Dockerfile", r"ca-certificates\n", "ca-certificates r-cran-mda r-cran-plumber\n"),
        ("Dockerfile", r"RUN R -e .*\n", ""),  # Debian's packages of both, in place of a build of an hour
        ("mars.R", "lapply\\(training_files, read.csv\\)", "lapply(training_files, read.csv, stringsAsFactors=TRUE)"),
    ],
    "sagify": [
        ("sagify_base/Dockerfile", r"ARG python_version\nFROM .*", PYTHON),  # buster is no longer served
        ("sagify_base/Dockerfile", r"^RUN apt-get -y purge.*\n", ""),
        ("sagify_base/Dockerfile", r"gunicorn future", "gunicorn future packaging"),  # or its server ends at the start
        ("sagify_base/training/training.py", r"    # TODO: save(.|\n)*", "    {train}\n"),
        (
            "sagify_base/prediction/prediction.py",
            r"cls\.model = None$",
            "cls.model = pickle.load(open(_MODEL_PATH + '/tree.pkl', 'rb'))",
        ),
        ("sagify_base/prediction/prediction.py", r"model_input = None", "model_input = json_input['instances']"),
        ("sagify_base/prediction/prediction.py", r"result = \{\}", "result = {'predictions': list(prediction)}"),
        ("sagify_base/prediction/prediction.py", r"^import os", "import os\nimport pickle"),
    ],
    "creator": [
        ("Dockerfile", r"^FROM .*", PYTHON),
        ("Dockerfile", r"pip install --no-cache-dir pip==24.2 &&", "true &&"),
        ("Dockerfile", r"^COPY sample_model.*\n", ""),  # its own model would need a download
        ("requirements.txt", r"==[\d.]+", ""),  # pinned to what Python 3.13 does not have
        ("requirements.txt", r"^(sagemaker-\w+|ucimlrepo).*\n", ""),  # nothing of its own imports them
    ],
}
TRAIN = """import csv, glob, pickle
    from sklearn.tree import DecisionTreeClassifier
    rows = [row for name in glob.glob(input_data_path + '/*') for row in csv.reader(open(name))]
    tree = DecisionTreeClassifier().fit([[float(x) for x in row[1:]] for row in rows], [row[0] for row in rows])
    pickle.dump(tree, open(model_save_path + '/tree.pkl', 'wb'))"""


def run(*command: object, **options: object) -> None:
    subprocess.run(list(map(str, command)), check=True, **options)  # type: ignore[call-overload]


def patch(name: str, folder: Path, bases: dict[str, str]) -> None:
    """Makes the replacements; one that finds nothing is an error, because the source has changed then."""
    for file, old, new in PATCHES[name]:
        text, count = re.subn(old, lambda _, new=new: new, (folder / file).read_text(), flags=re.MULTILINE)
        if not count:
            sys.exit(f"{name}: {file} has nothing like {old!r}")
        (folder / file).write_text(text.replace("{train}", TRAIN))
    for file in folder.rglob("Dockerfile"):
        for old, new in bases.items():
            file.write_text(file.read_text().replace(f"FROM {old}", f"FROM {new}"))


def samples(sources: Path, work: Path) -> Path:
    """AWS's samples: a checkout that is there, or a clone of those folders."""
    if (sources / SAMPLES).is_dir():
        return sources / SAMPLES
    clone = work / SAMPLES
    run("git", "clone", "--depth", 1, "--filter=blob:none", "--sparse", SAMPLES_URL, clone)
    run("git", "-C", clone, "sparse-checkout", "set", "advanced_functionality")
    return clone


def scikit(sources: Path, folder: Path) -> list[str]:
    shutil.copytree(samples(sources, folder.parent) / "advanced_functionality/scikit_bring_your_own/container", folder)
    for program in ("train", "serve"):
        (folder / "decision_trees" / program).chmod(0o755)
    return ["."]


def r(sources: Path, folder: Path) -> list[str]:
    shutil.copytree(samples(sources, folder.parent) / "advanced_functionality/r_bring_your_own", folder)
    return ["."]


def sagify(sources: Path, folder: Path) -> list[str]:
    """The folder that `sagify init` copies, with its two functions filled in."""
    wheel = folder.parent / "wheel"
    run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheel, "sagify==0.25.0")
    run(sys.executable, "-m", "zipfile", "-e", next(wheel.glob("*.whl")), wheel / "in")
    shutil.copytree(wheel / "in/sagify/template", folder)
    (folder / "__init__.py").touch()
    (folder / "requirements.txt").write_text("scikit-learn\n")
    for program in ("executor.sh", "training/train", "prediction/serve"):
        (folder / "sagify_base" / program).chmod(0o755)
    arguments = {"requirements_file_path": "requirements.txt", "module_path": ".", "target_dir_name": "src"}
    options = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    return ["--file", "sagify_base/Dockerfile", *options, "."]


RENDER = """
const [folder, out] = process.argv.slice(1), fs = require('fs'), ejs = require('ejs')
const about = {framework: 'sklearn', modelFormat: 'joblib', modelServer: 'flask', includeSampleModel: false}
for (const name of ['code/model_handler.py', 'requirements.txt'])
  fs.writeFileSync(`${out}/${name}`, ejs.render(fs.readFileSync(`${folder}/templates/${name}`, 'utf8'),
    new Proxy(about, {has: () => true, get: (t, k) => k === Symbol.unscopables ? undefined : t[k]})))
"""


def creator(sources: Path, folder: Path) -> list[str]:
    """What ml-container-creator generates without questions. It leaves two files empty then: they are rendered anew."""
    node = folder.parent / "node"
    node.mkdir()
    (node / "package.json").write_text("{}")
    run("npm", "install", "--silent", "@aws/ml-container-creator@1.6.0", "ejs", cwd=node)
    made = ["--deployment-config", "http-flask", "--model-format", "joblib", "--project-dir", folder, "--force"]
    command = [node / "node_modules/.bin/ml-container-creator", "iris", "--skip-prompts", *made]
    run(*command, cwd=node, stdout=subprocess.DEVNULL)
    package = node / "node_modules/@aws/ml-container-creator"
    run("node", "-e", RENDER, package, folder, cwd=node)
    with (folder / "Dockerfile").open("a") as file:
        fit = "import joblib, sklearn.datasets as d, sklearn.tree; x, y = d.load_iris(return_X_y=True); "
        fit += f"joblib.dump({TREE}.fit(x, y), '/opt/ml/model/model.joblib')"
        file.write(f'RUN pip install scikit-learn joblib && python -c "{fit}"\n')
    return ["."]


MAKERS: dict[str, Callable[[Path, Path], list[str]]] = {"scikit": scikit, "r": r, "sagify": sagify, "creator": creator}


def build(name: str, sources: Path, bases: dict[str, str]) -> None:
    """Builds the image smscaffold-foreign/NAME."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "folder"
        options = MAKERS[name](sources, folder)
        patch(name, folder, bases)
        run("docker", "build", "--tag", f"smscaffold-foreign/{name}", *options, cwd=folder)


def given(name: str, work: Path) -> list[object]:
    """The options with which `smscaffold check` gets what this container takes."""
    rows = [line.split(",") for line in IRIS.read_text().splitlines()]
    head, rows = rows[0], rows[1:]
    species = head.index("species")
    data, payload = work / "data", work / "payload"
    data.mkdir()
    numbers = [[cell for at, cell in enumerate(row) if at != species] for row in rows]
    table = "".join(f"{row[species]},{','.join(row_)}\n" for row, row_ in zip(rows, numbers, strict=True))
    hyperparameters = work / "hyperparameters.json"
    if name == "r":
        columns = [column for column in head if column != "species"]
        (data / "iris.csv").write_text("".join(f"{','.join(row)}\n" for row in [columns, *numbers]))
        hyperparameters.write_text(json.dumps({"target": columns[0], "degree": 2}))
        payload.write_text("".join(f"{','.join(row[1:])}\n" for row in [columns, *numbers[:5]]))
        return [
            f"smscaffold-foreign/{name}",
            "--train-data",
            data,
            "--hyperparameters",
            hyperparameters,
            *_csv(payload),
        ]
    (data / "iris.csv").write_text(table)
    hyperparameters.write_text(json.dumps({"max_leaf_nodes": 5}))
    if name == "scikit":
        payload.write_text("".join(f"{','.join(row)}\n" for row in numbers[::30]))
        channel = ["--train-data", f"training={data}", "--hyperparameters", hyperparameters]
        return [f"smscaffold-foreign/{name}", *channel, *_csv(payload)]
    payload.write_text(json.dumps({"instances": [list(map(float, row)) for row in numbers[::30]]}))
    json_ = ["--payload", payload, "--content-type", "application/json"]
    if name == "sagify":
        channel = ["--train-data", f"training={data}", "--hyperparameters", hyperparameters]
        return [f"smscaffold-foreign/{name}", *channel, *json_]
    container = subprocess.check_output(["docker", "create", f"smscaffold-foreign/{name}"], text=True).strip()
    try:
        run("docker", "cp", f"{container}:/opt/ml/model", work / "model")
    finally:
        run("docker", "rm", container, stdout=subprocess.DEVNULL)
    return ["--serve-image", f"smscaffold-foreign/{name}", "--model", work / "model", *json_]


def _csv(payload: Path) -> list[object]:
    return ["--payload", payload, "--content-type", "text/csv"]


def check(name: str, options: list[str]) -> None:
    """Prints which clauses the container breaks, with what came, and which stayed unproven."""
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, "-m", "smscaffold", "check", *given(name, Path(work)), "--format", "json", *options]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    print(f"\n{name}: {report['verdict']}")
    for clause in report["clauses"]:
        if clause["outcome"] == "fail":
            print(f"  {clause['id']:<4} {clause['strength']:<6}")
            for finding in clause["findings"]:
                print(f"       {finding.get('sent', '')[:90]}\n         -> {' '.join(finding['came'].split())[:110]}")
        elif not clause["proven"]:
            print(f"  {clause['id']:<4} {clause['strength']:<6} unproven: {clause['seen'][:100]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("build", "check"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MAKERS)} (default: all)")
    parser.add_argument("--sources", type=Path, default=Path(), help="a folder with checkouts of the repositories")
    parser.add_argument("--base", action="append", default=[], metavar="OLD=NEW", help="another base image")
    options, more = parser.parse_known_args()
    for name in options.names or MAKERS:
        if options.command == "build":
            build(name, options.sources, dict(each.split("=", 1) for each in options.base))
        else:
            check(name, [word for word in more if word != "--"])


if __name__ == "__main__":
    main()
