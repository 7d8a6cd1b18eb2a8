"""How far the clearance of each zone has come on a date: sums of its ledger, or what was reported."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    MetaData,
    Table,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    true,
)

from gis.measure import MM2_PER_HA
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Code, Layer, Paint, Rows, Text, column, geometry, holds, tiled
from layers.records.observations import OBSERVATIONS
from layers.records.stages import CLEARED_RANK, LEDGER

BASES = (
    Code("tracked", Text("Theo hồ sơ từng thửa", "Tracked by case")),
    Code("reported", Text("Theo số liệu báo cáo", "As reported")),
    Code("unknown", Text("Chưa có số liệu", "No data")),
)

#: Classes of the map; the last is for land of which nobody knows.
BANDS = (
    Code("below_25", Text("Dưới 25 %", "Below 25 %"), "@stage.1"),
    Code("below_50", Text("25 đến dưới 50 %", "25 to below 50 %"), "@stage.2"),
    Code("below_75", Text("50 đến dưới 75 %", "50 to below 75 %"), "@stage.3"),
    Code("below_100", Text("75 đến dưới 100 %", "75 to below 100 %"), "@stage.5"),
    Code("done", Text("Đã bàn giao toàn bộ", "All handed over"), "@stage.6"),
    Code("unknown", Text("Chưa có số liệu", "No data"), "@nodata"),
)

#: The shape of a row. Nothing is stored under this name: rows are composed from zones and their ledger.
TABLE = Table(
    "clearance_by_zone",
    MetaData(),
    column("key", TEXT, vi="Mã", en="Code", nullable=False),
    column("valid_from", Date, vi="Hiệu lực từ", en="Valid from", nullable=False),
    column("valid_to", Date, vi="Hiệu lực đến", en="Valid to"),
    column("illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False),
    column("name", TEXT, vi="Tên", en="Name", nullable=False),
    column("parent_key", TEXT, vi="Thuộc khu", en="Part of"),
    column("basis", TEXT, vi="Cơ sở số liệu", en="Rests on", codes=BASES, nullable=False),
    column("band", TEXT, vi="Mức bàn giao", en="Share handed over", codes=BANDS, nullable=False),
    column("to_recover_ha", Float, vi="Phải thu hồi", en="To be recovered", unit="ha"),
    column("handed_over_ha", Float, vi="Đã bàn giao", en="Handed over", unit="ha"),
    column("handed_over_ratio", Float, vi="Tỷ lệ theo diện tích", en="Share by area", unit="ratio"),
    column("cases_count", Integer, vi="Số hồ sơ", en="Cases", unit="count"),
    column("handed_over_count", Integer, vi="Hồ sơ đã bàn giao", en="Cases handed over", unit="count"),
    column("approved_vnd", BigInteger, vi="Đã phê duyệt (đồng)", en="Approved (VND)"),
    column("paid_vnd", BigInteger, vi="Đã chi trả (đồng)", en="Paid (VND)"),
    column("denominator", TEXT, vi="Mẫu số", en="Denominator"),
    column("reported_on", Date, vi="Ngày báo cáo", en="Reported on"),
    column("reported_source", TEXT, vi="Nguồn báo cáo", en="Source of the report"),
    column("area_legal_ha", Float, vi="Diện tích quy hoạch", en="Legal area", unit="ha"),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON", low_tolerance_m=60),
)


def rows(as_of: date) -> Rows:
    """Zones of a date with the sums of their ledger up to it; where there is none, what was last reported."""
    sums = _sums(as_of).lateral("ledger")
    told = _reported(as_of).lateral("reported")
    tracked = sums.c.to_recover_ha > 0
    tracked_ratio = sums.c.handed_over_ha / sums.c.to_recover_ha
    ratio = case((tracked, tracked_ratio), else_=told.c.value)
    basis = case((tracked, "tracked"), (told.c.value.is_not(None), "reported"), else_="unknown")
    known: dict[str, ColumnElement[Any]] = {
        "illustrative": or_(ZONES.c.illustrative, func.coalesce(told.c.illustrative, False)),
        "basis": basis,
        "band": _band(ratio),
        "to_recover_ha": func.nullif(sums.c.to_recover_ha, 0),
        "handed_over_ha": case((tracked, sums.c.handed_over_ha)),
        "handed_over_ratio": ratio,
        **{
            name: case((tracked, sums.c[name]))
            for name in ("cases_count", "handed_over_count", "approved_vnd", "paid_vnd")
        },
        "denominator": case((tracked, "to_recover"), else_=told.c.denominator),
        "reported_on": case((tracked, null()), else_=told.c.observed_on),
        "reported_source": case((tracked, null()), else_=told.c.source),
    }
    columns = [known[c.name] if c.name in known else ZONES.c[c.name] for c in TABLE.c]
    joined = ZONES.outerjoin(sums, true()).outerjoin(told, true())
    values = [value.label(c.name) for value, c in zip(columns, TABLE.c, strict=True)]
    return select(*values).select_from(joined).where(holds(ZONES, as_of))


def _sums(as_of: date) -> Rows:
    """One row: what stands in the ledger of a zone on a date."""
    day, rank = LEDGER.c.on_day, LEDGER.c.stage_rank
    cleared = rank == CLEARED_RANK
    return select(
        (func.sum(LEDGER.c.area_mm2) / MM2_PER_HA).label("to_recover_ha"),
        (func.coalesce(func.sum(LEDGER.c.area_mm2).filter(cleared), 0) / MM2_PER_HA).label("handed_over_ha"),
        cast(func.sum(LEDGER.c.cases), Integer).label("cases_count"),
        cast(func.coalesce(func.sum(LEDGER.c.cases).filter(cleared), 0), Integer).label("handed_over_count"),
        cast(func.sum(LEDGER.c.approved_vnd), BigInteger).label("approved_vnd"),
        cast(func.sum(LEDGER.c.paid_vnd), BigInteger).label("paid_vnd"),
    ).where(and_(LEDGER.c.zone_key == ZONES.c.key, day <= as_of))


def _reported(as_of: date) -> Rows:
    """The last share that somebody reported of a zone by a date, with what it was a share of."""
    told = OBSERVATIONS.c
    return (
        select(told.value, told.denominator, told.observed_on, told.source, told.illustrative)
        .where(told.zone_key == ZONES.c.key, told.quantity == "cleared_ratio", told.observed_on <= as_of)
        .order_by(told.observed_on.desc(), told.id.desc())
        .limit(1)
    )


def _band(ratio: ColumnElement[float]) -> ColumnElement[str]:
    return case(
        (ratio < 0.25, "below_25"),
        (ratio < 0.5, "below_50"),
        (ratio < 0.75, "below_75"),
        (ratio < 1 - 1e-9, "below_100"),
        (ratio.is_not(None), "done"),
        else_="unknown",
    )


LAYER = Layer(
    id="clearance_by_zone",
    title=Text("Tiến độ GPMB theo khu", "Clearance by zone"),
    description=Text(
        "Đã bàn giao trên phải thu hồi, theo diện tích; khu chưa có hồ sơ dùng số liệu báo cáo, có nguồn.",
        "Handed over of what is to be recovered, by area; zones without cases show what was reported.",
    ),
    group="land",
    table=TABLE,
    kind="derived",
    rows=rows,
    order=43,
    legend="band",
    measure="to_recover_ha",
    part_of="parent_key",
    label="name",
    facets=("basis", "band"),
    card=("to_recover_ha", "handed_over_ha", "handed_over_ratio", "cases_count", "handed_over_count"),
    tile_columns={"name": 0, "band": 0, "basis": 0, "handed_over_ratio": 0, "to_recover_ha": 9},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.85}),
        Paint("line", {"line-color": "@class.line", "line-width": 1}),
    ),
    composed_of=("clearance_ledger", "zones", "zone_observations"),
)
