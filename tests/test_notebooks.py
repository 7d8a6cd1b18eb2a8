"""The notebooks run top to bottom as they are stored, and what they store is small and from anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STORED_BYTES = 200_000


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_top_to_bottom(notebook: Path) -> None:
    """On a cluster of its own, from the folder it lies in, as somebody opening it would."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbmake", "--nbmake-timeout=300"]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*command, str(notebook)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_notebook_was_run_and_tells_no_machine(notebook: Path) -> None:
    stored = nbformat.read(notebook, as_version=4)
    run = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in run] == list(range(1, len(run) + 1))
    assert not [o for cell in run for o in cell.outputs if o.output_type == "error"]
    assert notebook.stat().st_size < STORED_BYTES
    assert not re.search(r"/(?:home|root|tmp|work|Users)/", notebook.read_text(encoding="utf-8"))


def test_nothing_imports_a_notebook() -> None:
    sources = [path for room in ("gis", "layers", "api") for path in (ROOT / room).rglob("*.py")]
    assert not [
        path
        for path in sources
        if re.search(r"^\s*(?:from|import) notebooks", path.read_text(), re.MULTILINE)
    ]
