"""Clearance over HTTP: figures, curve, overdue knots, zones and cases of a scope, as JSON, CSV and XLSX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.actions.clearance_case import clearance_case
from api.actions.clearance_cases import clearance_cases
from api.actions.clearance_curve import clearance_curve
from api.actions.clearance_figures import ScopeRequest, clearance_figures, end_of
from api.actions.clearance_overdue import clearance_overdue
from api.actions.clearance_supply import Outlook, free_plots_at, supply_of
from api.actions.clearance_zones import clearance_zones
from api.documents.clearance_tables import as_csv, as_xlsx, table_of
from api.http.answers import JSON, answered, dumps
from api.http.deps import Ask, asking, doors_of
from api.http.queries import Dated, Day, Filtered
from layers.dates import today

router = APIRouter(prefix="/clearance", tags=["clearance"])

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CASES = 1_000
#: Rows of a file: what a page of the screen never shows at once.
MOST_FILE_ROWS = 100_000
Form = Literal["json", "csv", "xlsx"]
Key = Annotated[str | None, Field(max_length=200)]


class ScopeQuery(Dated):
    """A read of one scope at a date: a zone, a project or a unit of any date, or the province."""

    as_of: Day | None = None
    zone: Key = None
    project: Key = None
    unit: Key = Field(
        None, description="Khóa đơn vị hành chính / Key of an administrative unit (commune-25975)"
    )
    format: Form = "json"

    def scope(self) -> ScopeRequest:
        """The land that was named."""
        return ScopeRequest(self.zone, self.project, self.unit)


class KnownQuery(ScopeQuery):
    """The same as it was known at another time; a day means its end in Vietnam."""

    known_at: Day | datetime | None = None

    def known(self) -> datetime | None:
        """The time from which it is asked."""
        return None if self.known_at is None else end_of(self.known_at)


class BothTimesQuery(ScopeQuery):
    """What was known at one time about another day."""

    on: Day
    known_at: Day | datetime


class CurveQuery(ScopeQuery):
    """A curve of land, cases or money."""

    measure: Literal["ha", "cases", "vnd"] = "ha"


class OverdueQuery(ScopeQuery):
    """The first of the overdue knots."""

    limit: int = Field(100, ge=1, le=1_000)


class CasesQuery(Filtered):
    """A page of the cases of a scope, filtered as the layer ``cases`` is."""

    as_of: Day | None = None
    zone: Key = None
    project: Key = None
    unit: Key = None
    overdue: bool = False
    format: Form = "json"
    sort: str | None = Field(None, max_length=100)
    limit: int = Field(100, ge=1, le=MOST_CASES)
    offset: int = Field(0, ge=0, le=10_000_000)

    def scope(self) -> ScopeRequest:
        """The land that was named."""
        return ScopeRequest(self.zone, self.project, self.unit)


@router.get("/summary")
def summary(request: Request, query: Annotated[KnownQuery, Query()]) -> Response:
    """The strip and the funnel: every figure with its denominator."""

    def make(ask: Ask) -> dict[str, Any]:
        return clearance_figures(ask.db, ask.actor, ask.as_of, query.scope(), query.known())

    return _figure(request, "summary", query.as_of, query.format, make)


@router.get("/known")
def known(request: Request, query: Annotated[BothTimesQuery, Query()]) -> Response:
    """The same figures of one day as they were known at another time."""

    def make(ask: Ask) -> dict[str, Any]:
        return clearance_figures(ask.db, ask.actor, query.on, query.scope(), end_of(query.known_at))

    return _figure(request, "summary", query.on, query.format, make)


@router.get("/curve")
def curve(request: Request, query: Annotated[CurveQuery, Query()]) -> Response:
    """Cumulative plan, actual and forecast."""

    def make(ask: Ask) -> dict[str, Any]:
        return clearance_curve(ask.db, ask.actor, ask.as_of, query.scope(), query.measure)

    return _figure(request, "curve", query.as_of, query.format, make)


@router.get("/overdue")
def overdue(request: Request, query: Annotated[OverdueQuery, Query()]) -> Response:
    """Knots of overdue cases, those first that unlock most hectares per case."""

    def make(ask: Ask) -> dict[str, Any]:
        limit = query.limit if query.format == "json" else MOST_FILE_ROWS
        return clearance_overdue(ask.db, ask.actor, ask.as_of, query.scope(), limit)

    return _figure(request, "overdue", query.as_of, query.format, make)


@router.get("/zones")
def zones(request: Request, query: Annotated[ScopeQuery, Query()]) -> Response:
    """Zones side by side, with the rule of red, amber and green."""

    def make(ask: Ask) -> dict[str, Any]:
        return clearance_zones(ask.db, ask.actor, ask.as_of, query.scope())

    return _figure(request, "zones", query.as_of, query.format, make)


@router.get("/cases")
def cases(request: Request, query: Annotated[CasesQuery, Query()]) -> Response:
    """A page of cases; further parameters are columns of the layer ``cases``."""

    def make(ask: Ask) -> dict[str, Any]:
        whole = query.format != "json"
        return clearance_cases(
            ask.db,
            ask.actor,
            ask.as_of,
            query.scope(),
            query.wanted(),
            overdue=query.overdue,
            sort=query.sort,
            limit=MOST_FILE_ROWS if whole else query.limit,
            offset=0 if whole else query.offset,
        )

    return _figure(request, "cases", query.as_of, query.format, make)


class OutlookQuery(Dated):
    """A date, answered after today by a level of the forecast."""

    outlook: Outlook = "p50"


class PlotsQuery(OutlookQuery):
    """Free plots, of one zone where it is named."""

    zone: Key = None


@router.get("/plots")
def plots(request: Request, query: Annotated[PlotsQuery, Query()]) -> Response:
    """Free plots as GeoJSON."""

    def make(ask: Ask) -> dict[str, Any]:
        return free_plots_at(ask.db, ask.actor, ask.as_of, query.outlook, query.zone)

    return _figure(request, "plots", query.as_of, "json", make)


@router.get("/supply/{zone:path}")
def supply(request: Request, zone: str, query: Annotated[OutlookQuery, Query()]) -> Response:
    """A zone's supply, and the next days on which it grows with the cases that stand between."""

    def make(ask: Ask) -> dict[str, Any]:
        return supply_of(ask.db, ask.actor, ask.as_of, zone, query.outlook)

    return _figure(request, f"supply/{zone}", query.as_of, "json", make)


