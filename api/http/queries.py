"""What an address may ask, as models: a parameter that is not in one of them is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from layers.filters import Box, BoxInvalid, Wanted

MAX_ROWS = 1_000


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

    def wanted(self) -> Wanted:
        """
        The filter as the layers read it.

        Raises
        ------
        BoxInvalid
        """
        return Wanted(
            values=_texts(self.model_extra or {}),
            q=self.q,
            box=read_box(self.bbox) if self.bbox is not None else None,
        )


class RowsQuery(Filtered):
    """A page of a table."""

    sort: str | None = Field(None, max_length=100, description="Column; with - before it the greatest first")
    limit: int = Field(100, ge=1, le=MAX_ROWS)
    offset: int = Field(0, ge=0, le=10_000_000)


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
