"""One firm's answer twice: from the array functions, and from the query in PostGIS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from gis.matching import rank
from gis.sectors import Crosswalk
from layers.access import PUBLIC
from layers.matching import Need, load, ranked_in_postgis, zones_for

#: Verdict of receiving, sector and plot; rank (None if not ranked); distance in metres.
Answer = tuple[int, int, int, int | None, float]


def both(
    db: Connection, need: Need, day: date, crosswalk: Crosswalk
) -> tuple[Mapping[str, Answer], Mapping[str, Answer]]:
    """Every zone's answer by code, from arrays and from PostGIS."""
    rows = load(db, PUBLIC, day)
    ranking = rank(zones_for(rows, need, crosswalk), lon=need.lon, lat=need.lat, need_ha=need.area_needed_ha)
    arrays: dict[str, Any] = {
        str(code): (
            *(int(gate.verdict[i]) for gate in ranking.gates),
            int(ranking.rank[i]) or None,
            float(ranking.distance_m[i]),
        )
        for i, code in enumerate(ranking.zones.code)
    }
    answered = db.execute(ranked_in_postgis(PUBLIC, day, need, crosswalk)).all()
    return arrays, {r.key: (r.receiving, r.sector, r.plot, r.rank, r.distance_m) for r in answered}


def assert_agree(arrays: Mapping[str, Answer], postgis: Mapping[str, Answer]) -> None:
    """On every zone, verdict and rank, and on every distance to a centimetre."""
    assert {key: answer[:4] for key, answer in arrays.items()} == {k: a[:4] for k, a in postgis.items()}
    apart_m = [abs(answer[4] - postgis[key][4]) for key, answer in arrays.items()]
    assert max(apart_m, default=0.0) <= 0.01
