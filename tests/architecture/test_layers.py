"""Which part may import which: the contracts in pyproject.toml hold, and the documentation shows the same layers."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold():
    # A process of its own: the linter sets up logging for the whole process, and switches all other loggers off.
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    linter = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert linter.returncode == 0, linter.stdout


def test_the_documentation_shows_the_same_layers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    _, _, layers = (ROOT / "docs/architecture.md").read_text("utf-8").partition("\n## Layers\n")
    shown = layers.partition("```text\n")[2].partition("```")[0].splitlines()
    assert shown == contract["layers"]


def test_every_part_has_its_layer():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    placed = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    parts = {
        path.stem
        for path in (ROOT / "src/ringback").iterdir()
        if path.name[0] not in "_." and path.suffix in {"", ".py"}
    }
    assert parts == placed
