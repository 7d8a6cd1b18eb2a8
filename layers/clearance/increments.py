"""
Write what a change of cases makes of the figures: the difference between what they added before and after.

A verb reads its cases, changes their records, and hands both readings to :func:`settle`; all in the verb's
transaction. Cases are locked before zones, each in order, so that no two writers wait for each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    TEXT,
    Connection,
    FromClause,
    Table,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from layers import supply
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.contributions import COLUMNS
from layers.clearance.maintain import VERSIONED, mark_forecasts
from layers.clearance.standing import Ledger, LedgerKey, Standing, among
from layers.records.cases import TAKES
from layers.records.data_versions import bump
from layers.records.stages import LEDGER, RUNS

Standings = Mapping[str, Standing]


def settle(db: Connection, before: Standings, after: Standings) -> dict[str, int]:
    """
    Write runs, tiles' runs and the ledger as they are after a change; raise the revision of every case.

    Parameters
    ----------
    before, after
        The same cases as `layers.clearance.standing.read` gives them; a case that was just opened is in
        ``after`` alone.

    Returns
    -------
    revisions
        By case, as they are now.
    """
    changed = [key for key, one in after.items() if key not in before or before[key].runs != one.runs]
    _write_runs(db, {key: after[key] for key in changed})
    redrawn = [k for k, one in after.items() if k not in before or _drawn(before[k]) != _drawn(one)]
    _write_tile_runs(db, {key: after[key] for key in redrawn})
    added = difference(before, after)
    if added or changed or redrawn:
        mark_forecasts(db, {zone for one in (*before.values(), *after.values()) for zone in one.zones()})
        _add_to_ledger(db, added)
    revisions = _raise(db, list(after))
    freed = {key for key, one in after.items() if _frees(before.get(key), one)}
    if freed:
        takes = {
            take.id for key in freed for one in (before.get(key), after[key]) if one for take in one.takes
        }
        supply.refresh(db, changed_takes=takes)
    bump(db, VERSIONED)
    return revisions


def difference(before: Standings, after: Standings) -> Ledger:
    """Rows of the ledger by which two readings differ."""
    sums: dict[LedgerKey, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for standings, sign in ((before, -1), (after, 1)):
        for one in standings.values():
            for key, row in one.ledger().items():
                own = sums[key]
                for i, value in enumerate(row):
                    own[i] += sign * value
    return {key: (v[0], v[1], v[2], v[3]) for key, v in sums.items() if any(v)}


def _drawn(one: Standing) -> Any:
    return one.tile_runs(), {take.id for take in one.takes}


def _frees(before: Standing | None, after: Standing) -> bool:
    """Whether land was handed over or taken back: figures of free land rest on it."""
    return (before.cleared() if before else []) != after.cleared()


def _write_runs(db: Connection, cases: Standings) -> None:
    if not cases:
        return
    db.execute(delete(RUNS).where(among(RUNS.c.case_key, sorted(cases))))
    names = ["case_key", "from_on", "to_on", "stage", "stage_rank"]
    told = _rows(RUNS, names, [(key, *run) for key, one in cases.items() for run in one.runs])
    db.execute(insert(RUNS).from_select(names, select(told)))


def _write_tile_runs(db: Connection, cases: Standings) -> None:
    if not cases:
        return
    told = func.unnest(
        cast([*cases], ARRAY(TEXT)),
        cast([json.dumps(one.tile_runs()) for one in cases.values()], ARRAY(TEXT)),
    )
    rows = told.table_valued("key", "runs").render_derived("told")
    written = update(TAKES).where(TAKES.c.case_key == rows.c.key)
    db.execute(written.values(runs=cast(rows.c.runs, JSONB)))


def _add_to_ledger(db: Connection, rows: Ledger) -> None:
    if not rows:
        return
    told = _rows(LEDGER, list(COLUMNS), [(*key, *rows[key]) for key in sorted(rows)])
    made = upsert(LEDGER).from_select(list(COLUMNS), select(told))
    added = {name: LEDGER.c[name] + made.excluded[name] for name in COLUMNS[3:]}
    db.execute(made.on_conflict_do_update(index_elements=list(COLUMNS[:3]), set_=added))


def _raise(db: Connection, keys: list[str]) -> dict[str, int]:
    raised = update(CASES).where(among(CASES.c.key, sorted(keys))).values(revision=CASES.c.revision + 1)
    return {row.key: row.revision for row in db.execute(raised.returning(CASES.c.key, CASES.c.revision))}


def _rows(table: Table, names: list[str], rows: Sequence[tuple[Any, ...]]) -> FromClause:
    """Rows as one array per column: the statement is the same for any number of them."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    arrays = [
        cast(list(values), ARRAY(table.c[name].type)) for name, values in zip(names, columns, strict=True)
    ]
    return func.unnest(*arrays).table_valued(*names).render_derived("told")
