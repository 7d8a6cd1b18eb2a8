"""Rivers and lakes of the base map."""

from __future__ import annotations

from sqlalchemy import TEXT, CheckConstraint, Table

from layers.layer import Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

TABLE = Table(
    "water",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã", en="Code", nullable=False, aliases=("ma", "id")),
    column("name", TEXT, vi="Tên", en="Name", searched=True, aliases=("ten", "name")),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON", low_tolerance_m=60),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
)
indexes(TABLE)

LAYER = Layer(
    id="water",
    title=Text("Sông, hồ", "Rivers and lakes"),
    group="base",
    table=TABLE,
    order=10,
    shown=True,
    swatch="@base.water",
    restricts=True,
    label="name",
    tile_columns={"name": 8},
    paint=(
        Paint("fill", {"fill-color": "@base.water"}),
        Paint(
            "symbol",
            {"text-color": "@label.water", "text-halo-color": "@label.halo", "text-halo-width": 1},
            {"text-field": ["get", "name"], "text-size": 11, "text-font": ["Noto Sans Italic"]},
            minzoom=9.5,
        ),
    ),
)
