"""Filters in CQL2 (OGC API – Features, Part 3): the parameters, and what each collection can be asked for."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter, Request, Response
from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, Boolean, Column, Date, Float, Integer

from api.http.answers import answered, dumps
from api.http.deps import asking
from api.http.ogc.links import SCHEMA, self_and_alternate
from api.http.ogc.query import date_of, form_of, only
from api.http.pages import HTML as HTML_UTF8
from api.http.pages import render
from layers.access import Actor
from layers.catalogue import layer as layer_of
from layers.cql.translate import GEOMETRY
from layers.layer import Layer, about
from layers.query import LayerForbidden, masked
from layers.rows import told_columns

router = APIRouter(prefix="/ogc/collections")

#: Parts of Features Part 3 and of CQL2 that hold.
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
)
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
ACCEPTS = {"Vary": "Accept, Cookie, Accept-Encoding"}


@router.get("/{layer_id}/queryables")
def queryables(request: Request, layer_id: str) -> Response:
    """The properties that a filter may ask for, as a JSON Schema."""
    only(request, ("f", "as_of", "datetime"))
    form, shown = form_of(request), layer_of(layer_id)
    with asking(request, date_of(request)) as ask:
        if not ask.actor.may(shown.access.view):
            raise LayerForbidden(layer=layer_id)

        def make() -> bytes:
            told = schema(shown, ask.actor, str(request.url.replace(query="")))
            if form == "html":
                links = self_and_alternate(request, form, SCHEMA)
                return render("queryables.html", title=told["title"], told=told, links=links).encode()
            return dumps(told)

        media = HTML_UTF8 if form == "html" else SCHEMA
        etag = ask.etag(shown, "queryables", form)
        return answered(request, etag, make, public=ask.public, media_type=media, headers=ACCEPTS)


def schema(layer: Layer, actor: Actor, address: str) -> dict[str, Any]:
    """What may be asked of a layer by this actor: personal data is not told to everybody."""
    hidden = masked(layer, actor)
    columns = layer.columns()
    told = {name: _property(columns[name]) for name in told_columns(layer) if name not in hidden}
    kind = str(cast("Geometry", columns["geom"].type).geometry_type).lower()
    told[GEOMETRY] = {
        "title": _title(columns["geom"]),
        "format": "geometry-any" if kind == "geometry" else f"geometry-{kind}",
        "x-ogc-role": "primary-geometry",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": f"{layer.title.vi} / {layer.title.en}",
        "properties": told,
        "additionalProperties": False,
    }


def _property(col: Column[Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"title": _title(col)}
    match col.type:
        case Boolean():
            said["type"] = "boolean"
        case Integer():
            said["type"] = "integer"
        case Float():
            said["type"] = "number"
        case Date():
            said |= {"type": "string", "format": "date"}
        case ARRAY():
            said |= {"type": "array", "items": {"type": "string"}}
        case _:
            said["type"] = "string"
    words = about(col)
    if words is not None and words.unit:
        said["x-ogc-unit"] = words.unit
    if words is not None and words.codes:
        codes = [{"const": code.value, "title": f"{code.title.vi} / {code.title.en}"} for code in words.codes]
        said.get("items", said)["oneOf"] = codes
    return said


def _title(col: Column[Any]) -> str:
    words = about(col)
    return f"{words.title.vi} / {words.title.en}" if words else str(col.name)
