"""
Finding features by what people type: names, codes, tax codes, a sheet and parcel number, coordinates.

Case, tone, vowel marks and đ are folded. Hits that hold the typed letters with their very marks come first,
then those that begin with them, then those that contain them. A commune that no longer exists is found, too,
and says what it became.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    TEXT,
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from gis.coordinates import parse_coordinates
from gis.crs import STORAGE_SRID, SUPPORTED
from gis.text import fold, nfc
from layers.access import Actor
from layers.catalogue import admin_units, layers, parcels
from layers.catalogue import layer as layer_of
from layers.layer import Layer, Rows, Text, about
from layers.query import LayerForbidden, history, masked, visible
from layers.records.lineage import LINEAGE
from layers.style import GROUPS
from layers.tiles import geometry_kind

MAX_WORDS = 8
MAX_LENGTH = 200
LEAST_PER_GROUP = 3
LEAST_WITHIN = 3
"""Letters from which on a phrase is looked for within words; trigrams need as many."""
COORDINATES = Text("Toạ độ", "Coordinates")
_SHEET_FIRST = re.compile(r"\bto\s+(?:ban do\s+)?(?:so\s+)?(\w+)\W+thua\s+(?:dat\s+)?(?:so\s+)?(\w+)")
_PARCEL_FIRST = re.compile(r"\bthua\s+(?:dat\s+)?(?:so\s+)?(\w+)\W+to\s+(?:ban do\s+)?(?:so\s+)?(\w+)")
_CODE = re.compile(r"[\d\s.\-]{5,}")


@dataclass(frozen=True)
class Hit:
    """
    One feature that was found.

    ``rank`` orders hits across layers: 0 the whole name or code, 1 the typed letters with their very marks,
    2 the beginning, 3 the phrase, 4 every word. ``box`` and ``point`` are in degrees, None without geometry;
    ``valid`` is None where a date makes no difference.
    """

    layer: str
    key: str
    name: str
    detail: Text
    rank: int
    exact: bool
    point: list[float] | None
    box: list[float] | None
    valid: tuple[date, date | None] | None


@dataclass(frozen=True)
class Group:
    """The hits of one layer, best first."""

    layer: str
    title: Text
    hits: list[Hit]


def search(db: Connection, actor: Actor, as_of: date, q: str, limit: int) -> list[Group]:
    """
    Features that a text may mean, in groups: the group with the best hit first.

    Each group gets an equal share of ``limit``, at least three.
    """
    q = nfc(q).strip()[:MAX_LENGTH]
    if not q:
        return []
    groups = [group for group in _groups(db, actor, as_of, q, limit) if group.hits]
    groups.sort(key=lambda group: (group.hits[0].rank, _importance(group.layer)))
    share = max(LEAST_PER_GROUP, -(-limit // max(1, len(groups))))
    return [replace(group, hits=group.hits[:share]) for group in groups]


def _groups(db: Connection, actor: Actor, as_of: date, q: str, limit: int) -> Iterator[Group]:
    yield Group("coordinates", COORDINATES, _places(q))
    number = parcel_number(q)
    if number is not None:
        yield Group(parcels.LAYER.id, parcels.LAYER.title, _parcels(db, actor, as_of, *number, limit))
    for layer in layers().values():
        if layer.search_columns() and actor.may(layer.access.view):
            yield Group(layer.id, layer.title, _named(db, layer, actor, as_of, q, limit))


def _importance(layer_id: str) -> tuple[int, bool]:
    """Of equally good hits: places typed first, then in the order of the layer tree, what is shown first."""
    if layer_id == "coordinates":
        return -1, False
    layer = layer_of(layer_id)
    return list(GROUPS).index(layer.group), not layer.shown


def parcel_number(q: str) -> tuple[str, str] | None:
    """Sheet and parcel number in a text like "tờ 12 thửa 345" or "thửa đất số 345, tờ bản đồ số 12"."""
    folded = fold(q)
    if found := _SHEET_FIRST.search(folded):
        return found[1].upper(), found[2].upper()
    if found := _PARCEL_FIRST.search(folded):
        return found[2].upper(), found[1].upper()
    return None


# --- by name and code --------------------------------------------------------------------------------


def _named(db: Connection, layer: Layer, actor: Actor, as_of: date, q: str, limit: int) -> list[Hit]:
    of_units = layer.id == admin_units.LAYER.id
    phrase = fold(q.replace(" ", "") if _CODE.fullmatch(q) else q)
    words = phrase.split()[:MAX_WORDS]
    asked = {
        "typed": q.lower(),
        "typed_within": f"%{_plain(q.lower())}%",
        "phrase": phrase,
        "most": limit * (3 if of_units else 1),
        **_patterns("phrase", phrase),
        **{name: text for i, word in enumerate(words) for name, text in _patterns(f"word{i}", word).items()},
    }
    made = _statement(layer.id, actor, as_of, len(words), len(phrase) >= LEAST_WITHIN)
    found = db.execute(made, asked).mappings().all()
    if of_units:
        return _units(db, actor, as_of, _once(found, "key", "name"))[:limit]
    once = _once(found, "name") if geometry_kind(layer) == "line" else found
    return [_hit(layer, row, _class_of(layer, row)) for row in once]


def _patterns(name: str, text: str) -> dict[str, str]:
    """Patterns of a folded text: at the beginning, after a space, at the beginning of a part, anywhere."""
    safe = _plain(text)
    return {
        f"{name}_begins": f"{safe}%",
        f"{name}_after": f"% {safe}%",
        f"{name}_part": f"%| {safe}%",
        f"{name}_within": f"%{safe}%",
    }


def _plain(text: str) -> str:
    """A text whose letters mean themselves in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@lru_cache(maxsize=256)
