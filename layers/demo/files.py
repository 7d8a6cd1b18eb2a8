"""The small data files of the province, each with what is known, remembered or invented of one thing."""

from __future__ import annotations

import csv
from pathlib import Path

from gis.arrays import Floats
from layers.demo.plane import to_sheet

HERE = Path(__file__).parent


def read(name: str) -> list[dict[str, str]]:
    """Rows of a data file beside this module."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def courses(*kinds: str) -> list[tuple[dict[str, str], Floats]]:
    """Lines of `courses.csv` of some kinds, drawn from memory: the row, and its points on the sheet."""
    return [(row, points(row["points"])) for row in read("courses.csv") if row["kind"] in kinds]


def points(text: str) -> Floats:
    """Points on the sheet from "lon lat;lon lat;…"."""
    return to_sheet([[float(number) for number in pair.split()] for pair in text.split(";")])
