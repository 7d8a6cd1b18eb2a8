"""A firm is answered by every zone, in words that a planner can check."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, insert

from api.actions.match_firm import FirmPlaceUnknown, FirmRequest, FirmUnknown, NeedUnknown, match_firm
from api.words.form import number
from gis.matching import NeedInvalid
from layers.access import PUBLIC
from layers.records.observations import OBSERVATIONS
from layers.supply import refresh
from tests.factories import a_lease, a_lot, a_zone, an_enterprise, point, rectangle

DAY = date(2024, 6, 1)


@pytest.fixture
def province(db: Connection) -> Connection:
    """A weaver needing 1.5 ha; one zone takes it, the others each fail or lack something."""
    for key, x_m, columns in (
        ("A", 1000, {}),
        ("B", 5000, {"permitted_vsic": ["13"], "refused_vsic": ["1312"]}),
        ("C", 9000, {"permitted_vsic": ["26"]}),
        ("D", 13000, {"status": "planned"}),
        ("E", 17000, {"clearance_basis": "unknown"}),
        ("F", 21000, {}),
    ):
        a_zone(db, key, rectangle(x_m, 0, 900, 300), entrance=point(x_m, 0), **columns)
        for number_ in ("1", "2"):
            a_lot(db, key, number_, rectangle(x_m + 100 * int(number_), 0, 100, 100))
    a_lease(db, "F-1", date(2021, 1, 1))
    refresh(db)
    an_enterprise(db, "dệt-1", point(0, 0), name="Dệt Minh An", area_needed_ha=1.5)
    return db


def answer(db: Connection, **request: object) -> dict[str, object]:
    return match_firm(db, PUBLIC, DAY, FirmRequest(**request)).as_json()  # type: ignore[arg-type]


def test_one_zone_is_ranked_and_every_other_says_why_not(province: Connection) -> None:
    found = answer(province, firm="dệt-1")
    assert [z["zone"]["key"] for z in found["ranked"]] == ["A"]
    assert [z["zone"]["key"] for z in found["withheld"]] == ["E"]
    assert {z["zone"]["key"]: z["failed"] for z in found["rejected"]} == {
        "D": "receiving",
        "B": "sector",
        "C": "sector",
        "F": "plot",
    }
    why = {z["zone"]["key"]: z["reason"]["vi"] for z in [*found["rejected"], *found["withheld"]]}
    assert why == {
        "B": "Không nhận ngành 1312 (loại trừ mã 1312).",
        "C": "Ngành 1312 không có trong danh mục được phép.",
        "D": "Chưa tiếp nhận: Quy hoạch.",
        "E": "Chưa có dữ liệu về lô liền khoảnh (cần 1,5 ha).",
        "F": "Lô trống lớn nhất 1 ha < 1,5 ha cần, thiếu 0,5 ha.",
    }
    best = found["ranked"][0]
    assert best["distance_m"] == pytest.approx(1000, abs=2)
    assert best["reason"]["vi"].startswith("Cách 1 km đến cổng khu; lô liền khoảnh 2 ha (1, 2)")


def test_reported_land_is_told_but_is_no_plot(province: Connection) -> None:
    a_zone(province, "G", rectangle(25000, 0, 900, 300))
    told = {"zone_key": "G", "quantity": "free_ha", "value": 40.0, "source": "BQL"}
    province.execute(insert(OBSERVATIONS).values(told | {"observed_on": date(2023, 1, 1)}))
    refresh(province, ["G"])
    (zone,) = (z for z in answer(province, firm="dệt-1")["withheld"] if z["zone"]["key"] == "G")
    assert zone["reason"]["vi"] == "Báo cáo còn 40 ha trống, chưa có dữ liệu về lô liền khoảnh (cần 1,5 ha)."


def test_the_funnel_adds_up_to_every_zone(province: Connection) -> None:
    funnel = {step["gate"]: step for step in answer(province, firm="dệt-1")["funnel"]}
    assert {gate: (s["remaining"], s["failed"], s["no_data"]) for gate, s in funnel.items()} == {
        "all": (6, 0, 0),
        "receiving": (5, 1, 0),
        "sector": (3, 2, 0),
        "plot": (1, 1, 1),
    }


def test_an_ad_hoc_firm_is_answered_like_one_of_the_register(province: Connection) -> None:
    spot = point(0, 0)
    described = answer(
        province, point=(spot.x, spot.y), vsic_scheme="VSIC2018", vsic_code="1312", area_needed_ha=1.5
    )
    registered = answer(province, firm="dệt-1")
    assert described["ranked"] == registered["ranked"]
    assert described["rejected"] == registered["rejected"]


def test_a_firm_without_a_sector_is_withheld_not_passed(province: Connection) -> None:
    spot = point(0, 0)
    found = answer(province, point=(spot.x, spot.y), area_needed_ha=1.5)
    assert found["ranked"] == []
    assert "A" in {z["zone"]["key"] for z in found["withheld"]}


def test_a_firm_whose_recorded_sector_cannot_be_read_is_withheld_not_refused(province: Connection) -> None:
    an_enterprise(province, "lạ", point(0, 0), vsic_code="dệt may", area_needed_ha=1.5)
    found = answer(province, firm="lạ")
    assert found["ranked"] == []
    assert "A" in {z["zone"]["key"] for z in found["withheld"]}


def test_the_date_decides_what_is_free(province: Connection) -> None:
    early = match_firm(province, PUBLIC, date(2020, 6, 1), FirmRequest(firm="dệt-1")).as_json()
    assert [z["zone"]["key"] for z in early["ranked"]] == ["A", "F"]  # F's lease begins in 2021


def test_what_is_missing_is_named(province: Connection) -> None:
    with pytest.raises(FirmUnknown):
        answer(province, firm="x")
    with pytest.raises(FirmPlaceUnknown):
        answer(province, area_needed_ha=1.0)
    an_enterprise(province, "may-2", point(0, 0), name="May Lái Thiêu", area_needed_ha=None)
    with pytest.raises(NeedUnknown) as caught:
        answer(province, firm="may-2")
    assert caught.value.facts == {"firm": "May Lái Thiêu"}
    assert answer(province, firm="may-2", area_needed_ha=1.5)["ranked"]
    with pytest.raises(NeedInvalid):
        answer(province, firm="dệt-1", area_needed_ha=-1.0)


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (3.0, "3", "3"),
        (0.004, "0,004", "0.004"),
        (-0.5, "-0,5", "-0.5"),
        (0, "0", "0"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(value: float, vi: str, en: str) -> None:
    assert (number(value, "vi"), number(value, "en")) == (vi, en)