def _statement(layer_id: str, actor: Actor, as_of: date, word_count: int, within: bool) -> Rows:
    """
    Rows that hold the phrase, or each of its words at the beginning of one of theirs; best first.

    Of administrative units also those that have ended. A phrase of one or two letters is looked for at the
    beginning of words only: everywhere it would be found in everything. Composing the statement takes longer
    than running it, so it is kept; the texts are its parameters.
    """
    layer = layer_of(layer_id)
    past = layer.id == admin_units.LAYER.id
    rows = (history if past else visible)(layer, actor, as_of).subquery("rows")
    own = layer.table.alias("own")  # the folded text is no column that anybody sees
    label, folded = rows.c[layer.label], own.c.search_folded

    def like(name: str) -> ColumnElement[bool]:
        return folded.like(bindparam(name, type_=TEXT))

    lowered, typed = func.lower(label), bindparam("typed", type_=TEXT)
    begins = or_(like("phrase_begins"), like("phrase_part"))
    rank = case(
        (
            or_(lowered == typed, func.lower(rows.c.key) == typed, folded == bindparam("phrase", type_=TEXT)),
            0,
        ),
        (exact := lowered.like(bindparam("typed_within", type_=TEXT)), 1),
        (begins, 2),
        (like("phrase_within"), 3),
        else_=4,
    )
    worded = and_(*(or_(like(f"word{i}_begins"), like(f"word{i}_after")) for i in range(word_count)))
    shown = {*([layer.legend] if layer.legend else []), *_parts(layer)} - masked(layer, actor)
    best = (
        select(rows, rank.label("hit_rank"), exact.label("hit_exact"))
        .select_from(rows.join(own, own.c.id == rows.c.id))
        .where(or_(like("phrase_within"), worded) if within else worded)
        .order_by(rank, func.length(label), label, rows.c.key, rows.c.valid_from.desc())
        .limit(bindparam("most", type_=Integer))
        .subquery("best")
    )
    placed = func.ST_PointOnSurface(best.c.geom)
    return select(
        best.c.key,
        best.c[layer.label].label("name"),
        best.c.hit_rank,
        best.c.hit_exact,
        best.c.valid_from,
        best.c.valid_to,
        *(best.c[name].label(f"of_{name}") for name in sorted(shown)),
        func.json_build_array(func.ST_X(placed), func.ST_Y(placed)).label("point"),
        func.json_build_array(*(f(best.c.geom) for f in _CORNERS)).label("box"),
    ).order_by(best.c.hit_rank, func.length(best.c[layer.label]), best.c[layer.label], best.c.key)


