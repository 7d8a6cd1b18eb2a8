"""What limits where industry may go: protected areas, other plans, homes."""

from __future__ import annotations

from sqlalchemy import TEXT, CheckConstraint, Computed, Float, Table

from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

KINDS = (
    Code("protected", Text("Khu bảo tồn, di sản", "Protected area"), "@constraint.protected"),
    Code("other_plan", Text("Quy hoạch khác", "Other plan"), "@constraint.plan"),
    Code("homes", Text("Khu dân cư", "Homes"), "@constraint.homes"),
)

TABLE = Table(
    "constraints",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã", en="Code", nullable=False, aliases=("ma", "id", "code")),
    column("name", TEXT, vi="Tên", en="Name", searched=True, aliases=("ten", "name", "ten khu")),
    column("kind", TEXT, vi="Loại", en="Kind", codes=KINDS, nullable=False, aliases=("loai", "kind")),
    column(
        "area_measured_ha",
        Float,
        Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
        vi="Diện tích đo trên bản đồ",
        en="Measured area",
        unit="ha",
    ),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON", low_tolerance_m=60),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("kind IN ('protected', 'other_plan', 'homes')", name="kind"),
)
indexes(TABLE, "kind")

LAYER = Layer(
    id="constraints",
    title=Text(
        "Ràng buộc: bảo tồn, quy hoạch khác, dân cư", "Constraints: protected areas, other plans, homes"
    ),
    group="environment",
    table=TABLE,
    order=15,
    legend="kind",
    measure="area_measured_ha",
    restricts=True,
    label="name",
    facets=("kind",),
    card=("kind", "area_measured_ha"),
    tile_columns={"kind": 0, "name": 10},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.45}),
        Paint("line", {"line-color": "@class.line", "line-width": 0.8}),
    ),
)
