"""People of each case, talks with them, what they complain of and what holds a case up: all invented."""

from __future__ import annotations

from typing import Any

import numpy as np

from gis.arrays import Bools, Ints, Texts
from layers.demo.histories import Days, last_rank
from layers.demo.holdings import MARK, Holdings
from layers.demo.lots import ANCHOR
from layers.demo.money import recorded
from layers.demo.names import people
from layers.demo.plane import Columns
from layers.demo.projects import RESUMED, STOPPED, UNPAID, Project

TODAY = np.datetime64(ANCHOR)
COMPLAINT_SHARE, CO_USERS, HEIRS, LENDERS = 0.02, 0.55, 0.03, 0.04
#: Cases of the third area of Biên Hòa 1 that had not agreed in December 2025 (DOMAIN §3.6).
UNCOMMITTED = 14
SUBJECTS = (
    "đơn giá bồi thường cây trồng",
    "diện tích kiểm đếm thiếu",
    "vị trí áp giá đất",
    "suất tái định cư",
)
OUTCOMES = ("đã giải thích phương án, hộ ghi nhận", "hộ đề nghị tăng đơn giá", "hộ chờ bố trí tái định cư",
            "hộ cam kết bàn giao sau vụ thu hoạch")  # fmt: skip
REFUSED = "chưa cam kết bàn giao"
#: Why a household's case waits, where nothing else is known of it.
REASONS = ("price", "papers", "absent", "boundary")
REASON_SHARE = (0.46, 0.26, 0.12, 0.16)
BY_WHOM = "Tổ công tác GPMB (minh họa)"


def people_table(
    rng: np.random.Generator, held: Holdings, days: Days, every: list[Project], project: Ints, keys: list[str]
) -> Columns:
    """Land users and their kin; whoever speaks for a firm, an organisation or a community."""
    kind = held.user_kind
    home = kind == "household"
    rows: list[tuple[Ints, str]] = [(np.flatnonzero(home), "land_user")]
    rows.append(
        (np.flatnonzero(np.isin(kind, ("enterprise", "organisation", "community"))), "representative")
    )
    for role, share in (("co_user", CO_USERS), ("heir", HEIRS), ("lender", LENDERS)):
        rows.append((np.flatnonzero(home & (rng.random(held.n) < share)), role))
    case = np.concatenate([who for who, _ in rows])
    role = np.repeat([name for _, name in rows], [len(who) for who, _ in rows])
    other = people(rng, len(case))
    names = [
        held.user_name[c].removeprefix("Hộ ")
        if r == "land_user"
        else f"Ngân hàng {1 + c % 5} {MARK}"
        if r == "lender"
        else f"{name} {MARK}"
        for c, r, name in zip(case, role, other, strict=True)
    ]
    number, phone, house = (rng.integers(0, top, len(case)) for top in (10**9, 10**6, 400))
    bank = role == "lender"
    return {
        "case_key": [keys[c] for c in case],
        "role": role.tolist(),
        "name": names,
        "id_number": [None if b else f"MH{k:010d}" for b, k in zip(bank, number, strict=True)],
        "phone": [f"0900 {k:06d}" for k in phone],
        "address": [
            f"{k + 1}, ấp {k % 7 + 1}, {every[p].district} {MARK}"
            for k, p in zip(house, project[case], strict=True)
        ],
        **recorded(rng, np.minimum(days[case, 0] + 20, TODAY)),
    }


