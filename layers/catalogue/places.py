"""Names of places, so that the base map reads as a map."""

from __future__ import annotations

from sqlalchemy import TEXT, CheckConstraint, Integer, Table

from layers.layer import Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

TABLE = Table(
    "places",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã", en="Code", nullable=False, aliases=("ma", "id")),
    column("name", TEXT, vi="Tên", en="Name", nullable=False, searched=True, aliases=("ten", "name")),
    column("rank", Integer, vi="Cấp", en="Rank", aliases=("cap",)),
    column("geom", geometry("POINT"), vi="Vị trí", en="Location", nullable=False),
    *tiled("POINT"),
    CheckConstraint("NOT ST_IsEmpty(geom)", name="geom_valid"),
    CheckConstraint("rank BETWEEN 1 AND 4", name="rank"),
)
indexes(TABLE)

LAYER = Layer(
    id="places",
    title=Text("Địa danh", "Place names"),
    group="base",
    table=TABLE,
    order=90,
    shown=True,
    swatch="@label.place",
    label="name",
    tile_columns={"name": 0, "rank": 0},
    tile_classes={"rank": {2: 9, 3: 10, 4: 12}},
    paint=(
        Paint(
            "symbol",
            {"text-color": "@label.place", "text-halo-color": "@label.halo", "text-halo-width": 1.4},
            {
                "text-field": ["get", "name"],
                "text-size": ["match", ["get", "rank"], 1, 14, 2, 12.5, 11],
                "text-font": ["Noto Sans Regular"],
                "symbol-sort-key": ["get", "rank"],
            },
            filter=("<=", ["get", "rank"], ["step", ["zoom"], 1, 9, 2, 10.5, 3, 12.5, 4]),
        ),
    ),
)
