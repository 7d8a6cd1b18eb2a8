"""
Stages of cases: an event is appended, never changed; one that was wrong is replaced by a new one.

What the law of a case makes impossible is refused here, with the reason; what follows from an event (runs,
tiles, figures, land supply) is written in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from gis.clearance.stages import Event, StageModel, check_needs, check_order
from gis.errors import BadInput, Conflict, DidoiError
from layers import revisions
from layers.access import Actor, Right
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import documents
from layers.clearance.holding import CaseEnded, CaseUnknown, outside
from layers.clearance.increments import settle
from layers.clearance.standing import Run, Standing, among, read
from layers.codes.stage_models import stage_models
from layers.dates import today
from layers.records.cases import TAKES
from layers.records.documents import DOCUMENTS
from layers.records.stages import EVENTS
from layers.territory import OutsideTerritory


class EventUnknown(BadInput):
    """The event to be replaced is none of the case. Facts: case, event."""


class EventReplaced(Conflict):
    """The event to be replaced does not count any more. Facts: case, event."""


class EventBeforeCase(BadInput):
    """An event before the day on which the case was opened. Facts: case, on, opened_on."""


class StageDocumentMissing(BadInput):
    """A stage without the document by which it is shown. Facts: case, stage, title, needed."""


@dataclass(frozen=True)
class NewEvent:
    """
    One event to be appended.

    Attributes
    ----------
    stage
        Code in the model of the case's law; None takes back the event ``replaces_id`` and says nothing else.
    document_id, document
        The document by which the stage is shown: one that is recorded, or one to be recorded with the event.
    """

    case_key: str
    stage: str | None
    effective_on: date
    document_id: int | None = None
    document: documents.Draft | None = None
    replaces_id: int | None = None
    reason: str | None = None


def append(
    db: Connection,
    actor: Actor,
    case_key: str,
    stage: str | None,
    effective_on: date,
    *,
    document_id: int | None = None,
    document: documents.Draft | None = None,
    replaces_id: int | None = None,
    withdraw: bool = False,
    reason: str | None = None,
    source: str | None = None,
    submission_id: int | None = None,
    if_revision: str | int | None = None,
) -> int:
    """
    Append one event to a case; ``withdraw`` takes back ``replaces_id`` without putting another in its place.

    Returns
    -------
    revision
        Of the case as it is now.

    Raises
    ------
    DidoiError
        Those of `append_many`; `RevisionChanged` where ``if_revision`` is not the stored one.
    """
    told = None if withdraw else stage
    event = NewEvent(case_key, told, effective_on, document_id, document, replaces_id, reason)
    logs = _logs(db, actor, [event], lock=True)
    if if_revision is not None and case_key in logs.before:
        now = str(logs.before[case_key].row.revision)
        wanted = {"stage": told, "effective_on": str(effective_on)}
        revisions.hold("cases", case_key, str(if_revision), now, wanted, _last(logs.said[case_key]))
    return _append(db, actor, logs, [event], source=source, submission_id=submission_id)[case_key]


def append_many(
    db: Connection,
    actor: Actor,
    events: Sequence[NewEvent],
    *,
    strict: bool = True,
    source: str | None = None,
    submission_id: int | None = None,
    import_run_id: int | None = None,
) -> dict[str, int]:
    """
    Append events to any number of cases, all or none; figures are maintained once.

    Parameters
    ----------
    strict
        True for work as it happens: nothing is skipped that the law asks for, and every stage has its
        document. False for histories from elsewhere, in which only contradictions are refused.

    Returns
    -------
    revisions
        By case, as they are now.

    Raises
    ------
    RightMissing, OutsideTerritory, CaseUnknown, CaseEnded, EventUnknown, EventReplaced, ReasonMissing,
    StageDocumentMissing, and those of `gis.clearance.stages.check_order`
        Of the first event that is refused.
    """
    logs = _logs(db, actor, events, lock=True)
    origin: dict[str, Any] = {"source": source, "submission_id": submission_id}
    return _append(db, actor, logs, events, strict=strict, **origin, import_run_id=import_run_id)


def faults(
    db: Connection, actor: Actor, events: Sequence[NewEvent], *, strict: bool = True
) -> list[DidoiError | None]:
    """What is wrong with each of some events, nothing written: each is judged after the good ones before."""
    logs = _logs(db, actor, events, lock=False)
    found: list[DidoiError | None] = []
    for event in events:
        try:
            _refuse(logs, event, strict=strict)
        except DidoiError as error:
            found.append(error)
            continue
        logs.add(event)
        found.append(None)
    return found


# --- the log of a case -------------------------------------------------------------------------------


class _Said(NamedTuple):
    """An event as it is stored, or about to be."""

    id: int
    stage: str | None
    effective_on: date
    replaces_id: int | None


@dataclass
class _Logs:
    """Cases, their events in the order of recording, and the kinds of documents that each has by id."""

    before: dict[str, Standing]
    said: dict[str, list[_Said]]
    documents: dict[str, dict[int, str]]
    forbidden: set[str]
    ids: Iterator[int]

    def add(self, event: NewEvent) -> None:
        """Note an event as the last one of its case."""
        said = _Said(next(self.ids), event.stage, event.effective_on, event.replaces_id)
        self.said[event.case_key].append(said)


def _append(
    db: Connection,
    actor: Actor,
    logs: _Logs,
    events: Sequence[NewEvent],
    *,
    strict: bool = True,
    source: str | None = None,
    submission_id: int | None = None,
    import_run_id: int | None = None,
) -> dict[str, int]:
    for event in events:
        _refuse(logs, event, strict=strict)
        logs.add(event)
    _store(db, actor, logs, events, source, submission_id, import_run_id)
    return settle(db, logs.before, {key: _now(db, logs, key) for key in logs.before})


def _last(said: Sequence[_Said]) -> dict[str, Any]:
    """What the last event of a log says, for telling what differs."""
    return {"stage": said[-1].stage, "effective_on": str(said[-1].effective_on)} if said else {}


def _logs(db: Connection, actor: Actor, events: Sequence[NewEvent], *, lock: bool) -> _Logs:
    actor.need(Right.KEEP_CASES)
    before = read(db, [event.case_key for event in events], lock=lock)
    keys = sorted(before)
    said: dict[str, list[_Said]] = {key: [] for key in keys}
    told = (EVENTS.c.id, EVENTS.c.stage, EVENTS.c.effective_on, EVENTS.c.replaces_id)
    stored = select(EVENTS.c.case_key, *told).where(among(EVENTS.c.case_key, keys)).order_by(EVENTS.c.id)
    for key, *rest in db.execute(stored):
        said[key].append(_Said(*rest))
    return _Logs(before, said, _documents(db, before), outside(db, actor, keys), count(2**62))


def _documents(db: Connection, cases: Mapping[str, Standing]) -> dict[str, dict[int, str]]:
    """Documents of cases and of their projects: id and kind, by case."""
    projects = sorted({one.row.project_key for one in cases.values() if one.row.project_key})
    told = select(DOCUMENTS.c.layer, DOCUMENTS.c.key, DOCUMENTS.c.id, DOCUMENTS.c.kind)
    mine = and_(DOCUMENTS.c.layer == "cases", among(DOCUMENTS.c.key, sorted(cases)))
    theirs = and_(DOCUMENTS.c.layer == "clearance_projects", among(DOCUMENTS.c.key, projects))
    found: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for layer, key, number, kind in db.execute(told.where(or_(mine, theirs))):
        found[layer, key][number] = kind
    return {
        key: found["cases", key] | found["clearance_projects", one.row.project_key or ""]
        for key, one in cases.items()
    }


def _counting(said: Sequence[_Said]) -> list[_Said]:
    """Events that no other replaces and that say a stage, in the order of recording."""
    gone = {one.replaces_id for one in said}
    return [one for one in said if one.stage is not None and one.id not in gone]


def _truth(said: Sequence[_Said]) -> list[tuple[str, date]]:
    """Stage by day, in order: of two events on one day the one recorded later counts."""
    by_day = {one.effective_on: one.stage or "" for one in _counting(said)}
    return [(by_day[day], day) for day in sorted(by_day)]


def _now(db: Connection, logs: _Logs, key: str) -> Standing:
    """The case with the runs that follow from its log, begun no later than its first event."""
    one = logs.before[key]
    model = stage_models()[one.row.law]
    truth = _truth(logs.said[key])
    begun = [told for i, told in enumerate(truth) if i == 0 or told[0] != truth[i - 1][0]]
    ends = [*(on for _, on in begun[1:]), None][: len(begun)]
    runs = tuple(Run(on, to, stage, model.rank(stage)) for (stage, on), to in zip(begun, ends, strict=True))
    if begun and begun[0][1] < one.row.valid_from:
        begin(db, key, one.row.valid_from, begun[0][1])
        one = read(db, [key])[key]
    return replace(one, runs=runs)


def _store(
    db: Connection,
    actor: Actor,
    logs: _Logs,
    events: Sequence[NewEvent],
    source: str | None,
    submission_id: int | None,
    import_run_id: int | None,
) -> None:
    rows: list[dict[str, Any]] = []
    for event in events:
        number = event.document_id
        if event.document is not None:
            number = documents.record(db, actor, "cases", event.case_key, event.document)
        rows.append(
            {
                "case_key": event.case_key,
                "stage": event.stage,
                "effective_on": event.effective_on,
                "document_id": number,
                "replaces_id": event.replaces_id,
                "reason": event.reason,
                "source": source,
                "recorded_by": actor.name,
                "submission_id": submission_id,
                "import_run_id": import_run_id,
                "illustrative": logs.before[event.case_key].row.illustrative and import_run_id is None,
            }
        )
    if rows:
        db.execute(insert(EVENTS), rows)


def begin(db: Connection, key: str, before: date, on: date) -> None:
    """Move the day on which a case was opened, and what it took from then on."""
    db.execute(update(CASES).where(CASES.c.key == key).values(valid_from=on, opened_on=on))
    with_it = or_(TAKES.c.valid_from == before, TAKES.c.valid_from < on)
    taken = update(TAKES).where(TAKES.c.case_key == key, with_it)
    db.execute(taken.values(valid_from=on))


# --- what is refused ---------------------------------------------------------------------------------


def _refuse(logs: _Logs, event: NewEvent, *, strict: bool) -> None:
    """Refuse an event that cannot be, against the log as it stands with the events before it."""
    key = event.case_key
    if key not in logs.before:
        raise CaseUnknown(case=key)
    if key in logs.forbidden:
        raise OutsideTerritory(key=key)
    row = logs.before[key].row
    if row.valid_to is not None:
        raise CaseEnded(case=key, on=row.valid_to)
    said = logs.said[key]
    if event.replaces_id is not None or event.stage is None:
        _replaces(said, event)
    if strict and event.stage is not None and event.effective_on < row.valid_from:
        raise EventBeforeCase(case=key, on=event.effective_on, opened_on=row.valid_from)
    added = [*said, _Said(2**63, event.stage, event.effective_on, event.replaces_id)]
    model = stage_models()[row.law]
    _possible(model, row, _truth(said), _truth(added), event)
    if event.stage is None:
        return
    if strict:
        known = Event(event.stage, event.effective_on)
        earlier = [
            Event(one.stage or "", one.effective_on)
            for one in _counting(added)[:-1]
            if one.effective_on <= event.effective_on
        ]
        check_needs(model, row.origin, row.user_kind, earlier, known)
    _documented(model, logs.documents[key], event, strict=strict)


def _replaces(said: Sequence[_Said], event: NewEvent) -> None:
    revisions.reasoned(event.reason or "")
    number = event.replaces_id
    if number not in {one.id for one in said}:
        raise EventUnknown(case=event.case_key, event=number)
    if number not in {one.id for one in _counting(said)}:
        raise EventReplaced(case=event.case_key, event=number)


def _possible(
    model: StageModel,
    row: Row[Any],
    before: list[tuple[str, date]],
    after: list[tuple[str, date]],
    event: NewEvent,
) -> None:
    """
    Refuse a history that cannot have happened.

    Where what is stored contradicts itself already (it was taken over so), only the new event and its
    neighbours are looked at.
    """
    path, now = (model, row.origin, row.user_kind), today()
    try:
        check_order(*path, before, today=now, strict=False)
    except DidoiError:
        at = [i for i, (_, on) in enumerate(after) if on == event.effective_on]
        near = after[max(at[0] - 1, 0) : at[0] + 2] if at else []
        check_order(*path, near, today=now, strict=False)
        return
    check_order(*path, after, today=now, strict=False)


def _documented(model: StageModel, known: Mapping[int, str], event: NewEvent, *, strict: bool) -> None:
    """Refuse a stage that no document shows, and a document that is none of the case."""
    if event.document is not None:
        documents.check(event.document)
    if event.document_id is not None and event.document_id not in known:
        raise documents.DocumentUnknown(id=event.document_id)
    if not strict:
        return
    stage = model.stage(event.stage or "")
    needed = {kind for kind in stage.documents if kind != "other"}
    shown = {event.document.kind} if event.document else set(known.values())
    if event.document_id is not None:
        shown = {known[event.document_id]}
    if needed and not needed & shown:
        raise StageDocumentMissing(
            case=event.case_key, stage=stage.code, title=stage.title.vi, needed=", ".join(sorted(needed))
        )
