"""Collections and their items, as GeoJSON or as a page, in any supported coordinate system."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.answers import JSON, answered, dumps
from api.http.deps import Ask, asking, doors_of
from api.http.ogc.document import crs_uris
from api.http.ogc.filtering import QUERYABLES
from api.http.ogc.links import (
    GEOJSON,
    HTML,
    SCHEMA,
    Link,
    address,
    base_of,
    link,
    self_and_alternate,
    turned,
)
from api.http.ogc.query import (
    ITEM_PARAMETERS,
    ITEMS_PARAMETERS,
    Form,
    ItemsQuery,
    crs_of,
    date_of,
    filters,
    form_of,
    items_of,
    only,
)
from api.http.pages import HTML as HTML_UTF8
from api.http.pages import render
from gis.crs import CRS84_URI, Crs
from layers.catalogue import layer as layer_of
from layers.catalogue import layers
from layers.layer import Layer, about
from layers.rows import count, extent, feature, items, lifetime, told_columns

router = APIRouter(prefix="/ogc/collections")

DATED = ("f", "as_of", "datetime")


@router.get("")
def collections(request: Request) -> Response:
    """Every layer that the actor may see."""
    only(request, DATED)
    form = form_of(request)
    with asking(request, date_of(request)) as ask:

        def make() -> bytes:
            seen = [one for one in layers().values() if ask.actor.may(one.access.view)]
            told = {
                "links": [*self_and_alternate(request, form)],
                "crs": crs_uris(),
                "collections": [_collection(ask, one, form) for one in seen],
            }
            if form == "html":
                return render("collections.html", title="Lớp dữ liệu / Collections", **told).encode()
            return dumps(told)

        etag, kept = ask.etag_of_all(form), doors_of(request).kept
        return answered(
            request,
            etag,
            lambda: kept.get(("collections", etag, str(request.url)), make),
            public=ask.public,
            media_type=_media(form),
            headers=ACCEPTS,
        )


@router.get("/{layer_id}")
def collection(request: Request, layer_id: str) -> Response:
    """One layer: extent, systems and links."""
    only(request, DATED)
    form, shown = form_of(request), layer_of(layer_id)
    with asking(request, date_of(request)) as ask:

        def make() -> bytes:
            told = _collection(ask, shown, form)
            told["links"] = [*self_and_alternate(request, form), *told["links"][1:]]
            if form == "html":
                return render("collection.html", **told, columns=_columns(shown)).encode()
            return dumps(told)

        return answered(
            request, ask.etag(shown, form), make, public=ask.public, media_type=_media(form), headers=ACCEPTS
        )


@router.get("/{layer_id}/items")
def page_of_items(request: Request, layer_id: str) -> Response:
    """A page of items, in order of key."""
    shown = layer_of(layer_id)
    only(request, (*ITEMS_PARAMETERS, *filters(shown)))
    form, query = form_of(request), items_of(request, shown)
    with asking(request, date_of(request)) as ask:

        def make() -> bytes:
            told = _items(ask, shown, query, form)
            if form == "html":
                links = told.pop("links")
                facts = {"columns": _columns(shown), "layer_id": layer_id, "base": base_of(request)}
                return render("items.html", title=shown.title.vi, links=links, told=told, **facts).encode()
            return dumps(told)

        return answered(
            request,
            ask.etag(shown, form),
            make,
            public=ask.public,
            media_type=_media(form, GEOJSON),
            headers=ACCEPTS | _content_crs(query.crs),
        )


@router.get("/{layer_id}/items/{key:path}")
def one_item(request: Request, layer_id: str, key: str) -> Response:
    """One item."""
    only(request, ITEM_PARAMETERS)
    form, shown, crs = form_of(request), layer_of(layer_id), crs_of(request, "crs")
    with asking(request, date_of(request)) as ask:

        def make() -> bytes:
            row = feature(ask.db, shown, ask.actor, ask.as_of, key, crs)
            base = base_of(request)
            links = [
                *self_and_alternate(request, form, GEOJSON),
                link(address(base, "collections", layer_id), "collection", JSON, shown.title.vi),
            ]
            told = _feature(shown, row) | {"links": links}
            if form == "html":
                facts = {"columns": _columns(shown), "layer_id": layer_id, "base": base}
                return render("item.html", title=key, links=links, told=told, **facts).encode()
            return dumps(told)

        return answered(
            request,
            ask.etag(shown, form),
            make,
            public=ask.public,
            media_type=_media(form, GEOJSON),
            headers=ACCEPTS | _content_crs(crs),
        )


ACCEPTS = {"Vary": "Accept, Cookie, Accept-Encoding"}


def _items(ask: Ask, shown: Layer, query: ItemsQuery, form: Form) -> dict[str, Any]:
    request = ask.request
    rows, before, after = items(
        ask.db,
        shown,
        ask.actor,
        ask.as_of,
        query.wanted,
        turn=query.turn,
        limit=query.limit,
        crs=query.crs,
    )
    links: list[Link] = self_and_alternate(request, form, GEOJSON)
    if rows and after:
        links.append(turned(request, form, "next", after=rows[-1]["key"]))
    if rows and before:
        links.append(turned(request, form, "prev", before=rows[0]["key"]))
    links.append(link(address(base_of(request), "collections", shown.id), "collection", JSON, shown.title.vi))
    return {
        "type": "FeatureCollection",
        "features": [_feature(shown, row) for row in rows],
        "links": links,
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": _matched(ask, shown, query),
        "numberReturned": len(rows),
    }


def _matched(ask: Ask, shown: Layer, query: ItemsQuery) -> int:
    """Number of items on all pages; counted once per version of the data and filter."""
    wanted = query.wanted
    asked = tuple(sorted((name, tuple(texts)) for name, texts in wanted.values.items()))
    known = ("matched", shown.id, ask.etag(shown), asked, wanted.box, wanted.box_srid, wanted.filter)

    def make() -> bytes:
        return str(count(ask.db, shown, ask.actor, ask.as_of, wanted)).encode()

    return int(doors_of(ask.request).kept.get(known, make))


def _feature(shown: Layer, row: dict[str, Any]) -> dict[str, Any]:
    properties = {name: row[name] for name in told_columns(shown)}
    return {"type": "Feature", "id": row["key"], "geometry": row["geometry"], "properties": properties}


def _collection(ask: Ask, shown: Layer, form: Form) -> dict[str, Any]:
    base = base_of(ask.request)
    box = extent(ask.db, shown, ask.actor, ask.as_of)
    begin, end = lifetime(ask.db, shown, ask.actor, ask.as_of)
    time = {"interval": [[_moment(begin), _moment(end)]]}
    space = {"bbox": [box or [102.0, 7.0, 118.0, 24.0]], "crs": CRS84_URI}
    at = ("collections", shown.id)
    return {
        "id": shown.id,
        "title": f"{shown.title.vi} / {shown.title.en}",
        "description": f"{shown.description.vi} / {shown.description.en}" if shown.description else "",
        "extent": {"spatial": space, "temporal": time},
        "itemType": "feature",
        "crs": crs_uris(),
        "storageCrs": CRS84_URI,
        "links": [
            link(address(base, *at, f=form), "self", JSON if form == "json" else HTML, shown.title.vi),
            link(address(base, *at, "items", f="json"), "items", GEOJSON, "GeoJSON"),
            link(address(base, *at, "items", f="html"), "items", HTML, "HTML"),
            link(address(base, *at, "queryables", f="json"), QUERYABLES, SCHEMA, "Queryables"),
            link(
                address(base, *at, "tiles"),
                "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
                JSON,
                "Vector tiles",
            ),
            link(
                f"{str(ask.request.base_url).rstrip('/')}/tiles/{shown.id}/tilejson.json",
                "describedby",
                JSON,
                "TileJSON",
            ),
        ],
    }


def _columns(shown: Layer) -> list[dict[str, str]]:
    """Name, words and unit of every column, for the pages: what a feature is called comes first."""
    first = ("key", shown.label)
    names = sorted(told_columns(shown), key=lambda name: first.index(name) if name in first else len(first))
    told = [(name, about(shown.columns()[name])) for name in names]
    return [
        {
            "name": name,
            "title": f"{t.title.vi} / {t.title.en}" if t else name,
            "unit": (t.unit or "") if t else "",
        }
        for name, t in told
    ]


def _content_crs(crs: Crs) -> dict[str, str]:
    # WGS 84 is the one system with two names: EPSG's has latitude first, OGC's longitude.
    return {"Content-Crs": f"<{CRS84_URI if crs.geographic and crs.axes == 'xy' else crs.uri}>"}


def _moment(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"


def _media(form: Form, json_type: str = JSON) -> str:
    return HTML_UTF8 if form == "html" else json_type
