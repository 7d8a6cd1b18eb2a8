"""What goes into a file: the wanted rows of a layer in one system, in batches, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Integer,
    Select,
    func,
    select,
)

from gis.crs import STORAGE_SRID, Crs
from layers.access import Actor
from layers.export.about import about_of
from layers.filters import Wanted
from layers.layer import Layer
from layers.query import masked
from layers.rows import kept, told_columns

BATCH_ROWS = 5_000
DECIMALS_DEG, DECIMALS_M = 9, 4
"""Both are 0.1 mm."""


@dataclass(frozen=True)
class Content:
    """Rows to be written, as one actor sees them on one date."""

    db: Connection
    layer: Layer
    actor: Actor
    as_of: date
    wanted: Wanted
    crs: Crs
    illustrative: bool

    @cached_property
    def columns(self) -> dict[str, Column[Any]]:
        """Columns that are written, by name; geometry is not one of them."""
        hidden = masked(self.layer, self.actor)
        told = self.layer.columns()
        return {str(name): told[name] for name in told_columns(self.layer) if name not in hidden}

    @property
    def stem(self) -> str:
        """Name of the file, without its extension."""
        system = "" if self.crs.srid == STORAGE_SRID else f"_EPSG{self.crs.srid}"
        return f"{self.layer.id}_{self.as_of}{system}{'_minh-hoa' if self.illustrative else ''}"

    @cached_property
    def about(self) -> dict[str, Any]:
        """Source, date, filter, licence, operation of the coordinates, columns: ready for JSON."""
        rows, where = kept(self.layer, self.actor, self.as_of, self.wanted)
        told: list[str] = []
        if "source" in rows.c:  # derived layers rest on others' sources
            sources = self.db.execute(select(rows.c.source).where(*where).distinct().limit(50)).scalars()
            told = sorted({source for source in sources if source})
        return about_of(
            self.layer, self.columns, self.as_of, self.wanted, self.crs, told, illustrative=self.illustrative
        )

    @property
    def geometry_kind(self) -> str:
        """POINT, MULTIPOLYGON …; GEOMETRY where the layer holds several kinds."""
        return str(cast("Geometry", self.layer.columns()["geom"].type).geometry_type)

    def kinds(self) -> list[str]:
        """Kinds of geometry that the wanted rows have, without Multi; rows without geometry have none."""
        rows, where = kept(self.layer, self.actor, self.as_of, self.wanted)
        kind = func.replace(func.GeometryType(rows.c.geom), "MULTI", "")
        found = self.db.execute(select(kind).where(*where, rows.c.geom.is_not(None)).distinct())
        return sorted(str(one) for one in found.scalars())

    def batches(
        self, place: str, kind: str | None = None, *, with_none: bool = True
    ) -> Iterator[list[tuple[Any, ...]]]:
        """
        Batches of rows from a cursor on the server: memory holds one batch.

        Parameters
        ----------
        place
            How a row's geometry follows its columns: ``wkb``; ``geojson``; ``kml``; or ``flat``, which is x
            and y of a point on it, and WKT.
        kind
            Only geometries of this kind, as `kinds` names them.
        with_none
            Whether rows without geometry come along with a kind.
        """
        chosen = self._select(place, kind, with_none=with_none)
        # On the statement: on the connection it would make a cursor of whatever is asked next.
        for batch in self.db.execute(chosen.execution_options(yield_per=BATCH_ROWS)).partitions():
            yield [tuple(row) for row in batch]

    def _select(self, place: str, kind: str | None, *, with_none: bool) -> Select[Any]:
        rows, where = kept(self.layer, self.actor, self.as_of, self.wanted)
        if kind is not None:
            same = func.replace(func.GeometryType(rows.c.geom), "MULTI", "") == kind
            where = [*where, same | rows.c.geom.is_(None) if with_none else same]
        geom: ColumnElement[Any] = rows.c.geom
        if self.crs.srid != STORAGE_SRID:
            geom = func.ST_Transform(geom, self.crs.srid)
        names = [rows.c[name] for name in self.columns]
        return select(*names, *self._places(place, geom)).where(*where).order_by(rows.c.key)

    def _places(self, place: str, geom: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        if place == "wkb":
            return [func.ST_AsBinary(geom)]
        decimals = DECIMALS_DEG if self.crs.geographic else DECIMALS_M
        if place == "geojson":
            return [func.ST_AsGeoJSON(geom, decimals)]
        if place == "kml":
            return [func.ST_AsKML(geom, decimals)]
        on_it = func.ST_PointOnSurface(geom)
        return [func.ST_X(on_it), func.ST_Y(on_it), func.ST_AsText(geom, decimals)]


def arrow_type(col: Column[Any], *, lists: bool = False) -> Any:
    """Type of a column in Arrow; lists are texts unless the format has lists."""
    import pyarrow as pa

    kinds: tuple[tuple[type, Any], ...] = (
        (Boolean, pa.bool_()),
        (Date, pa.date32()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
        (ARRAY, pa.list_(pa.string()) if lists else pa.string()),
    )
    return next((arrow for sort, arrow in kinds if isinstance(col.type, sort)), pa.string())