def complaint_table(
    rng: np.random.Generator, held: Holdings, days: Days, stuck: Bools, keys: list[str]
) -> Columns:
    """About one case in fifty complains; who still waits may have no answer yet."""
    rank = last_rank(days)
    weight = np.where(stuck, 8.0, 1.0) * COMPLAINT_SHARE
    case = np.flatnonzero((rank >= 2) & (held.origin != "state") & (rng.random(held.n) < weight))
    since, until = days[case, 2], np.where(np.isnat(days[case, 6]), TODAY - 10, days[case, 6])
    filed = since + (rng.uniform(0.1, 0.9, len(case)) * (until - since).astype(int)).astype(int)
    answered = filed + rng.integers(12, 60, len(case))
    open_ = (rank[case] < 6) & (rng.random(len(case)) < 0.45)
    told = (answered < TODAY) & ~open_
    return {
        "case_key": [keys[c] for c in case],
        "filed_on": filed.astype(object).tolist(),
        "subject": [f"{subject} {MARK}" for subject in rng.choice(SUBJECTS, len(case))],
        "office": np.where(rng.random(len(case)) < 0.7, "UBND cấp xã", "Thanh tra tỉnh").tolist(),
        "answered_on": [day if t else None for day, t in zip(answered.astype(object), told, strict=True)],
        "outcome": [
            "bác đơn" if t and c % 3 else "chấp nhận một phần" if t else None
            for c, t in zip(case, told, strict=True)
        ],
        **recorded(rng, filed),
    }


def blocker_tables(
    rng: np.random.Generator,
    held: Holdings,
    days: Days,
    stuck: Bools,
    every: list[Project],
    project: Ints,
    keys: list[str],
    complaints: Columns,
) -> dict[str, Columns]:
    """What holds cases up today, and what held up some of those that went on."""
    rank = last_rank(days)
    waits = (rank > 0) & (rank < 6)
    unpaid = np.array([p.told == UNPAID for p in every])[project] & (held.origin != "state")
    row = {key: at for at, key in enumerate(keys)}
    open_ = [
        row[k] for k, on in zip(complaints["case_key"], complaints["answered_on"], strict=True) if on is None
    ]
    code = rng.choice(REASONS, held.n, p=REASON_SHARE).astype(object)
    houses = (held.homes > 0) & (rank >= 4) & (rng.random(held.n) < 0.5)
    code[houses] = "resettlement"
    code[held.origin == "state"] = "state_land"
    code[open_] = "complaint"
    no_money = unpaid & (rank == 4)
    code[no_money] = "funding"
    held_up = waits & (stuck | no_money | (rng.random(held.n) < 0.12))
    held_up[open_] = True
    last = days[np.arange(held.n), rank]
    since = np.minimum(last + rng.integers(10, 120, held.n), TODAY - 3)
    since = np.where(no_money, np.datetime64(STOPPED), since)
    went_on = (rank == 6) & (held.origin != "state") & ((rng.random(held.n) < 0.05) | unpaid)
    code[went_on & unpaid] = "funding"
    began = np.where(unpaid, np.datetime64(STOPPED), days[:, 4] + 5)
    ended = np.where(unpaid, np.datetime64(RESUMED), days[:, 5])
    went_on &= ended > began
    case = np.concatenate([np.flatnonzero(went_on), np.flatnonzero(held_up)])
    done = int(went_on.sum())
    on = np.concatenate([began[went_on], since[held_up]])
    offices = {"funding": "Chủ đầu tư hạ tầng", "state_land": "UBND tỉnh", "resettlement": "UBND cấp xã"}
    blockers: dict[str, Any] = {
        "case_key": [keys[c] for c in case],
        "code": [str(code[c]) for c in case],
        "since": on.astype(object).tolist(),
        "until": [*ended[went_on].astype(object), *[None] * (len(case) - done)],
        "office": [
            offices.get(str(code[c]), f"Trung tâm Phát triển quỹ đất {every[project[c]].district}")
            for c in case
        ],
        "note": ["minh họa"] * len(case),
        **recorded(rng, on),
    }
    return {"case_blockers": blockers}


