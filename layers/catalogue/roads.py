"""Roads as lines between junctions."""

from __future__ import annotations

from sqlalchemy import TEXT, Boolean, CheckConstraint, Computed, Float, Table

from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

CLASSES = (
    Code("motorway", Text("Cao tốc", "Motorway"), "@road.trunk"),
    Code("trunk", Text("Quốc lộ", "National road"), "@road.trunk"),
    Code("primary", Text("Đường tỉnh", "Provincial road"), "@road.trunk"),
    Code("secondary", Text("Đường huyện", "District road"), "@road.minor"),
    Code("tertiary", Text("Đường xã", "Commune road"), "@road.minor"),
    Code("residential", Text("Đường nội bộ, dân sinh", "Local street"), "@road.minor"),
    Code("service", Text("Đường phục vụ", "Service road"), "@road.minor"),
    Code("path", Text("Đường mòn, đi bộ", "Path"), "@road.minor"),
    Code("rail", Text("Đường sắt", "Railway"), "@road.rail"),
)

MAJOR = ["match", ["get", "road_class"], ["motorway", "trunk", "primary"], True, False]

TABLE = Table(
    "roads",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã", en="Code", nullable=False, aliases=("ma", "osm_id", "id")),
    column("name", TEXT, vi="Tên đường", en="Name", searched=True, aliases=("ten", "ten duong", "name")),
    column(
        "road_class",
        TEXT,
        vi="Cấp đường",
        en="Class",
        codes=CLASSES,
        aliases=("cap duong", "highway", "class", "loai"),
    ),
    column("is_oneway", Boolean, vi="Một chiều", en="One-way", aliases=("oneway", "mot chieu")),
    column("speed_limit_kmh", Float, vi="Tốc độ", en="Speed", unit="kmh", aliases=("maxspeed", "toc do")),
    column(
        "length_m",
        Float,
        Computed("ST_Length(geography(geom), true)", persisted=True),
        vi="Chiều dài",
        en="Length",
        unit="m",
    ),
    column("geom", geometry("MULTILINESTRING"), vi="Tim đường", en="Centre line", nullable=False),
    *tiled("MULTILINESTRING", low_tolerance_m=60),
    CheckConstraint("ST_Length(geom) > 0", name="geom_has_length"),
)
indexes(TABLE, "road_class")

WIDTH = ["interpolate", ["exponential", 1.5], ["zoom"], 8, 0.8, 12, 2.6, 16, 9]

LAYER = Layer(
    id="roads",
    title=Text("Đường giao thông", "Roads"),
    group="infrastructure",
    table=TABLE,
    order=20,
    shown=True,
    swatch="@road.trunk",
    label="name",
    facets=("road_class",),
    card=("road_class", "length_m", "speed_limit_kmh", "is_oneway"),
    tile_columns={"road_class": 0, "name": 11},
    # Minor roads are drawn from zoom 11 on, and by then a tile holds few enough of each class.
    tile_classes={
        "road_class": {"secondary": 11, "tertiary": 11, "residential": 12, "service": 13, "path": 13}
    },
    paint=(
        Paint(
            "line",
            {
                "line-color": "@road.minor.case",
                "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 16, 4],
            },
            filter=("!", MAJOR),
            minzoom=11,
        ),
        Paint(
            "line",
            {
                "line-color": "@road.trunk.case",
                "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 8, 1.6, 12, 4, 16, 12],
            },
            {"line-cap": "round", "line-join": "round"},
            filter=("all", MAJOR),
        ),
        Paint(
            "line",
            {"line-color": "@road.trunk", "line-width": WIDTH},
            {"line-cap": "round", "line-join": "round"},
            filter=("all", MAJOR),
        ),
        Paint(
            "symbol",
            {"text-color": "@label.road", "text-halo-color": "@label.halo", "text-halo-width": 1.3},
            {
                "symbol-placement": "line",
                "text-field": ["get", "name"],
                "text-size": 10,
                "text-font": ["Noto Sans Regular"],
                "symbol-spacing": 320,
            },
            filter=("all", MAJOR),
            minzoom=10.5,
        ),
    ),
)