_CORNERS = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)


def _parts(layer: Layer) -> tuple[str, ...]:
    """Columns beside the class that tell two features of one name apart."""
    wanted = ("tax_code", "address", "zone_key", "parent_key")
    return tuple(name for name in wanted if name in layer.columns())


def _class_of(layer: Layer, row: RowMapping) -> Text:
    """Key or tax code, class in words, and where: what tells two features of one name apart."""
    parts = [str(row.get(f"of_{name}")) for name in _parts(layer) if row.get(f"of_{name}")]
    if layer.label != "key" and not row.get("of_tax_code"):
        parts.insert(0, row["key"])
    if layer.legend is None or row.get(f"of_{layer.legend}") is None:
        return Text(" · ".join(parts), " · ".join(parts))
    title = _code_title(layer, layer.legend, row[f"of_{layer.legend}"])
    return Text(
        " · ".join([parts[0], title.vi, *parts[1:]] if parts else [title.vi]),
        " · ".join([parts[0], title.en, *parts[1:]] if parts else [title.en]),
    )


def _code_title(layer: Layer, column: str, value: Any) -> Text:
    told = about(layer.columns()[column])
    words = {code.value: code.title for code in (told.codes if told else ())}
    return words.get(value, Text(str(value), str(value)))


def _once(found: Sequence[RowMapping], *names: str) -> list[RowMapping]:
    """The first row of each combination of values."""
    kept: dict[tuple[Any, ...], RowMapping] = {}
    for row in found:
        kept.setdefault(tuple(row[name] for name in names), row)
    return list(kept.values())


def _hit(layer: Layer, row: RowMapping, detail: Text) -> Hit:
    nowhere = row["box"][0] is None
    return Hit(
        layer=layer.id,
        key=row["key"],
        name=row["name"],
        detail=detail,
        rank=row["hit_rank"],
        exact=bool(row["hit_exact"]),
        point=None if nowhere else row["point"],
        box=None if nowhere else row["box"],
        valid=(row["valid_from"], row["valid_to"]),
    )


# --- administrative units, gone or not ---------------------------------------------------------------


def _units(db: Connection, actor: Actor, as_of: date, found: list[RowMapping]) -> list[Hit]:
    """Hits of units: what each is part of, and for those that ended, what they became and when."""
    gone = [row for row in found if row["valid_to"] is not None and row["valid_to"] <= as_of]
    became = _became(db, actor, as_of, [row["key"] for row in gone])
    parents = _names(db, actor, as_of, {row["of_parent_key"] for row in found})
    hits: list[Hit] = []
    for row in found:
        detail = _code_title(admin_units.LAYER, "level", row["of_level"])
        if row["of_parent_key"] in parents:
            parent = parents[row["of_parent_key"]]
            detail = Text(f"{detail.vi} · {parent}", f"{detail.en} · {parent}")
        if row in gone:
            detail = _ended(detail, row["valid_to"], became.get((row["key"], row["valid_to"]), []))
        hits.append(_hit(admin_units.LAYER, row, detail))
    # Of two equally good hits the one that still exists comes first.
    return sorted(hits, key=lambda hit: (hit.rank, hit.valid is not None and hit.valid[1] is not None))


def _ended(detail: Text, on: date, names: list[str]) -> Text:
    if not names:
        last = on - timedelta(days=1)
        return Text(f"{detail.vi} · đến {last:%d/%m/%Y}", f"{detail.en} · until {last.isoformat()}")
    into = ", ".join(names)
    return Text(f"{detail.vi} · → {into} ({on:%d/%m/%Y})", f"{detail.en} · → {into} ({on.isoformat()})")


