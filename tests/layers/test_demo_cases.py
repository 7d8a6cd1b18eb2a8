"""Cases of the illustrative province: possible histories, sums, shares of land, marks of illustration."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, func, select

from gis.clearance.stages import check_order
from gis.measure import area_ha
from layers.catalogue.cases import TABLE as CASES
from layers.codes import blocker_codes
from layers.codes.stage_models import stage_models
from layers.demo import load as demo
from layers.demo.lots import ANCHOR
from layers.demo.parcels import parcel_keys
from layers.demo.plane import Columns
from layers.demo.projects import RESUMED, STOPPED, WATCHED
from layers.demo.province import province
from layers.records.cases import SHARES
from layers.records.stages import EVENTS, LEDGER, RUNS

Province = dict[str, Columns]


@pytest.fixture(scope="module")
def full() -> Province:
    return province()


def rows(table: Columns, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name] for name in names), strict=True))


def summed(table: Columns, key: str, value: str) -> Counter[Any]:
    total: Counter[Any] = Counter()
    for name, amount in rows(table, key, value):
        total[name] += amount
    return total


def counting(full: Province, known_by: str = "9999") -> dict[str, list[tuple[str, date]]]:
    """Stage and day of each case's events that nothing recorded by then replaces, in order of recording."""
    told = rows(full["stage_events"], "id", "case_key", "stage", "effective_on", "replaces_id", "recorded_at")
    known = [row for row in told if row[5] <= known_by]
    gone = {row[4] for row in known if row[4] is not None}
    events: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for number, key, stage, day, *_ in known:
        if number not in gone and stage is not None:
            events[key].append((stage, day))
    return events


def handed_over(full: Province) -> dict[str, date]:
    return {
        key: day for key, events in counting(full).items() for stage, day in events if stage == "handed_over"
    }


def test_every_history_is_possible_under_the_law_of_its_case(full: Province) -> None:
    histories = counting(full)
    cases = rows(full["cases"], "key", "law", "origin", "user_kind")
    assert set(histories) == {key for key, *_ in cases}
    for key, law, origin, kind in cases:
        check_order(stage_models()[law], origin, kind, histories[key], today=ANCHOR)


def test_a_case_goes_by_the_law_in_force_when_it_was_opened(full: Province) -> None:
    laws = Counter()
    for law, opened in rows(full["cases"], "law", "opened_on"):
        assert law == ("LL2013" if opened < date(2024, 8, 1) else "LL2024")
        laws[law] += 1
    assert min(laws.values()) > 500


def test_events_are_numbered_as_they_were_recorded_and_corrections_come_later(full: Province) -> None:
    events = full["stage_events"]
    recorded = list(events["recorded_at"])
    assert events["id"] == list(range(len(recorded)))
    assert recorded == sorted(recorded)
    replaced = [(i, r) for i, r in enumerate(events["replaces_id"]) if r is not None]
    assert len(replaced) > 10
    assert all(row < i and events["case_key"][row] == events["case_key"][i] for i, row in replaced)
    lag = np.array(
        [
            (date.fromisoformat(at[:10]) - on).days
            for at, on in zip(recorded, events["effective_on"], strict=True)
        ]
    )
    assert lag.min() >= 0
    assert 0.03 < (lag > 30).mean() < 0.2


def test_every_branch_of_the_law_occurs(full: Province) -> None:
    passed = set(full["stage_events"]["stage"]) - {None}
    assert passed == set(stage_models()["LL2024"].stages) - {"handover_reversed"}


def test_every_parcel_is_taken_once_and_no_take_is_larger_than_its_parcel(full: Province) -> None:
    takes, parcels = full["takes"], full["parcels"]
    assert list(takes["parcel_key"]) == parcel_keys(parcels)
    whole, taken_ha = np.array(takes["whole"]), area_ha(np.asarray(takes["geom"], dtype=object))
    parcel_ha = area_ha(np.asarray(parcels["geom"], dtype=object))
    residual_ha = np.array(takes["residual_ha"])
    np.testing.assert_allclose(taken_ha + residual_ha, parcel_ha, atol=2e-6)
    assert (residual_ha[whole] == 0).all()
    assert (residual_ha[~whole] > 0).all()
    assert 60 < (~whole).sum() < 1500


def test_the_takes_of_a_zone_do_not_overlap(full: Province) -> None:
    shapes = np.asarray(full["takes"]["geom"], dtype=object)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = a < b
    both = shapely.intersection(shapes[a[pairs]], shapes[b[pairs]])
    assert area_ha(both[shapely.get_dimensions(both) == 2]).sum() < 1e-4


