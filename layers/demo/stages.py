"""
Stage events of the cases, with the paper that shows each: branches of the law, late records, corrections.

The days of the groups come from `histories`; the steps between them lie at a fixed part of the way. Ids
follow the order of recording, so a correction is a later event that names the one it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from gis.arrays import Bools, Floats, Ints, Texts
from layers.codes.stage_models import stage_models
from layers.demo.histories import FREE, GROUPS, MEDIAN_DAYS, NEVER, Days, last_rank
from layers.demo.holdings import Holdings
from layers.demo.lots import ANCHOR
from layers.demo.plane import Columns
from layers.demo.projects import UNPAID, UNPAID_DECISION, Project

SOURCE = "minh họa; diễn biến GPMB giả định"
NEW_LAW = date(2024, 8, 1)
TODAY = np.datetime64(ANCHOR)
REFUSE_INVENTORY, RESIST_HANDOVER, DEPOSITED, WRONG = 0.025, 0.012, 0.04, 0.006
#: How soon events are recorded: share of them, and days after.
LATE = ((0.82, 1, 6), (0.14, 6, 31), (0.04, 31, 121))
CLERKS = tuple(f"cán bộ {i} (minh họa)" for i in range(1, 10))


@dataclass(frozen=True)
class Steps:
    """Events in the order of recording: case, stage, effective day, second of recording, what is replaced."""

    case: Ints
    stage: Texts
    day: Days
    recorded_s: Ints
    replaces: Ints
    """Row of the event that this one replaces; −1 for none."""


def law_of(days: Days) -> Texts:
    """The law by which each case goes: the one in force when it was opened."""
    return np.where(days[:, 0] < np.datetime64(NEW_LAW), "LL2013", "LL2024").astype(object)


def steps(rng: np.random.Generator, held: Holdings, days: Days, stuck: Bools) -> Steps:
    """Every event of every case."""
    case, stage, day = _happened(rng, held, days, stuck)
    lag = _lag(rng, len(case))
    recorded = np.minimum(day + lag, TODAY)
    for _ in range(2):  # who records late catches up with the whole file
        same = np.flatnonzero(case[1:] == case[:-1]) + 1
        recorded[same] = np.maximum(recorded[same], recorded[same - 1])
    recorded_s = recorded.astype("datetime64[s]").astype(np.int64) + rng.integers(
        8 * 3600, 16 * 3600, len(case)
    )
    same = case[1:] == case[:-1]
    while (wrong := np.flatnonzero(same & (recorded_s[1:] <= recorded_s[:-1]))).size:
        recorded_s[wrong + 1] = recorded_s[wrong] + 60
    return _ordered(*_corrected(rng, case, stage, day, recorded_s))


def event_table(made: Steps, keys: list[str], rng: np.random.Generator) -> Columns:
    """Rows of the events; ``document_id`` and ``replaces_id`` count from 0 within the load."""
    paper, row = np.full(len(made.case), -1), _on_paper(made)
    paper[row] = np.arange(len(row))
    corrects = made.replaces >= 0
    return {
        "id": list(range(len(made.case))),
        "case_key": [keys[c] for c in made.case],
        "stage": made.stage.tolist(),
        "effective_on": made.day.astype(object).tolist(),
        "recorded_at": _moment(made.recorded_s),
        "recorded_by": rng.choice(CLERKS, len(made.case)).tolist(),
        "document_id": [None if p < 0 else int(p) for p in paper],
        "replaces_id": [None if r < 0 else int(r) for r in made.replaces],
        "reason": ["đính chính: ghi nhận bàn giao sai ngày" if c else None for c in corrects],
        "source": [SOURCE] * len(made.case),
    }


def plan_numbers(days: Days, every: list[Project], project: Ints) -> list[str | None]:
    """Number of the decision that approved each case's plan; cases of a project and day share it."""
    return [
        None
        if np.isnat(on)
        else UNPAID_DECISION
        if every[row].told == UNPAID
        else f"{(int(row) * 37 + on.item().toordinal()) % 3900 + 1}/QĐ-MH"
        for row, on in zip(project, days[:, 4], strict=True)
    ]


