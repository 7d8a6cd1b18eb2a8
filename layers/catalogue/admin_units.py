"""Provinces, districts (until 2025-06-30) and communes, by date; geometry may be absent."""

from __future__ import annotations

from sqlalchemy import TEXT, CheckConstraint, Computed, Float, Table

from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

LEVELS = (
    Code("province", Text("Tỉnh, thành phố", "Province"), "@admin.province"),
    Code("district", Text("Huyện, quận (đến 30/6/2025)", "District (until 30 June 2025)"), "@admin.district"),
    Code("commune", Text("Xã, phường, đặc khu", "Commune or ward"), "@admin.commune"),
)

TABLE = Table(
    "admin_units",
    metadata,
    *versioned(),
    column(
        "key",
        TEXT,
        Computed("level || '-' || code", persisted=True),
        vi="Khoá",
        en="Key",
        nullable=False,
        listed=False,
    ),
    column("level", TEXT, vi="Cấp", en="Level", codes=LEVELS, nullable=False, aliases=("cap", "level")),
    column(
        "code",
        TEXT,
        vi="Mã đơn vị",
        en="Official code",
        nullable=False,
        searched=True,
        aliases=("ma", "code", "ma dvhc", "ma xa", "ma huyen", "ma tinh"),
    ),
    column(
        "name", TEXT, vi="Tên", en="Name", nullable=False, searched=True, aliases=("ten", "name", "full_name")
    ),
    column("unit_type", TEXT, vi="Loại đơn vị", en="Unit type", aliases=("loai", "unit_type", "type")),
    column("parent_key", TEXT, vi="Thuộc đơn vị", en="Part of", aliases=("don vi cap tren", "parent")),
    column(
        "area_declared_km2",
        Float,
        vi="Diện tích công bố",
        en="Declared area",
        unit="km2",
        aliases=("dien tich", "area_km2"),
    ),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary"),
    *tiled("MULTIPOLYGON", low_tolerance_m=120),
    CheckConstraint("geom IS NULL OR ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("level IN ('province', 'district', 'commune')", name="level"),
)
indexes(TABLE, "code", "parent_key")

LAYER = Layer(
    id="admin_units",
    title=Text("Đơn vị hành chính", "Administrative units"),
    group="admin",
    table=TABLE,
    order=5,
    shown=True,
    legend="level",
    label="name",
    facets=("level", "unit_type"),
    card=("level", "code", "unit_type", "area_declared_km2"),
    tile_columns={"level": 0, "name": 9},
    tile_classes={"level": {"commune": 9}},
    paint=(
        Paint("fill", {"fill-color": "@base.land"}, filter=("==", ["get", "level"], "province")),
        Paint(
            "line",
            {"line-color": "@admin.commune", "line-width": 0.7, "line-dasharray": [3, 2]},
            filter=("==", ["get", "level"], "commune"),
            minzoom=9,
        ),
        Paint(
            "line",
            {"line-color": "@admin.district", "line-width": 1},
            filter=("==", ["get", "level"], "district"),
        ),
        Paint(
            "line",
            {"line-color": "@admin.province", "line-width": 1.6, "line-dasharray": [4, 1.5, 1, 1.5]},
            filter=("==", ["get", "level"], "province"),
        ),
    ),
)