def test_a_case_has_a_few_neighbouring_parcels_of_one_zone(full: Province) -> None:
    kind = dict(rows(full["cases"], "key", "user_kind"))
    of_case: dict[str, list[Any]] = defaultdict(list)
    for key, geom in rows(full["takes"], "case_key", "geom"):
        of_case[key].append(geom)
    assert set(of_case) == set(kind)
    sizes = Counter(len(g) for key, g in of_case.items() if kind[key] == "household")
    assert set(sizes) == {1, 2, 3, 4, 5, 6}
    near = [
        shapely.union_all(shapely.buffer(g, 1e-6)).geom_type == "Polygon"
        for key, g in list(of_case.items())[::7]
        if kind[key] == "household"
    ]
    assert np.mean(near) > 0.85  # the others lie across the strip of a neighbour


def test_state_managed_clusters_have_their_share_and_their_own_path(full: Province) -> None:
    """DOMAIN S2-02: Vĩnh Tân, Thiện Tân 2, An Viễn in part, Trị An as a whole."""
    zone = dict(rows(full["cases"], "key", "zone_key"))
    origin = dict(rows(full["cases"], "key", "origin"))
    state: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    area = area_ha(np.asarray(full["takes"]["geom"], dtype=object))
    for (key, managed), ha in zip(rows(full["takes"], "case_key", "state_managed"), area, strict=True):
        whole[zone[key]] += ha
        state[zone[key]] += ha * managed
        assert not managed or origin[key] in ("state", "mixed")
    share = {
        key: state[f"MH-{key}"] / whole[f"MH-{key}"] for key in ("VINH-TAN", "THIEN-TAN", "AN-VIEN", "TRI-AN")
    }
    assert share == pytest.approx(
        {"VINH-TAN": 0.55, "THIEN-TAN": 0.45, "AN-VIEN": 0.62, "TRI-AN": 1}, abs=0.03
    )
    assert Counter(origin.values())["mixed"] > 20
    paid = {key for key, amount in summed(full["payees"], "case_key", "approved_vnd").items() if amount}
    assert not paid & {key for key, of in origin.items() if of == "state"}


def test_approved_amounts_are_the_sums_of_their_lines(full: Province) -> None:
    lines = summed(full["valuation_lines"], "case_key", "amount_vnd")
    approved = summed(full["payees"], "case_key", "approved_vnd")
    assert len(approved) > 4000
    assert all(lines[key] == amount for key, amount in approved.items())
    for quantity, price, amount in rows(full["valuation_lines"], "quantity", "unit_price_vnd", "amount_vnd"):
        assert abs(quantity * price - amount) <= 0.5


def test_nobody_is_paid_more_than_was_approved_or_before_it(full: Province) -> None:
    payees = rows(full["payees"], "id", "case_key", "approved_vnd", "approved_on")
    paid = summed(full["payments"], "payee_id", "amount_vnd")
    assert all(0 <= paid[number] <= approved for number, _, approved, _ in payees)
    assert sum(0 < paid[number] < approved for number, _, approved, _ in payees) > 50
    since = {number: on for number, _, _, on in payees}
    assert all(since[number] < on <= ANCHOR for number, on in rows(full["payments"], "payee_id", "paid_on"))
    done = {
        key for key, events in counting(full).items() if any(s in ("paid", "handed_over") for s, _ in events)
    }
    assert all(paid[number] == approved for number, key, approved, _ in payees if key in done)


def test_the_plan_of_phu_tuc_is_that_of_2670_and_nobody_was_paid_in_2018(full: Province) -> None:
    """DOMAIN §3.5: QĐ 2670 of 25/12/2017, VND 60.49 bn, unpaid in 2018."""
    mine = {key for key in full["cases"]["key"] if key.startswith("MH-PHU-TUC-")}
    plan = [row for row in rows(full["payees"], "case_key", "approved_vnd", "approved_on", "decision_number")
            if row[0] in mine]  # fmt: skip
    assert sum(amount for _, amount, *_ in plan) == 60_490_000_000
    assert {(on, number) for *_, on, number in plan} == {(date(2017, 12, 25), "2670/QĐ-UBND")}
    paid = [on for key, on in rows(full["payments"], "case_key", "paid_on") if key in mine]
    assert min(paid) >= RESUMED
    project = rows(full["clearance_projects"], "key", "funding_stopped_on", "funding_resumed_on")
    assert ("MH-PHU-TUC-DA", STOPPED, RESUMED) in project


