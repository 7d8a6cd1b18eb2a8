"""
The stages of a clearance case as the law in force orders them, and which histories are possible.

A model is data (``layers.codes.stage_models``); here is what any model means. Each stage belongs to one of
seven groups, which charts and tiles show and whose position is the stage's rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from gis.errors import BadInput

GROUPS = (
    "not_started",
    "notified",
    "inventoried",
    "plan_published",
    "plan_approved",
    "paid",
    "handed_over",
)
CLEARED_RANK = GROUPS.index("handed_over")
_NOTIFIED_RANK = GROUPS.index("notified")


class StageUnknown(BadInput):
    """A stage that the law's model does not have. Facts: stage, law."""


class StageNotOnPath(BadInput):
    """A stage that land of this origin or a user of this kind never passes. Facts: stage, title, path."""


class StageOrderImpossible(BadInput):
    """A stage after one that it never follows. Facts: stage, title, on, after, after_title, after_on."""


class StagePrerequisiteMissing(BadInput):
    """A stage without one that the law puts before it. Facts: stage, title, on, needed, needed_title."""


class StageBeforeNotice(BadInput):
    """An event before the notice of recovery. Facts: stage, title, on, notice_on."""


class HandedOverTwice(BadInput):
    """A second hand-over without a reversal of the first. Facts: on, first_on."""


class EventInFuture(BadInput):
    """An event dated after today. Facts: stage, title, on, today."""


class StageModelInvalid(BadInput):
    """A model that contradicts itself. Facts: law, stage, what."""


class Words(NamedTuple):
    """The same words in both languages."""

    vi: str
    en: str


class Office(NamedTuple):
    """Who acts, on [from_on, to_on); None where there is no bound."""

    vi: str
    en: str
    from_on: date | None = None
    to_on: date | None = None


class Link(NamedTuple):
    """A stage that another refers to, for land of some origins and users of some kinds; None is all."""

    code: str
    origins: frozenset[str] | None = None
    user_kinds: frozenset[str] | None = None

    def holds(self, origin: str, user_kind: str) -> bool:
        """Whether the link is on the path of such a case."""
        return _among(origin, self.origins) and _among(user_kind, self.user_kinds)


class Limit(NamedTuple):
    """Days within which a case must leave a stage; `verified` is False until read in the text of the law."""

    days: int
    source: str
    verified: bool


class Event(NamedTuple):
    """A stage and the day from which it holds."""

    stage: str
    effective_on: date


@dataclass(frozen=True)
class Stage:
    """
    One stage of a model.

    Parameters
    ----------
    code, group, title
        The code is unique in its model; the code of a group is a stage of every model.
    after
        Stages that it may follow directly; the code "" is the start of a case.
    needs
        Stages or groups that a whole history has reached before it (`check_order`, strict).
    origins, user_kinds
        Cases that pass it; None is all.
    documents
        Kinds of documents by which it is shown.
    limit
        How long a case may stay in it; None where the law sets no limit.
    actors
        Who decides or does it, with the dates of the office's powers.
    source
        Where the law says so.
    """

    code: str
    group: str
    title: Words
    after: tuple[Link, ...]
    needs: tuple[Link, ...] = ()
    origins: frozenset[str] | None = None
    user_kinds: frozenset[str] | None = None
    documents: tuple[str, ...] = ()
    limit: Limit | None = None
    actors: tuple[Office, ...] = ()
    source: str = ""

    @property
    def rank(self) -> int:
        """Position of the group, 0 to 6."""
        return GROUPS.index(self.group)

    @property
    def limit_days(self) -> int | None:
        """Days of the limit, None without one."""
        return self.limit.days if self.limit else None

    @property
    def limit_source(self) -> str | None:
        """Source of the limit, None without one."""
        return self.limit.source if self.limit else None

    def on_path(self, origin: str, user_kind: str) -> bool:
        """Whether such a case may pass this stage."""
        return _among(origin, self.origins) and _among(user_kind, self.user_kinds)

    def actor_on(self, day: date) -> Office | None:
        """Who acts on a day; None where no office is known to have the power then."""
        held = (
            office
            for office in self.actors
            if (office.from_on is None or office.from_on <= day)
            and (office.to_on is None or day < office.to_on)
        )
        return next(held, None)


