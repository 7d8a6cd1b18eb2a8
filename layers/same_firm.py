"""
Which stored enterprise a row of a list is: by tax code, by a decision, or by name and place.

What is certain is answered (:func:`match`), what is doubtful is kept as a pair for somebody to decide
(:func:`remember`, :func:`pairs_within`), and a decision holds for ever (:func:`decide`): pairs are known by
what the lists say of a firm, not by the key it happens to be stored under. Two stored firms that are one stay
both in the history; the one that was stored later ends on the day of the decision and points to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, Select, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from gis.errors import BadInput, NotFound
from gis.firm_names import Firms, folded, identities
from gis.firm_pairs import pairs, reasons
from layers.access import Actor
from layers.catalogue.enterprises import LAYER, TABLE
from layers.dates import today
from layers.firm_matching import Decided, Doubt, Matched, Matching, Stored, doubt_of
from layers.ingest.arrow import Rows
from layers.records.data_versions import bump
from layers.records.same_firm import DECISIONS, PAIRS

Verdict = Literal["same", "different"]


class FirmPairUnknown(NotFound):
    """No pair of firms has this number. Facts: pair."""


class FirmVerdictUnknown(BadInput):
    """A verdict on a pair that is neither of the two. Facts: verdict, known."""


def match(db: Connection, incoming: Rows) -> Matched:
    """
    Say which stored firm each row of a list is. Nothing is written.

    Parameters
    ----------
    incoming
        Arrow table of n rows: ``name``, and where the list has them ``tax_code``, ``address``, ``lon``,
        ``lat`` (degrees) and ``key`` (the office's own code, which then stays).

    Notes
    -----
    Invented (illustrative) firms are never matched. A stored firm is given to one row: of several rows under
    one tax code the likeliest gets it, the others are sites of their own, and somebody is asked.
    """
    return Matching(_firms(incoming), _given_keys(incoming), _stored(db), _decided(db)).run()


def _column(rows: Rows, name: str) -> list[Any]:
    return rows.column(name).to_pylist() if name in rows.column_names else [None] * rows.num_rows


def _firms(rows: Rows) -> Firms:
    tax_code, name, address = (
        [None if value is None else str(value) for value in _column(rows, column)]
        for column in ("tax_code", "name", "address")
    )
    lon, lat = (
        np.array([np.nan if value is None else value for value in _column(rows, column)], dtype=np.float64)
        for column in ("lon", "lat")
    )
    return folded(tax_code, name, address, lon, lat)


def _given_keys(rows: Rows) -> list[str | None]:
    return _column(rows, "key")


def _stored(db: Connection, *, only_open: bool = False) -> Stored:
    """The latest version of every real firm, ended or not: a firm that comes back is the same firm."""
    latest = (
        select(
            TABLE.c.key,
            TABLE.c.tax_code,
            TABLE.c.name,
            TABLE.c.address,
            func.ST_X(TABLE.c.geom).label("lon"),
            func.ST_Y(TABLE.c.geom).label("lat"),
            TABLE.c.valid_to,
        )
        .where(TABLE.c.illustrative.is_(False))
        .ext(distinct_on(TABLE.c.key))
        .order_by(TABLE.c.key, TABLE.c.valid_from.desc())
        .subquery()
    )
    query = select(latest).where(latest.c.valid_to.is_(None)) if only_open else select(latest)
    rows = db.execute(query.order_by(latest.c.key)).all()
    parts = [[row[at] for row in rows] for at in range(6)]
    lon, lat = np.array(parts[4], dtype=np.float64), np.array(parts[5], dtype=np.float64)
    return Stored(np.array(parts[0], dtype=object), folded(parts[1], parts[2], parts[3], lon, lat))


def _decided(db: Connection) -> Decided:
    decided = Decided({}, set(), {})
    for row in db.execute(select(PAIRS).where(PAIRS.c.state != "open").order_by(PAIRS.c.decided_at)):
        sides = ((row.a_identity, row.a_key, row.b_identity, row.b_key),)
        sides += ((row.b_identity, row.b_key, row.a_identity, row.a_key),)
        if row.state == "same":
            decided.same.update(dict.fromkeys((row.a_identity, row.b_identity), row.kept_key))
            decided.kept[row.closed_key] = row.kept_key
        else:
            for identity, key, other, other_key in sides:
                decided.different.update(((identity, other_key), (key, other), (key, other_key)))
                if identity != other:
                    decided.different.add((identity, other))
    return decided


def remember(db: Connection, doubts: Sequence[Doubt]) -> int:
    """
    Keep pairs to be decided; those that were decided stay as they are.

    Returns
    -------
    kept
        How many of them are new.
    """
    rows = {
        (doubt.a_key, doubt.b_key): {
            "a_key": doubt.a_key,
            "b_key": doubt.b_key,
            "a_identity": doubt.a_identity,
            "b_identity": doubt.b_identity,
            "score": doubt.score,
            "reasons": [{"code": code, "facts": facts} for code, facts in doubt.reasons],
        }
        for doubt in doubts
    }
    if not rows:
        return 0
    before = db.execute(select(func.count()).select_from(PAIRS)).scalar_one()
    row = upsert(PAIRS)
    renewed = {name: row.excluded[name] for name in ("a_identity", "b_identity", "score", "reasons")}
    still_open = PAIRS.c.state == "open"
    row = row.on_conflict_do_update(index_elements=["a_key", "b_key"], set_=renewed, where=still_open)
    db.execute(row, list(rows.values()))
    return db.execute(select(func.count()).select_from(PAIRS)).scalar_one() - before


def pairs_within(db: Connection) -> int:
    """
    Find firms that are stored twice, and keep them as pairs to be decided.

    Returns
    -------
    kept
        How many pairs are new.
    """
    stored, decided = _stored(db, only_open=True), _decided(db)
    firms = stored.firms
    found = pairs(firms, firms)
    known, filed = identities(firms), identities(firms, by_tax_code=False)
    doubts: list[Doubt] = []
    for at in range(len(found.a)):
        a, b = int(found.a[at]), int(found.b[at])
        if decided.apart((known[a], filed[a], stored.keys[a]), (known[b], filed[b], stored.keys[b])):
            continue
        name = filed if found.tax[at] > 0 else known
        sides = ((stored.keys[a], name[a]), (stored.keys[b], name[b]))
        doubts.append(doubt_of(-1, *sides, float(found.score[at]), reasons(firms, firms, found, at)))
    return remember(db, doubts)


def decide(db: Connection, actor: Actor, pair_id: int, verdict: Verdict) -> None:
    """
    Say whether a pair is one firm. A later verdict takes the earlier one back; both stay on record.

    Of one firm that is stored twice the record that came later ends today (a day after it began, if that is
    not before) and points to the one that goes on; nothing of it is changed or removed. Taking it back opens
    it again.

    Raises
    ------
    FirmPairUnknown, FirmVerdictUnknown
    """
    if verdict not in ("same", "different"):
        raise FirmVerdictUnknown(verdict=verdict, known="same, different")
    pair = db.execute(select(PAIRS).where(PAIRS.c.id == pair_id).with_for_update()).one_or_none()
    if pair is None:
        raise FirmPairUnknown(pair=pair_id)
    if pair.state == verdict:
        return
    if pair.closed_on is not None:
        _open_again(db, pair.closed_key, pair.closed_on)
    said: dict[str, Any] = {"kept_key": None, "closed_key": None, "closed_on": None, "decided_by": actor.name}
    if verdict == "same":
        kept, closed = _older_first(db, pair.a_key, pair.b_key)
        said |= {"kept_key": kept, "closed_key": closed, "closed_on": _close(db, closed)}
    now = func.clock_timestamp()
    db.execute(update(PAIRS).where(PAIRS.c.id == pair_id).values(**said, state=verdict, decided_at=now))
    db.execute(insert(DECISIONS).values(pair_id=pair_id, verdict=verdict, decided_at=now, **said))
    bump(db, [LAYER.id, PAIRS.name])


def _older_first(db: Connection, *keys: str) -> list[str]:
    """Two keys, the one that was stored first before the other; one that is not stored comes last."""
    learnt = select(TABLE.c.key, func.min(TABLE.c.recorded_at), func.min(TABLE.c.valid_from))
    stored = db.execute(learnt.where(TABLE.c.key.in_(keys)).group_by(TABLE.c.key)).all()
    first = [row.key for row in sorted(stored, key=lambda row: (row[1], row[2], row.key))]
    return first + sorted(set(keys) - set(first))


def _close(db: Connection, key: str) -> date | None:
    """End the open version of a key; the day on which it ended, None where none was open."""
    is_open = and_(TABLE.c.key == key, TABLE.c.valid_to.is_(None))
    begun = db.execute(select(TABLE.c.valid_from).where(is_open)).scalar()
    if begun is None:
        return None
    day = max(today(), begun + timedelta(days=1))
    db.execute(update(TABLE).where(is_open).values(valid_to=day))
    return day


def _open_again(db: Connection, key: str, closed_on: date) -> None:
    """Take back what `_close` did, unless another version has begun since."""
    later = TABLE.alias()
    begun = select(later.c.id).where(later.c.key == key, later.c.valid_from >= closed_on).exists()
    ended = and_(TABLE.c.key == key, TABLE.c.valid_to == closed_on)
    db.execute(update(TABLE).where(ended, ~begun).values(valid_to=None))


def read_pairs(
    db: Connection, *, state: str | None = None, limit: int = 50, offset: int = 0
) -> tuple[int, list[dict[str, Any]]]:
    """
    How many pairs there are, and a page of them, the likeliest first, with what is stored of both sides.

    A side that is not stored (its row was refused) has its key alone.
    """
    wanted = [] if state is None else [PAIRS.c.state == state]
    total = db.execute(select(func.count()).select_from(PAIRS).where(*wanted)).scalar_one()
    page = select(PAIRS).where(*wanted).order_by(PAIRS.c.score.desc(), PAIRS.c.id).limit(limit).offset(offset)
    return total, _with_sides(db, page)


def read_pair(db: Connection, pair_id: int) -> dict[str, Any]:
    """
    One pair with what is stored of both sides.

    Raises
    ------
    FirmPairUnknown
    """
    found = _with_sides(db, select(PAIRS).where(PAIRS.c.id == pair_id))
    if not found:
        raise FirmPairUnknown(pair=pair_id)
    return found[0]


def _with_sides(db: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    rows = [dict(row) for row in db.execute(query).mappings()]
    sides = _latest(db, [row[name] for row in rows for name in ("a_key", "b_key")])
    for row in rows:
        for side in ("a", "b"):
            row[side] = sides.get(row[f"{side}_key"], {"key": row[f"{side}_key"]})
    return rows


def _latest(db: Connection, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    lonlat = (func.ST_X(TABLE.c.geom).label("lon"), func.ST_Y(TABLE.c.geom).label("lat"))
    told = (TABLE.c.key, TABLE.c.name, TABLE.c.tax_code, TABLE.c.address, *lonlat, TABLE.c.source)
    latest = (
        select(*told, TABLE.c.valid_from, TABLE.c.valid_to)
        .where(TABLE.c.key.in_(keys))
        .ext(distinct_on(TABLE.c.key))
        .order_by(TABLE.c.key, TABLE.c.valid_from.desc())
    )
    return {row["key"]: dict(row) for row in db.execute(latest).mappings()}


#: What changes from one issue of a list to the next: dates, quarters, versions.