def test_biên_hòa_1_is_cleared_as_was_published(full: Province) -> None:
    """DOMAIN §3.6: 129 of 329 ha, 39.5 + 42 + 53 ha, then 87/46/36 % and 93/78/57 % of the three areas."""
    area = area_ha(np.asarray(full["takes"]["geom"], dtype=object))
    of_case: Counter[str] = Counter()
    for key, ha in zip(full["takes"]["case_key"], area, strict=True):
        of_case[key] += ha
    zone = dict(rows(full["cases"], "key", "zone_key"))
    over = handed_over(full)

    def cleared(day: date, part: int) -> float:
        name = f"MH-BIEN-HOA-1-GD{part}"
        return sum(ha for key, ha in of_case.items() if zone[key] == name and over.get(key, date.max) <= day)

    planned = dict(rows(full["clearance_projects"], "zone_key", "planned_ha"))
    assert [planned[f"MH-BIEN-HOA-1-GD{i}"] for i in (1, 2, 3)] == [50.5, 103.5, 175]
    assert sum(cleared(date(2025, 7, 31), i) for i in (1, 2, 3)) == pytest.approx(129, abs=2)
    whole = [cleared(date.max, i) for i in (1, 2, 3)]  # cases count whole, so not quite the areas' own land
    assert whole == pytest.approx([50.5, 103.5, 175], rel=0.03)
    for day, parts in (
        (date(2025, 10, 29), (39.5 / 50.5, 42 / 103.5, 53 / 175)),
        (date(2025, 12, 15), (0.87, 0.46, 0.36)),
        (date(2026, 2, 6), (0.93, 0.78, 0.57)),
    ):
        assert [cleared(day, i) / whole[i - 1] for i in (1, 2, 3)] == pytest.approx(parts, abs=0.005), day
    homes = {key for key, kind in rows(full["cases"], "key", "user_kind")
             if kind == "household" and key.startswith("MH-BIEN-HOA-1-")}  # fmt: skip
    early = sum(over.get(key, date.max) <= date(2025, 7, 31) for key in homes)
    assert len(homes) == 355
    assert early == pytest.approx(323, abs=3)


def test_the_watch_list_is_that_of_the_programme(full: Province) -> None:
    """DOMAIN S2-04."""
    watched = {zone for zone, told in rows(full["clearance_projects"], "zone_key", "watched") if told}
    assert watched == {f"MH-{key}" for key in WATCHED}
    assert len(watched) == 5


def test_every_zone_with_cases_has_a_roadmap_and_an_adjusted_one(full: Province) -> None:
    decided: dict[str, list[date]] = defaultdict(list)
    for key, on in rows(full["roadmaps"], "zone_key", "decided_on"):
        decided[key].append(on)
    assert set(full["cases"]["zone_key"]) | {"MH-BIEN-HOA-1", "MH-VSIP-3"} <= set(decided)
    assert all(len(days) == 2 and days[0] < days[1] for days in decided.values())
    points: dict[int, list[tuple[date, float, int]]] = defaultdict(list)
    for number, *point in rows(full["roadmap_points"], "roadmap_id", "on_day", "area_ha", "cases"):
        points[number].append(tuple(point))
    for told in points.values():
        assert told == sorted(told)
        assert len({day for day, *_ in told}) == len(told)
        assert [p[2] for p in told] == sorted(p[2] for p in told)


def test_what_holds_a_case_up_is_a_code_of_the_list(full: Province) -> None:
    assert set(full["case_blockers"]["code"]) == {code for code, _, _ in blocker_codes()}
    assert all(
        until is None or until > since for since, until in rows(full["case_blockers"], "since", "until")
    )
    complaints = len(set(full["complaints"]["case_key"])) / len(full["cases"]["key"])
    assert 0.01 < complaints < 0.03


def test_firms_wait_for_land_that_is_not_cleared(full: Province) -> None:
    waiting = [key for key in full["reservations"]["enterprise_key"] if key is not None]
    assert len(waiting) == len(set(waiting)) >= 20
    assert set(waiting) <= set(full["enterprises"]["key"])


def test_every_name_of_a_person_is_marked(full: Province) -> None:
    for table, column in (
        ("cases", "user_name"),
        ("parcels", "user_name"),
        ("case_people", "name"),
        ("payees", "name"),
    ):
        assert all("(minh họa)" in name for name in full[table][column]), table


def test_a_small_province_keeps_its_figures_and_leaves_none_behind(db: Connection) -> None:
    """Take shares, runs and the ledger follow from the records, and vanish with them."""
    demo.load(db, scale=0.05)
    area_mm2 = select(func.sum(SHARES.c.area_mm2)).where(SHARES.c.zone_key == "MH-BIEN-HOA-1")
    assert float(db.execute(area_mm2).scalar_one()) / 1e10 == pytest.approx(329, rel=2e-4)
    ledger = select(func.sum(LEDGER.c.area_mm2)).where(LEDGER.c.zone_key == "MH-BIEN-HOA-1")
    assert float(db.execute(ledger).scalar_one()) / 1e10 == pytest.approx(329, rel=2e-4)
    assert db.execute(select(func.count()).select_from(RUNS)).scalar_one() > 1000
    land = select(func.count()).where(CASES.c.area_ha.is_(None) | CASES.c.geom.is_(None))
    assert db.execute(land).scalar_one() == 0
    orphans = select(func.count()).where(EVENTS.c.replaces_id >= EVENTS.c.id)
    assert db.execute(orphans).scalar_one() == 0
    demo.drop(db)
    for table in (CASES, EVENTS, RUNS, LEDGER, SHARES):
        assert db.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name
    demo.load(db, scale=0.05)
