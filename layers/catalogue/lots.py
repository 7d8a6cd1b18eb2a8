"""Plots of a zone's detailed plan 1/500."""

from __future__ import annotations

from sqlalchemy import TEXT, CheckConstraint, Computed, Date, Float, Table

from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

USES = (
    Code("industrial", Text("Đất công nghiệp, kho tàng", "Industry and storage"), "@lot.industrial"),
    Code("service", Text("Dịch vụ, điều hành", "Services"), "@lot.service"),
    Code("technical", Text("Hạ tầng kỹ thuật", "Technical works"), "@lot.technical"),
    Code("green", Text("Cây xanh, mặt nước", "Greenery and water"), "@lot.green"),
    Code("road", Text("Giao thông", "Roads"), "@lot.road"),
)

TABLE = Table(
    "lots",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã lô", en="Lot code", nullable=False, aliases=("ma lo", "code")),
    column("zone_key", TEXT, vi="Khu", en="Zone", nullable=False, aliases=("ma khu", "ma kcn", "khu")),
    column(
        "number",
        TEXT,
        vi="Số lô",
        en="Lot number",
        nullable=False,
        searched=True,
        aliases=("so lo", "lo", "ten lo"),
    ),
    column(
        "use",
        TEXT,
        vi="Mục đích sử dụng",
        en="Use",
        codes=USES,
        nullable=False,
        aliases=("chuc nang", "muc dich", "muc dich su dung", "loai dat"),
    ),
    column(
        "area_planned_ha",
        Float,
        vi="Diện tích theo 1/500",
        en="Planned area",
        unit="ha",
        aliases=("dien tich", "dien tich (ha)"),
    ),
    column(
        "area_measured_ha",
        Float,
        Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
        vi="Diện tích đo trên bản đồ",
        en="Measured area",
        unit="ha",
    ),
    column("serviced_on", Date, vi="Ngày có hạ tầng", en="Serviced on", aliases=("ngay co ha tang",)),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON"),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("use IN ('industrial', 'service', 'technical', 'green', 'road')", name="use"),
)
indexes(TABLE, "zone_key")

LAYER = Layer(
    id="lots",
    title=Text("Lô đất theo 1/500", "Lots of the 1/500 plan"),
    group="zones",
    table=TABLE,
    order=50,
    legend="use",
    measure="area_measured_ha",
    facets=("use", "zone_key"),
    card=("area_measured_ha", "area_planned_ha", "serviced_on"),
    minzoom=12,
    tile_columns={"use": 0, "number": 14, "zone_key": 12},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.75}),
        Paint("line", {"line-color": "@lot.line", "line-width": 0.7}),
        Paint(
            "symbol",
            {"text-color": "@label.minor", "text-halo-color": "@label.halo", "text-halo-width": 1.2},
            {"text-field": ["get", "number"], "text-size": 10.5, "text-font": ["Noto Sans Regular"]},
            filter=("==", ["get", "use"], "industrial"),
            minzoom=14.5,
        ),
    ),
)
