"""
Rows go through staging into the table; old versions are closed, not lost.

A row holds on ``[valid_from, valid_to)``. Against what is stored under its key it is

- new, where no stored version overlaps it;
- unchanged, where the overlapping version says the same: nothing is written;
- the next version, where the overlapping one is open and began earlier: that one is closed on the day on
  which the new one begins;
- a correction, where the overlapping one began on the same day: it is written anew in place, with the time
  at which we learnt it, and the old values are kept in the note; likewise where the same content now ends;
- refused, where a stored version began later (``version_older``) or the ranges overlap otherwise
  (``version_overlaps``).

Columns that the file does not hold keep the value of the version before.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.schema import DefaultClause

from layers.ingest.arrow import Array
from layers.ingest.encode import copy
from layers.ingest.rehearse import copy_met, rehearsal_table
from layers.ingest.targets import Target
from layers.query import search_text

_FOREVER = "infinity"
_ENDING = ("to_on", "reason_ended", "document", "source")
"""What a row may say anew of a stored lease or reservation when it says that it ends."""


@dataclass(frozen=True)
class Merged:
    """
    What became of a part of the rows, by row number as staged.

    ``checks`` are the names of the conditions that a row breaks; ``corrected`` the values that stood before.
    """

    checks: dict[int, list[str]] = field(default_factory=dict[int, "list[str]"])
    refused: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])
    corrected: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])
    unchanged: int = 0
    closed: int = 0


class Staging:
    """A temporary table of the target's shape, filled and merged part by part."""

    def __init__(
        self,
        db: Connection,
        into: Target,
        filled: list[str],
        run_id: int,
        source: str,
        *,
        versions_apart: bool,
        rehearsal: bool = False,
    ) -> None:
        """
        ``versions_apart``: no two rows share a key, so in an empty table nothing can conflict.

        A rehearsal writes to a temporary copy of the versions that the rows meet, and to nothing else; what
        it answers is what the import will.
        """
        self.db, self.into, self.run_id, self.source = db, into, run_id, source
        self.table = rehearsal_table(db, into) if rehearsal else into.table
        self.rehearsal = rehearsal
        self.filled = filled
        own = [
            c
            for c in into.table.c
            if c.name in into.fields and c.name not in ("key", "valid_from", "valid_to")
        ]
        if into.geometry is not None:
            own.append(into.table.c[into.geometry])
        self.names = [c.name for c in own]
        temporary = MetaData()
        self.rows = Table(
            "import_staging",
            temporary,
            Column("row_number", Integer),
            Column("key", TEXT),
            *(Column("valid_from", Date), Column("valid_to", Date), Column("search_folded", TEXT)),
            *(Column(c.name, c.type, server_default=_default(c)) for c in own),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        self.fates = Table(
            "import_fates",
            temporary,
            Column("row_number", Integer),
            Column("fate", TEXT),
            Column("version_id", BigInteger),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        self.temporary = temporary
        temporary.create_all(db)
        self.empty = versions_apart and not db.execute(select(select(into.table).exists())).scalar_one()
        self.checks = _checks(into.table, {*self.names, "key", "valid_from", "valid_to"})

    def merge(self, columns: dict[str, Array]) -> Merged:
        """Stage some rows, by column, and bring them into the table."""
        self.db.execute(text("TRUNCATE import_staging, import_fates"))  # DELETE would leave dead rows to scan
        driver = self.db.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor:
            copy(cursor, self.rows, columns)
        if self.rehearsal and not self.empty:
            copy_met(self.db, self.into, self.table, self.rows)
        broken = self._broken()
        self._leave_out(broken)
        resolve = self.into.resolve
        refused = resolve(self.db, self.rows, self.table) if resolve else {}
        self._leave_out(refused)
        merged = self._versions() if self.into.layer is not None else self._records()
        return Merged(broken, merged.refused | refused, merged.corrected, merged.unchanged, merged.closed)

    def _leave_out(self, refused: Collection[int]) -> None:
        if refused:
            self.db.execute(delete(self.rows).where(self.rows.c.row_number.in_(list(refused))))

    def close(self) -> None:
        """Drop the temporary tables: a second import may come in the same transaction."""
        self.temporary.drop_all(self.db)
        if self.rehearsal:
            self.table.drop(self.db)

    # -- conditions ------------------------------------------------------------------------------------------

    def _broken(self) -> dict[int, list[str]]:
        if not self.checks:
            return {}
        answers = [func.coalesce(condition, true()) for condition in self.checks.values()]
        query = select(self.rows.c.row_number, *answers).where(not_(and_(*answers)))
        found = self.db.execute(query).all()
        names = list(self.checks)
        return {row[0]: [n for n, held in zip(names, row[1:], strict=True) if not held] for row in found}

    # -- versions of features --------------------------------------------------------------------------------

    def _versions(self) -> Merged:
        s, t, d = self.rows, self.table, self.fates
        if self.empty:
            self.db.execute(self._insert(None))
            return Merged()
        made = insert(d).from_select(["row_number", "fate", "version_id"], self._fate())
        if self.db.execute(made).rowcount == 0:
            self.db.execute(self._insert(None))
            return Merged()
        counted = select(d.c.fate, func.count()).group_by(d.c.fate)
        counts: dict[str, int] = {row[0]: row[1] for row in self.db.execute(counted)}
        refused = self._refused()
        corrected = self._corrected() if counts.get("corrected") else {}
        closing = and_(t.c.id == d.c.version_id, d.c.row_number == s.c.row_number, d.c.fate == "closes")
        self.db.execute(update(t).where(closing).values(valid_to=s.c.valid_from))
        self.db.execute(self._insert(d))
        self._fold_again()
        return Merged({}, refused, corrected, counts.get("unchanged", 0), counts.get("closes", 0))

    def _fate(self) -> Select[Any, Any, Any]:
        """What each row is against the stored versions that it overlaps; no row for those that meet none."""
        s, t = self.rows, self.table
        forever = cast(literal(_FOREVER), Date)
        meets = and_(
            t.c.key == s.c.key,
            t.c.valid_from < func.coalesce(s.c.valid_to, forever),
            func.coalesce(t.c.valid_to, forever) > s.c.valid_from,
        )
        same = and_(true(), *(t.c[n].is_not_distinct_from(s.c[n]) for n in self.filled))
        same_end = t.c.valid_to.is_not_distinct_from(s.c.valid_to)
        now_ends = and_(t.c.valid_to.is_(None), s.c.valid_to.is_not(None))
        fate = case(
            (t.c.valid_from > s.c.valid_from, "version_older"),
            (and_(same, same_end), "unchanged"),
            (and_(same, now_ends), "corrected"),
            (and_(t.c.valid_from == s.c.valid_from, or_(same_end, now_ends)), "corrected"),
            (and_(t.c.valid_to.is_(None), s.c.valid_to.is_(None)), "closes"),
            else_="version_overlaps",
        )
        several = func.bool_or(t.c.valid_from > s.c.valid_from)
        return (
            select(
                s.c.row_number,
                case(
                    (func.count() == 1, func.min(fate)),
                    (several, "version_older"),
                    else_="version_overlaps",
                ),
                func.min(t.c.id),
            )
            .join(t, meets)
            .group_by(s.c.row_number)
        )

    def _refused(self) -> dict[int, dict[str, Any]]:
        t, d = self.table, self.fates
        query = (
            select(d.c.row_number, d.c.fate, t.c.valid_from, t.c.valid_to)
            .join(t, t.c.id == d.c.version_id)
            .where(d.c.fate.in_(["version_older", "version_overlaps"]))
        )
        return {
            row.row_number: {
                "code": row.fate,
                "stored_from": str(row.valid_from),
                "stored_to": str(row.valid_to or "…"),
            }
            for row in self.db.execute(query)
        }

    def _corrected(self) -> dict[int, dict[str, Any]]:
        """Write corrections in place; answer what stood before."""
        s, t, d = self.rows, self.table, self.fates
        told = [n for n in self.filled if not isinstance(t.c[n].type, Geometry)]
        both = [t.c[n].label(f"old_{n}") for n in (*told, "valid_to")]
        both += [s.c[n].label(f"new_{n}") for n in (*told, "valid_to")]
        found = (
            select(d.c.row_number, *both)
            .join(t, t.c.id == d.c.version_id)
            .join(s, s.c.row_number == d.c.row_number)
            .where(d.c.fate == "corrected")
        )
        before = {
            row["row_number"]: {
                n: _plain(row[f"old_{n}"]) for n in (*told, "valid_to") if row[f"old_{n}"] != row[f"new_{n}"]
            }
            for row in self.db.execute(found).mappings()
        }
        new: dict[str, Any] = {n: s.c[n] for n in (*self.filled, "valid_to", "search_folded")}
        new |= {"recorded_at": func.now(), "import_run_id": self.run_id}
        fits = and_(t.c.id == d.c.version_id, d.c.row_number == s.c.row_number, d.c.fate == "corrected")
        self.db.execute(update(t).where(fits).values(new))
        return before

    def _insert(self, fates: Table | None) -> Any:
        """New versions: all staged rows, or those without a fate and those that close the version before."""
        s, t = self.rows, self.table
        before = t.alias("before")
        values: dict[str, ColumnElement[Any]] = {}
        for name in self.names:
            if name in self.filled:
                values[name] = s.c[name]
            elif fates is not None:
                # Never from an invented version: a real row would hold what nobody reported.
                kept = case((before.c.illustrative, None), else_=before.c[name])
                values[name] = func.coalesce(kept, s.c[name])
        if t.c.key.computed is None:
            values["key"] = s.c.key
        values |= {n: s.c[n] for n in ("valid_from", "valid_to", "search_folded")}
        values["import_run_id"] = literal(self.run_id)
        if "source" not in self.filled:
            values["source"] = literal(self.source)
        query = select(*values.values())
        if fates is not None:
            query = (
                query.select_from(s)
                .outerjoin(fates, fates.c.row_number == s.c.row_number)
                .outerjoin(before, before.c.id == fates.c.version_id)
                .where(or_(fates.c.fate.is_(None), fates.c.fate == "closes"))
            )
        return insert(t).from_select(list(values), query, include_defaults=False)

    def _fold_again(self) -> None:
        """Where a searched column was kept from the version before, the folded text needs it too."""
        layer, t = self.into.layer, self.table
        assert layer is not None
        searched = [n for n in layer.search_columns() if n in self.names or n == "key"]
        if all(n in self.filled or n == "key" for n in searched):
            return
        query = select(t.c.id, *(t.c[n] for n in searched)).where(t.c.import_run_id == self.run_id)
        rows = [dict(row) for row in self.db.execute(query).mappings()]
        for row in rows:
            self.db.execute(
                update(t).where(t.c.id == row["id"]).values(search_folded=search_text(layer, row))
            )

    # -- dated records ---------------------------------------------------------------------------------------

    def _records(self) -> Merged:
        """Records have no versions: what is stored is not stored twice, what contradicts it is refused."""
        s, t = self.rows, self.table
        identity = [part for part in self.into.identity if part in t.c]
        stored = and_(*(t.c[n] == s.c[n] for n in identity))
        same = and_(true(), *(t.c[n].is_not_distinct_from(s.c[n]) for n in self.filled))
        ends = and_(func.count() == 1, func.bool_and(self._now_ends()))
        met = self.db.execute(
            select(s.c.row_number, func.bool_or(same), ends).join(t, stored).group_by(s.c.row_number)
        ).all()
        ended = self._ended(stored, [row[0] for row in met if not row[1] and row[2]])
        refused = {row[0]: {"code": "record_contradicts"} for row in met if not row[1] and not row[2]}
        if met:
            self.db.execute(delete(s).where(s.c.row_number.in_([row[0] for row in met])))
        names = [n for n in self.names if n in self.filled]
        values: list[ColumnElement[Any]] = [s.c[n] for n in names]
        names, values = [*names, "import_run_id"], [*values, literal(self.run_id)]
        if "source" not in names:
            names, values = [*names, "source"], [*values, literal(self.source)]
        self.db.execute(insert(t).from_select(names, select(*values), include_defaults=False))
        return Merged({}, refused, ended, len(met) - len(refused) - len(ended))

    def _now_ends(self) -> ColumnElement[bool]:
        """Whether a row says of a stored hold only that it ends: it was open, or ends sooner for a reason."""
        s, t = self.rows, self.table
        if "to_on" not in self.filled:
            return false()
        same_hold = (t.c[n].is_not_distinct_from(s.c[n]) for n in self.filled if n not in _ENDING)
        sooner = and_(s.c.to_on < t.c.to_on, s.c.reason_ended.is_not(None))
        return and_(*same_hold, s.c.to_on.is_not(None), or_(t.c.to_on.is_(None), sooner))

    def _ended(self, stored: ColumnElement[bool], rows: list[int]) -> dict[int, dict[str, Any]]:
        """End stored holds; answer what stood before. A revoked project frees its land on its date."""
        if not rows:
            return {}
        s, t = self.rows, self.table
        told = [n for n in _ENDING if n in self.filled]
        found = select(s.c.row_number, *(t.c[n] for n in told)).join(t, stored)
        before = {
            row["row_number"]: {n: _plain(row[n]) for n in told}
            for row in self.db.execute(found.where(s.c.row_number.in_(rows))).mappings()
        }
        new: dict[str, Any] = {n: func.coalesce(s.c[n], t.c[n]) for n in told}
        new |= {"recorded_at": func.now(), "import_run_id": self.run_id}
        self.db.execute(update(t).where(stored, s.c.row_number.in_(rows)).values(new))
        return before


def _default(column: Column[Any]) -> Any:
    default = column.server_default
    return default.arg if isinstance(default, DefaultClause) else None


def _checks(table: Table, staged: set[str]) -> dict[str, ColumnElement[bool]]:
    """The table's conditions on single rows that staging can answer; geometry is checked elsewhere."""
    found: dict[str, ColumnElement[bool]] = {}
    for constraint in table.constraints:
        if not isinstance(constraint, CheckConstraint):
            continue
        condition = constraint.sqltext
        named = set(re.findall(r"\b[a-z_][a-z_0-9]*\b", re.sub(r"'[^']*'", "", str(condition))))
        columns = named & set(table.c.keys())
        spatial = any(isinstance(table.c[n].type, Geometry) for n in columns)
        if columns and columns <= staged and not spatial:
            found[str(constraint.name).removeprefix(f"ck_{table.name}_")] = condition
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)
