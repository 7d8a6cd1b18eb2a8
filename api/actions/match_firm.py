"""Which zones could take a firm, nearest first, and why the others could not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, select

from api.words import LANGS, Lang, say
from api.words.form import number
from gis.errors import BadInput, NotFound
from gis.gates import Gate
from gis.matching import Ranking, Reason, rank
from gis.sectors import readable
from gis.spatial_sql import lat, lon
from layers.access import Actor
from layers.catalogue import layer
from layers.codes import sector_crosswalk, sectors
from layers.layer import about
from layers.matching import Need, load, zones_for
from layers.query import visible

VERDICTS: Mapping[int, Literal["pass", "fail", "no_data"]] = {1: "pass", 0: "fail", -1: "no_data"}


class FirmUnknown(NotFound):
    """No enterprise has this code on this date."""


class NeedUnknown(BadInput):
    """Neither the register nor the request says how much land the firm needs. Facts: firm."""


class FirmPlaceUnknown(BadInput):
    """Neither a firm of the register nor a point was given."""


@dataclass(frozen=True)
class FirmRequest:
    """
    The firm to be matched: one of the register, or one described here.

    Attributes
    ----------
    firm
        Code of an enterprise; what else is given replaces what the register says of it.
    point
        Longitude and latitude; needed without ``firm``.
    area_needed_ha
        Hectares in one piece; needed without ``firm``.
    vsic_scheme, vsic_code
        Sector; without it the sector gate has no data.
    """

    firm: str | None = None
    point: tuple[float, float] | None = None
    vsic_scheme: str | None = None
    vsic_code: str | None = None
    area_needed_ha: float | None = None


@dataclass(frozen=True)
class Firm:
    """Who was matched, as resolved for the date."""

    key: str | None
    name: str | None
    need: Need
    illustrative: bool


@dataclass(frozen=True)
class MatchReport:
    """Every zone's answer to one firm on one date."""

    as_of: date
    firm: Firm
    ranking: Ranking
    rows: list[Row[Any]]

    @property
    def illustrative(self) -> bool:
        """Whether any figure of the answer rests on illustrative data."""
        return self.firm.illustrative or any(r.illustrative or r.supply_illustrative for r in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The answer for a screen: funnel, ranked, withheld for missing data, rejected with why."""
        order = self.ranking.order().tolist()
        answers = [(self._kind(i), self._answer(i)) for i in order]
        rejected = [answer for kind, answer in answers if kind == "rejected"]
        steps = [gate.code for gate in self.ranking.gates]
        rejected.sort(key=lambda answer: steps.index(answer["failed"]))  # stable: nearest first within a gate
        return {
            "as_of": self.as_of.isoformat(),
            "firm": self._firm(),
            "funnel": self._funnel(),
            "ranked": [answer for kind, answer in answers if kind == "ranked"],
            "withheld": [answer for kind, answer in answers if kind == "withheld"],
            "rejected": rejected,
            "illustrative": self.illustrative,
        }

    def _kind(self, i: int) -> Literal["ranked", "withheld", "rejected"]:
        if self.ranking.eligible[i]:
            return "ranked"
        return "withheld" if self.ranking.withheld[i] else "rejected"

    def _firm(self) -> dict[str, Any]:
        need = self.firm.need
        known = sectors().get(need.vsic_code or "") if need.vsic_scheme == "VSIC2018" else None
        return {
            "key": self.firm.key,
            "name": self.firm.name,
            "point": [need.lon, need.lat],
            "vsic_scheme": need.vsic_scheme,
            "vsic_code": need.vsic_code,
            "sector": known and {"vi": known.name_vi, "en": known.name_en or None},
            "area_needed_ha": need.area_needed_ha,
            "illustrative": self.firm.illustrative,
        }

    def _funnel(self) -> list[dict[str, Any]]:
        everything = {"gate": "all", "remaining": len(self.rows), "failed": 0, "no_data": 0}
        steps = [
            {"gate": s.gate, "remaining": s.passed, "failed": s.failed, "no_data": s.no_data}
            for s in self.ranking.funnel
            if s.gate != "place" or s.no_data
        ]
        need = {"need": self.firm.need.area_needed_ha}
        return [
            step | {"title": {lang: _told(f"reason.funnel_{step['gate']}", lang, **need) for lang in LANGS}}
            for step in (everything, *steps)
        ]

    def _answer(self, i: int) -> dict[str, Any]:
        row, ranking = self.rows[i], self.ranking
        missed = ranking.reasons(i)
        failed = next((reason.gate for reason in missed if reason.verdict == "fail"), None)
        return {
            "rank": int(ranking.rank[i]) or None,
            "zone": {
                "key": row.key,
                "name": row.name,
                "kind": row.kind,
                "status": row.status,
                "point": [row.lon, row.lat],
            },
            "distance_m": _number(ranking.distance_m[i]),
            "target": row.target_kind,
            "target_point": [row.lon, row.lat],
            "free_ha": row.free_ha,
            "largest_plot_ha": row.largest_plot_ha,
            "largest_plot_lots": row.largest_plot_lots,
            "basis": row.basis,
            "reported_on": row.reported_on and row.reported_on.isoformat(),
            "illustrative": bool(row.illustrative or row.supply_illustrative),
            "failed": failed,
            "gates": [self._gate(gate, i) for gate in ranking.gates],
            "reason": {lang: self._sentence(i, lang) for lang in LANGS},
        }

    def _gate(self, gate: Gate, i: int) -> dict[str, Any]:
        return {
            "gate": gate.code,
            "verdict": VERDICTS[int(gate.verdict[i])],
            "required": _number(gate.required[i]),
            "available": _number(gate.available[i]),
            "shortfall": _number(gate.shortfall[i]),
            "unit": gate.unit,
            "rule": self.ranking.zones.sector_rule[i] if gate.code == "sector" else None,
        }

    def _sentence(self, i: int, lang: Lang) -> str:
        """Why this zone stands where it stands, in one sentence."""
        if self.ranking.eligible[i]:
            return self._praise(i, lang)
        told = [
            _told(self._code(reason, i), lang, **self._facts(reason.facts, i, lang))
            for reason in self.ranking.reasons(i)
            if reason.verdict == ("no_data" if self.ranking.withheld[i] else "fail")
        ]
        sentence = "; ".join(told)
        return sentence[:1].upper() + sentence[1:] + "."

    def _praise(self, i: int, lang: Lang) -> str:
        row = self.rows[i]
        rule = self.ranking.zones.sector_rule[i]
        facts = {"km": self.ranking.distance_m[i] / 1000, "plot": row.largest_plot_ha, "rule": rule}
        lots, target = _lots(row.largest_plot_lots), say(f"reason.to_{row.target_kind}", lang)
        return _told("reason.eligible", lang, **facts, lots=lots, target=target)

    def _code(self, reason: Reason, i: int) -> str:
        """A sector that no rule names, and land known only by a report, have words of their own."""
        case = (reason.gate, reason.verdict)
        if case == ("sector", "fail") and reason.facts["rule"] is None:
            return "reason.sector_unlisted"
        if case == ("plot", "no_data") and self.rows[i].free_ha is not None:
            return "reason.plot_reported"
        return f"reason.{reason.gate}_{reason.verdict}"

    def _facts(self, facts: dict[str, Any], i: int, lang: Lang) -> dict[str, Any]:
        sector = self.firm.need.vsic_code or "?"
        status = facts.get("status")
        named = {"status": _status(status, lang)} if status else {}
        return facts | named | {"sector": sector, "free": self.rows[i].free_ha}


def match_firm(db: Connection, actor: Actor, as_of: date, request: FirmRequest) -> MatchReport:
    """
    Answer every zone for one firm.

    Raises
    ------
    FirmUnknown
        The register has no such firm on this date.
    NeedUnknown, FirmPlaceUnknown
        Neither the register nor the request says how much land the firm needs, or where it stands.
    NeedInvalid, PlaceInvalid, SectorCodeInvalid, SectorSchemeInvalid
        From `gis.matching` and `gis.sectors`.
    """
    firm = _resolve(db, actor, as_of, request)
    rows = load(db, actor, as_of)
    need = firm.need
    zones = zones_for(rows, need, sector_crosswalk())
    return MatchReport(
        as_of, firm, rank(zones, lon=need.lon, lat=need.lat, need_ha=need.area_needed_ha), rows
    )


def _resolve(db: Connection, actor: Actor, as_of: date, request: FirmRequest) -> Firm:
    point, area_ha = request.point, request.area_needed_ha
    scheme, code = request.vsic_scheme, request.vsic_code
    key = name = None
    illustrative = False
    if request.firm is not None:
        known = _registered(db, actor, as_of, request.firm)
        key, name, illustrative = known.key, known.name, known.illustrative
        point = point or (known.lon, known.lat)
        area_ha = area_ha if area_ha is not None else known.area_needed_ha
        if not code and readable(known.vsic_scheme, known.vsic_code):
            scheme, code = known.vsic_scheme, known.vsic_code
    if point is None:
        raise FirmPlaceUnknown()
    if area_ha is None:
        raise NeedUnknown(firm=name or "")
    need = Need(point[0], point[1], scheme or ("VSIC2018" if code else None), code, float(area_ha))
    return Firm(key, name, need, illustrative)


def _registered(db: Connection, actor: Actor, as_of: date, key: str) -> Row[Any]:
    firms = visible(layer("enterprises"), actor, as_of).subquery("firm")
    told: list[ColumnElement[Any]] = [
        firms.c.key,
        firms.c.name,
        firms.c.illustrative,
        firms.c.vsic_scheme,
        firms.c.vsic_code,
        firms.c.area_needed_ha,
        lon(firms.c.geom).label("lon"),
        lat(firms.c.geom).label("lat"),
    ]
    found = db.execute(select(*told).where(firms.c.key == key)).all()
    if not found:
        raise FirmUnknown(firm=key, as_of=as_of.isoformat())
    return found[0]


def _status(value: str, lang: Lang) -> str:
    told = about(layer("zones").columns()["status"])
    titles = {code.value: code.title for code in (told.codes if told else ())}
    title = titles.get(value)
    return value if title is None else title.vi if lang == "vi" else title.en


def _lots(numbers: list[str] | None) -> str:
    """The lots of a plot, the middle ones left out where they are many."""
    many = numbers or []
    return ", ".join(many) if len(many) <= 4 else f"{', '.join(many[:2])} … {many[-1]}"


def _told(code: str, lang: Lang, **facts: Any) -> str:
    shaped = {name: number(v, lang) if isinstance(v, int | float) else v for name, v in facts.items()}
    return say(code, lang, **shaped)


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
