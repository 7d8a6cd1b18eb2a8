"""Coverages: rasters that say something of every place, such as height, flood depth or land cover."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Integer,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import Code, Text, metadata

KINDS = (
    Code("elevation", Text("Độ cao", "Elevation")),
    Code("flood_depth", Text("Độ sâu ngập", "Flood depth")),
    Code("land_cover", Text("Lớp phủ đất", "Land cover")),
    Code("other", Text("Khác", "Other")),
)

#: The cells are a file named by ``sha256``; ``classes`` is a list of value, words and colour. A coverage
#: holds on ``[valid_from, valid_to)``; withdrawing it sets ``valid_to``.
COVERAGES = Table(
    "coverages",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("title_vi", TEXT, nullable=False),
    Column("title_en", TEXT, nullable=False),
    Column("unit", TEXT),
    Column("srid", Integer, nullable=False),
    Column("sha256", TEXT, nullable=False),
    Column("west", Float, nullable=False),
    Column("south", Float, nullable=False),
    Column("east", Float, nullable=False),
    Column("north", Float, nullable=False),
    Column("resolution_m", Float, nullable=False),
    Column("value_min", Float),
    Column("value_max", Float),
    Column("classes", JSONB(none_as_null=True)),
    Column("flooded_from_m", Float),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("source", TEXT),
    Column("licence", TEXT),
    Column("file_name", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("kind IN ('elevation', 'flood_depth', 'land_cover', 'other')", name="kind"),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_range"),
    CheckConstraint("(kind = 'land_cover') = (classes IS NOT NULL)", name="classes"),
    UniqueConstraint("sha256", "kind", "valid_from"),
)
