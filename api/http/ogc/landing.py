"""The way in: landing page, conformance and definition."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.http.answers import JSON, dumps
from api.http.ogc import filtering
from api.http.ogc.document import document
from api.http.ogc.links import HTML, OPENAPI, address, base_of, link, self_and_alternate
from api.http.ogc.query import form_of, only
from api.http.pages import page

router = APIRouter()

TITLE = "Didoi – OGC API"
DESCRIPTION = (
    "Lớp dữ liệu khu công nghiệp, đất đai và doanh nghiệp, theo ngày. / "
    "Dated layers of industrial zones, land and enterprises."
)
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    *filtering.CONFORMANCE,
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
)
FRESH = {"Cache-Control": "public, max-age=60", "Vary": "Accept"}


@router.get("/ogc")
@router.get("/ogc/")
def landing(request: Request) -> Response:
    """What there is."""
    only(request, ("f",))
    form, base = form_of(request), base_of(request)
    links = [
        *self_and_alternate(request, form),
        link(address(base, "api"), "service-desc", OPENAPI, "OpenAPI 3.0"),
        link(address(base, "api", f="html"), "service-doc", HTML, "API"),
        link(address(base, "conformance"), "conformance", JSON, "Conformance"),
        link(address(base, "collections"), "data", JSON, "Lớp dữ liệu / Collections"),
        link(
            address(base, "tileMatrixSets"),
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            JSON,
            "Lưới ô / Tile matrix sets",
        ),
    ]
    if form == "html":
        return page("landing.html", title=TITLE, description=DESCRIPTION, links=links, headers=FRESH)
    told = {"title": TITLE, "description": DESCRIPTION, "links": links}
    return Response(dumps(told), media_type=JSON, headers=FRESH)


@router.get("/ogc/conformance")
def conformance(request: Request) -> Response:
    """Which parts of the standards hold."""
    only(request, ("f",))
    form = form_of(request)
    if form == "html":
        links = self_and_alternate(request, form)
        return page("conformance.html", title="Conformance", classes=CONFORMANCE, links=links, headers=FRESH)
    return Response(dumps({"conformsTo": CONFORMANCE}), media_type=JSON, headers=FRESH)


@router.get("/ogc/api")
def api(request: Request) -> Response:
    """The definition as OpenAPI 3.0; as HTML the reference."""
    only(request, ("f",))
    if form_of(request) == "html":
        return Response(None, 303, {"Location": f"{str(request.base_url).rstrip('/')}/docs"})
    return Response(dumps(document(base_of(request))), media_type=OPENAPI, headers=FRESH)
