"""Links, absolute and in both forms, as every OGC answer carries them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from api.http.ogc.query import Form

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MVT = "application/vnd.mapbox-vector-tile"
TITLES = {"json": "JSON", "html": "HTML"}

Link = dict[str, Any]


def base_of(request: Request) -> str:
    """Address of the OGC interface, without a slash at its end."""
    return f"{str(request.base_url).rstrip('/')}/ogc"


def link(href: str, rel: str, media_type: str, title: str | None = None, **more: Any) -> Link:
    """One link."""
    told = {"href": href, "rel": rel, "type": media_type, "title": title, **more}
    return {name: value for name, value in told.items() if value is not None}


def address(base: str, *path: str, **query: str | int | None) -> str:
    """An address below a base; each step of the path is quoted whole."""
    steps = "".join(f"/{quote(step, safe='')}" for step in path)
    given = {name.replace("__", "-"): value for name, value in query.items() if value is not None}
    return base + steps + (f"?{urlencode(given)}" if given else "")


def self_and_alternate(request: Request, form: Form, json_type: str = JSON) -> list[Link]:
    """Links to this page as it is and in the other form."""
    types = {"json": json_type, "html": HTML}
    other: Form = "html" if form == "json" else "json"
    return [
        link(_with(request, form), "self", types[form], TITLES[form]),
        link(_with(request, other), "alternate", types[other], TITLES[other]),
    ]


def turned(request: Request, form: Form, rel: str, **turn: str) -> Link:
    """Link to another page of the same items."""
    url = request.url.remove_query_params(["after", "before"]).include_query_params(**turn)
    media_type = GEOJSON if form == "json" else HTML
    return link(str(url), rel, media_type, {"next": "Sau / Next", "prev": "Trước / Previous"}[rel])


def _with(request: Request, form: Form) -> str:
    return str(request.url.include_query_params(f=form))
