"""Put the illustrative province into the database, in one transaction, and take every row of it out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg import sql
from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, or_, select

from gis.crs import STORAGE_SRID
from gis.errors import Conflict
from gis.text import fold_all
from layers.catalogue import layers
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.maintain import rebuild
from layers.db.schema import load as metadata
from layers.db.statistics import analyze
from layers.demo.plane import Columns
from layers.demo.province import SEED, province
from layers.demo.slips import with_slips
from layers.layer import Layer
from layers.quality import check, checkable
from layers.records.cases import EDITS
from layers.records.data_versions import bump
from layers.supply import refresh

GEOMETRY = ("geom", "part")
DERIVED = ("free_plots", "zone_supply", "faults")


class DemoPresent(Conflict):
    """Illustrative rows are there already; loading them twice would double every figure."""


def load(db: Connection, seed: int = SEED, scale: float = 1.0) -> dict[str, int]:
    """
    Draw the province and store it, compute the land supply of its zones, and look for its faults.

    Parameters
    ----------
    scale
        See :func:`layers.demo.province.province`; tests load a small one.

    Returns
    -------
    counts
        Rows by table.

    Raises
    ------
    DemoPresent
    """
    if present(db):
        raise DemoPresent(count=_count(db))
    counts = store(db, with_slips(province(seed, scale)))
    for layer_id in checkable():
        check(db, layer_id)
    return counts


def store(db: Connection, tables: dict[str, Columns]) -> dict[str, int]:
    """Write drawn tables and refresh what is derived from them; counts by table."""
    counts: dict[str, int] = {}
    firsts = {
        name: _reserved(db, name, len(columns["id"])) for name, columns in tables.items() if "id" in columns
    }
    for name, columns in tables.items():
        counts[name] = _copy(db, name, _numbered(name, _completed(name, columns), firsts))
    bump(db, counts)
    analyze(db, counts)
    rebuild(db)
    refresh(db, sorted(set(tables["zones"]["key"])))
    return counts


def _reserved(db: Connection, name: str, count: int) -> int:
    """The first of as many ids of a table; nobody else takes them while this transaction holds the table."""
    with _driver(db).cursor() as cursor:
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(name)))
    sequence = func.pg_get_serial_sequence(name, "id")
    first = db.execute(select(func.nextval(sequence))).scalar_one()
    db.execute(select(func.setval(sequence, first + count - 1)))
    return first


def _numbered(name: str, columns: Columns, firsts: dict[str, int]) -> Columns:
    """Ids that count from 0 within the load, and what refers to them, moved to those reserved."""
    table = metadata().tables[name]
    moved: dict[str, Any] = {}
    for column in columns:
        owners = [key.column.table.name for key in table.c[column].foreign_keys if key.column.name == "id"]
        first = firsts.get(name if column == "id" else owners[0] if owners else "")
        if first is not None:
            moved[column] = [None if value is None else first + value for value in columns[column]]
    return {**columns, **moved}


def drop(db: Connection) -> dict[str, int]:
    """
    Remove every illustrative row of every table and refresh what was derived from them.

    Needs the owner's role: stage events are append-only for the server's own.

    Returns
    -------
    counts
        Rows removed, by table; derived rows are not counted.
    """
    counts: dict[str, int] = {}
    _drop_edits(db)
    # What refers to others goes before them, and cases last: they tell what else is of the illustration.
    for table in [*(table for table in reversed(_marked()) if table is not CASES), CASES]:
        removed = db.execute(delete(table).where(_illustrative(table))).rowcount
        if removed:
            counts[table.name] = removed
    bump(db, counts)
    rebuild(db)
    refresh(db)
    return {name: count for name, count in counts.items() if name not in DERIVED}


def _illustrative(table: Table) -> ColumnElement[bool]:
    """Rows that are marked, and what people wrote into illustrative cases, marked or not."""
    marked = table.c.illustrative
    if "case_key" not in table.c:
        return marked
    return or_(marked, table.c.case_key.in_(select(CASES.c.key).where(CASES.c.illustrative)))


def _drop_edits(db: Connection) -> None:
    """The history of edits of illustrative features, which has no mark of its own."""
    for name, layer in layers().items():
        if layer.table in _marked():
            keys = select(layer.table.c.key).where(layer.table.c.illustrative)
            db.execute(delete(EDITS).where(EDITS.c.layer == name, EDITS.c.key.in_(keys)))


def present(db: Connection) -> bool:
    """Whether any illustrative row is stored."""
    return any(db.execute(select(exists().where(table.c.illustrative))).scalar() for table in _marked())


def _marked() -> list[Table]:
    return [table for table in metadata().sorted_tables if "illustrative" in table.c]


def _count(db: Connection) -> int:
    return sum(
        db.execute(select(func.count()).select_from(t).where(t.c.illustrative)).scalar_one()
        for t in _marked()
    )


def _completed(name: str, columns: Columns) -> Columns:
    """Columns with the mark of illustration and, for layers, the folded text by which a row is found."""
    n = len(next(iter(columns.values())))
    marked = "illustrative" in metadata().tables[name].c
    more: dict[str, Any] = {"illustrative": [True] * n} if marked else {}
    if name in layers():
        more["search_folded"] = searched(layers()[name], columns)
    return {**columns, **more}


def searched(layer: Layer, columns: Columns) -> list[str | None]:
    """What :func:`layers.query.search_text` gives row by row, for whole columns."""
    told = [columns[name] for name in layer.search_columns() if name in columns]
    if not told:
        return [None] * len(next(iter(columns.values())))
    joined = [" | ".join(_words(values)) for values in zip(*told, strict=True)]
    return [text or None for text in fold_all(joined)]


def _words(values: tuple[Any, ...]) -> list[str]:
    flat = (v for value in values for v in (value if isinstance(value, list | tuple) else [value]))
    return [str(v) for v in flat if v is not None]


def _copy(db: Connection, name: str, columns: Columns) -> int:
    """Stream one table in with COPY; the database fills identities and generated columns."""
    written = [_texts(metadata().tables[name], column, values) for column, values in columns.items()]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    rows = ["\t".join(row) for row in zip(*written, strict=True)]
    with _driver(db).cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(rows), 2000):
            copy.write("\n".join(rows[start : start + 2000]) + "\n")
    return len(rows)


def _driver(db: Connection) -> psycopg.Connection[Any]:
    driver = db.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _texts(table: Table, column: str, values: Sequence[Any] | np.ndarray) -> list[str]:
    """One column in COPY's text form; geometries as EWKB, of the multi kind that the table wants."""
    if column in GEOMETRY:
        kind = str(getattr(table.c[column].type, "geometry_type", ""))
        return _ewkb(np.asarray(values, dtype=object), multi=kind.startswith("MULTI"))
    return [_text(value) for value in values]


def _ewkb(geoms: np.ndarray, *, multi: bool) -> list[str]:
    if multi:
        geoms = np.array([_multi(g) for g in geoms], dtype=object)
    marked = shapely.set_srid(geoms, STORAGE_SRID)
    return [r"\N" if text is None else text for text in shapely.to_wkb(marked, hex=True, include_srid=True)]


def _multi(geom: Any) -> Any:
    if geom is None or geom.geom_type.startswith("Multi"):
        return geom
    return shapely.multipolygons([geom]) if geom.geom_type == "Polygon" else shapely.multilinestrings([geom])


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool | np.bool_):
        return "t" if value else "f"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list):
        quoted = (str(v).replace("\\", "\\\\").replace('"', '\\"') for v in value)
        return "{" + ",".join(f'"{v}"' for v in quoted).replace("\\", "\\\\") + "}"
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)
