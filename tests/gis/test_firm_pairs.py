"""Hand-made pairs of the kinds that provincial lists hold, and what must come of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.firm_names import Firms, checks, folded, identities, key_of, tax_code_of
from gis.firm_pairs import DOUBT, SURE, pairs, reasons

HERE = (106.70, 11.00)
GATE = (106.7005, 11.0003)  # 64 m from HERE
TOWN = (106.72, 11.00)  # 2.2 km
NOWHERE = (np.nan, np.nan)
STREET = "Số 12, đường D3, KCN Mỹ Phước 2, phường Mỹ Phước, thị xã Bến Cát, tỉnh Bình Dương"


def firm(
    name: str, address: str | None = STREET, place: tuple[float, float] = HERE, tax: str | None = None
) -> Firms:
    return folded([tax], [name], [address], np.array([place[0]]), np.array([place[1]]))


def score(one: Firms, other: Firms) -> float:
    found = pairs(one, other)
    return float(found.score[0]) if len(found.score) else 0.0


SAME = [
    (
        "Cty TNHH MTV SX & TM Hoàng Long",
        "CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN SẢN XUẤT VÀ THƯƠNG MẠI HOÀNG LONG",
    ),
    ("Công ty CP Gỗ Trường Thành", "CTCP Go Truong Thanh"),
    ("Hoang Long Trading Co., Ltd", "Công ty TNHH Thương mại Hoàng Long"),
    ("Hoanglong Co Ltd", "Công ty TNHH Hoàng Long"),
    ("DNTN Minh Phát", "Doanh nghiệp tư nhân Minh Phát"),
    ("Công ty TNHH TMDV Tân Á", "Công ty TNHH Dịch vụ - Thương mại Tân Á"),
    ("HTX Dệt Tân Bình", "Hợp tác xã dệt Tân Bình"),
    ("Công ty TNHH May mặc số 03", "Cty TNHH May Mặc 3"),
    ("Cty CP ĐT & PT CN Bình Minh VN", "Công ty Cổ phần Đầu tư và Phát triển Công nghiệp Bình Minh Việt Nam"),
    ("Tex-Giang Joint Stock Company", "TEX GIANG JSC"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_at_one_address_are_one_firm_without_asking(one: str, other: str) -> None:
    assert score(firm(one, place=NOWHERE), firm(other, place=NOWHERE)) >= SURE


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_side_by_side_are_one_firm_without_asking(one: str, other: str) -> None:
    assert score(firm(one, address=None), firm(other, address=None, place=GATE)) >= SURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Công ty TNHH Hoàng Long", "Công ty Cổ phần Hoàng Long"),  # conversion of form, or two firms
        ("Công ty TNHH Hoàng Long", "Công ty TNHH Hoàng Lomg"),  # a slip, perhaps
        ("Công ty TNHH Thương mại Hoàng Long", "Công ty TNHH Sản xuất Hoàng Long"),
        ("Công ty CP Kỹ nghệ Gỗ Trường Thành", "Công ty CP Gỗ Trường Thành"),
        ("Công ty TNHH Hoàng Long", "Chi nhánh Công ty TNHH Hoàng Long"),
        ("Công ty TNHH Hoàng Long", "Công ty TNHH Long Hoàng"),
    ],
)
def test_what_may_be_a_slip_or_another_firm_is_asked(one: str, other: str) -> None:
    assert DOUBT <= score(firm(one), firm(other)) < SURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Công ty TNHH Tân Phát", "Công ty TNHH Tân Phú"),
        ("Công ty TNHH Minh An", "Công ty TNHH Nam Minh"),
        ("Xí nghiệp May 3", "Xí nghiệp May 5"),
        ("Công ty CP Thể thao Thái Bình - MXP1", "Công ty CP Thể thao Thái Bình - MXP8"),
        ("Công ty TNHH Sản xuất Thương mại", "Công ty TNHH Thương mại Sản xuất"),  # no name of its own
        ("Công ty TNHH Gỗ An Bình", "Công ty TNHH Cơ khí Đại Dương"),
    ],
)
def test_neighbours_of_other_names_are_not_even_asked_about(one: str, other: str) -> None:
    assert score(firm(one), firm(other)) < DOUBT


def test_the_tax_code_decides_alone() -> None:
    one = firm("Công ty TNHH Hoàng Long", tax="0100109106")
    renamed = firm("Công ty CP Đại Dương", address="Số 5, đường 30/4", place=TOWN, tax="0100 109 106")
    assert score(one, renamed) == 1.0
    assert score(one, firm("Công ty TNHH Hoàng Long", tax="0300588569")) == 0.0
    assert score(one, firm("Công ty TNHH Hoàng Long", tax="0100109106-001")) == 0.0  # its branch


def test_a_tax_code_that_fails_its_check_digit_leaves_the_question_open() -> None:
    right, slip = (
        firm("Công ty TNHH Hoàng Long", tax="0100109106"),
        firm("Công ty TNHH Hoàng Long", tax="0100109107"),
    )
    found = pairs(right, slip)
    assert found.tax[0] == 0
    assert reasons(right, slip, found, 0)[0] == ("tax_code_slip", {"a": "0100109106", "b": "0100109107"})


def test_the_same_full_name_elsewhere_is_asked_about() -> None:
    one = firm("Công ty TNHH Gỗ Trường Thành", address="Số 5, đường Lê Lợi", place=HERE)
    moved = firm("Cty TNHH Gỗ Trường Thành", address="Lô B2, KCN Bàu Bàng", place=TOWN)
    assert DOUBT <= score(one, moved) < SURE


def test_the_same_name_with_no_place_known_is_asked_about() -> None:
    one = firm("Công ty TNHH Hoàng Long", None, NOWHERE)
    assert DOUBT <= score(one, firm("Cty TNHH Hoàng Long", None, NOWHERE)) < SURE


def test_an_address_may_be_written_in_many_ways() -> None:
    one = firm(
        "Công ty TNHH Hoàng Long", "Số 12, đường D3, KCN Mỹ Phước 2, P. Mỹ Phước, TX. Bến Cát", NOWHERE
    )
    other = firm(
        "Cty TNHH Hoàng Long", "12 D3 St, My Phuoc 2 Industrial Park, Ben Cat, Binh Duong Province", NOWHERE
    )
    found = pairs(one, other)
    assert found.score[0] >= SURE
    assert found.address[0] > 0.8


def test_another_house_in_the_street_is_another_place() -> None:
    one = firm("Công ty TNHH Hoàng Long", "12 đường Lê Lợi, phường 5", NOWHERE)
    other = firm("Cty TNHH Hoàng Long", "98 đường Lê Lợi, phường 5", NOWHERE)
    assert DOUBT <= score(one, other) < SURE


def test_reasons_say_what_was_seen() -> None:
    one = firm("Công ty TNHH Hoàng Long", place=HERE)
    other = firm("Công ty CP Hoàng Long", place=GATE)
    told = dict(reasons(one, other, pairs(one, other), 0))
    assert told["form_differs"] == {"a": "TNHH", "b": "CP"}
    assert told["address_same"] == {"percent": 100}
    # 0.0005° × 109.30 km = 54.7 m, 0.0003° × 110.61 km = 33.2 m, together 64 m.
    assert told["near"] == {"distance_m": 64}


def test_pairs_within_one_list_come_once() -> None:
    names = ["Công ty TNHH Hoàng Long", "Cty TNHH Hoàng Long", "Công ty TNHH Tân Phú"]
    many = folded([None] * 3, names, [STREET] * 3, np.full(3, HERE[0]), np.full(3, HERE[1]))
    found = pairs(many, many)
    assert list(zip(found.a.tolist(), found.b.tolist(), strict=True)) == [(0, 1)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0100109106", "0100109106"),
        ("MST: 0100 109 106", "0100109106"),
        ("100109106", "0100109106"),  # a number in a spreadsheet has lost its zero
        ("0100109106001", "0100109106-001"),
        ("0100109106-001", "0100109106-001"),
        ("001087123456", "001087123456"),  # a person's number, 12 digits
        ("12345", None),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_tax_codes_as_they_are_written(text: str | None, code: str | None) -> None:
    assert tax_code_of(text) == code


def test_the_check_digit_of_a_tax_code() -> None:
    # 0·31+1·29+0·23+0·19+1·17+0·13+9·7+1·5+0·3 = 114; 114 mod 11 = 4; 10 − 4 = 6
    assert checks("0100109106") is True
    assert checks("0100109107") is False
    assert checks("0100109106-001") is True
    assert checks("0000000000") is None  # the sum divides by 11: sources differ


def test_identities_hold_over_spellings_and_keys_come_from_them() -> None:
    one, other = (identities(firm(name))[0] for name in SAME[0])
    assert one == other
    assert key_of(one).startswith("DN-")
    assert key_of(identities(firm("X", tax="0100109106001"))[0]) == "MST-0100109106-001"


TEXT = st.one_of(st.none(), st.text(max_size=40), st.sampled_from([name for pair in SAME for name in pair]))


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, st.floats(100, 110), st.floats(8, 23)), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_firm_is_like_itself_and_likeness_has_no_side(
    rows: list[tuple[str, str, str, float, float]],
) -> None:
    tax, name, address, lon, lat = zip(*rows, strict=True)
    one = folded(tax, name, address, np.array(lon), np.array(lat))
    other = folded(tax, name, address, np.array(lon), np.array(lat))
    there, back = pairs(one, other), pairs(other, one)
    assert {(i, j): s for i, j, s in zip(there.a, there.b, there.score.round(9), strict=True)} == {
        (j, i): s for i, j, s in zip(back.a, back.b, back.score.round(9), strict=True)
    }
    assert np.all((there.score >= DOUBT) & (there.score <= 1.0))
    own = {int(i) for i, j in zip(there.a, there.b, strict=True) if i == j}
    assert {row for row in range(len(one)) if one.core[row] or one.tax_code[row]} <= own
