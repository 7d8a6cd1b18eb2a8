"""What to import: a file, into which table, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from layers.ingest.guard import Limits
from layers.ingest.mapping import Mapping
from layers.ingest.plan import Plan, PlanUnanswered, day


@dataclass(frozen=True)
class Request:
    """
    What to import.

    Attributes
    ----------
    target
        Layer or record table.
    path
        The file.
    crs
        Its system, where it says none or a wrong one: ``EPSG:9210``.
    mapping
        How to read it.
    layer_in_file, encoding
        Where the file holds several layers; how its text is encoded.
    valid_from, valid_to
        For all rows, where no heading holds the dates; by default from today on.
    plan
        What all this was taken from, where it was.
    """

    target: str
    path: Path
    crs: str | None = None
    mapping: Mapping = field(default_factory=Mapping)
    layer_in_file: str | None = None
    encoding: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    limits: Limits = field(default_factory=Limits)
    plan: Plan | None = None


def planned(plan: Plan, path: Path, limits: Limits | None = None) -> Request:
    """
    What a plan says of the file at a path.

    Raises
    ------
    PlanUnanswered
    """
    if plan.questions:
        raise PlanUnanswered(questions=", ".join(sorted({q["code"] for q in plan.questions})))
    assert plan.target is not None
    return Request(
        plan.target,
        path,
        plan.crs,
        plan.mapping,
        plan.layer_in_file,
        plan.encoding,
        day(plan.valid_from),
        day(plan.valid_to),
        limits or Limits(),
        plan=plan,
    )
