"""
What a load would do with every row, without touching a table.

The rows go the whole way, into a temporary copy of the versions that they meet, and the transaction is
rolled back by whoever opened it; what became of each row is kept as a Parquet file beside the upload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import shapely
from sqlalchemy import Connection

from gis.arrays import Geometries, Ints, Texts
from layers.ingest.arrow import Array, pa, pc
from layers.ingest.columns import DATES
from layers.ingest.disappeared import disappeared
from layers.ingest.load import as_json, file_notes, prepared, with_mapping
from layers.ingest.notes import Facts
from layers.ingest.parts import Progress, bring
from layers.ingest.prepare import Work
from layers.ingest.request import Request
from layers.ingest.shapes import Prepared
from layers.ingest.staged import lonlat
from layers.ingest.targets import Field, Target

pq: Any = pyarrow.parquet

REFUSED, NOTED, LOADED = "refused", "noted", "loaded"
VERDICTS = (REFUSED, NOTED, LOADED)
"""In the order in which people look at them."""
GROUP = 16_384


@dataclass(frozen=True)
class Summary:
    """
    What the preview says of the whole file.

    Attributes
    ----------
    notes
        Code, whether its rows are refused, how many they are, and the facts of the first.
    of_file
        Code and facts of what holds for all rows.
    box
        West, south, east, north; None where nothing can be drawn.
    """

    rows: int
    counts: dict[str, int]
    notes: tuple[tuple[str, bool, int, Facts], ...]
    of_file: tuple[tuple[str, Facts], ...]
    box: tuple[float, float, float, float] | None
    matches: dict[str, int] | None


def preview(db: Connection, request: Request, into: Path, tell: Progress) -> Summary:
    """
    Rehearse an import.

    Parameters
    ----------
    db
        In a transaction that the caller rolls back.
    into
        The Parquet file to write: it has its name when it is whole.

    Raises
    ------
    DidoiError
        Those of `layers.ingest.load.load`.
    """
    request = with_mapping(request)
    tell("read", 0, 0)
    work = prepared(db, request, tell)
    shapes: Geometries = np.full(len(work.notes.refused), None, dtype=object)

    def taken(rows: Ints, part: Prepared | None) -> None:
        if part is not None:
            shapes[rows[part.kept]] = part.checked.geoms[part.kept]

    told = bring(db, work, 0, tell, rehearsal=True, taken=taken)
    gone = disappeared(db, work)
    refused: Ints = np.flatnonzero(work.notes.refused)
    near = lonlat(work, refused)
    if near is not None:
        shapes[refused] = near
    tell("write", 0, 0)
    _write(work, shapes, into)
    loaded, noted, refused_count = work.notes.counts()
    counts = {LOADED: loaded, NOTED: noted, REFUSED: refused_count}
    matches = None
    if work.into.layer is not None:
        updates = told.closed + told.corrected
        matches = {
            "updates": updates,
            "adds": told.adds,
            "unchanged": told.unchanged,
            "disappeared": len(gone),
        }
    whole = tuple((code, {**facts, **count}) for code, facts, count in file_notes(work.notes))
    return Summary(len(work.notes.refused), counts, tuple(_by_code(work)), whole, _box(shapes), matches)


def _by_code(work: Work) -> Iterator[tuple[str, bool, int, Facts]]:
    found: dict[tuple[str, bool], tuple[int, Facts]] = {}
    for _, code, facts, refused in work.notes.rows:
        count, first = found.get((code, refused), (0, facts))
        found[code, refused] = (count + 1, first)
    order = sorted(found.items(), key=lambda one: (not one[0][1], -one[1][0], one[0][0]))
    for (code, refused), (count, first) in order:
        yield code, refused, count, first


def _box(shapes: Geometries) -> tuple[float, float, float, float] | None:
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    return (west, south, east, north) if np.isfinite(west) else None


def _write(work: Work, shapes: Geometries, into: Path) -> None:
    """Faults first, so that a page of the table is a slice of the file."""
    notes, n = work.notes, len(work.notes.refused)
    place = np.where(notes.refused, 0, np.where(notes.noted, 1, 2))
    order = np.lexsort((np.arange(n), place))
    said: dict[int, list[Facts]] = {}
    for row, code, facts, refused in notes.rows:
        said.setdefault(row, []).append({"code": code, "facts": facts, "refused": refused})
    faulty: Ints = np.flatnonzero(notes.refused)
    given = work.received.rows.take(pa.array(faulty)).to_pylist()
    received: Texts = np.full(n, None, dtype=object)
    for row, values in zip(faulty.tolist(), given, strict=True):
        received[row] = json.dumps(as_json(values), ensure_ascii=False)
    told: Texts = np.full(n, None, dtype=object)
    for row, listed in said.items():
        told[row] = json.dumps(listed, ensure_ascii=False, default=str)
    box = shapely.bounds(shapes)
    columns: dict[str, Array] = {
        "row": pa.array(np.arange(1, n + 1, dtype=np.int32)),
        "key": pa.array(work.keys, pa.string()),
        "verdict": pa.array(np.array(VERDICTS, dtype=object)[place], pa.string()),
        "notes": pa.array(told, pa.string()),
        "received": pa.array(received, pa.string()),
        "wkb": pa.array(shapely.to_wkb(shapes), pa.binary()),
        **{side: pa.array(box[:, i], from_pandas=True) for i, side in enumerate("wsen")},
        **{f"={name}": column for name, column in work.columns.items() if name in _shown(work)},
    }
    table = pa.table(columns).take(pa.array(order))
    heads = {name: work.sourced.get(name) for name in _shown(work)}
    table = table.replace_schema_metadata({"headings": json.dumps(heads, ensure_ascii=False)})
    part = into.with_suffix(".part")
    pq.write_table(table, part, compression="zstd", row_group_size=GROUP)
    part.rename(into)


def _shown(work: Work) -> list[str]:
    """Columns that a person wants to see, in the order of the target."""
    dated = ("valid_from", "valid_to") if work.into.layer is not None else ()
    return [name for name in (*work.into.fields, *dated) if name in work.columns]


# -- pages of it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """A slice of the rows: how many there are in all, by verdict, and those asked for."""

    total: int
    counts: dict[str, int]
    columns: list[str]
    rows: list[dict[str, Any]]


def fields_of(into: Target) -> dict[str, Field]:
    """All columns that a preview of a target may show."""
    return {**into.fields, **DATES}


def page(path: Path, verdict: str | None, offset: int, limit: int) -> Page:
    """Some rows of a preview, faults first, as they lie in the file."""
    with pq.ParquetFile(path) as file:
        verdicts = file.read(columns=["verdict"])["verdict"]
        counts: dict[str, int] = dict.fromkeys((LOADED, NOTED, REFUSED), 0)
        counts |= {one["values"]: one["counts"] for one in pc.value_counts(verdicts).to_pylist()}
        start = 0
        total = sum(counts.values())
        if verdict is not None:
            start = sum(counts[one] for one in VERDICTS[: VERDICTS.index(verdict)])
            total = counts[verdict]
        names = [name for name in file.schema_arrow.names if name.startswith("=")]
        heads = json.loads(file.schema_arrow.metadata[b"headings"])
        wanted = ["row", "key", "verdict", "notes", "received", *"wsen", *names]
        rows = _slice(file, wanted, start + offset, max(0, min(limit, total - offset)))
    return Page(total, counts, [name[1:] for name in names], [_row(one, names, heads) for one in rows])


def _slice(file: Any, columns: list[str], start: int, length: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if at < start + length and at + rows > start:
            table = file.read_row_group(group, columns=columns)
            low = max(0, start - at)
            found += table.slice(low, min(rows, start + length - at) - low).to_pylist()
        at += rows
    return found


def _row(one: dict[str, Any], names: list[str], heads: dict[str, str | None]) -> dict[str, Any]:
    received = json.loads(one["received"]) if one["received"] else {}
    values = {
        name[1:]: one[name] if one[name] is not None else received.get(heads.get(name[1:])) for name in names
    }
    box = [one[side] for side in "wsen"]
    return {
        "row": one["row"],
        "key": one["key"],
        "verdict": one["verdict"],
        "notes": json.loads(one["notes"]) if one["notes"] else [],
        "values": values,
        "box": None if box[0] is None else box,
    }


def shapes_in(
    path: Path, box: tuple[float, float, float, float], most: int
) -> tuple[list[tuple[int, str, Any]], int]:
    """
    Row number, verdict and geometry of what meets a box, faults first; and how many meet it in all.

    A row meets the box where its own box does.
    """
    west, south, east, north = box
    with pq.ParquetFile(path) as file:
        sides = file.read(columns=list("wsen"))
        w, s, e, n = (np.asarray(sides[side].to_numpy(), dtype=float) for side in "wsen")
        with np.errstate(invalid="ignore"):
            meets: Ints = np.flatnonzero((w <= east) & (e >= west) & (s <= north) & (n >= south))
        table = file.read(columns=["row", "verdict", "wkb"]).take(pa.array(meets[:most]))
    geoms = shapely.from_wkb(table["wkb"].to_numpy(), on_invalid="ignore")
    found = zip(table["row"].to_pylist(), table["verdict"].to_pylist(), geoms, strict=True)
    return list(found), len(meets)


def refused_rows(path: Path) -> Iterator[tuple[int, list[Facts], dict[str, Any]]]:
    """Row number, notes and what was received of every refused row, in the order of the file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["row", "verdict", "notes", "received"]):
            for one in batch.to_pylist():
                if one["verdict"] != REFUSED:
                    return
                yield one["row"], json.loads(one["notes"]), json.loads(one["received"])