def contact_table(
    rng: np.random.Generator,
    held: Holdings,
    days: Days,
    stuck: Bools,
    every: list[Project],
    project: Ints,
    keys: list[str],
) -> Columns:
    """Talks with those who wait, more of them with those who hold out, and with a few who handed over."""
    rank = last_rank(days)
    talks = (held.origin != "state") & (rank >= 2)
    times = np.where(talks & stuck, 3, np.where(talks & (rank < 6) & (rng.random(held.n) < 0.25), 1, 0))
    times = np.where(talks & (rank == 6) & (rng.random(held.n) < 0.06), 1, times)
    third = np.array([p.holder.status == "converting" and p.area == 2 for p in every])[project]
    late = np.flatnonzero(third & talks & (rank < 6))
    refusing = np.zeros(held.n, dtype=bool)
    refusing[rng.permutation(late)[:UNCOMMITTED]] = True
    times = np.where(refusing, np.maximum(times, 1), times)
    case = np.repeat(np.arange(held.n), times)
    since, until = days[case, 2], np.where(rank[case] == 6, days[case, 6], TODAY - 5)
    on = since + (rng.uniform(0.05, 0.95, len(case)) * (until - since).astype(int)).astype(int)
    on = np.where(
        refusing[case],
        np.minimum(np.maximum(on, np.datetime64("2025-11-20")), np.datetime64("2025-12-12")),
        on,
    )
    pick = rng.integers(0, len(OUTCOMES), len(case))
    agrees: Texts = np.full(len(case), None, dtype=object)
    agrees[(rank[case] == 6) | (pick == 3)] = True
    agrees[refusing[case] | (pick == 1)] = False
    return {
        "case_key": [keys[c] for c in case],
        "kind": rng.choice(
            ["meeting", "persuasion", "letter", "call"], len(case), p=[0.4, 0.35, 0.1, 0.15]
        ).tolist(),
        "held_on": on.astype(object).tolist(),
        "by_whom": [BY_WHOM] * len(case),
        "outcome": [
            f"{REFUSED if refusing[c] else OUTCOMES[p]} {MARK}" for c, p in zip(case, pick, strict=True)
        ],
        "agrees": agrees.tolist(),
        **recorded(rng, on),
    }


def resettlement_table(
    rng: np.random.Generator, held: Holdings, days: Days, every: list[Project], project: Ints, keys: list[str]
) -> Columns:
    """Places for the households whose home is taken, once their plan is approved."""
    homes = (held.homes > 0) & np.isin(held.user_kind, ("household", "community"))
    case = np.flatnonzero(homes & ~np.isnat(days[:, 4]) & (rng.random(held.n) < 0.8))
    given = ~np.isnat(days[case, 5])
    moved = ~np.isnat(days[case, 6])
    plot = rng.integers(1, 90, len(case))
    allocated = days[case, 5].astype(object)
    return {
        "case_key": [keys[c] for c in case],
        "households": [1] * len(case),
        "place": [f"Khu tái định cư {every[p].district} {MARK}" for p in project[case]],
        "plot": [f"TĐC-{k:03d}" if g else None for k, g in zip(plot, given, strict=True)],
        "decision_number": [f"{k * 11 + 3}/QĐ-MH" if g else None for k, g in zip(plot, given, strict=True)],
        "allocated_on": [day if g else None for day, g in zip(allocated, given, strict=True)],
        "moved_on": [day if m else None for day, m in zip(days[case, 6].astype(object), moved, strict=True)],
        **recorded(rng, days[case, 4]),
    }


def tables(
    rng: np.random.Generator,
    held: Holdings,
    days: Days,
    stuck: Bools,
    every: list[Project],
    project: Ints,
    keys: list[str],
) -> dict[str, Columns]:
    """Everything about the people of all cases."""
    complaints = complaint_table(rng, held, days, stuck, keys)
    return {
        "case_people": people_table(rng, held, days, every, project, keys),
        "complaints": complaints,
        **blocker_tables(rng, held, days, stuck, every, project, keys, complaints),
        "case_contacts": contact_table(rng, held, days, stuck, every, project, keys),
        "resettlements": resettlement_table(rng, held, days, every, project, keys),
    }