def document_table(
    made: Steps, days: Days, keys: list[str], plans: list[str | None], project: Ints
) -> Columns:
    """The paper of each event that has one; cases whose plan was approved together share the decision."""
    models, laws = stage_models(), law_of(days).tolist()
    row = _on_paper(made)
    told = [models[laws[c]].stages[s] for c, s in zip(made.case[row], made.stage[row].tolist(), strict=True)]
    on = made.day[row].astype(object).tolist()
    kinds = [stage.documents[0] for stage in told]
    joint = {"plan_posting": "BB-NY", "allocation_decision": "QĐ-XLĐ"}
    mark = {"recovery_notice": "TB", "inventory_record": "BB-KĐ", "handover_record": "BB-BG"}
    numbers = [
        plans[c]
        if k == "plan_approval"
        else f"{(project[c] * 37 + d.toordinal()) % 3900 + 1}/{joint[k]}-MH"
        if k in joint
        else f"{i + 1}/{mark.get(k, 'MH')}-MH"
        for i, (c, d, k) in enumerate(zip(made.case[row], on, kinds, strict=True))
    ]
    issuers = [stage.actor_on(d) for stage, d in zip(told, on, strict=True)]
    return {
        "id": list(range(len(row))),
        "layer": ["cases"] * len(row),
        "key": [keys[c] for c in made.case[row]],
        "kind": kinds,
        "number": numbers,
        "issued_on": on,
        "issuer": [office.vi if office else "UBND cấp có thẩm quyền" for office in issuers],
        "title": [f"{stage.title.vi} (minh họa)" for stage in told],
        "recorded_at": [_moment(made.recorded_s[r : r + 1])[0] for r in row],
    }


def _on_paper(made: Steps) -> Ints:
    """Rows of the events that a document shows; a start and a withdrawal have none."""
    return np.flatnonzero((made.stage != "not_started") & (made.stage != None))  # noqa: E711 (whole column)


def _happened(rng: np.random.Generator, held: Holdings, days: Days, stuck: Bools) -> tuple[Ints, Texts, Days]:
    """Case, stage and day of everything that happened, by case and day."""
    n, kind, rank = held.n, held.user_kind, last_rank(days)
    state = held.origin == "state"
    firm = np.isin(kind, ("enterprise", "organisation")) & ~state
    refuses = (rng.random(n) < REFUSE_INVENTORY) & ~firm & ~state
    resists = ((rng.random(n) < RESIST_HANDOVER) | (stuck & (rank == GROUPS - 2))) & ~state
    deposited = (rng.random(n) < DEPOSITED) & ~firm
    moves = (held.homes > 0) & np.isin(kind, ("household", "community"))
    approval = np.where(state, "allocation_decided", "plan_approved")
    payment = np.where(firm, "assets_compensated", np.where(deposited, "payment_deposited", "paid"))
    told: list[tuple[Texts, Days]] = [
        (np.full(n, code, dtype=object), days[:, group])
        for group, code in ((0, "not_started"), (1, "notified"), (2, "inventoried"), (3, "plan_published"))
    ]
    told += [(approval.astype(object), days[:, 4]), (payment.astype(object), days[:, 5])]
    told.append((np.full(n, "handed_over", dtype=object), days[:, 6]))
    owns, old = ~state, law_of(days) == "LL2013"
    between: tuple[tuple[str, int, float, Bools], ...] = (
        ("inventory_persuasion", 1, 0.35, refuses),
        ("compulsory_inventory", 1, 0.6, refuses),
        ("inventory_enforcement", 1, 0.85, refuses & (rng.random(n) < 0.3)),
        ("origin_checked", 2, 0.3, firm),
        ("lease_ended", 2, 0.65, kind == "enterprise"),
        ("plan_appraisal", 3, 0.5, owns),
        ("recovery_decided", 4, 0.0, owns & old),  # by the older law on the day of the plan, before payment
        ("allocation_decided", 4, 0.35, held.origin == "mixed"),
        ("resettled", 5, 0.25, moves),
        ("recovery_decided", 5, 0.5, owns & ~old),
        ("handover_persuasion", 5, 0.65, resists),
        ("enforcement_decided", 5, 0.8, resists),
        ("enforced", 5, 0.93, resists & ~stuck),
    )
    told += [
        (np.full(n, code, dtype=object), np.where(who, _between(days, group, part), NEVER))
        for code, group, part, who in between
    ]
    stage, day = np.concatenate([s for s, _ in told]), np.concatenate([d for _, d in told])
    case, place = np.tile(np.arange(n), len(told)), np.repeat(np.arange(len(told)), n)
    kept = np.flatnonzero(~np.isnat(day))
    # Of one day, a group's own step comes before those that follow it.
    group = np.array([*range(GROUPS), *(after for _, after, *_ in between)])[place]
    order = kept[np.lexsort((place[kept], group[kept], day[kept], case[kept]))]
    return case[order], stage[order], day[order]


