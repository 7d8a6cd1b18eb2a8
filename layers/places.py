"""
Which administrative unit a text, a code or a point means, and what that unit was or is on another date.

Units change: a commune is merged, renamed or split, its code may be kept by the unit that takes it in. A
text is answered by every unit, of any date, that it fits equally well; each is followed through
`admin_lineage` to the date asked for. Where a unit was split there are several answers, and only a point
or a person chooses.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any, Literal

from sqlalchemy import Connection, Float, cast, func, select

from gis.crs import STORAGE_SRID
from gis.places import Level, Name, Segment, readings, segment
from layers.catalogue.admin_units import TABLE as UNITS
from layers.layer import Code, Text, holds
from layers.records.data_versions import versions
from layers.records.lineage import LINEAGE

Status = Literal["found", "split", "several", "unknown"]
Kind = Literal["same", "rename", "merge", "split"]

STATUSES = (
    Code("found", Text("Xác định được", "Found")),
    Code("split", Text("Đơn vị đã chia tách, cần chọn", "The unit was split: choose")),
    Code("several", Text("Nhiều đơn vị trùng tên, cần chọn", "Several units fit: choose")),
    Code("unknown", Text("Không tìm thấy", "Not found")),
)

LEVELS_NARROWEST_FIRST: tuple[Level, ...] = ("commune", "district", "province")
_KEPT = 4
#: How a part names a unit: without its kind, with it, or with another one.
_BARE, _WITH_KIND, _OTHER_KIND = 0, 1, -1
_ORDER: tuple[Kind, ...] = ("same", "rename", "merge", "split")
_CODE_DIGITS: dict[int, Level] = {2: "province", 3: "district", 5: "commune"}


@dataclass(frozen=True)
class Unit:
    """One unit between two dates: ``[valid_from, valid_to)``, open where it still holds."""

    key: str
    level: Level
    code: str
    name: str
    parent_key: str | None
    valid_from: date
    valid_to: date | None
    illustrative: bool

    def holds(self, on: date) -> bool:
        """Whether the unit was in force on a date."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True)
class Became:
    """What a unit is on another date; ``share`` of its ground or people where the lineage says so."""

    unit: Unit
    kind: Kind
    share: float | None = None


@dataclass(frozen=True)
class Meant:
    """A unit that a text may mean, and what it is on the date asked for."""

    unit: Unit
    became: tuple[Became, ...]
    split: bool


@dataclass(frozen=True)
class Resolved:
    """
    The answer for one text.

    Attributes
    ----------
    status
        ``found``: one unit of the date. ``split``: one unit that became several. ``several``: more than one
        unit fits, and they are different places. ``unknown``: none fits.
    meant
        Units that the text fits, best known first.
    """

    asked: str
    status: Status
    meant: tuple[Meant, ...]

    @property
    def unit(self) -> Unit | None:
        """The one unit of the date asked for; None unless found."""
        return self.meant[0].became[0].unit if self.status == "found" else None


@dataclass(frozen=True)
class _Step:
    old_key: str
    new_key: str
    kind: str
    share: float | None


