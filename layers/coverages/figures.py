"""What the coverages of a date say of features: computed from the cells when asked, kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from sqlalchemy import Connection, Row

from gis import raster
from gis.arrays import Floats, Geometries
from layers.coverages.store import file_of, known
from layers.layer import Text

FLOODED_FROM_M = 0.0
"""Water of any depth floods, where the coverage does not say from which depth on."""


@dataclass(frozen=True)
class Figures:
    """
    One coverage over n areas; NaN where nothing is known of an area.

    Attributes
    ----------
    mean
        Shape (n,), in the coverage's unit; None for land cover.
    mean_slope_percent
        Of heights.
    flooded_share
        Of flood depths: part of the known ground that lies deeper than ``flooded_from_m``.
    shares
        Of land cover: shape (n, classes).
    nodata_share
        Part of each area of which the coverage says nothing.
    """

    coverage: Row[Any]
    nodata_share: Floats
    mean: Floats | None = None
    mean_slope_percent: Floats | None = None
    flooded_share: Floats | None = None
    shares: Floats | None = None

    def of(self, at: int) -> dict[str, Any] | None:
        """The figures of one area as people read them; None where the coverage does not reach it."""
        nodata = float(self.nodata_share[at])
        if np.isnan(nodata) or nodata >= 1.0:
            return None
        row = self.coverage
        classes = row.classes or []
        return {
            "id": row.id,
            "kind": row.kind,
            "title": vars(Text(row.title_vi, row.title_en)),
            "unit": row.unit,
            "mean": _told(self.mean, at),
            "mean_slope_percent": _told(self.mean_slope_percent, at),
            "flooded_share": _told(self.flooded_share, at),
            "flooded_from_m": row.flooded_from_m,
            "shares": [
                {
                    "value": each["value"],
                    "title": vars(Text(each["title_vi"], each["title_en"])),
                    "color": each["color"],
                    "share": float(self.shares[at, place]),
                }
                for place, each in enumerate(classes)
                if self.shares is not None and self.shares[at, place] > 0
            ],
            "nodata_share": nodata,
            "as_of": row.valid_from.isoformat(),
            "source": row.source,
            "illustrative": row.illustrative,
        }


def figures(db: Connection, as_of: date, geoms: Geometries, folder: Path) -> list[Figures]:
    """
    Every coverage of a date over some areas.

    Parameters
    ----------
    geoms
        Shape (n,), polygons in longitude, latitude.

    Raises
    ------
    CoverageFileGone, AreaTooFine
    """
    return [over(row, file_of(row, folder), geoms) for row in known(db, as_of)]


def over(row: Row[Any], path: Path, geoms: Geometries) -> Figures:
    """One coverage over some areas."""
    with rasterio.open(path, driver="GTiff") as source:
        window = raster.window_of(source, row.srid)
        found = raster.samples(window, row.srid, geoms)
        nodata = raster.nodata_share(found)
        if row.kind == "land_cover":
            classes: Sequence[float] = [each["value"] for each in row.classes]
            return Figures(row, nodata, shares=raster.class_shares(found, classes))
        means = raster.mean(found)
        if row.kind == "elevation":
            slopes = raster.mean(raster.samples(window, row.srid, geoms, slope=True))
            return Figures(row, nodata, mean=means, mean_slope_percent=slopes)
        if row.kind == "flood_depth":
            deep = FLOODED_FROM_M if row.flooded_from_m is None else row.flooded_from_m
            return Figures(
                row, nodata, mean=means, flooded_share=raster.share(found, lambda values: values > deep)
            )
        return Figures(row, nodata, mean=means)


def _told(column: Floats | None, at: int) -> float | None:
    return None if column is None or np.isnan(column[at]) else float(column[at])
