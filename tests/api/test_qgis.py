"""QGIS reads our collections, where QGIS is installed; where it is not, the run says so."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import pyogrio
import pytest
from sqlalchemy import Engine, func, select

from layers.access import PUBLIC
from layers.catalogue import layer
from layers.dates import today
from layers.query import visible

QGIS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")  # Debian wraps it in a broken script


@pytest.mark.qgis
@pytest.mark.parametrize("layer_id", ["zones", "enterprises", "roads"])
def test_qgis_reads_a_collection_completely(
    address: str, province: Engine, tmp_path: Path, layer_id: str
) -> None:
    if QGIS is None:
        warnings.warn("QGIS is not installed: its reading of our collections was NOT tested", stacklevel=1)
        pytest.skip("QGIS is not installed")
    out = tmp_path / "read.gpkg"
    source = f"OAPIF://url='{address}/ogc' typename='{layer_id}'"
    run = subprocess.run(
        [QGIS, "run", "native:savefeatures", "--", f"INPUT={source}", f"OUTPUT={out}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        # QGIS looks for its own Python on the path: ours would hide it.
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
    )
    assert out.is_file(), run.stdout[-2000:] + run.stderr[-2000:]
    rows = visible(layer(layer_id), PUBLIC, today()).subquery()
    with province.connect() as db:
        wanted = db.execute(select(func.count()).select_from(rows)).scalar_one()
    assert pyogrio.read_info(out)["features"] == wanted
