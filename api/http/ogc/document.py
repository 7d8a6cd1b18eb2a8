"""
The definition of the OGC interface, as a true OpenAPI 3.0 document.

Written by hand because FastAPI's is 3.1 and knows nothing of the columns of a collection: here each
collection has its own paths, with its own filters.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, Float, Integer

from api.http.ogc.links import SCHEMA
from api.http.ogc.query import ITEMS_PARAMETERS, LIMIT_DEFAULT, LIMIT_MAX, filters
from api.http.version import VERSION
from gis.crs import CRS84_URI, SUPPORTED
from layers import cql
from layers.catalogue import layers
from layers.layer import Layer, about
from layers.tiles import MAX_ZOOM

Schema = dict[str, Any]
DATED = ("f", "as_of", "datetime")
"""Parameters that every dated page has, told by `_get`."""


def crs_uris() -> list[str]:
    """Every system that items are given in; the first is the one they are kept in."""
    return [CRS84_URI, *(crs.uri for crs in SUPPORTED.values())]


def document(server: str) -> Schema:
    """The definition with the address at which it is served."""
    paths: Schema = {
        "/": _get("Trang đầu / Landing page", "landing", "Landing"),
        "/conformance": _get("Các lớp tuân thủ / Conformance classes", "conformance", "Conformance"),
        "/api": _get(
            "Định nghĩa này / This definition",
            "api",
            "Any",
            media="application/vnd.oai.openapi+json;version=3.0",
        ),
        "/collections": _get("Các lớp dữ liệu / Collections", "collections", "Collections", dated=True),
        "/tileMatrixSets": _get("Lưới ô / Tile matrix sets", "tile_matrix_sets", "Any"),
        "/tileMatrixSets/WebMercatorQuad": _get("WebMercatorQuad", "web_mercator_quad", "Any"),
    }
    for layer in layers().values():
        paths |= _paths(layer)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Didoi – OGC API Features, Tiles",
            "version": VERSION,
            "description": "Lớp dữ liệu khu công nghiệp, đất đai và doanh nghiệp, theo ngày. / "
            "Dated layers of industrial zones, land and enterprises.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": layer.id, "description": layer.title.vi} for layer in layers().values()],
        "paths": paths,
        "components": {"parameters": _parameters(), "responses": _responses(), "schemas": _schemas()},
    }


def _paths(layer: Layer) -> Schema:
    base = f"/collections/{layer.id}"
    one = f"{layer.title.vi} / {layer.title.en}"
    tag = layer.id
    items = _get(one, f"{tag}_items", "FeatureCollection", media="application/geo+json", tag=tag, dated=True)
    items["get"]["parameters"] += [_ref("parameters", name) for name in ITEMS_PARAMETERS if name not in DATED]
    items["get"]["parameters"] += [_filter(layer, name) for name in filters(layer)]
    item = _get(one, f"{tag}_item", "Feature", media="application/geo+json", tag=tag, dated=True)
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "Mã / Key",
        "schema": {"type": "string", "minLength": 1},
    }
    item["get"]["parameters"] += [key, _ref("parameters", "crs")]
    tile = _get(one, f"{tag}_tile", "Any", tag=tag, dated=True, form=False)
    tile["get"]["parameters"] += [
        _tile_step("tileMatrix", MAX_ZOOM),
        _tile_step("tileRow"),
        _tile_step("tileCol"),
    ]
    tile["get"]["responses"]["200"] = {
        "description": "Mapbox vector tile",
        "content": {"application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}}},
    }
    tile["get"]["responses"]["204"] = {"description": "Ô trống / Empty tile"}
    quad = f"{base}/tiles/WebMercatorQuad"
    return {
        base: _get(one, f"{tag}_collection", "Collection", tag=tag, dated=True),
        f"{base}/queryables": _get(one, f"{tag}_queryables", "Any", media=SCHEMA, tag=tag, dated=True),
        f"{base}/items": items,
        f"{base}/items/{{key}}": item,
        f"{base}/tiles": _get(one, f"{tag}_tilesets", "Any", tag=tag, dated=True),
        quad: _get(one, f"{tag}_tileset", "Any", tag=tag, dated=True),
        f"{quad}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
    }


def _get(
    words: str,
    name: str,
    schema: str,
    *,
    media: str = "application/json",
    tag: str | None = None,
    dated: bool = False,
    form: bool = True,
) -> Schema:
    parameters = [_ref("parameters", "f")] if form else []
    if dated:
        parameters += [_ref("parameters", "as_of"), _ref("parameters", "datetime")]
    operation: Schema = {
        "operationId": name,
        "summary": words,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": words,
                "headers": {"Content-Crs": {"schema": {"type": "string"}}}
                if schema.startswith("Feature")
                else {},
                "content": {
                    media: {"schema": _ref("schemas", schema)},
                    "text/html": {"schema": {"type": "string"}},
                },
            },
            "304": {"description": "Không đổi / Not modified"},
            **{status: _ref("responses", "Error") for status in ("400", "403", "404", "503")},
        },
    }
    if tag:
        operation["tags"] = [tag]
    return {"get": operation}


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _filter(layer: Layer, name: str) -> Schema:
    col = layer.columns()[name]
    told = about(col)
    schema: Schema = {"type": "string"}
    if isinstance(col.type, Boolean):
        schema = {"type": "boolean"}
    elif isinstance(col.type, Integer):
        schema = {"type": "integer"}
    elif isinstance(col.type, Float):
        schema = {"type": "number"}
    elif isinstance(col.type, Date):
        schema = {"type": "string", "format": "date"}
    words = f"{told.title.vi} / {told.title.en}" if told else name
    if told and told.masked:
        words += " (cần đăng nhập / needs an account)"
    if told and told.codes:
        words += ": " + ", ".join(code.value for code in told.codes)
    return {
        "name": name,
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "description": words,
        "schema": schema,
    }


def _tile_step(name: str, most: int | None = None) -> Schema:
    schema: Schema = {"type": "integer", "minimum": 0}
    if most is not None:
        schema["maximum"] = most
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters() -> Schema:
    def query(name: str, words: str, schema: Schema, *, explode: bool = False) -> Schema:
        return {
            "name": name,
            "in": "query",
            "required": False,
            "style": "form",
            "explode": explode,
            "description": words,
            "schema": schema,
        }

    uri = {"type": "string", "format": "uri", "enum": crs_uris(), "default": CRS84_URI}
    return {
        "f": query("f", "json | html", {"type": "string", "enum": ["json", "html"]}),
        "as_of": query("as_of", "Ngày số liệu / Date of the answer", {"type": "string", "format": "date"}),
        "datetime": query(
            "datetime",
            "Như as_of: một ngày, hoặc khoảng (trả lời tại ngày cuối) / As as_of: an instant, or an "
            "interval, answered with the state at its end",
            {"type": "string"},
        ),
        "limit": query(
            "limit",
            "Số đối tượng mỗi trang / Features per page",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        "after": query("after", "Sau mã này / Features after this key", {"type": "string"}),
        "before": query("before", "Trước mã này / Features before this key", {"type": "string"}),
        "bbox": query(
            "bbox",
            "Khung / Box: 4 hoặc/or 6 số/numbers",
            {
                "type": "array",
                "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
                "items": {"type": "number"},
            },
        ),
        "filter": query(
            "filter", "Bộ lọc CQL2 / Filter in CQL2", {"type": "string", "maxLength": cql.LONGEST}
        ),
        "filter-lang": query(
            "filter-lang",
            "Ngôn ngữ bộ lọc / Language of the filter",
            {"type": "string", "enum": [*cql.LANGS], "default": cql.TEXT},
        ),
        "filter-crs": query("filter-crs", "Hệ toạ độ trong bộ lọc / System of the filter's coordinates", uri),
        "bbox-crs": query("bbox-crs", "Hệ toạ độ của bbox / System of bbox", uri),
        "crs": query("crs", "Hệ toạ độ của kết quả / System of the answer", uri),
    }


def _responses() -> Schema:
    return {
        "Error": {
            "description": "Lỗi / Error",
            "content": {"application/json": {"schema": _ref("schemas", "Exception")}},
        }
    }


def _schemas() -> Schema:
    links = {"type": "array", "items": _ref("schemas", "Link")}
    text: Schema = {"type": "string"}
    return {
        "Any": {"type": "object"},
        "Exception": {
            "type": "object",
            "required": ["code"],
            "properties": {"code": text, "description": text},
        },
        "Link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {
                "href": text,
                "rel": text,
                "type": text,
                "title": text,
                "templated": {"type": "boolean"},
            },
        },
        "Landing": {"type": "object", "required": ["links"], "properties": {"title": text, "links": links}},
        "Conformance": {
            "type": "object",
            "required": ["conformsTo"],
            "properties": {"conformsTo": {"type": "array", "items": text}},
        },
        "Collections": {
            "type": "object",
            "required": ["links", "collections"],
            "properties": {
                "links": links,
                "collections": {"type": "array", "items": _ref("schemas", "Collection")},
            },
        },
        "Collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {
                "id": text,
                "title": text,
                "description": text,
                "links": links,
                "extent": {"type": "object"},
                "itemType": text,
                "crs": {"type": "array", "items": text},
                "storageCrs": text,
            },
        },
        "FeatureCollection": {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": _ref("schemas", "Feature")},
                "links": links,
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
            },
        },
        "Feature": {
            "type": "object",
            "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                "id": text,
                "geometry": {"type": "object", "nullable": True},
                "properties": {"type": "object", "nullable": True},
                "links": links,
            },
        },
    }