def _became(db: Connection, actor: Actor, as_of: date, keys: list[str]) -> dict[tuple[str, date], list[str]]:
    """Names of the units that each (old key, date) became part of, as they were named from that date."""
    if not keys:
        return {}
    units = history(admin_units.LAYER, actor, as_of).subquery("units")
    step = LINEAGE.c
    chosen = (
        select(step.old_key, step.effective_on, units.c.name)
        .join(units, (units.c.key == step.new_key) & (units.c.valid_from <= step.effective_on))
        .where(step.old_key.in_(keys), step.effective_on <= as_of)
        .where(or_(units.c.valid_to.is_(None), units.c.valid_to > step.effective_on))
        .order_by(step.share.desc().nulls_last(), units.c.name)
    )
    told: dict[tuple[str, date], list[str]] = {}
    for old_key, on, name in db.execute(chosen):
        told.setdefault((old_key, on), []).append(name)
    return told


def _names(db: Connection, actor: Actor, as_of: date, keys: set[str | None]) -> dict[str, str]:
    units = history(admin_units.LAYER, actor, as_of).subquery("units")
    chosen = select(units.c.key, units.c.name).where(units.c.key.in_([k for k in keys if k]))
    return {row.key: row.name for row in db.execute(chosen.order_by(units.c.valid_from))}


# --- parcels and coordinates -------------------------------------------------------------------------


def _parcels(db: Connection, actor: Actor, as_of: date, sheet: str, number: str, limit: int) -> list[Hit]:
    try:
        rows = visible(parcels.LAYER, actor, as_of).subquery("rows")
    except LayerForbidden:
        return []
    on_it = func.ST_PointOnSurface(rows.c.geom)
    chosen = select(
        rows.c.key,
        rows.c.commune_code,
        rows.c.zone_key,
        rows.c.stage,
        rows.c.valid_from,
        rows.c.valid_to,
        func.json_build_array(func.ST_X(on_it), func.ST_Y(on_it)).label("point"),
        func.json_build_array(*(f(rows.c.geom) for f in _CORNERS)).label("box"),
    ).where(rows.c.sheet_number.in_(_spellings(sheet)), rows.c.parcel_number.in_(_spellings(number)))
    hits: list[Hit] = []
    for row in db.execute(chosen.order_by(rows.c.key).limit(limit)).mappings():
        where = row["zone_key"] or row["commune_code"]
        stage = _code_title(parcels.LAYER, "stage", row["stage"]) if row["stage"] else Text("–", "–")
        hits.append(
            Hit(
                layer=parcels.LAYER.id,
                key=row["key"],
                name=f"Tờ {sheet} thửa {number}",
                detail=Text(f"{where} · {stage.vi}", f"{where} · {stage.en}"),
                rank=0,
                exact=True,
                point=row["point"],
                box=row["box"],
                valid=(row["valid_from"], row["valid_to"]),
            )
        )
    return hits


def _spellings(number: str) -> list[str]:
    """A number as offices write it: bare, or filled with zeros."""
    bare = number.lstrip("0") or "0"
    return sorted({number, bare, *(bare.zfill(width) for width in (2, 3, 4))})


def _places(q: str) -> list[Hit]:
    """Places that typed coordinates may mean, each with the system it was read in."""
    return [
        Hit(
            layer="coordinates",
            key=f"{place.lon:.7f},{place.lat:.7f}",
            name=_system(place.srid),
            detail=Text(told := f"{place.lon:.6f}, {place.lat:.6f}", told),
            rank=0,
            exact=True,
            point=[place.lon, place.lat],
            box=None,
            valid=None,
        )
        for place in parse_coordinates(q)
    ]


def _system(srid: int) -> str:
    crs = SUPPORTED[srid]
    if srid == STORAGE_SRID or crs.central_meridian_deg is None:
        return crs.name
    degrees = int(crs.central_meridian_deg)
    minutes = round((crs.central_meridian_deg - degrees) * 60)
    return f"VN-2000 {degrees}°{minutes:02d}′ (EPSG:{srid})"
