"""Land supply of each zone at a date, with the basis on which the figures rest; kept by layers.supply."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    ARRAY,
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    Float,
    Identity,
    Index,
    Table,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from layers.catalogue.zones import STATUSES
from layers.catalogue.zones import TABLE as ZONES
from layers.dates import COUNTRY_TIME, today
from layers.layer import Code, Layer, Paint, Rows, Text, column, geometry, holds, metadata

BASES = (
    Code("derived", Text("Tính từ lô", "Derived from lots"), "@plot.free"),
    Code("reported", Text("Theo báo cáo", "Reported"), "@supply.reported"),
    Code("unknown", Text("Chưa có dữ liệu", "No data"), "@nodata"),
)

#: What is known, or what the forecast of clearance adds after today, at a level of certainty.
OUTLOOKS = (
    Code("known", Text("Đã biết", "Known")),
    Code("p10", Text("Dự báo sớm (P10)", "Early forecast (P10)")),
    Code("p50", Text("Dự báo giữa (P50)", "Middle forecast (P50)")),
    Code("p90", Text("Dự báo muộn (P90)", "Late forecast (P90)")),
)

TABLE = Table(
    "zone_supply",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    column("key", TEXT, vi="Mã khu", en="Zone code", nullable=False),
    column("valid_from", Date, vi="Số liệu từ", en="Figures from", nullable=False),
    column("valid_to", Date, vi="Số liệu đến", en="Figures until"),
    column("illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False),
    column("basis", TEXT, vi="Cơ sở", en="Basis", codes=BASES, nullable=False),
    column("industrial_ha", Float, vi="Đất công nghiệp", en="Industrial land", unit="ha"),
    column("cleared_ha", Float, vi="Đã bàn giao", en="Cleared", unit="ha"),
    column("ready_ha", Float, vi="Đã bàn giao, có hạ tầng", en="Cleared and serviced", unit="ha"),
    column("leased_ha", Float, vi="Đã cho thuê", en="Leased", unit="ha"),
    column("reserved_ha", Float, vi="Giữ chỗ", en="Reserved", unit="ha"),
    column("free_ha", Float, vi="Đất trống sẵn sàng", en="Free land", unit="ha"),
    column("largest_plot_ha", Float, vi="Lô liền khoảnh lớn nhất", en="Largest contiguous plot", unit="ha"),
    column("largest_plot_lots", ARRAY(TEXT), vi="Các lô của khoảnh lớn nhất", en="Lots of the largest plot"),
    column("reported_on", Date, vi="Ngày báo cáo", en="Reported on"),
    column("reported_source", TEXT, vi="Nguồn báo cáo", en="Source of the report"),
    column(
        "outlook",
        TEXT,
        vi="Mức dự báo",
        en="Outlook",
        codes=OUTLOOKS,
        nullable=False,
        server_default="known",
    ),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
    CheckConstraint("basis IN ('derived', 'reported', 'unknown')", name="basis"),
    CheckConstraint("basis <> 'unknown' OR free_ha IS NULL", name="unknown_is_no_data"),
    CheckConstraint("outlook IN ('known', 'p10', 'p50', 'p90')", name="outlook"),
)
Index("ix_zone_supply_key", TABLE.c.key, TABLE.c.valid_from)

DERIVED = (
    column("name", TEXT, vi="Khu", en="Zone"),
    column("status", TEXT, vi="Trạng thái", en="Status", codes=STATUSES),
    column("area_legal_ha", Float, vi="Diện tích quy hoạch", en="Legal area", unit="ha"),
    column("parent_key", TEXT, vi="Thuộc khu", en="Part of"),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary"),
)


def shown(table: Table, zone_key: ColumnElement[str], as_of: date, outlook: str) -> ColumnElement[bool]:
    """
    Which rows of supply or of free plots answer for a date: what is known, up to today.

    A date after today is answered from a forecast where the zone has one at that outlook. What is after today
    is asked in the query again: a statement may be kept over midnight.
    """
    known = table.c.outlook == "known"
    if outlook == "known" or as_of <= today():
        return known
    ahead = literal(as_of, Date) > cast(func.timezone(COUNTRY_TIME.key, func.now()), Date)
    own = TABLE.alias("foreseen")
    lasting = and_(own.c.valid_from <= as_of, or_(own.c.valid_to.is_(None), own.c.valid_to > as_of))
    has = exists().where(own.c.key == zone_key, own.c.outlook == outlook, lasting)
    return or_(and_(ahead, table.c.outlook == outlook), and_(known, or_(~ahead, ~has)))


def rows(as_of: date) -> Rows:
    """Supply of every zone that exists on a date; after today as it is foreseen in the middle."""
    return at_outlook(as_of, "p50")


def at_outlook(as_of: date, outlook: str) -> Rows:
    """
    Supply of every zone that exists on a date, with the zone's boundary of that date.

    ``outlook`` is ``known`` or a level of the forecast, ``p10``, ``p50`` or ``p90``; see :func:`shown`.
    """
    joined = TABLE.join(ZONES, (ZONES.c.key == TABLE.c.key) & holds(ZONES, as_of))
    zone = (
        ZONES.c.name,
        ZONES.c.status,
        ZONES.c.area_legal_ha,
        ZONES.c.parent_key,
        ZONES.c.geom,
        ZONES.c.geom_tile,
        ZONES.c.geom_low,
    )
    return (
        select(*TABLE.c, *zone)
        .select_from(joined)
        .where(holds(TABLE, as_of), shown(TABLE, TABLE.c.key, as_of, outlook))
    )


LAYER = Layer(
    id="zone_supply",
    title=Text("Quỹ đất theo khu", "Land supply by zone"),
    group="land",
    table=TABLE,
    kind="derived",
    rows=rows,
    derived=DERIVED,
    order=42,
    legend="basis",
    measure="free_ha",
    part_of="parent_key",
    label="name",
    facets=("basis", "status"),
    card=("free_ha", "largest_plot_ha", "industrial_ha", "cleared_ha", "leased_ha", "reserved_ha"),
    tile_columns={"name": 0, "basis": 0, "free_ha": 0, "largest_plot_ha": 0},
    paint=(
        Paint(
            "fill",
            {
                "fill-color": [
                    "case",
                    ["has", "free_ha"],
                    [
                        "interpolate",
                        ["linear"],
                        ["get", "free_ha"],
                        0,
                        "@fit.1",
                        10,
                        "@fit.2",
                        40,
                        "@fit.3",
                        100,
                        "@fit.4",
                        250,
                        "@fit.5",
                    ],
                    "@nodata",
                ],
                "fill-opacity": 0.85,
            },
        ),
        Paint("line", {"line-color": "@class.line", "line-width": 1}),
    ),
    composed_of=("zone_supply", "free_plots", "zones", "zone_observations"),
)
