"""
Write what a change of cases makes of the figures: the difference between what they added before and after.

A verb reads its cases, changes their records, and hands both readings to :func:`settle`; all in the verb's
transaction. Cases are locked before zones, each in order, so that no two writers wait for each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    TEXT,
    Connection,
    Date,
    FromClause,
    bindparam,
    cast,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import TypeEngine

from layers import supply
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.contributions import COLUMNS
from layers.clearance.maintain import VERSIONED, mark_forecasts
from layers.clearance.standing import Ledger, LedgerKey, Standing
from layers.records.cases import TAKES
from layers.records.data_versions import bump
from layers.records.stages import LEDGER, RUNS

Standings = Mapping[str, Standing]
Row = tuple[Any, ...]


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
    redrawn = [k for k, one in after.items() if k not in before or _drawn(before[k]) != _drawn(one)]
    added = difference(before, after)
    if added or changed or redrawn:
        mark_forecasts(db, {zone for one in (*before.values(), *after.values()) for zone in one.zones()})
    gone, runs = _runs(before, {key: after[key] for key in changed})
    revisions = _write(db, list(after), gone, runs, {key: after[key] for key in redrawn}, added)
    freed = [
        one for key, new in after.items() if _frees(before.get(key), new) for one in (before.get(key), new)
    ]
    if freed:
        told = [one for one in freed if one is not None]
        zones = {zone for one in told for take in one.takes for zone in take.shares}
        supply.refresh(db, zones, changed_takes={take.id for one in told for take in one.takes})
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


def _runs(before: Standings, changed: Standings) -> tuple[list[Row], list[Row]]:
    """Runs that are no more, and runs that are new or end on another day."""
    was = {(key, run.from_on): run for key in changed if key in before for run in before[key].runs}
    now = {(key, run.from_on): run for key, one in changed.items() for run in one.runs}
    gone = [at for at in was if at not in now]
    return gone, [(key, *run) for (key, on), run in now.items() if was.get((key, on)) != run]


def _write(
    db: Connection, keys: list[str], gone: list[Row], runs: list[Row], drawn: Standings, added: Ledger
) -> dict[str, int]:
    """Write runs, tiles' runs and the ledger, and raise the revisions, in one statement."""
    tiles: list[Row] = [(key, json.dumps(one.tile_runs())) for key, one in drawn.items()]
    given: dict[str, Any] = {"keys": sorted(keys)}
    for name, width, rows in (
        ("gone", 2, gone),
        ("run", len(_RUN), runs),
        ("tile", 2, tiles),
        ("added", len(COLUMNS), [(*key, *added[key]) for key in sorted(added)]),
    ):
        columns = zip(*rows, strict=True) if rows else ((),) * width
        given |= {f"{name}_{i}": list(values) for i, values in enumerate(columns)}
    return {row.key: row.revision for row in db.execute(_writing(), given)}


#: Composed once: that takes as long as the database needs to answer.
@cache
def _writing() -> ReturningUpdate[tuple[str, int]]:
    gone = _told("gone", {"case_key": TEXT(), "from_on": Date()})
    ended = delete(RUNS).where(RUNS.c.case_key == gone.c.case_key, RUNS.c.from_on == gone.c.from_on)
    run = _told("run", {name: RUNS.c[name].type for name in _RUN})
    begun = upsert(RUNS).from_select(list(_RUN), select(run))
    begun = begun.on_conflict_do_update(
        index_elements=list(_RUN[:2]), set_={name: begun.excluded[name] for name in _RUN[2:]}
    )
    tile = _told("tile", {"key": TEXT(), "runs": TEXT()})
    drawn = update(TAKES).where(TAKES.c.case_key == tile.c.key).values(runs=cast(tile.c.runs, JSONB))
    row = _told("added", {name: LEDGER.c[name].type for name in COLUMNS})
    counted = upsert(LEDGER).from_select(list(COLUMNS), select(row))
    sums = {name: LEDGER.c[name] + counted.excluded[name] for name in COLUMNS[3:]}
    counted = counted.on_conflict_do_update(index_elements=list(COLUMNS[:3]), set_=sums)
    raised = update(CASES).where(CASES.c.key == func.any(bindparam("keys", type_=ARRAY(TEXT))))
    raised = raised.values(revision=CASES.c.revision + 1)
    parts = (("ended", ended), ("begun", begun), ("drawn", drawn), ("counted", counted))
    written = [part.cte(name) for name, part in parts]
    return raised.add_cte(*written).returning(CASES.c.key, CASES.c.revision)


_RUN = ("case_key", "from_on", "to_on", "stage", "stage_rank")


def _told(name: str, columns: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """Rows as one array per column: the statement is the same for any number of them."""
    arrays = [bindparam(f"{name}_{i}", type_=ARRAY(kind)) for i, kind in enumerate(columns.values())]
    return func.unnest(*arrays).table_valued(*columns).render_derived(f"told_{name}")
