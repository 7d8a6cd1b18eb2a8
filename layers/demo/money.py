"""What is counted, valued, approved and paid in each case: sums follow from their lines, in whole đồng."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Floats, Ints, Texts
from layers.demo.histories import Days
from layers.demo.holdings import Holdings
from layers.demo.lots import ANCHOR
from layers.demo.plane import Columns
from layers.demo.projects import UNPAID, UNPAID_VND, Project
from layers.demo.stages import CLERKS

TODAY = np.datetime64(ANCHOR)
Money = NDArray[np.int64]
#: Assets by kind: what, unit, how much per hectare or house, price, share of the cases that have it.
ASSETS = (
    ("crop", "Cây trồng các loại", "m2", 7000.0, 14_000, 0.86),
    ("structure", "Tường rào, giếng, mái che", "m2", 90.0, 850_000, 0.34),
    ("livestock", "Ao nuôi thủy sản, chuồng trại", "m2", 260.0, 95_000, 0.09),
    ("grave", "Mồ mả phải di dời", "ngôi", 4.0, 12_000_000, 0.04),
)
HOUSE = ("house", "Nhà ở gắn liền với đất", "m2", 105.0, 4_700_000)
EQUIPMENT = ("equipment", "Tháo dỡ, vận chuyển, lắp đặt dây chuyền", "bộ", 2.0, 380_000_000)
LAND_VND_M2, HOME_VND_M2, SUPPORT = 210_000, 1_350_000, 1.5
MOVING_VND, BONUS_VND = 45_000_000, 10_000_000
SPLIT, IN_TWO, PART_PAID = 0.15, 0.2, 0.2


@dataclass(frozen=True)
class Counted:
    """Assets of all cases, one row each."""

    case: Ints
    kind: Texts
    what: Texts
    quantity: Floats
    unit: Texts
    price_vnd: Money


@dataclass(frozen=True)
class Lines:
    """Valuation lines, one row each; ``amount_vnd`` is quantity times price, rounded."""

    case: Ints
    kind: Texts
    what: Texts
    quantity: Floats
    unit: Texts
    price_vnd: Money

    @property
    def amount_vnd(self) -> Money:
        return np.round(self.quantity * self.price_vnd).astype(np.int64)


def counted(rng: np.random.Generator, held: Holdings, days: Days) -> Counted:
    """What stands on the land of the cases whose inventory was taken."""
    n, owned = held.n, ~np.isnat(days[:, 2]) & (held.origin != "state")
    own_ha = held.area_ha - held.state_ha
    firm = held.user_kind == "enterprise"
    found: list[tuple[tuple[str, str, str], Bools, Floats, int]] = []
    for kind, what, unit, per_ha, price, share in ASSETS:
        there = owned & (rng.random(n) < share) & ~(firm & (kind in ("crop", "livestock")))
        found.append(((kind, what, unit), there, own_ha * per_ha * rng.uniform(0.5, 1.4, n), price))
    homes = held.homes * HOUSE[3] * rng.uniform(0.6, 1.7, n)
    found.append((HOUSE[:3], owned & (held.homes > 0) & ~firm & (rng.random(n) < 0.75), homes, HOUSE[4]))
    lines = own_ha * EQUIPMENT[3] * rng.uniform(0.5, 1.6, n)
    found.append((EQUIPMENT[:3], owned & firm, lines, EQUIPMENT[4]))
    case = np.concatenate([np.flatnonzero(there) for _, there, _, _ in found])
    sizes = [int(there.sum()) for _, there, _, _ in found]
    whole = np.repeat([told[2] in ("ngôi", "bộ") for told, *_ in found], sizes)
    quantity = np.concatenate([much[there] for _, there, much, _ in found])
    kind, what, unit = (
        np.repeat(np.array(texts, dtype=object), sizes) for texts in zip(*(f[0] for f in found), strict=True)
    )
    price = np.repeat([price for *_, price in found], sizes)
    price = np.round(price * rng.uniform(0.8, 1.25, len(price)), -2).astype(np.int64)
    quantity = np.where(whole, np.ceil(quantity), np.maximum(np.round(quantity, 1), 1.0))
    order = np.argsort(case, kind="stable")
    return Counted(case[order], kind[order], what[order], quantity[order], unit[order], price[order])


def valued(
    rng: np.random.Generator, held: Holdings, days: Days, assets: Counted, every: list[Project], project: Ints
) -> Lines:
    """Lines of the cases whose plan was published; state-managed land is not paid for."""
    n, planned = held.n, ~np.isnat(days[:, 3]) & (held.origin != "state")
    own_m2 = np.round((held.area_ha - held.state_ha) * 1e4, 1)
    home_m2 = np.where(held.user_kind == "enterprise", 0.0, np.minimum(held.homes * 300.0, own_m2))
    field_m2 = own_m2 - home_m2
    place = rng.uniform(0.7, 1.6, len(every))[project]
    field_vnd = np.round(LAND_VND_M2 * place * rng.uniform(0.9, 1.1, n), -3)
    home_vnd = np.round(HOME_VND_M2 * place * rng.uniform(0.9, 1.1, n), -3)
    moves = (home_m2 > 0) & np.isin(held.user_kind, ("household", "community"))
    quick = ~np.isnat(days[:, 6]) & ((days[:, 6] - days[:, 5]).astype(float) < 60)
    one = np.ones(n)
    of_land = (
        ("land", "Đất nông nghiệp, đất khác", field_m2, "m2", field_vnd, planned & (field_m2 > 0)),
        ("land", "Đất ở", home_m2, "m2", home_vnd, planned & (home_m2 > 0)),
        ("support", "Chuyển đổi nghề, tạo việc làm", field_m2, "m2", field_vnd * SUPPORT,
         planned & (held.user_kind == "household") & (field_m2 > 0)),
        ("resettlement", "Hỗ trợ di chuyển, tạm cư", one, "hộ", one * MOVING_VND, planned & moves),
        ("bonus", "Bàn giao mặt bằng sớm", one, "hồ sơ", one * BONUS_VND, planned & quick),
    )  # fmt: skip
    rows = [np.flatnonzero(there) for *_, there in of_land]
    stand = np.flatnonzero(planned[assets.case])
    sizes = [len(row) for row in rows]
    made = Lines(
        np.concatenate([*rows, assets.case[stand]]),
        np.concatenate([_same([line[0] for line in of_land], sizes), _same(["asset"], [len(stand)])]),
        np.concatenate([_same([line[1] for line in of_land], sizes), assets.what[stand]]),
        np.concatenate(
            [*(line[2][row] for line, row in zip(of_land, rows, strict=True)), assets.quantity[stand]]
        ),
        np.concatenate([_same([line[3] for line in of_land], sizes), assets.unit[stand]]),
        np.concatenate(
            [*(line[4][row] for line, row in zip(of_land, rows, strict=True)), assets.price_vnd[stand]]
        ).astype(np.int64),
    )
    unpaid = np.array([p.told == UNPAID for p in every])[project]
    return _sorted(_to_total(made, unpaid[made.case], UNPAID_VND) if unpaid.any() else made)


def _same(texts: list[str], sizes: list[int]) -> Texts:
    return np.repeat(np.array(texts, dtype=object), sizes)


def _sorted(lines: Lines) -> Lines:
    order = np.argsort(lines.case, kind="stable")
    return Lines(lines.case[order], lines.kind[order], lines.what[order], lines.quantity[order],
                 lines.unit[order], lines.price_vnd[order])  # fmt: skip


def _to_total(lines: Lines, rows: Bools, total_vnd: int) -> Lines:
    """Prices of some lines scaled to a published total; what rounding leaves is one line of other support."""
    factor = total_vnd / lines.amount_vnd[rows].sum()
    price = np.where(rows, np.floor(lines.price_vnd * factor * 0.9995), lines.price_vnd).astype(np.int64)
    scaled = Lines(lines.case, lines.kind, lines.what, lines.quantity, lines.unit, price)
    rest = total_vnd - int(scaled.amount_vnd[rows].sum())
    first = lines.case[rows].min()
    return Lines(
        np.append(lines.case, first),
        np.append(lines.kind, "support"),
        np.append(lines.what, "Hỗ trợ khác theo phương án"),
        np.append(lines.quantity, 1.0),
        np.append(lines.unit, "khoản"),
        np.append(price, rest),
    )


def asset_table(rng: np.random.Generator, assets: Counted, days: Days, keys: list[str]) -> Columns:
    on = days[assets.case, 2]
    return {
        "case_key": [keys[c] for c in assets.case],
        "kind": assets.kind.tolist(),
        "description": assets.what.tolist(),
        "quantity": assets.quantity.tolist(),
        "unit": assets.unit.tolist(),
        "inventoried_on": on.astype(object).tolist(),
        **recorded(rng, on),
    }


def valuation_table(
    rng: np.random.Generator, lines: Lines, days: Days, keys: list[str], plans: list[str | None]
) -> Columns:
    return {
        "case_key": [keys[c] for c in lines.case],
        "kind": lines.kind.tolist(),
        "description": lines.what.tolist(),
        "quantity": lines.quantity.tolist(),
        "unit": lines.unit.tolist(),
        "unit_price_vnd": lines.price_vnd.tolist(),
        "amount_vnd": lines.amount_vnd.tolist(),
        "plan_number": [plans[c] for c in lines.case],
        **recorded(rng, days[lines.case, 3]),
    }


def payee_tables(
    rng: np.random.Generator,
    held: Holdings,
    days: Days,
    lines: Lines,
    keys: list[str],
    plans: list[str | None],
    unpaid: Bools,
) -> dict[str, Columns]:
    """Who is to be paid what, and what was paid: approved sums are those of the lines."""
    total = np.bincount(lines.case, weights=lines.amount_vnd, minlength=held.n).astype(np.int64)
    case = np.flatnonzero(~np.isnat(days[:, 4]) & (total > 0))
    two = (held.user_kind[case] == "household") & (rng.random(len(case)) < SPLIT)
    lesser = np.where(two, np.round(total[case] * rng.uniform(0.25, 0.5, len(case))).astype(np.int64), 0)
    of = np.concatenate([case, case[two]])
    approved = np.concatenate([total[case] - lesser, lesser[two]])
    second = np.arange(len(of)) >= len(case)
    order = np.lexsort((second, of))
    of, approved, second = of[order], approved[order], second[order]
    on = days[of, 4]
    names = [held.user_name[c].removeprefix("Hộ ") for c in of]
    payees: dict[str, Any] = {
        "id": list(range(len(of))),
        "case_key": [keys[c] for c in of],
        "name": [
            f"Người đồng sử dụng với {name}" if s else name for name, s in zip(names, second, strict=True)
        ],
        "account_number": [f"MH-TK-{k:08d}" for k in rng.integers(0, 10**8, len(of))],
        "approved_vnd": approved.tolist(),
        "approved_on": on.astype(object).tolist(),
        "decision_number": [plans[c] for c in of],
        **recorded(rng, on),
    }
    return {"payees": payees, "payments": _payments(rng, days, of, approved, keys, unpaid)}


def _payments(
    rng: np.random.Generator, days: Days, of: Ints, approved: Money, keys: list[str], unpaid: Bools
) -> Columns:
    """All of it where the case was paid, now and then in two parts; now and then a part where it waits."""
    paid_on, approved_on = days[of, 5], days[of, 4]
    n = len(of)
    twice = ~np.isnat(paid_on) & (rng.random(n) < IN_TWO) & ~unpaid[of]
    waits = (
        np.isnat(paid_on)
        & (rng.random(n) < PART_PAID)
        & (TODAY - approved_on > np.timedelta64(20))
        & ~unpaid[of]
    )
    part = np.round(approved * rng.uniform(0.3, 0.7, n)).astype(np.int64)
    way = np.where(np.isnat(paid_on), TODAY, paid_on) - approved_on
    early = approved_on + np.maximum(way.astype(int) * 2 // 3, 1)
    first, last = np.flatnonzero(twice | waits), np.flatnonzero(~np.isnat(paid_on))
    payee = np.concatenate([first, last])
    amount = np.concatenate([part[first], np.where(twice, approved - part, approved)[last]])
    on = np.concatenate([early[first], paid_on[last]])
    order = np.lexsort((payee, on))
    payee, amount, on = payee[order], amount[order], on[order]
    some = amount > 0
    payee, amount, on = payee[some], amount[some], on[some]
    return {
        "case_key": [keys[c] for c in of[payee]],
        "payee_id": payee.tolist(),
        "amount_vnd": amount.tolist(),
        "paid_on": on.astype(object).tolist(),
        "voucher": [f"UNC-MH/{i:06d}" for i in range(1, len(payee) + 1)],
        **recorded(rng, on),
    }


def recorded(rng: np.random.Generator, on: Days) -> dict[str, list[Any]]:
    """By whom and when rows of some days were recorded: a few days later, and not after today."""
    at = np.minimum(on + rng.integers(1, 8, len(on)), TODAY)
    return {
        "recorded_by": rng.choice(CLERKS, len(on)).tolist(),
        "recorded_at": [f"{day} 16:00:00+07" for day in np.datetime_as_string(at)],
    }


def tables(
    rng: np.random.Generator,
    held: Holdings,
    days: Days,
    every: list[Project],
    project: Ints,
    keys: list[str],
    plans: list[str | None],
) -> dict[str, Columns]:
    """Assets, valuation lines, payees and payments of all cases."""
    assets = counted(rng, held, days)
    lines = valued(rng, held, days, assets, every, project)
    unpaid = np.array([p.told == UNPAID for p in every])[project]
    return {
        "case_assets": asset_table(rng, assets, days, keys),
        "valuation_lines": valuation_table(rng, lines, days, keys, plans),
        **payee_tables(rng, held, days, lines, keys, plans, unpaid),
    }
