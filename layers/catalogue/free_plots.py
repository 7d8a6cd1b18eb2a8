"""Contiguous free plots (industrial, cleared, serviced, not leased or reserved); kept by `layers.supply`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    ARRAY,
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Identity,
    Index,
    Table,
    select,
)

from layers.catalogue.zone_supply import OUTLOOKS, shown
from layers.layer import Layer, Paint, Rows, Text, column, geometry, holds, indexes, metadata, tiled

TABLE = Table(
    "free_plots",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    column("key", TEXT, vi="Mã", en="Code", nullable=False),
    column("valid_from", Date, vi="Trống từ", en="Free from", nullable=False),
    column("valid_to", Date, vi="Trống đến", en="Free until"),
    column("illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False),
    column("zone_key", TEXT, vi="Khu", en="Zone", nullable=False),
    column("lot_numbers", ARRAY(TEXT), vi="Các lô", en="Lots", nullable=False),
    column("area_ha", Float, vi="Diện tích liền khoảnh", en="Contiguous area", unit="ha", nullable=False),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON"),
    column(
        "outlook",
        TEXT,
        vi="Mức dự báo",
        en="Outlook",
        codes=OUTLOOKS,
        nullable=False,
        server_default="known",
    ),
    CheckConstraint("outlook IN ('known', 'p10', 'p50', 'p90')", name="outlook"),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
    CheckConstraint("area_ha > 0", name="area"),
)
indexes(TABLE, open_key=False)
Index("ix_free_plots_zone_key", TABLE.c.zone_key, TABLE.c.valid_from)


def rows(as_of: date) -> Rows:
    """Plots that are free on a date; after today as it is foreseen in the middle."""
    return at_outlook(as_of, "p50")


def at_outlook(as_of: date, outlook: str) -> Rows:
    """
    Plots that are free on a date.

    ``outlook`` is ``known`` or a level of the forecast, ``p10``, ``p50`` or ``p90``; see
    :func:`layers.catalogue.zone_supply.shown`.
    """
    return select(*TABLE.c).where(holds(TABLE, as_of), shown(TABLE, TABLE.c.zone_key, as_of, outlook))


LAYER = Layer(
    id="free_plots",
    title=Text("Lô trống sẵn sàng", "Free plots"),
    description=Text(
        "Đất công nghiệp ∩ đã bàn giao ∩ có hạ tầng − đã cho thuê − giữ chỗ; các lô liền nhau gộp thành một.",
        "Industrial ∩ cleared ∩ serviced − leased − reserved; adjoining lots are one plot.",
    ),
    group="land",
    table=TABLE,
    kind="derived",
    rows=rows,
    order=55,
    shown=True,
    swatch="@plot.free",
    measure="area_ha",
    facets=("zone_key",),
    card=("area_ha", "valid_from", "valid_to"),
    minzoom=9,
    tile_columns={"zone_key": 0, "area_ha": 0},
    paint=(
        Paint("fill", {"fill-color": "@plot.free", "fill-opacity": 0.9}),
        Paint(
            "line",
            {
                "line-color": "@plot.free.line",
                "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.4, 14, 1.4],
            },
        ),
    ),
    composed_of=("free_plots", "zones", "lots", "leases", "reservations", "parcels", "stage_events"),
)
