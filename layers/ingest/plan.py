"""
All that is said of a file before it is loaded: reviewed, kept with the run, and repeated.

A plan is JSON. What it leaves open are its questions: they follow from what it does not say, so that saying
it is answering. Only ``numbers_unsure`` and what else cannot be seen from the plan itself stays until whoever
answers takes it out.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from gis.errors import BadInput
from layers.dates import as_date
from layers.ingest.errors import FileMissing
from layers.ingest.mapping import Mapping, from_dict
from layers.ingest.targets import target

VERSION = 1
#: Rasters go to the coverages, which are no table of rows.
COVERAGES = "coverages"

Json = dict[str, Any]


class PlanInvalid(BadInput):
    """A plan that cannot be read. Facts: reason."""


class PlanUnanswered(BadInput):
    """A plan with open questions. Facts: questions."""


class PlanOfOtherFile(BadInput):
    """The file is not the one that the plan was made for. Facts: file, planned."""


@dataclass(frozen=True)
class File:
    """Which file a plan is about: several loose parts count as one."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Plan:
    """
    How one file becomes rows.

    Attributes
    ----------
    target
        Layer or record table; None while nobody has said.
    crs
        How its numbers become longitude and latitude, as `gis.crs.reading` takes it; None where nobody has
        said, or the target has no place for geometry.
    whole_list
        Whether the file claims to hold all that there is: what is stored and not in it is then listed.
    evidence
        What the proposal rests on; for people, never read.
    questions
        What was open when the plan was written; see `open_questions`.
    coverage
        What is said of a raster: kind, titles, classes.
    """

    file: File
    target: str | None = None
    layer_in_file: str | None = None
    encoding: str | None = None
    crs: str | None = None
    province: str | None = None
    mapping: Mapping = field(default_factory=Mapping)
    valid_from: str | None = None
    valid_to: str | None = None
    whole_list: bool = False
    evidence: Json = field(default_factory=dict[str, Any])
    questions: tuple[Json, ...] = ()
    coverage: Json | None = None

    def to_json(self) -> Json:
        """The plan as it is kept."""
        said = {k: v for k, v in asdict(self.mapping).items() if v not in ("", None, {}) or k == "thousands"}
        return {"version": VERSION, **asdict(self), "mapping": said, "questions": list(self.questions)}


def from_json(said: Any) -> Plan:
    """
    A plan from what JSON said, checked for its form; whether it fits the file is for `open_questions`.

    Raises
    ------
    PlanInvalid, MappingInvalid, LayerNotImportable, DateInvalid
    """
    known = {f.name: f.type for f in fields(Plan)}
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise PlanInvalid(reason=f"version: {VERSION}")
    given: Json = {name: value for name, value in said.items() if name != "version"}
    if unknown := sorted(set(given) - set(known)):
        raise PlanInvalid(reason=f"{', '.join(unknown)} ∉ {', '.join(known)}")
    for name in ("target", "layer_in_file", "encoding", "crs", "province", "valid_from", "valid_to"):
        if not isinstance(given.get(name), str | None):
            raise PlanInvalid(reason=f"{name}: text")
    if not isinstance(given.get("whole_list", False), bool):
        raise PlanInvalid(reason="whole_list: true, false")
    if not isinstance(given.get("evidence", {}), dict) or not isinstance(given.get("coverage"), dict | None):
        raise PlanInvalid(reason="evidence, coverage: { … }")
    for name in ("valid_from", "valid_to"):
        day(given.get(name))
    if given.get("target") not in (None, COVERAGES):
        target(given["target"])
    made: Json = given | {
        "file": _file(given.get("file")),
        "mapping": from_dict(given.get("mapping", {}), "plan"),
        "questions": _questions(given.get("questions", [])),
    }
    return Plan(**made)


def digest(path: Path) -> File:
    """
    Which file this is; of a folder of loose parts, all of them together.

    Returns
    -------
    file
        ``sha256`` of the bytes; of a folder, of the names and digests of its parts in order.
    """
    if path.is_file():
        return File(path.name, _sha256(path), path.stat().st_size)
    parts = sorted(part for part in path.rglob("*") if part.is_file())
    listed = "\n".join(f"{part.relative_to(path).as_posix()} {_sha256(part)}" for part in parts)
    name = ", ".join(sorted({part.name for part in parts if part.suffix.lower() in (".shp", ".tab", ".mif")}))
    size = sum(part.stat().st_size for part in parts)
    return File(name or path.name, hashlib.sha256(listed.encode()).hexdigest(), size)


def check_file(plan: Plan, path: Path) -> None:
    """
    Refuse a file that is not the plan's.

    Raises
    ------
    FileMissing, PlanOfOtherFile
    """
    if not path.exists():
        raise FileMissing(file=str(path))
    if digest(path).sha256 != plan.file.sha256:
        raise PlanOfOtherFile(file=path.name, planned=plan.file.name)


def with_questions(plan: Plan, questions: list[Json]) -> Plan:
    """The plan with other open questions."""
    return replace(plan, questions=tuple(questions))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def day(text: str | None) -> date | None:
    """A day as a plan writes it; None where it writes none."""
    return None if text is None else as_date(text)


def _file(said: Any) -> File:
    names = {f.name for f in fields(File)}
    if not isinstance(said, dict) or set(said) != names or not isinstance(said["sha256"], str):
        raise PlanInvalid(reason=f"file: {', '.join(sorted(names))}")
    return File(**said)


def _questions(said: Any) -> tuple[Json, ...]:
    if not isinstance(said, list) or not all(
        isinstance(q, dict) and isinstance(q.get("code"), str) for q in said
    ):
        raise PlanInvalid(reason="questions: [{code, facts}]")
    return tuple({"code": q["code"], "facts": q.get("facts", {})} for q in said)
