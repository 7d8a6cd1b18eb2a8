"""The certificate of Decree 32/2024 over HTTP: JSON, page, PDF and workbook, for all clusters or for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup
from pydantic import Field

from api.actions.certify_ccn import as_json, certify_ccn
from api.documents.certificate_parts import map_of
from api.documents.certificate_pdf import pdf
from api.documents.certificate_xlsx import xlsx
from api.http.answers import JSON, answered, dumps
from api.http.deps import asking, doors_of
from api.http.pages import HTML, render
from api.http.queries import Dated
from api.words import LANGS, say
from api.words.form import number
from layers.ccn_certificate import Certificate

router = APIRouter(prefix="/certificates", tags=["certificates"])

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CertificateQuery(Dated):
    """Clusters of a date, of one development option where it is named."""

    option: str | None = Field(None, max_length=300, description="Phương án phát triển / Development option")


Asked = Annotated[CertificateQuery, Query()]
OneAsked = Annotated[Dated, Query()]


@router.get("/ccn")
def all_clusters(request: Request, query: Asked) -> Response:
    """Whether each cluster is complete, and what it overlaps."""
    return _answer(request, query, None, "json")


@router.get("/ccn.html", response_class=Response)
def all_as_page(request: Request, query: Asked) -> Response:
    """The same as a page."""
    return _answer(request, query, None, "html")


@router.get("/ccn.pdf", response_class=Response)
def all_as_pdf(request: Request, query: Asked) -> Response:
    """The same as a report in the layout of Decree 30/2020, with a map of each cluster."""
    return _answer(request, query, None, "pdf")


@router.get("/ccn.xlsx", response_class=Response)
def all_as_workbook(request: Request, query: Asked) -> Response:
    """The same as a workbook."""
    return _answer(request, query, None, "xlsx")


# A key may hold points and slashes, so the forms come before the bare key.
@router.get("/ccn/{key:path}.html", response_class=Response)
def one_as_page(request: Request, key: str, query: OneAsked) -> Response:
    """One cluster as a page with its map."""
    return _answer(request, query, key, "html")


@router.get("/ccn/{key:path}.pdf", response_class=Response)
def one_as_pdf(request: Request, key: str, query: OneAsked) -> Response:
    """One cluster as PDF."""
    return _answer(request, query, key, "pdf")


@router.get("/ccn/{key:path}.xlsx", response_class=Response)
def one_as_workbook(request: Request, key: str, query: OneAsked) -> Response:
    """One cluster as a workbook."""
    return _answer(request, query, key, "xlsx")


@router.get("/ccn/{key:path}")
def one_cluster(request: Request, key: str, query: OneAsked) -> Response:
    """One cluster."""
    return _answer(request, query, key, "json")


def _answer(request: Request, query: Dated, key: str | None, form: str) -> Response:
    option = query.option if isinstance(query, CertificateQuery) else None
    media_type, write = _FORMS[form]
    with asking(request, query.as_of) as ask:
        etag = ask.etag_of_all("certificate", form, key, option)

        def make() -> bytes:
            return write(certify_ccn(ask.db, ask.actor, ask.as_of, option=option, key=key))

        headers: dict[str, str] = {}
        if form in ("pdf", "xlsx"):
            stem = "ccn" if key is None else re.sub(r"[^\w-]", "_", f"ccn_{key}", flags=re.ASCII)
            name = f"{stem}_{ask.as_of.isoformat()}.{form}"
            headers["Content-Disposition"] = (
                f'{"inline" if form == "pdf" else "attachment"}; filename="{name}"'
            )
        return answered(
            request,
            etag,
            lambda: doors_of(request).kept.get(("certificate", etag), make),
            public=ask.public,
            media_type=media_type,
            headers=headers,
        )


def _json(found: Certificate) -> bytes:
    return dumps(as_json(found))


def _page(found: Certificate) -> bytes:
    """Tables for all clusters, and a map of each; the SVG is ours, with every label escaped."""
    told = as_json(found)
    maps = {one.key: Markup(map_of(one)) for one in found.clusters}  # noqa: S704 - drawn by map_svg
    text = render(
        "certificate.html",
        title=_both("certificate.title"),
        told=told,
        maps=maps,
        both=_both,
        figure=_figure,
        base="/certificates/ccn",
        query=urlencode({"as_of": found.as_of, **({"option": found.option} if found.option else {})}),
        counts=" / ".join(say("certificate.counts", lang, **told["counts"]) for lang in LANGS),
    )
    return text.encode()


def _figure(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else number(value, "vi", digits)


def _both(code: str) -> str:
    return " / ".join(say(code, lang) for lang in LANGS)


_FORMS: dict[str, tuple[str, Callable[[Certificate], Any]]] = {
    "json": (JSON, _json),
    "html": (HTML, _page),
    "pdf": (PDF, pdf),
    "xlsx": (XLSX, xlsx),
}
