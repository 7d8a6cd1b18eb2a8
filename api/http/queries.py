"""What an address may ask, as models: a parameter that is not in one of them is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gis.crs import CRS84, Crs, from_uri
from layers import cql
from layers.cql.shapes import Box
from layers.filters import BoxInvalid, Wanted

MAX_ROWS = 1_000


#: A day for which something is reckoned back and ahead from it.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]


class Dated(BaseModel):
    """A read at a date; today where none is given."""

    model_config = ConfigDict(extra="forbid")
    as_of: date | None = Field(
        None, description="Ngày số liệu / Date of the answer; today in Vietnam by default"
    )


class TileQuery(Dated):
    """A tile; ``v`` is the data version of the catalogue, so that browsers may keep the tile."""

    v: str | None = Field(None, max_length=64)


class SearchQuery(Dated):
    """A search."""

    q: str = Field("", max_length=200)
    limit: int = Field(20, ge=1, le=100)


class Filtered(Dated):
    """
    A filtered read: every further parameter is a column of the layer.

    Alternatives are separated by commas, an empty one means "no value", ``a..b`` is a range.
    """

    model_config = ConfigDict(extra="allow")
    q: str | None = Field(None, max_length=200, description="Từ tìm kiếm / Words to find rows by")
    bbox: str | None = Field(None, max_length=200, description="west,south,east,north (WGS 84)")
    filter: str | None = Field(None, description="Bộ lọc CQL2 / Filter in CQL2")
    filter_lang: str = Field(cql.TEXT, alias="filter-lang", description=" | ".join(cql.LANGS))
    filter_crs: str | None = Field(
        None, alias="filter-crs", description="Hệ toạ độ trong bộ lọc / System of the filter's coordinates"
    )

    def wanted(self) -> Wanted:
        """
        The filter as the layers read it.

        Raises
        ------
        BoxInvalid, CrsUnknown, and those of `layers.cql.parse`
        """
        return Wanted(
            values=_texts(self.model_extra or {}),
            q=self.q,
            box=read_box(self.bbox) if self.bbox is not None else None,
            filter=read_filter(self.filter, self.filter_lang, self.filter_crs),
        )


class ExportQuery(Filtered):
    """A filtered layer as a file."""

    crs: str | None = Field(None, max_length=80, description="EPSG:9210 …; WGS 84 by default")

    def system(self) -> Crs:
        """
        The system of the coordinates in the file.

        Raises
        ------
        CrsUnknown
        """
        return CRS84 if self.crs is None else from_uri(self.crs)


class RowsQuery(Filtered):
    """A page of a table."""

    sort: str | None = Field(None, max_length=100, description="Column; with - before it the greatest first")
    limit: int = Field(100, ge=1, le=MAX_ROWS)
    offset: int = Field(0, ge=0, le=10_000_000)


def read_filter(text: str | None, lang: str | None, crs: str | None) -> cql.Filter | None:
    """
    A filter in CQL2; coordinates are longitude, latitude where no system is named.

    Raises
    ------
    CrsUnknown, and those of `layers.cql.parse`
    """
    system = CRS84 if crs is None else from_uri(crs)
    return None if text is None else cql.parse(text, lang or cql.TEXT, system)


def read_box(text: str, *, swapped: bool = False) -> Box:
    """
    Four numbers, or six with heights, which are not looked at; ``swapped`` where y comes first.

    Raises
    ------
    BoxInvalid
    """
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError as error:
        raise BoxInvalid(value=text[:80]) from error
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BoxInvalid(value=text[:80])
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    return (south, west, north, east) if swapped else (west, south, east, north)


def _texts(given: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        name: [str(text) for text in value] if isinstance(value, list) else [str(value)]
        for name, value in given.items()
    }