def _between(days: Days, group: int, part: float) -> Days:
    """A day at some part of the way from a group to the next; for those still under way, of the usual way."""
    later = np.full(len(days), NEVER, dtype="datetime64[D]")
    for following in range(GROUPS - 1, group, -1):
        later = np.where(np.isnat(days[:, following]), later, days[:, following])
    way = np.where(np.isnat(later), MEDIAN_DAYS[group - 1], (later - days[:, group]).astype(float))
    way_days: Floats = np.where(np.isnat(days[:, group]), 0.0, way)
    day = days[:, group] + np.round(part * way_days).astype(int)
    day = np.where(np.isnat(day), NEVER, _open(day, days[:, group]))
    return np.where(np.isnat(later) & (day > TODAY - 4), NEVER, day)


def _open(day: Days, least: Days) -> Days:
    """The last working day up to one, not before another."""
    filled = np.where(np.isnat(day), TODAY, day)
    return np.maximum(np.busday_offset(filled, 0, roll="backward", holidays=FREE), least)


def _lag(rng: np.random.Generator, n: int) -> Ints:
    """Days from an event to its record."""
    which = rng.choice(len(LATE), n, p=[share for share, *_ in LATE])
    low, high = (np.array([late[i] for late in LATE])[which] for i in (1, 2))
    return rng.integers(low.astype(int), high.astype(int))


def _corrected(
    rng: np.random.Generator, case: Ints, stage: Texts, day: Days, recorded_s: Ints
) -> tuple[Ints, Texts, Days, Ints, Ints]:
    """Some hand-overs were first recorded for a wrong day; some of these are withdrawn, others replaced."""
    n = len(case)
    over = np.flatnonzero((stage == "handed_over") & (day < TODAY - 90))
    wrong = over[rng.random(len(over)) < WRONG]
    room = (day[wrong] - day[wrong - 1]).astype(int)
    early = (room > 25) & (rng.random(len(wrong)) < 0.5)
    mistaken_day = np.where(early, day[wrong] - room // 2, day[wrong] + rng.integers(5, 40, len(wrong)))
    known = mistaken_day.astype("datetime64[s]").astype(np.int64) + 2 * 86400 + 9 * 3600
    known = np.maximum(known, recorded_s[wrong - 1] + 60)
    # A hand-over told too early is withdrawn; one told too late is replaced by the true one.
    withdrawn, replaced = wrong[early], wrong[~early]
    back = np.maximum(known[early] + 5 * 86400, recorded_s[wrong - 1][early] + 3600)
    recorded_s = recorded_s.copy()
    recorded_s[replaced] = np.maximum(recorded_s[replaced], known[~early] + 20 * 86400)
    recorded_s[withdrawn] = np.maximum(recorded_s[withdrawn], back + 86400)
    nothing = np.full(len(withdrawn), None, dtype=object)
    row = n + np.arange(len(wrong))
    replaces = np.full(n + len(wrong) + len(withdrawn), -1)
    replaces[replaced] = row[~early]
    replaces[n + len(wrong) :] = row[early]
    return (
        np.concatenate([case, case[wrong], case[withdrawn]]),
        np.concatenate([stage, stage[wrong], nothing]),
        np.concatenate([day, mistaken_day, mistaken_day[early]]),
        np.concatenate([recorded_s, known, back]),
        replaces,
    )


def _ordered(case: Ints, stage: Texts, day: Days, recorded_s: Ints, replaces: Ints) -> Steps:
    order = np.lexsort((np.arange(len(case)), case, recorded_s))
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    moved = np.where(replaces < 0, -1, place[replaces])
    return Steps(case[order], stage[order], day[order], recorded_s[order], moved[order])


def _moment(recorded_s: Ints) -> list[str]:
    """Seconds of local time as a moment with its offset."""
    return [f"{text}+07" for text in np.datetime_as_string(recorded_s.astype("datetime64[s]"))]