@dataclass
class Gazetteer:
    """Every unit of every date, by name, by code and by what became of it; read once per data version."""

    units: list[Unit]
    _by_key: dict[str, list[Unit]] = field(default_factory=dict[str, "list[Unit]"])
    _by_name: dict[str, list[tuple[Unit, Segment]]] = field(
        default_factory=dict[str, "list[tuple[Unit, Segment]]"]
    )
    _below: dict[str, list[Unit]] = field(default_factory=dict[str, "list[Unit]"])
    _forward: dict[tuple[str, date], list[_Step]] = field(
        default_factory=dict[tuple[str, date], "list[_Step]"]
    )
    _backward: dict[tuple[str, date], list[_Step]] = field(
        default_factory=dict[tuple[str, date], "list[_Step]"]
    )

    @classmethod
    def read(cls, db: Connection) -> Gazetteer:
        """All units and lineage of the database."""
        c = UNITS.c
        told = (c.key, c.level, c.code, c.name, c.parent_key, c.valid_from, c.valid_to, c.illustrative)
        made = cls([Unit(*row) for row in db.execute(select(*told).order_by(c.key, c.valid_from))])
        by_key: defaultdict[str, list[Unit]] = defaultdict(list)
        below: defaultdict[str, list[Unit]] = defaultdict(list)
        by_name: defaultdict[str, list[tuple[Unit, Segment]]] = defaultdict(list)
        for unit in made.units:
            by_key[unit.key].append(unit)
            if unit.parent_key is not None:
                below[unit.parent_key].append(unit)
            parts = segment(unit.name)
            if parts is not None:
                for folded in {parts.name.folded, parts.whole.folded}:
                    by_name[folded].append((unit, parts))
        forward: defaultdict[tuple[str, date], list[_Step]] = defaultdict(list)
        backward: defaultdict[tuple[str, date], list[_Step]] = defaultdict(list)
        link = LINEAGE.c
        for row in db.execute(
            select(link.old_key, link.new_key, link.kind, link.share, link.effective_on).order_by(link.id)
        ):
            step = _Step(row.old_key, row.new_key, row.kind, row.share)
            forward[row.old_key, row.effective_on].append(step)
            backward[row.new_key, row.effective_on].append(step)
        made._by_key, made._by_name, made._below = dict(by_key), dict(by_name), dict(below)
        made._forward, made._backward = dict(forward), dict(backward)
        return made

    # -- names -----------------------------------------------------------------------------------------------

    def resolve(self, text: str, to: date, on: date | None = None) -> Resolved:
        """
        The units that a text or code means, followed to a date.

        Parameters
        ----------
        to
            The date for which the unit is wanted.
        on
            The date of the text, where it is known: units in force then come before all others.
        """
        found = self._coded(text)
        if not found:
            found = self._named(readings(text))
        if on is not None and any(unit.holds(on) for unit in found):
            found = [unit for unit in found if unit.holds(on)]
        return self._answer(text, found, to)

    def _coded(self, text: str) -> list[Unit]:
        digits = text.strip()
        level = _CODE_DIGITS.get(len(digits)) if digits.isdigit() and digits.isascii() else None
        return list(self._by_key.get(f"{level}-{digits}", ())) if level else []

    def _named(self, ways: Sequence[Sequence[Segment]]) -> list[Unit]:
        """
        Units that fit the narrowest parts best; empty where nothing fits without contradiction.

        A bare name may be that of a wider unit as well ("Dĩ An, Bình Dương" is a ward and its city): where
        the rest of the text agrees with both, both are meant.
        """
        said = any(part.levels == ("commune",) for parts in ways for part in parts)
        best: tuple[int, ...] | None = None
        chosen: dict[tuple[str, date], Unit] = {}
        for level in ("commune",) if said else LEVELS_NARROWEST_FIRST:
            fits = [fit for parts in ways for fit in self._fits(parts, level)]
            if best is None and fits:
                best = max(rank for rank, _ in fits)
            if best is not None:
                chosen |= {(u.key, u.valid_from): u for rank, u in fits if rank >= best}
                if best[-1] != _BARE:
                    break
        return list(chosen.values())

    def _fits(self, parts: Sequence[Segment], level: Level) -> Iterator[tuple[tuple[int, ...], Unit]]:
        for place, part in enumerate(parts):
            others = [*parts[:place], *parts[place + 1 :]]
            for folded in {part.name.folded, part.whole.folded}:
                for unit, own in self._by_name.get(folded, ()):
                    if unit.level == level and (rank := self._fit(unit, own, part, others)) is not None:
                        yield rank, unit

    def _fit(
        self, unit: Unit, own: Segment, part: Segment, others: Sequence[Segment]
    ) -> tuple[int, ...] | None:
        """How well a part and those around it name a unit; None where they contradict it."""
        named = _same(own, part)
        if named is None or unit.level not in part.levels:
            return None
        above = self._above(unit)
        confirmed = 0
        narrower = {"province": ("district", "commune"), "district": ("commune",), "commune": ()}[unit.level]
        for other in others:
            hit = max((_above_is(up, seg, other) for up, seg in above), default=0)
            if hit:
                confirmed += hit
            elif (
                other.kind is not None
                and not set(other.levels) & set(narrower)
                and not self._former(unit, other)
            ):
                return None  # "huyện X" for a unit that never lay in a huyện X
        if part.kind is None or part.kind == own.kind:
            return (confirmed, named, _BARE if part.kind is None else _WITH_KIND)
        # A commune may have become a ward before our lists begin: only with a unit above that agrees.
        return (confirmed, named, _OTHER_KIND) if confirmed else None

    def _above(self, unit: Unit) -> list[tuple[Unit, Segment]]:
        """The units above one, as they were called at any time of its life."""
        found: list[tuple[Unit, Segment]] = []
        key = unit.parent_key
        for _ in range(3):
            if key is None:
                break
            overlapping = [
                up
                for up in self._by_key.get(key, ())
                if (unit.valid_to is None or up.valid_from < unit.valid_to)
                and (up.valid_to is None or up.valid_to > unit.valid_from)
            ]
            found += [(up, seg) for up in overlapping if (seg := segment(up.name)) is not None]
            key = overlapping[-1].parent_key if overlapping else None
        return found

    def _former(self, unit: Unit, other: Segment) -> bool:
        """Whether a part names a unit above one that this unit was made of: "(tỉnh Bình Dương cũ)"."""
        return any(
            _above_is(up, seg, other) > 0
            for step in self._backward.get((unit.key, unit.valid_from), ())
            for old in self._by_key.get(step.old_key, ())
            if old.valid_to == unit.valid_from
            for up, seg in self._above(old)
        )

    def parents(self, unit: Unit) -> list[str]:
        """Names of the units above one, the narrowest first, as they were when it ended."""
        last: dict[str, str] = {}
        for up, _ in self._above(unit):
            last[up.key] = up.name
        return list(last.values())

    # -- time ------------------------------------------------------------------------------------------------

    def _answer(self, text: str, found: list[Unit], to: date) -> Resolved:
        meant = tuple(self._followed(unit, to) for unit in found)
        meant = tuple(one for one in meant if one.became) or meant
        if not meant:
            return Resolved(text, "unknown", ())
        targets = {became.unit for one in meant for became in one.became}
        if len(targets) == 1 and not any(one.split for one in meant):
            status: Status = "found"
        elif len(meant) == 1 and meant[0].became:
            status = "split"
        else:
            status = "several" if targets else "unknown"
        return Resolved(text, status, meant)

    def _followed(self, unit: Unit, to: date) -> Meant:
        became = self.at(unit, to)
        return Meant(unit, tuple(became), any(one.kind == "split" for one in became) or len(became) > 1)

    def at(self, unit: Unit, to: date) -> list[Became]:
        """
        What a unit is on another date; empty where the lineage does not say.

        A unit that was in force then is itself. Going back, a unit made of several has several answers.
        """
        if unit.holds(to):
            return [Became(unit, "same")]
        ahead = unit.valid_to is not None and unit.valid_to <= to
        steps = self._steps(unit, ahead=ahead)
        found: dict[Unit, Became] = {}
        for step in steps:
            for further in self.at(step.unit, to):
                kind = _joined(step.kind, further.kind)
                share = None if step.share is None else step.share * (further.share or 1.0)
                found.setdefault(further.unit, Became(further.unit, kind, share))
        return list(found.values())

    def _steps(self, unit: Unit, *, ahead: bool) -> list[Became]:
        """What a unit became on its last day, or was before its first."""
        if ahead:
            assert unit.valid_to is not None
            turn, links = unit.valid_to, self._forward.get((unit.key, unit.valid_to), [])
            others = [(step.new_key, step) for step in links]
        else:
            turn, links = unit.valid_from, self._backward.get((unit.key, unit.valid_from), [])
            others = [(step.old_key, step) for step in links]
        if not others and unit.level != "commune":
            return self._through_communes(unit, turn, ahead=ahead)
        if not others:  # the same unit goes on under its key, with another name or boundary
            others = [(unit.key, _Step(unit.key, unit.key, "rename", None))]
        made: list[Became] = []
        for key, step in others:
            for other in self._by_key.get(key, ()):
                if (other.valid_from if ahead else other.valid_to) == turn:
                    kind = self._kind(step, turn, len(others))
                    same = kind == "rename" and other.name == unit.name and other.code == unit.code
                    made.append(Became(other, "same" if same else kind, step.share))
        return made

    def _through_communes(self, unit: Unit, turn: date, *, ahead: bool) -> list[Became]:
        """
        What a province or district became, by its communes: the units of its level above theirs, or, where
        that level is gone, the communes themselves.
        """
        there: dict[Unit, None] = {}
        for commune in self._communes(unit, turn, ahead=ahead):
            for step in self._steps(commune, ahead=ahead):
                above = [
                    up
                    for up, _ in self._above(step.unit)
                    if up.level == unit.level and (up.valid_from if ahead else up.valid_to) == turn
                ]
                there.update(dict.fromkeys(above or [step.unit]))
        if not there:
            same = [
                u for u in self._by_key.get(unit.key, ()) if (u.valid_from if ahead else u.valid_to) == turn
            ]
            there = dict.fromkeys(same)
        kind: Kind = "split" if len(there) > 1 else "merge"
        return [
            Became(other, "rename" if other.key == unit.key and kind == "merge" else kind) for other in there
        ]

    def _communes(self, unit: Unit, turn: date, *, ahead: bool) -> list[Unit]:
        """Communes of a unit that end with it, or begin with it."""
        found: list[Unit] = []
        for child in self._below.get(unit.key, ()):
            if (child.valid_to if ahead else child.valid_from) != turn:
                continue
            found += [child] if child.level == "commune" else self._communes(child, turn, ahead=ahead)
        return found

    def _kind(self, step: _Step, turn: date, ways: int) -> Kind:
        """Merged, renamed or split: by the lineage's own word where it splits, else by what else came in."""
        if step.kind == "split" or len(self._forward.get((step.old_key, turn), ())) > 1:
            return "split"
        if len(self._backward.get((step.new_key, turn), ())) > 1 or ways > 1:
            return "merge"
        return "rename"


