"""
What a layer is: a table with a date on every row, words in two languages, access and paint.

A *base* layer is a table that keeps old versions of each feature. A *derived* layer is a maintained table
whose rows carry a validity range, or a Select composed from base layers. Either way ``rows(as_of)`` answers
for one date; there is no undated read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias, cast

from geoalchemy2 import Geometry
from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    Identity,
    Index,
    MetaData,
    Select,
    Table,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
)

from gis.crs import STORAGE_SRID
from layers.access import Access

TILE_SRID = 3857

#: A Select whose columns nobody counts.
Rows: TypeAlias = Select[*tuple[Any, ...]]

#: One naming convention, so that migrations and metadata agree on every name.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


@dataclass(frozen=True)
class Text:
    """The same words in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True)
class Code:
    """One value of a coded column, its words, and the palette token of its swatch."""

    value: str
    title: Text
    token: str | None = None


@dataclass(frozen=True)
class About:
    """
    What the catalogue says of a column.

    Attributes
    ----------
    title
        Words for people.
    unit
        Unit of the numbers (``ha``, ``m``, ``m3_day`` …); the column's name ends with it.
    aliases
        Headings under which offices write this column; compared folded.
    codes
        The values that the column may hold, in order; empty when it is free.
    masked
        True for personal data: null for every actor without the right ``Access.unmask``, and of households
        outside their territory.
    listed
        False for columns that no table or card shows (keys of joins, tile geometry).
    searched
        True for text by which people find a feature; it is folded into ``search_folded``.
    """

    title: Text
    unit: str | None = None
    aliases: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    masked: bool = False
    listed: bool = True
    searched: bool = False


def column(
    name: str,
    type_: Any,
    *args: Any,
    vi: str,
    en: str,
    unit: str | None = None,
    aliases: tuple[str, ...] = (),
    codes: tuple[Code, ...] = (),
    masked: bool = False,
    listed: bool = True,
    searched: bool = False,
    **kwargs: Any,
) -> Column[Any]:
    """Make a column that knows its words, its unit and the headings under which files hold it."""
    told = About(Text(vi, en), unit, aliases, codes, masked, listed, searched)
    return Column(name, type_, *args, info={"about": told}, **kwargs)


def about(col: ColumnElement[Any]) -> About | None:
    """Words and unit of a column; None for a column that people never see."""
    return cast("About | None", getattr(col, "info", {}).get("about"))


def geometry(kind: str) -> Geometry:
    """Type of a stored geometry, lon/lat in WGS 84. Indexes are explicit, so none is made here."""
    return Geometry(kind, srid=STORAGE_SRID, spatial_index=False)


def versioned() -> tuple[Any, ...]:
    """
    Columns that every base layer has: version, origin and the text by which it is found.

    ``key`` names the feature across its versions; ``id`` names one version. A version holds on
    ``[valid_from, valid_to)``; ``recorded_at`` is when we learnt it. ``search_folded`` is written by whoever
    writes the row, with :func:`layers.query.search_text`.
    """
    return (
        Column("id", BigInteger, Identity(), primary_key=True),
        column("valid_from", Date, vi="Hiệu lực từ", en="Valid from", nullable=False),
        column("valid_to", Date, vi="Hiệu lực đến", en="Valid to"),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        column(
            "illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False, server_default="false"
        ),
        column("source", TEXT, vi="Nguồn", en="Source", aliases=("nguon du lieu",)),
        Column("import_run_id", BigInteger),
        Column("search_folded", TEXT),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
    )


def tiled(kind: str, low_tolerance_m: float | None = None, geom: str = "geom") -> tuple[Any, ...]:
    """
    Generated Web Mercator copies of ``geom`` for tiles, never for measuring.

    ``geom_tile`` is exact; ``geom_low``, where asked for, is simplified once for low zooms with the given
    tolerance in Web Mercator metres.
    """
    transformed = f"ST_Transform({geom}, {TILE_SRID})"
    flat = Geometry(kind, srid=TILE_SRID, spatial_index=False)
    columns: list[Any] = [Column("geom_tile", flat, Computed(transformed, persisted=True))]
    if low_tolerance_m is not None:
        low = Geometry("GEOMETRY", srid=TILE_SRID, spatial_index=False)
        simplified = f"ST_Simplify({transformed}, {low_tolerance_m}, true)"
        columns.append(Column("geom_low", low, Computed(simplified, persisted=True)))
    return tuple(columns)


