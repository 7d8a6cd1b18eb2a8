"""Official code lists, as small files with their source (README.md); each is read once."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from gis.crs import Province

#: From this day on there are 34 provinces (Resolution 202/2025/QH15).
MERGED = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class Sector:
    """A code of VSIC 2018; `name_en` is empty below the divisions, `vsic_2025` is what it became."""

    code: str
    level: int
    parent: str
    name_vi: str
    name_en: str
    vsic_2025: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meridian:
    """
    The TM-3 zone and extent of a province, by vintage: "2001" for the 63 old, "2025" for the 34 new.

    `disputed_deg` is the meridian that another public table gives, `became` the code of the new province
    that an old one is part of, `box` west, south, east, north.
    """

    vintage: str
    province_code: str
    province: str
    srid: int
    central_meridian_deg: float
    disputed_deg: float | None
    became: str
    box: tuple[float, float, float, float]
    note: str


@dataclass(frozen=True, slots=True)
class LandType:
    """A cadastral land type; `verified` is False where the text was not yet checked."""

    vintage: str
    code: str
    name_vi: str
    name_en: str
    land_group: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """
    A duty that the programme documents lay on an office, and how often.

    `every` is year, half, quarter or month; `month` and `day` say when in the year, None where it is the end
    of the period; `subject` is "zone" where each zone has its own, "" where the province has one.
    """

    duty: str
    every: str
    month: int | None
    day: int | None
    subject: str
    lead_vi: str
    lead_en: str
    to_vi: str
    to_en: str
    title_vi: str
    title_en: str
    source: str


@cache
def blocker_codes() -> tuple[tuple[str, str, str], ...]:
    """What may hold a case up, as offices find it when they begin: code, Vietnamese, English."""
    return tuple((row["code"], row["title_vi"], row["title_en"]) for row in _rows("blocker_codes"))


@cache
def duties() -> tuple[Duty, ...]:
    """The calendar of duties, in the order of the list."""
    return tuple(
        Duty(
            duty=row["duty"],
            every=row["every"],
            month=int(row["month"]) if row["month"] else None,
            day=int(row["day"]) if row["day"] else None,
            subject=row["subject"],
            lead_vi=row["lead_vi"],
            lead_en=row["lead_en"],
            to_vi=row["to_vi"],
            to_en=row["to_en"],
            title_vi=row["title_vi"],
            title_en=row["title_en"],
            source=row["source"],
        )
        for row in _rows("duties")
    )


@cache
def sectors() -> Mapping[str, Sector]:
    """VSIC 2018, section C, by code."""
    return MappingProxyType(
        {
            row["code"]: Sector(
                code=row["code"],
                level=int(row["level"]),
                parent=row["parent"],
                name_vi=row["name_vi"],
                name_en=row["name_en"],
                vsic_2025=tuple(row["vsic_2025"].split()),
            )
            for row in _rows("vsic_2018")
        }
    )


@cache
def sector_crosswalk() -> Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]:
    """Codes of one scheme to codes of the other, both ways, as `gis.sectors` takes them."""
    back: dict[str, list[str]] = {}
    for sector in sectors().values():
        for code in sector.vsic_2025:
            # A group's 2025 list may name one code twice over levels; keep level with level.
            if len(code) == len(sector.code):
                back.setdefault(code, []).append(sector.code)
    forth = {code: sector.vsic_2025 for code, sector in sectors().items()}
    return MappingProxyType(
        {
            ("VSIC2018", "VSIC2025"): MappingProxyType(forth),
            ("VSIC2025", "VSIC2018"): MappingProxyType({code: tuple(olds) for code, olds in back.items()}),
        }
    )


@cache
def meridians() -> tuple[Meridian, ...]:
    """TM-3 zones of the provinces, old then new, by code."""
    return tuple(
        Meridian(
            vintage=row["vintage"],
            province_code=row["province_code"],
            province=row["province"],
            srid=int(row["srid"]),
            central_meridian_deg=float(row["central_meridian_deg"]),
            disputed_deg=float(row["disputed_deg"]) if row["disputed_deg"] else None,
            became=row["became"],
            box=(float(row["west"]), float(row["south"]), float(row["east"]), float(row["north"])),
            note=row["note"],
        )
        for row in _rows("tm3_meridians")
    )


@cache
def provinces() -> tuple[Province, ...]:
    """
    Every old and new province with all meridians its files may have, old then new, by code.

    Files outlive mergers: those of an old province may have been made anew on the meridian of the province
    it became, those of a new one still stand on the meridians of its parts.
    """
    rows = meridians()
    new = {row.province_code: row for row in rows if row.vintage == "2025"}
    found: list[Province] = []
    for row in rows:
        old = row.vintage == "2001"
        kin = [new[row.became]] if old else [part for part in rows if part.became == row.province_code]
        named = [deg for of in (row, *kin) for deg in (of.central_meridian_deg, of.disputed_deg)]
        found.append(
            Province(
                code=row.province_code,
                name=row.province,
                era="old" if old else "new",
                meridians_deg=tuple(dict.fromkeys(deg for deg in named if deg is not None)),
                box=row.box,
            )
        )
    return tuple(found)


def province(code: str, on: date | None = None) -> Province | None:
    """
    The province that a code meant on a day, today without one; None for a code that meant none.

    A code that was closed by the mergers of 2025 (74, Bình Dương) still names its old province after them.
    """
    era = "old" if on is not None and on < MERGED else "new"
    named = [one for one in provinces() if one.code == code]
    return next((one for one in named if one.era == era), named[0] if named and era == "new" else None)


@cache
def land_types() -> Mapping[str, LandType]:
    """Land types by code, of all vintages."""
    return MappingProxyType(
        {
            row["code"]: LandType(
                vintage=row["vintage"],
                code=row["code"],
                name_vi=row["name_vi"],
                name_en=row["name_en"],
                land_group=row["land_group"],
                verified=row["verified"] == "yes",
            )
            for row in _rows("land_types")
        }
    )


@cache
def clearance_stages() -> tuple[str, ...]:
    """Stages of site clearance, in order."""
    return tuple(row["code"] for row in _rows("clearance_stages"))


@cache
def cleared_stages() -> frozenset[str]:
    """Stages that count as cleared: the handover alone."""
    return frozenset(row["code"] for row in _rows("clearance_stages") if row["counts_as_cleared"] == "yes")


@cache
def receiving_statuses() -> Mapping[str, bool]:
    """Whether a zone can receive a firm, by its status; a status not listed is not known."""
    return MappingProxyType({row["code"]: row["receiving"] == "yes" for row in _rows("zone_statuses")})


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__name__) / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
