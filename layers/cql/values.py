"""Literals of a filter: finite numbers, texts that can be stored, days, geometries."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import Any

import shapely
from shapely.errors import ShapelyError

from gis.text import nfc
from layers.cql.errors import FilterGeometryWrong, FilterValueWrong
from layers.dates import COUNTRY_TIME

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def number(said: str | float, at: str) -> float:
    """A finite number."""
    try:
        value = float(said)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise FilterValueWrong(at=at, value=str(said)[:40], wanted="|x| ≤ 1.8e308")
    return value


def sound(text: str, at: str) -> str:
    """A text that can be stored, composed (NFC)."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FilterValueWrong(at=at, value=ascii(text)[:40], wanted="Unicode, U+0000 ∉")
    return nfc(text)


def day(text: str, at: str) -> date:
    """A day."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise FilterValueWrong(at=at, value=text[:40], wanted="YYYY-MM-DD")


def moment(text: str, at: str) -> date:
    """The day in Vietnam at an instant: columns hold days."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(COUNTRY_TIME).date()
    except (ValueError, OverflowError):
        pass
    raise FilterValueWrong(at=at, value=text[:40], wanted="YYYY-MM-DDThh:mm:ssZ")


def geometry_of_wkt(text: str, at: str) -> shapely.Geometry:
    """A geometry as WKT writes it, in its own numbers."""
    try:
        return shapely.from_wkt(text)
    except (ShapelyError, ValueError) as error:
        raise FilterGeometryWrong(at=at, reason=_brief(error)) from error


def geometry_of_geojson(said: dict[str, Any], at: str) -> shapely.Geometry:
    """A geometry as GeoJSON writes it, in its own numbers."""
    try:
        return shapely.from_geojson(json.dumps(said))
    except (ShapelyError, ValueError) as error:
        raise FilterGeometryWrong(at=at, reason=_brief(error)) from error


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
