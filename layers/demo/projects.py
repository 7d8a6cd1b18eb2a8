"""Clearance projects: one per zone or phase, and one per area of a park that becomes a city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from gis.arrays import Ints
from layers.demo.holdings import Holdings
from layers.demo.lots import Holder
from layers.demo.parcels import Tract
from layers.demo.plane import Columns

#: Clearance that the programme wants hurried (DOMAIN S2-04).
WATCHED = {"LONG-PHUOC-1", "HUNG-LOC", "PHU-TUC", "LONG-GIAO", "TAN-AN"}
#: What is published of the compensation plan of CCN Phú Túc (DOMAIN §3.5); that money came back is invented.
UNPAID = "PHU-TUC"
UNPAID_DECISION, UNPAID_ON, UNPAID_VND = "2670/QĐ-UBND", date(2017, 12, 25), 60_490_000_000
STOPPED, RESUMED = date(2018, 1, 24), date(2019, 10, 1)
CONVERSION = date(2024, 2, 5)


@dataclass(frozen=True)
class Project:
    """
    One project: whose land it takes, and since when.

    ``tract`` is the row of its tract and ``area`` that of its phase there (−1 where it takes the whole).
    """

    tract: int
    area: int
    holder: Holder
    planned_ha: float

    @property
    def told(self) -> str:
        return self.holder.zone.told["key"]

    @property
    def zone_key(self) -> str:
        return self.holder.key if self.area < 0 else f"{self.holder.zone.key}-GD{self.area + 1}"

    @property
    def key(self) -> str:
        return f"{self.zone_key}-DA"

    @property
    def decided(self) -> date:
        """When the land was first to be recovered; the decision of a conversion comes after its zone's."""
        if self.holder.status == "converting":
            return CONVERSION
        return self.holder.zone.decided

    @property
    def name(self) -> str:
        zone = self.holder.zone.told["name"]
        if self.area >= 0:
            return f"GPMB chuyển đổi công năng {zone}, khu vực {self.area + 1} (minh họa)"
        phase = f" giai đoạn {self.holder.key[-1]}" if self.holder.key != self.holder.zone.key else ""
        return f"GPMB {zone}{phase} (minh họa)"

    @property
    def district(self) -> str:
        return self.holder.zone.told["old_district"].split(",")[0]


def projects(made: list[Tract]) -> list[Project]:
    """Every project, in the order of the tracts."""
    found: list[Project] = []
    for row, tract in enumerate(made):
        holder = tract.holder
        if holder.status == "converting" and len(holder.parts) > 1:
            areas = [phase.area for phase in holder.zone.phases]
            found += [Project(row, at, holder, area) for at, area in enumerate(areas)]
        else:
            phases = [p.area for p in holder.zone.phases if any(p.outline is part for part in holder.parts)]
            found.append(Project(row, -1, holder, sum(phases) or holder.zone.versions[-1][3]))
    return found


def project_of(held: Holdings, every: list[Project]) -> Ints:
    """Row of the project of each case, shape (n,)."""
    row = {(project.tract, project.area): at for at, project in enumerate(every)}
    return np.array([row[int(t), int(a)] for t, a in zip(held.tract, held.area, strict=True)])


def project_table(every: list[Project]) -> Columns:
    unpaid = [project.told == UNPAID for project in every]
    rows: list[dict[str, Any]] = [
        {
            "key": project.key,
            "zone_key": project.zone_key,
            "name": project.name,
            "investor": project.holder.zone.told["investor"] or None,
            "decision_number": f"{1 + sum(map(ord, project.key)) % 3900}/QĐ-MH",
            "decided_on": project.decided + timedelta(days=45),
            "planned_ha": round(project.planned_ha, 2),
            "funding_stopped_on": STOPPED if late else None,
            "funding_resumed_on": RESUMED if late else None,
            "watched": project.told in WATCHED,
            "source": "minh họa; phương án QĐ 2670 ngày 25/12/2017, chưa chi trả năm 2018: found: sunnyhomes"
            if late
            else "minh họa; dự án và số quyết định giả định",
        }
        for project, late in zip(every, unpaid, strict=True)
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}
