"""What is over its limit, sorted by the hectares that each solved case unlocks, with the firms that wait."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from api.actions.clearance_figures import ScopeRequest
from api.words import LANGS, Lang, say
from layers.access import Actor
from layers.catalogue import layer
from layers.clearance.overdue import Knot, blocker_titles, overdue
from layers.clearance.positions import Moment
from layers.codes.stage_models import stage_models
from layers.places import Gazetteer, gazetteer
from layers.query import visible


def clearance_overdue(
    db: Connection, actor: Actor, as_of: date, asked: ScopeRequest, limit: int = 100
) -> dict[str, Any]:
    """
    Knots of adjoining overdue cases; ``total`` counts them all, ``rows`` holds the first ``limit``.

    Raises
    ------
    ScopeTwice, ScopeUnknown, UnitNotDrawn
    """
    found = overdue(db, asked.find(db, actor, as_of), Moment(as_of))
    zones = visible(layer("zones"), actor, as_of).subquery()
    names = {row.key: row.name for row in db.execute(select(zones.c.key, zones.c.name))}
    blockers, known = blocker_titles(db), gazetteer(db)
    rows = [_row(knot, names, blockers, known) for knot in found[:limit]]
    return {"as_of": as_of, "total": len(found), "rows": rows}


def _row(
    knot: Knot, zones: dict[str, str], blockers: dict[str, tuple[str, str]], known: Gazetteer
) -> dict[str, Any]:
    communes = [unit.name for unit in known.units if unit.key == f"commune-{knot.commune_code}"]
    place = " · ".join(filter(None, (zones.get(knot.zone_key, knot.zone_key), *communes[-1:])))
    words = blockers.get(knot.blocker or "")
    worst = knot.worst
    stage = stage_models()[worst.law].stages.get(worst.stage or "")
    return {
        "id": knot.case_keys[0],
        "case_keys": list(knot.case_keys),
        "zone_key": knot.zone_key or None,
        "title": {lang: _title(knot, lang) for lang in LANGS},
        "place": {"vi": place, "en": place},
        "group": knot.group,
        "rank": worst.rank,
        "stage": worst.stage,
        "stage_title": None if stage is None else {"vi": stage.title.vi, "en": stage.title.en},
        "days_over": knot.days_over,
        "due_on": worst.due_on,
        "limit": {"days": knot.limit.days, "source": knot.limit.source, "planned_on": knot.limit.planned_on},
        "blocker": words and {"code": knot.blocker, "title": {"vi": words[0], "en": words[1]}},
        "office": knot.office,
        "firms": [{"key": key, "name": name} for key, name in knot.firms],
        "ha": knot.ha,
        "own_ha": knot.own_ha,
        "cases": knot.cases,
        "ha_per_case": knot.ha_per_case,
        "unlocks": knot.plot
        and {
            "zone_key": knot.zone_key,
            "lots": list(knot.lots),
            "from_ha": knot.plot.from_ha,
            "to_ha": knot.plot.to_ha,
        },
        "box": knot.box and list(knot.box),
        "illustrative": knot.illustrative,
    }


def _title(knot: Knot, lang: Lang) -> str:
    """How people call a knot: by sheet and parcel, never by a name."""
    kinds = set(knot.user_kinds)
    if knot.cases == 1:
        who = say(f"clearance.{knot.user_kinds[0]}", lang)
    else:
        who = say(
            "clearance.households" if kinds == {"household"} else "clearance.many", lang, count=knot.cases
        )
    if not knot.sheets:
        return f"{who} {', '.join(knot.case_keys[:2])}"
    told = {"sheets": ", ".join(knot.sheets), "parcels": ", ".join(knot.parcels[:4])}
    code = "sheet_parcel" if len(knot.parcels) <= 4 and len(knot.sheets) == 1 else "sheet"
    where = say(f"clearance.{code}", lang, **told)
    return f"{who} {where}" if knot.cases == 1 and lang == "vi" else f"{who}, {where}"