@dataclass(frozen=True)
class StageModel:
    """
    The stages of one law, in the order in which people read them.

    Raises
    ------
    StageModelInvalid
        If a link names no stage, a group has no stage of its name, or a stage no known group.
    """

    law: str
    title: Words
    in_force_from: date
    in_force_to: date | None
    source: str
    stages: Mapping[str, Stage]

    def __post_init__(self) -> None:
        for group in GROUPS:
            if group not in self.stages or self.stages[group].group != group:
                raise StageModelInvalid(law=self.law, stage=group, what="group without its stage")
        for stage in self.stages.values():
            if stage.group not in GROUPS:
                raise StageModelInvalid(law=self.law, stage=stage.code, what=f"group {stage.group}")
            for link in (*stage.after, *stage.needs):
                if link.code and link.code not in self.stages:
                    raise StageModelInvalid(law=self.law, stage=stage.code, what=f"link to {link.code}")

    def stage(self, code: str) -> Stage:
        """The stage of a code; raises StageUnknown."""
        if code not in self.stages:
            raise StageUnknown(stage=code, law=self.law)
        return self.stages[code]

    def rank(self, code: str) -> int:
        """Rank of a stage's group, 0 to 6; raises StageUnknown."""
        return self.stage(code).rank

    def title_of(self, code: str) -> Words:
        """Words of a stage; raises StageUnknown."""
        return self.stage(code).title

    def next_of(self, code: str | None, origin: str, user_kind: str) -> tuple[Stage, ...]:
        """Stages that may directly follow one (None or "": the start of the case), in reading order."""
        at = code or ""
        if at:
            self.stage(at)
        return tuple(
            stage
            for stage in self.stages.values()
            if stage.on_path(origin, user_kind)
            and any(link.code == at and link.holds(origin, user_kind) for link in stage.after)
        )

    def due_on(self, code: str, since: date) -> date | None:
        """Last day on which a case may still stay in a stage reached `since`; None without a limit."""
        days = self.stage(code).limit_days
        return None if days is None else since + timedelta(days=days)

    @cached_property
    def _reach(self) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
        return {}

    def follows(self, later: str, earlier: str, origin: str, user_kind: str) -> bool:
        """
        Whether a case may come to `later` from `earlier`, stages between them left out or not.

        The way never leads through a hand-over: what follows one follows it directly.
        """
        path = (origin, user_kind)
        if path not in self._reach:
            self._reach[path] = {code: self._after(code, origin, user_kind) for code in self.stages}
        return later in self._reach[path][earlier]

    def _after(self, code: str, origin: str, user_kind: str) -> frozenset[str]:
        found = waiting = {stage.code for stage in self.next_of(code, origin, user_kind)}
        while waiting and self.rank(code) < CLEARED_RANK:
            further = [here for here in waiting if self.rank(here) < CLEARED_RANK]
            waiting = {
                stage.code for here in further for stage in self.next_of(here, origin, user_kind)
            } - found
            found = found | waiting
        return frozenset(found)


def check_order(
    model: StageModel,
    origin: str,
    user_kind: str,
    events: Iterable[tuple[str, date]],
    *,
    today: date,
    strict: bool = True,
) -> None:
    """
    Refuse a history that cannot have happened.

    Parameters
    ----------
    model, origin, user_kind
        Law, origin of the land and kind of its user, which make the path.
    events
        Stage and effective day of the events that count, in the order in which they were recorded;
        corrected and withdrawn ones left out.
    today
        No event is dated later.
    strict
        True for a history that is kept as it happens: nothing is skipped that the law puts before a
        stage (`Stage.needs`: a payment needs an approved plan). False for one that was taken over from
        elsewhere and tells only of some stages: then only contradictions are refused. Stages that are
        merely usual may be skipped in both, and one that is told again says nothing new.

    Raises
    ------
    StageUnknown, StageNotOnPath
        If the model or the path has no such stage.
    EventInFuture
        If an event is dated after `today`.
    HandedOverTwice
        If land is handed over that was handed over before, and not taken back in between.
    StageBeforeNotice
        If something but the start is dated before the notice of recovery.
    StageOrderImpossible
        If a stage comes after one that it never follows.
    StagePrerequisiteMissing
        If strict, and a stage needs one that was not reached.
    """
    # Sorting is stable: of two events on one day the one recorded later comes later.
    told = sorted((Event(*event) for event in events), key=lambda event: event.effective_on)
    for stage, on in told:
        known = model.stage(stage)
        if not known.on_path(origin, user_kind):
            raise StageNotOnPath(stage=stage, title=known.title.vi, path=f"{origin}, {user_kind}")
        if on > today:
            raise EventInFuture(stage=stage, title=known.title.vi, on=on, today=today)
    _not_before_notice(model, told)
    for before, event in pairwise(told):
        _follows(model, origin, user_kind, before, event)
    if strict:
        for position, event in enumerate(told):
            check_needs(model, origin, user_kind, told[:position], event)


def _not_before_notice(model: StageModel, told: Sequence[Event]) -> None:
    notices = [on for stage, on in told if model.rank(stage) == _NOTIFIED_RANK]
    for stage, on in told:
        if notices and model.rank(stage) > _NOTIFIED_RANK and on < notices[0]:
            title = model.title_of(stage).vi
            raise StageBeforeNotice(stage=stage, title=title, on=on, notice_on=notices[0])


def _follows(model: StageModel, origin: str, user_kind: str, before: Event, event: Event) -> None:
    if model.follows(event.stage, before.stage, origin, user_kind):
        return
    if model.rank(event.stage) == CLEARED_RANK == model.rank(before.stage):
        raise HandedOverTwice(on=event.effective_on, first_on=before.effective_on)
    if event.stage == before.stage:
        return
    raise StageOrderImpossible(
        stage=event.stage,
        title=model.title_of(event.stage).vi,
        on=event.effective_on,
        after=before.stage,
        after_title=model.title_of(before.stage).vi,
        after_on=before.effective_on,
    )


def check_needs(
    model: StageModel, origin: str, user_kind: str, earlier: Sequence[Event], event: Event
) -> None:
    """Refuse an event that needs a stage which none of the earlier ones reached: StagePrerequisiteMissing."""
    reached = {name for one in earlier for name in (one.stage, model.stage(one.stage).group)}
    stage = model.stage(event.stage)
    for need in stage.needs:
        if need.holds(origin, user_kind) and need.code not in reached:
            raise StagePrerequisiteMissing(
                stage=stage.code,
                title=stage.title.vi,
                on=event.effective_on,
                needed=need.code,
                needed_title=model.title_of(need.code).vi,
            )


def _among(value: str, allowed: frozenset[str] | None) -> bool:
    return allowed is None or value in allowed