def indexes(table: Table, *names: str, open_key: bool = True) -> None:
    """
    Add the indexes that every layer needs to its table, and btree indexes on the named columns.

    One version of a key may be open and no two may start on the same day; both are unique indexes.
    """
    for name in ("geom", "entrance"):
        if name in table.c:
            Index(f"ix_{table.name}_{name}", table.c[name], postgresql_using="gist")
    if any((told := about(c)) is not None and told.searched for c in table.c):
        Index(
            f"ix_{table.name}_search_folded",
            table.c.search_folded,
            postgresql_using="gin",
            postgresql_ops={"search_folded": "gin_trgm_ops"},
        )
    if open_key:
        Index(
            f"uq_{table.name}_key_open", table.c.key, unique=True, postgresql_where=table.c.valid_to.is_(None)
        )
        table.append_constraint(UniqueConstraint(table.c.key, table.c.valid_from))
    for name in names:
        Index(f"ix_{table.name}_{name}", table.c[name])


def holds(table: Table, as_of: date) -> ColumnElement[bool]:
    """The version of each feature that holds on a date."""
    return and_(
        table.c.valid_from <= as_of,
        or_(table.c.valid_to.is_(None), table.c.valid_to > as_of),
    )


@dataclass(frozen=True)
class Paint:
    """
    One MapLibre style layer, with palette tokens (``@zone.open.fill``) for colours.

    ``type`` is fill, line, circle or symbol; ``paint`` and ``layout`` are MapLibre properties; ``filter`` a
    MapLibre expression. The web and the folium map resolve the tokens from one palette.
    """

    type: Literal["fill", "line", "circle", "symbol"]
    paint: Mapping[str, Any] = field(default_factory=dict[str, Any])
    layout: Mapping[str, Any] = field(default_factory=dict[str, Any])
    filter: tuple[Any, ...] | None = None
    minzoom: float | None = None
    maxzoom: float | None = None


@dataclass(frozen=True)
class Layer:
    """
    Everything that the frame knows of one layer.

    Attributes
    ----------
    id
        Name of the module, of the table and of the collection.
    title
        Words for people.
    group
        Group of the layer tree, one of :data:`layers.style.GROUPS`.
    table
        Where the rows are kept.
    kind
        ``base`` layers are imported and keep old versions; ``derived`` ones are computed from base layers.
    rows
        Select of the rows that hold on a date; by default the table's columns.
    derived
        Columns that ``rows`` adds to those of the table, with their words.
    access
        Who may see and change it.
    paint
        How it is drawn, bottom first.
    legend
        Name of the coded column whose classes make the legend; None for a single swatch.
    swatch
        Palette token of the single swatch.
    measure
        Name of the column (in ha) that is summed per class of the legend.
    part_of
        Column that names the feature of which this one is a part (the park of a phase). Parts are listed and
        drawn, but counts and sums leave them out: their whole has counted them.
    restricts
        Whether its features are plans or constraints that a new plan may not overlap without a decision.
    label
        Column that names a feature.
    facets
        Columns by which people filter, with counts.
    card
        Columns of the key figures on the card, in order.
    minzoom, tile_columns
        First zoom at which tiles hold the layer, and the columns they carry from which zoom on.
    tile_classes
        Column to value to the first zoom at which tiles hold features of that value; values that are not
        named are held at every zoom.
    shown
        Whether the map draws it before anyone asks.
    importable
        False for derived layers.
    composed_of
        Layers whose data version is part of this one's.
    """

    id: str
    title: Text
    group: str
    table: Table
    kind: Literal["base", "derived"] = "base"
    rows: Callable[[date], Rows] | None = None
    derived: tuple[Column[Any], ...] = ()
    access: Access = field(default_factory=Access)
    paint: tuple[Paint, ...] = ()
    legend: str | None = None
    swatch: str | None = None
    measure: str | None = None
    part_of: str | None = None
    restricts: bool = False
    label: str = "key"
    facets: tuple[str, ...] = ()
    card: tuple[str, ...] = ()
    minzoom: int = 0
    tile_columns: Mapping[str, int] = field(default_factory=dict[str, int])
    tile_classes: Mapping[str, Mapping[Any, int]] = field(default_factory=dict[str, Mapping[Any, int]])
    shown: bool = False
    order: int = 0
    composed_of: tuple[str, ...] = ()
    description: Text | None = None

    def at(self, as_of: date) -> Rows:
        """All rows that hold on a date, unmasked: only :func:`layers.query.visible` may call this."""
        if self.rows is not None:
            return self.rows(as_of)
        return select(*self.table.c).where(holds(self.table, as_of))

    def columns(self) -> dict[str, Column[Any]]:
        """Every column that ``at`` returns and people may see, by name, in order."""
        own = [c for c in (*self.table.c, *self.derived) if about(c) is not None]
        return {c.name: c for c in own}

    def search_columns(self) -> tuple[str, ...]:
        """Columns whose text is folded into ``search_folded``."""
        return tuple(c.name for c in self.table.c if (told := about(c)) is not None and told.searched)
