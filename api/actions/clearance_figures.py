"""The strip and the funnel of the clearance screen, for a scope at a date, as known now or then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.figures import summary
from layers.clearance.positions import Moment
from layers.clearance.scope import Scope, scope_of
from layers.dates import COUNTRY_TIME, today


@dataclass(frozen=True)
class ScopeRequest:
    """The land that is asked about: one of zone, project and unit by its key, or the whole province."""

    zone: str | None = None
    project: str | None = None
    unit: str | None = None

    def find(self, db: Connection, actor: Actor, as_of: date) -> Scope:
        """
        The scope on a date.

        Raises
        ------
        ScopeTwice, ScopeUnknown, UnitNotDrawn
        """
        return scope_of(db, actor, as_of, zone=self.zone, project=self.project, unit=self.unit)


def clearance_figures(
    db: Connection, actor: Actor, as_of: date, asked: ScopeRequest, known_at: datetime | None = None
) -> dict[str, Any]:
    """
    Every figure with its denominator, and land, cases and days by group of stages.

    Raises
    ------
    ScopeTwice, ScopeUnknown, UnitNotDrawn
    """
    scope = asked.find(db, actor, as_of)
    return summary(db, scope, Moment(as_of, known_at), today())


def end_of(moment: date | datetime) -> datetime:
    """A time as it was given, in Vietnam where it names no zone; of a day its end."""
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=COUNTRY_TIME)
    return datetime.combine(moment + timedelta(days=1), time(), COUNTRY_TIME) - timedelta(microseconds=1)