@router.get("/cases/{key:path}")
def case(request: Request, key: str, query: Annotated[Dated, Query()]) -> Response:
    """One case, whole; what only the land office may see is null for others."""
    with asking(request, query.as_of) as ask:
        told = clearance_case(ask.db, ask.actor, ask.as_of, key)
    # The tag is the revision that a write names, not that of these bytes: the reader's rights shape them.
    headers = {"Cache-Control": "private, no-store", "ETag": told["etag"], "Vary": "Cookie"}
    return Response(dumps(told), 200, headers, JSON)


def _figure(
    request: Request,
    figure: str,
    as_of: date | None,
    form: Form,
    make: Callable[[Ask], Mapping[str, Any]],
) -> Response:
    """One figure in one of its forms, with its ETag; made once per version of the data and asker."""
    with asking(request, as_of, export=form != "json") as ask:
        etag = ask.etag_of_all("clearance", figure, today(), request.url.query)
        write, media_type = _FORMS[form]
        headers: dict[str, str] = {}
        if form != "json":
            name = f"didoi_{figure}_{ask.as_of.isoformat()}.{form}"
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answered(
            request,
            etag,
            lambda: doors_of(request).kept.get(("clearance", etag), lambda: write(figure, make(ask))),
            public=ask.public,
            media_type=media_type,
            headers=headers,
        )


_FORMS: Mapping[str, tuple[Callable[[str, Mapping[str, Any]], bytes], str]] = {
    "json": (lambda _figure, told: dumps(told), JSON),
    "csv": (lambda figure, told: as_csv(table_of(figure, told)), CSV),
    "xlsx": (lambda figure, told: as_xlsx(table_of(figure, told)), XLSX),
}
