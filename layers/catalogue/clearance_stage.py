"""
Stage of clearance of the land that cases take: one row per take, with its stage on a date.

In tiles each take also carries all its stages with their days (``d1, c1, d2, c2 …``: days since 2000-01-01,
rank of the group), so that a map shows another date without asking again.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    TEXT,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Float,
    MetaData,
    Table,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import Layer, Paint, Rows, Text, column, geometry, holds, tiled
from layers.records.cases import TAKES
from layers.records.stages import RUNS, STAGES

#: The shape of a row. Nothing is stored under this name: rows are composed from takes and runs of stages.
TABLE = Table(
    "clearance_stage",
    MetaData(),
    column("key", TEXT, vi="Mã phần đất thu hồi", en="Take", nullable=False),
    column("valid_from", Date, vi="Hiệu lực từ", en="Valid from", nullable=False),
    column("valid_to", Date, vi="Hiệu lực đến", en="Valid to"),
    column("illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False),
    column("case_key", TEXT, vi="Hồ sơ", en="Case", nullable=False),
    column("parcel_key", TEXT, vi="Thửa đất", en="Parcel", nullable=False),
    column("whole", Boolean, vi="Thu hồi cả thửa", en="Whole parcel", nullable=False),
    column("area_ha", Float, vi="Diện tích thu hồi", en="Area taken", unit="ha"),
    column("residual_ha", Float, vi="Diện tích còn lại", en="Area left", unit="ha"),
    column("state_managed", Boolean, vi="Đất Nhà nước quản lý", en="State-managed", nullable=False),
    column("commune_code", TEXT, vi="Mã xã lúc lập", en="Commune code at the time", nullable=False),
    column("geom", geometry("MULTIPOLYGON"), vi="Đất thu hồi", en="Land taken", nullable=False),
    *tiled("MULTIPOLYGON"),
    column("stage", TEXT, vi="Giai đoạn GPMB", en="Clearance stage", codes=STAGES),
    column("stage_on", Date, vi="Ngày đạt giai đoạn", en="Stage reached on"),
    column("disputed", Boolean, vi="Đang khiếu nại", en="In dispute", nullable=False),
    Column("runs", JSONB),
)


#: Day 0 of the days in ``takes.runs``, and how many of its runs are looked at before the runs' own table.
_EPOCH = date(2000, 1, 1)
_LOOKED_AT = 12


def rows(as_of: date) -> Rows:
    """
    What is taken on a date, each with the stage of its case on it, as is known now.

    The stage is read from the runs that the take itself carries: a tile that looked each case up would take
    twice as long.
    """
    own: dict[str, ColumnElement[Any]] = {
        "key": cast(TAKES.c.id, TEXT),
        "stage": _stage(as_of),
        "stage_on": _run(as_of, RUNS.c.from_on),
        "disputed": func.coalesce(TAKES.c.runs["disputed"].as_boolean(), false()),
    }
    columns = [own[c.name] if c.name in own else TAKES.c[c.name] for c in TABLE.c]
    told = [value.label(c.name) for value, c in zip(columns, TABLE.c, strict=True)]
    return select(*told).where(holds(TAKES, as_of))


def _stage(as_of: date) -> ColumnElement[str]:
    """The group of the last run that had begun; a case that has none yet has not started."""
    day = (as_of - _EPOCH).days
    begins = [TAKES.c.runs[f"d{n + 1}"].as_integer() for n in range(_LOOKED_AT + 1)]
    ranks = [null(), *(TAKES.c.runs[f"c{n + 1}"].as_integer() for n in range(_LOOKED_AT))]
    not_yet = [func.coalesce(begin > day, true()) for begin in begins]
    rank = case(*zip(not_yet, ranks, strict=True), else_=_run(as_of, RUNS.c.stage_rank))
    return case({n: code.value for n, code in enumerate(STAGES)}, value=rank, else_=STAGES[0].value)


def _run(as_of: date, what: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of the run that a take's case is in; null before the first."""
    ends = or_(RUNS.c.to_on.is_(None), RUNS.c.to_on > as_of)
    return (
        select(what).where(RUNS.c.case_key == TAKES.c.case_key, RUNS.c.from_on <= as_of, ends)
    ).scalar_subquery()


LAYER = Layer(
    id="clearance_stage",
    title=Text("Giai đoạn GPMB", "Clearance by stage"),
    description=Text(
        "Phần đất thu hồi của từng hồ sơ theo giai đoạn giải phóng mặt bằng tại ngày đang xem.",
        "Land taken by each case, by the stage of clearance on the date in view.",
    ),
    group="land",
    table=TABLE,
    kind="derived",
    rows=rows,
    order=47,
    legend="stage",
    measure="area_ha",
    facets=("stage", "state_managed", "disputed", "whole"),
    card=("area_ha", "residual_ha", "stage", "stage_on", "state_managed"),
    minzoom=12,
    tile_columns={"runs": 0, "stage": 0, "state_managed": 0, "case_key": 15},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.85}),
        Paint("line", {"line-color": "@parcel.line", "line-width": 0.5}),
        Paint(
            "line",
            {"line-color": "@parcel.state", "line-width": 1.6},
            filter=("==", ["get", "state_managed"], True),
        ),
    ),
    composed_of=("takes", "stage_events"),
)
