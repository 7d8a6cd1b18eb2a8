"""What leaves as a file is safe to open and says what it is."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection

from layers.access import PUBLIC
from layers.catalogue import layers
from layers.export import export
from layers.filters import Wanted
from tests.factories import a_zone, rectangle

DAY = date(2026, 1, 1)


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+84 274", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_name_that_a_spreadsheet_would_run_is_text_in_csv_and_itself_elsewhere(
    db: Connection, tmp_path: Path, name: str
) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 100), name=name)
    zones = layers()["zones"]
    with export(db, zones, PUBLIC, DAY, Wanted(), "csv", tmp_path).open(
        encoding="utf-8-sig", newline=""
    ) as f:
        (row,) = csv.DictReader(f)
    assert row["name"] == f"'{name}"
    assert float(row["lon"]) == pytest.approx(106.70, abs=0.01)
    told = json.loads(export(db, zones, PUBLIC, DAY, Wanted(), "geojson", tmp_path).read_text("utf-8"))
    assert told["features"][0]["properties"]["name"] == name