def gazetteer(db: Connection) -> Gazetteer:
    """The gazetteer of a database at its present data version."""
    known = versions(db)
    key = (str(db.engine.url), known.get("admin_units"), known.get("admin_lineage"))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = Gazetteer.read(db)
    with _lock:
        _kept[key] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return made


_kept: OrderedDict[tuple[Any, ...], Gazetteer] = OrderedDict()
_lock = Lock()


def at_point(db: Connection, lon: float, lat: float, on: date) -> list[str]:
    """Keys of the units of a date whose boundary holds a point."""
    place = func.ST_SetSRID(func.ST_MakePoint(cast(lon, Float), cast(lat, Float)), STORAGE_SRID)
    query = select(UNITS.c.key).where(holds(UNITS, on), func.ST_Covers(UNITS.c.geom, place))
    return list(db.execute(query).scalars())


def narrowed(answer: Resolved, inside: Iterable[str]) -> Resolved:
    """
    The answer where a point is known to lie in some units of the date: the others fall away.

    Where the point lies in none of them the answer stays as it was: text and point contradict each other,
    and nobody guesses which is right.
    """
    keys = set(inside)
    kept = tuple(
        replace(one, became=tuple(b for b in one.became if b.unit.key in keys), split=False)
        for one in answer.meant
        if any(b.unit.key in keys for b in one.became)
    )
    if not kept:
        return answer
    targets = {became.unit for one in kept for became in one.became}
    return Resolved(answer.asked, "found" if len(targets) == 1 else "several", kept)


def _joined(first: Kind, then: Kind) -> Kind:
    return first if _ORDER.index(first) >= _ORDER.index(then) else then


def _above_is(unit: Unit, own: Segment, part: Segment) -> int:
    """2 or 1 where a part names a unit above another, else 0: TP. Cao Bằng is not Tỉnh Cao Bằng."""
    city = part.kind == "thành phố" and unit.level == "province" and own.kind == "tỉnh"
    return 0 if city or unit.level not in part.levels else _same(own, part) or 0


def _same(own: Segment, part: Segment) -> int | None:
    """
    2 where a part names a unit with its marks, 1 where only without; None where it does not.

    The words for the kind are left out: "TP. Thuận An" was a thị xã once.
    """
    pairs: list[tuple[Name, Name]] = [(own.name, part.name), (own.whole, part.whole)]
    if part.kind is None:
        pairs += [(own.name, part.whole)]
    if any(mine.exact == theirs.exact for mine, theirs in pairs):
        return 2
    marked = part.name.exact != part.name.folded
    folds = any(mine.folded == theirs.folded for mine, theirs in pairs)
    return 1 if folds and not marked else None
