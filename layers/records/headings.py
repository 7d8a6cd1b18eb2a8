"""How files with the same headings were read before: asked ahead of the aliases, the newest wins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import TEXT, Column, Connection, DateTime, Table, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from gis.text import fold
from layers.layer import metadata

HEADINGS = Table(
    "remembered_headings",
    metadata,
    Column("target", TEXT, primary_key=True),
    Column("headings_sha256", TEXT, primary_key=True),
    Column("headings", JSONB, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("decided_by", TEXT, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

#: What is remembered of a mapping: how the office writes, not what holds for one file alone.
KEPT = ("columns", "values", "decimal", "thousands", "date_format", "x", "y")


def remember(
    db: Connection, target: str, headings: Iterable[str], mapping: dict[str, Any], decided_by: str
) -> None:
    """Keep how a file with these headings was read into a target."""
    named = sorted(headings)
    kept = {name: mapping[name] for name in KEPT if mapping.get(name)}
    row = insert(HEADINGS).values(
        target=target, headings_sha256=_digest(named), headings=named, mapping=kept, decided_by=decided_by
    )
    new = {"mapping": row.excluded.mapping, "headings": row.excluded.headings}
    new |= {"decided_by": row.excluded.decided_by, "decided_at": func.now()}
    db.execute(row.on_conflict_do_update(index_elements=["target", "headings_sha256"], set_=new))


def remembered(db: Connection, target: str, headings: Iterable[str]) -> dict[str, Any] | None:
    """The mapping of the last file with these headings, whatever their order, case and accents; or None."""
    of_set = (HEADINGS.c.target == target) & (HEADINGS.c.headings_sha256 == _digest(sorted(headings)))
    row = db.execute(select(HEADINGS.c.mapping, HEADINGS.c.headings).where(of_set)).one_or_none()
    if row is None:
        return None
    spelt = {fold(heading): heading for heading in headings}
    before: list[str] = row.headings
    known = {heading: spelt.get(fold(heading), heading) for heading in before}
    return _spelt(row.mapping, known)


def remembered_targets(db: Connection, headings: Iterable[str]) -> list[str]:
    """Targets into which files with these headings were brought, the newest first."""
    query = select(HEADINGS.c.target).where(HEADINGS.c.headings_sha256 == _digest(sorted(headings)))
    return list(db.execute(query.order_by(HEADINGS.c.decided_at.desc())).scalars())


def _spelt(mapping: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """The mapping with each heading as the present file writes it."""
    made = dict(mapping)
    made["columns"] = {name: known.get(h, h) for name, h in mapping.get("columns", {}).items()}
    if "values" in mapping:
        made["values"] = {known.get(h, h): meanings for h, meanings in mapping["values"].items()}
    for axis in ("x", "y"):
        if axis in mapping:
            made[axis] = known.get(mapping[axis], mapping[axis])
    return made


def _digest(headings: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(fold(heading) for heading in headings)).encode()).hexdigest()
