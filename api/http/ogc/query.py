"""Reading the query of an OGC request: each parameter known, each value sound, or 400."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fastapi import Request

from api.http.errors import ParameterInvalid, ParameterUnknown
from api.http.queries import read_box, read_filter
from gis.crs import CRS84, Crs, from_uri
from layers.dates import COUNTRY_TIME, DateInvalid, today
from layers.filters import Wanted
from layers.layer import Layer
from layers.rows import Turn, told_columns

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
ITEM_PARAMETERS = ("f", "as_of", "datetime", "crs")
FILTER_PARAMETERS = ("filter", "filter-lang", "filter-crs")
ITEMS_PARAMETERS = (
    *ITEM_PARAMETERS,
    "limit",
    "after",
    "before",
    "bbox",
    "bbox-crs",
    *FILTER_PARAMETERS,
)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?)?")
Form = Literal["json", "html"]


@dataclass(frozen=True)
class ItemsQuery:
    """A page of items: what is wanted, from where, how much, in which system."""

    wanted: Wanted
    turn: Turn
    limit: int
    crs: Crs


def only(request: Request, known: Collection[str]) -> None:
    """
    Refuse a parameter that is not known or comes twice where one value is read.

    Raises
    ------
    ParameterUnknown, ParameterInvalid
    """
    for name in request.query_params:
        if name not in known:
            raise ParameterUnknown(parameter=name[:80], known=", ".join(known))
    for name in ITEMS_PARAMETERS:
        if len(request.query_params.getlist(name)) > 1:
            raise ParameterInvalid(parameter=name, value="…", wanted="1×")


def form_of(request: Request) -> Form:
    """
    What was asked for: by ``f``, else by Accept; JSON where nothing decides.

    Raises
    ------
    ParameterInvalid
    """
    asked = request.query_params.get("f")
    if asked in ("json", "html"):
        return asked
    if asked is not None:
        raise ParameterInvalid(parameter="f", value=asked[:80], wanted="json, html")
    accepted = request.headers.get("accept", "")
    html, json = accepted.find("text/html"), accepted.find("json")
    return "html" if html >= 0 and (json < 0 or html < json) else "json"


def date_of(request: Request) -> date:
    """
    The date that is answered for: ``as_of``, or the instant or the end of ``datetime``; today by default.

    Raises
    ------
    DateInvalid, ParameterInvalid
    """
    as_of, when = request.query_params.get("as_of"), request.query_params.get("datetime")
    if as_of is not None and when is not None:
        raise ParameterInvalid(parameter="as_of", value=as_of[:40], wanted="as_of | datetime")
    if as_of is not None:
        return _day(as_of)
    return today() if when is None else _end(when)


def crs_of(request: Request, name: str) -> Crs:
    """
    The system that a parameter names; CRS84 by default.

    Raises
    ------
    CrsUnknown
    """
    uri = request.query_params.get(name)
    return CRS84 if uri is None else from_uri(uri)


def items_of(request: Request, layer: Layer) -> ItemsQuery:
    """
    The query of an items page.

    Raises
    ------
    ParameterInvalid, BoxInvalid, CrsUnknown, and those of `layers.cql.parse`
    """
    asked = request.query_params
    box_crs = crs_of(request, "bbox-crs")
    box = asked.get("bbox")
    wanted = Wanted(
        values={name: asked.getlist(name) for name in filters(layer) if name in asked},
        box=None if box is None else read_box(box, swapped=box_crs.axes == "yx"),
        box_srid=box_crs.srid,
        filter=read_filter(*(asked.get(name) for name in FILTER_PARAMETERS)),
    )
    if "after" in asked and "before" in asked:
        raise ParameterInvalid(parameter="before", value=asked["before"][:80], wanted="after | before")
    turn = Turn(asked["before"], back=True) if "before" in asked else Turn(asked.get("after"))
    return ItemsQuery(wanted, turn, _limit(asked.get("limit")), crs_of(request, "crs"))


def filters(layer: Layer) -> tuple[str, ...]:
    """Columns by which items may be filtered: all that are told, but for names that mean something else."""
    return tuple(name for name in told_columns(layer) if name not in ITEMS_PARAMETERS)


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 9) or int(text) < 1:
        raise ParameterInvalid(parameter="limit", value=text[:40], wanted=f"1..{LIMIT_MAX}")
    return min(int(text), LIMIT_MAX)  # OGC: a server answers with its own maximum


def _end(when: str) -> date:
    """An interval is answered with the state at its end; an open end is today."""
    first, slash, last = when.partition("/")
    if not slash:
        return _day(first)
    begin = None if first in ("", "..") else _day(first)
    end = today() if last in ("", "..") else _day(last)
    if begin is not None and last not in ("", "..") and begin > end:
        raise DateInvalid(value=when[:80])
    return max(end, begin) if begin is not None else end


def _day(text: str) -> date:
    """A date, or the date in Vietnam at an instant."""
    # A plus sign of a time zone arrives as a space where the client did not encode it.
    whole = text[:10] + text[10:].replace(" ", "+")
    if not _TIME.fullmatch(whole):
        raise DateInvalid(value=text[:80])
    try:
        if len(whole) == 10:
            return date.fromisoformat(whole)
        moment = datetime.fromisoformat(whole.upper())
        return (moment.astimezone(COUNTRY_TIME) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError) as error:
        raise DateInvalid(value=text[:80]) from error
