"""Lists of firms that come every quarter: who is who, who is asked about, what was decided."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Connection, func, select

from gis.firm_names import key_of
from layers.access import Actor, Role
from layers.catalogue import layer
from layers.dates import today
from layers.layer import holds
from layers.records.data_versions import versions
from layers.records.same_firm import DECISIONS, PAIRS
from layers.same_firm import (
    FirmPairUnknown,
    FirmVerdictUnknown,
    decide,
    match,
    pairs_within,
    read_pairs,
    remember,
)
from tests.factories import LAT, LAT_PER_M, LON, an_enterprise, point

FIRMS = layer("enterprises").table
PLANNER = Actor(Role.PLANNER, name="lan")
STREET = "Số 12, đường D3, KCN Mỹ Phước 2, phường Mỹ Phước, thị xã Bến Cát"
TAX, OTHER_TAX = "0100109106", "0300588569"


def a_list(*rows: dict[str, Any]) -> pa.Table:
    """Rows of a list; a place is told in metres north of the corner where stored firms are."""
    told = [
        {
            "tax_code": row.get("tax_code"),
            "name": row["name"],
            "address": row.get("address"),
            "lon": LON if "north_m" in row else None,
            "lat": LAT + row["north_m"] * LAT_PER_M if "north_m" in row else None,
            "key": row.get("key"),
        }
        for row in rows
    ]
    kinds = {"tax_code": pa.string(), "name": pa.string(), "address": pa.string(), "key": pa.string()}
    schema = pa.schema([*kinds.items(), ("lon", pa.float64()), ("lat", pa.float64())])
    return pa.Table.from_pylist(told, schema)


def load(db: Connection, rows: pa.Table, **columns: Any) -> list[str]:
    """Match a list, store what is new as an import would, keep the doubts; answer the keys."""
    matched = match(db, rows)
    stored = set(db.execute(select(FIRMS.c.key)).scalars())
    for key, row in zip(matched.keys, rows.to_pylist(), strict=True):
        if key not in stored:
            stored.add(key)
            north_m = 0.0 if row["lat"] is None else (row["lat"] - LAT) / LAT_PER_M
            told = {"name": row["name"], "tax_code": row["tax_code"], "address": row["address"]}
            an_enterprise(db, key, point(0, north_m), **told, **columns)
    remember(db, matched.doubts)
    return matched.keys.tolist()


def open_keys(db: Connection, day: date) -> set[str]:
    return set(db.execute(select(FIRMS.c.key).where(holds(FIRMS, day))).scalars())


def the_pair(db: Connection) -> Any:
    return db.execute(select(PAIRS)).one()


def test_the_tax_code_comes_before_name_and_place(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long", tax_code=TAX)
    an_enterprise(db, "B", point(0, 500), name="Công ty TNHH Đại Dương", tax_code=OTHER_TAX)
    renamed_and_moved = {"name": "Công ty TNHH Đại Dương", "north_m": 500.0, "tax_code": "100109106"}
    matched = match(db, a_list(renamed_and_moved))
    assert (matched.keys.tolist(), matched.how.tolist()) == (["A"], ["tax_code"])
    assert matched.doubts == []


def test_without_a_tax_code_the_same_words_at_the_same_place_are_the_same_firm(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH MTV Sản xuất Thương mại Hoàng Long", tax_code=TAX)
    an_enterprise(db, "B", point(0, 900), name="Công ty TNHH Đại Dương")
    matched = match(db, a_list({"name": "Cty TNHH SX-TM HOÀNG LONG", "north_m": 60.0}))
    assert (matched.keys.tolist(), matched.how.tolist()) == (["A"], ["name_and_place"])


def test_a_row_that_is_no_stored_firm_gets_a_key_from_its_tax_code_or_a_digest(db: Connection) -> None:
    first, second = a_list({"name": "Cty TNHH A Châu", "tax_code": TAX}), a_list({"name": "Cty TNHH A Châu"})
    assert match(db, first).keys.tolist() == [f"MST-{TAX}"]
    [key] = match(db, second).keys.tolist()
    assert key.startswith("DN-")
    assert match(db, a_list({"name": "CÔNG TY TNHH A CHÂU"})).keys.tolist() == [key]


def test_the_code_of_the_office_stays_and_a_second_holder_of_the_tax_code_is_asked_about(
    db: Connection,
) -> None:
    an_enterprise(db, "DN-1", point(0, 0), name="Công ty TNHH Hoàng Long", tax_code=TAX)
    matched = match(db, a_list({"name": "Công ty TNHH Hoàng Long", "tax_code": TAX, "key": "DN-7"}))
    assert (matched.keys.tolist(), matched.how.tolist()) == (["DN-7"], ["code"])
    assert [(doubt.a_key, doubt.b_key, doubt.score) for doubt in matched.doubts] == [("DN-1", "DN-7", 1.0)]


def test_invented_firms_are_never_matched(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long", tax_code=TAX, illustrative=True)
    assert match(db, a_list({"name": "Công ty TNHH Hoàng Long", "tax_code": TAX})).how.tolist() == ["new"]


def test_a_firm_that_had_closed_comes_back_under_its_key(db: Connection) -> None:
    name = "Công ty TNHH Hoàng Long"
    an_enterprise(db, "A", point(0, 0), name=name, tax_code=TAX, valid_to=date(2024, 1, 1))
    assert match(db, a_list({"name": name, "tax_code": TAX})).keys.tolist() == ["A"]


def test_two_sites_under_one_tax_code_keep_their_own_keys_quarter_by_quarter(db: Connection) -> None:
    here = {"name": "Công ty TNHH Hoàng Long", "address": STREET, "tax_code": TAX, "north_m": 0.0}
    there = {
        "name": "Công ty TNHH Hoàng Long - Nhà máy 2",
        "address": "Lô B5, KCN Bàu Bàng",
        "tax_code": TAX,
        "north_m": 9_000.0,
    }
    first = load(db, a_list(here, there))
    assert len(set(first)) == 2
    pair = the_pair(db)
    assert {pair.a_key, pair.b_key} == set(first)
    assert pair.reasons == [{"code": "tax_code_same", "facts": {"tax_code": TAX}}]
    assert load(db, a_list(there, here)) == first[::-1]
    decide(db, PLANNER, pair.id, "different")
    assert load(db, a_list(there, here)) == first[::-1]
    assert the_pair(db).state == "different"


def test_a_row_that_two_firms_fit_as_surely_is_asked_about(db: Connection) -> None:
    for key, north_m in (("A", 0), ("B", 80)):
        an_enterprise(db, key, point(0, north_m), name="Công ty TNHH Hoàng Long")
    matched = match(db, a_list({"name": "Cty TNHH Hoàng Long", "north_m": 40.0, "address": STREET}))
    assert matched.how.tolist() == ["new"]
    assert {doubt.a_key for doubt in matched.doubts} | {doubt.b_key for doubt in matched.doubts} >= {"A", "B"}


def a_doubtful_list(db: Connection) -> tuple[str, pa.Table]:
    """A stored firm, and a list that names one like it at the same gate in another legal form."""
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long", address=STREET)
    rows = a_list({"name": "Công ty CP Hoàng Long", "address": STREET, "north_m": 0.0})
    [key] = load(db, rows, valid_from=date(2025, 9, 30))
    assert key != "A"
    return key, rows


def test_one_firm_the_later_record_ends_on_the_day_of_the_decision_and_points_to_the_kept(
    db: Connection,
) -> None:
    later, _ = a_doubtful_list(db)
    before = versions(db).get("enterprises", 0)
    decide(db, PLANNER, the_pair(db).id, "same")
    pair = the_pair(db)
    assert (pair.state, pair.kept_key, pair.closed_key, pair.closed_on) == ("same", *sorted_old(db), today())
    assert pair.closed_key == later
    assert open_keys(db, today() - timedelta(days=1)) == {"A", later}
    assert open_keys(db, today()) == {"A"}
    assert versions(db)["enterprises"] > before


def sorted_old(db: Connection) -> list[str]:
    learnt = select(FIRMS.c.key).group_by(FIRMS.c.key).order_by(func.min(FIRMS.c.recorded_at))
    oldest_from = learnt.order_by(func.min(FIRMS.c.valid_from))
    return list(db.execute(oldest_from).scalars())


def test_the_decision_holds_for_the_list_of_the_next_quarter(db: Connection) -> None:
    _, rows = a_doubtful_list(db)
    decide(db, PLANNER, the_pair(db).id, "same")
    again = match(db, rows)
    assert again.keys.tolist() == ["A"]
    assert again.doubts == []
    spelt_anew = a_list({"name": "CTCP HOANG LONG", "address": STREET.upper()})
    assert match(db, spelt_anew).keys.tolist() == ["A"]


def test_two_firms_are_never_asked_about_again(db: Connection) -> None:
    later, rows = a_doubtful_list(db)
    decide(db, PLANNER, the_pair(db).id, "different")
    again = match(db, rows)
    assert again.keys.tolist() == [later]
    assert again.doubts == []
    assert pairs_within(db) == 0
    assert open_keys(db, today()) == {"A", later}


def test_a_decision_is_taken_back_by_another_and_both_stay_on_record(db: Connection) -> None:
    later, rows = a_doubtful_list(db)
    number = the_pair(db).id
    decide(db, PLANNER, number, "same")
    decide(db, Actor(Role.PLANNER, name="minh"), number, "different")
    assert open_keys(db, today()) == {"A", later}
    assert match(db, rows).keys.tolist() == [later]
    said = db.execute(select(DECISIONS.c.verdict, DECISIONS.c.decided_by).order_by(DECISIONS.c.id)).all()
    assert [tuple(one) for one in said] == [("same", "lan"), ("different", "minh")]
    assert (the_pair(db).closed_key, the_pair(db).decided_by) == (None, "minh")


def test_a_record_that_begins_today_ends_tomorrow(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long", address=STREET)
    rows = a_list({"name": "Công ty CP Hoàng Long", "address": STREET, "north_m": 0.0})
    load(db, rows, valid_from=today())
    decide(db, PLANNER, the_pair(db).id, "same")
    assert the_pair(db).closed_on == today() + timedelta(days=1)


def test_three_records_of_one_firm_lead_to_the_first(db: Connection) -> None:
    for key, form, day in (("A", "TNHH", 1), ("B", "CP", 2), ("C", "TNHH MTV Thương mại", 3)):
        name = f"Công ty {form} Hoàng Long"
        an_enterprise(db, key, point(0, 0), name=name, address=STREET, valid_from=date(2024, 1, day))
    assert pairs_within(db) == 3
    ids = {(p.a_key, p.b_key): p.id for p in db.execute(select(PAIRS))}
    decide(db, PLANNER, ids["B", "C"], "same")
    decide(db, PLANNER, ids["A", "B"], "same")
    assert open_keys(db, today()) == {"A"}
    row = a_list({"name": "Công ty TNHH MTV Thương mại Hoàng Long", "address": STREET})
    assert match(db, row).keys.tolist() == ["A"]


def test_an_unknown_pair_or_verdict_is_refused(db: Connection) -> None:
    with pytest.raises(FirmPairUnknown):
        decide(db, PLANNER, 1, "same")
    with pytest.raises(FirmVerdictUnknown):
        decide(db, PLANNER, 1, "perhaps")  # type: ignore[arg-type]


def test_firms_stored_twice_are_found_once(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long")
    an_enterprise(db, "B", point(0, 50), name="Cty TNHH Hoàng Long")
    an_enterprise(db, "C", point(0, 60), name="Công ty TNHH Tân Phú")
    an_enterprise(db, "D", point(0, 0), name="Công ty TNHH Hoàng Long", illustrative=True)
    assert (pairs_within(db), pairs_within(db)) == (1, 0)
    total, [pair] = read_pairs(db, state="open")
    assert total == 1
    assert (pair["a"]["key"], pair["b"]["key"]) == ("A", "B")
    assert {reason["code"] for reason in pair["reasons"]} == {"name_same", "near"}


def test_doubts_are_renewed_while_open_and_left_alone_once_decided(db: Connection) -> None:
    _, rows = a_doubtful_list(db)
    assert remember(db, match(db, rows).doubts) == 0
    decide(db, PLANNER, the_pair(db).id, "different")
    before = tuple(the_pair(db))
    remember(db, match(db, rows).doubts)
    assert tuple(the_pair(db)) == before


def test_keys_made_from_identities_are_stable() -> None:
    # SHA-256 of "ten:x" begins so; a key that changes would double every firm next quarter.
    assert key_of("ten:x") == "DN-" + __import__("hashlib").sha256(b"ten:x").hexdigest()[:12]
