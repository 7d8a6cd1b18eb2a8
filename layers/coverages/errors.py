"""What can be wrong with a raster."""

from __future__ import annotations

from gis.errors import BadInput, NotFound


class RasterNotPlaced(BadInput):
    """A raster without a place, turned, or upside down. Facts: file."""


class RasterTooLarge(BadInput):
    """More cells than are read. Facts: file, cells, allowed."""


class RasterBandMissing(BadInput):
    """The band is not there. Facts: file, band, bands."""


class RasterEmpty(BadInput):
    """A raster without one known cell. Facts: file."""


class RasterClassesNeeded(BadInput):
    """A land cover whose values have no words. Facts: file, values."""


class RasterNodataUnsaid(BadInput):
    """An extreme value that files use for "nothing known", undeclared. Facts: file, value."""


class CoverageKindUnknown(BadInput):
    """A kind that is not kept. Facts: kind, allowed."""


class CoverageUnknown(NotFound):
    """No coverage has this number, or not at this date. Facts: id."""


class CoverageFileGone(NotFound):
    """The cells of a coverage are no longer in their folder. Facts: id."""
