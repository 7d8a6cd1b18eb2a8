"""A place named in any year is found in any other; what was split is flagged, and nothing is guessed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
import shapely
from sqlalchemy import Connection, insert

from gis.places import readings, segment
from layers.places import Gazetteer, Resolved, at_point, narrowed
from layers.records.lineage import LINEAGE
from tests.factories import a_feature, rectangle
from tests.layers.test_real_files import bring
from tests.layers.test_real_files import pytestmark as needs_real_files

OLD, TURN, TODAY = date(2025, 1, 1), date(2025, 7, 1), date(2026, 11, 20)


def _unit(
    db: Connection,
    level: str,
    code: str,
    name: str,
    parent: str | None,
    since: date,
    until: date | None = None,
    shape: shapely.Polygon | None = None,
) -> None:
    a_feature(
        db, "admin_units", shape, level=level, code=code, name=name, parent_key=parent, valid_from=since,
        valid_to=until,
    )  # fmt: skip


def _link(db: Connection, old: str, new: str, kind: str, share: float | None = None) -> None:
    db.execute(
        insert(LINEAGE).values(
            old_key=f"commune-{old}", new_key=f"commune-{new}", kind=kind, share=share, effective_on=TURN
        )
    )


@pytest.fixture
def known(db: Connection) -> Gazetteer:
    """Two provinces that became one, with a merged, a renamed, a split and an unchanged commune."""
    _unit(db, "province", "75", "Tỉnh Đồng Nai", None, OLD, TURN)
    _unit(db, "province", "75", "Tỉnh Đồng Nai", None, TURN)
    _unit(db, "province", "74", "Tỉnh Bình Dương", None, OLD, TURN)
    _unit(db, "province", "79", "Thành phố Hồ Chí Minh", None, OLD, TURN)
    _unit(db, "province", "79", "Thành phố Hồ Chí Minh", None, TURN)
    _unit(db, "district", "737", "Huyện Trảng Bom", "province-75", OLD, TURN)
    _unit(db, "district", "725", "Thành phố Thuận An", "province-74", OLD, TURN)
    _unit(db, "district", "769", "Thành phố Thủ Đức", "province-79", OLD, TURN)
    for code, name, district in (
        ("26284", "Xã Đồi 61", "737"),
        ("26296", "Xã An Viễn", "737"),
        ("26248", "Thị trấn Trảng Bom", "737"),
        ("26266", "Xã Bắc Hòa", "737"),
        ("25975", "Phường An Phú", "725"),
        ("27091", "Phường An Phú", "769"),
    ):
        _unit(db, "commune", code, name, f"district-{district}", OLD, TURN)
    _unit(db, "commune", "26296", "Xã An Viễn", "province-75", TURN, shape=rectangle(0, 0, 900, 900))
    _unit(db, "commune", "26248", "Xã Trảng Bom", "province-75", TURN, shape=rectangle(900, 0, 900, 900))
    _unit(db, "commune", "25975", "Phường An Phú", "province-79", TURN)
    _unit(db, "commune", "27094", "Phường Bình Trưng", "province-79", TURN)
    _link(db, "26284", "26296", "merge")
    _link(db, "26296", "26296", "merge")
    _link(db, "26248", "26248", "rename")
    _link(db, "26266", "26248", "split", 0.7)
    _link(db, "26266", "26296", "split", 0.3)
    _link(db, "25975", "25975", "merge")
    _link(db, "27091", "27094", "merge")
    return Gazetteer.read(db)


def _today(answer: Resolved) -> list[str]:
    return sorted(f"{b.kind} {b.unit.name}" for one in answer.meant for b in one.became)


@pytest.mark.parametrize(
    "text",
    [
        "xã Đồi 61, huyện Trảng Bom",
        "Xã Đồi 61 - Trảng Bom - Đồng Nai",
        "Thửa 12 tờ 3, ấp Tân Đạt, xã Đồi 61, H. Trảng Bom, tỉnh Đồng Nai",
        "xa Doi 61 huyen Trang Bom tinh Dong Nai",
        "26284",
    ],
)
def test_an_old_commune_is_todays_unit_however_it_is_written(known: Gazetteer, text: str) -> None:
    answer = known.resolve(text, TODAY)
    assert answer.status == "found"
    assert answer.meant[0].unit.name == "Xã Đồi 61"
    assert answer.unit is not None
    assert answer.unit.name == "Xã An Viễn"
    assert answer.unit.valid_from == TURN


def test_the_unit_of_its_own_date_is_itself(known: Gazetteer) -> None:
    answer = known.resolve("xã Đồi 61, huyện Trảng Bom", date(2025, 6, 30))
    assert _today(answer) == ["same Xã Đồi 61"]


def test_a_split_is_put_to_the_user_and_settled_by_a_point(known: Gazetteer, db: Connection) -> None:
    answer = known.resolve("xã Bắc Hoà, huyện Trảng Bom", TODAY)
    assert answer.status == "split"
    assert _today(answer) == ["split Xã An Viễn", "split Xã Trảng Bom"]
    assert {b.share for b in answer.meant[0].became} == {0.7, 0.3}
    place = rectangle(1000, 100, 1, 1).centroid
    settled = narrowed(answer, at_point(db, place.x, place.y, TODAY))
    assert settled.status == "found"
    assert settled.unit is not None
    assert settled.unit.name == "Xã Trảng Bom"
    outside = rectangle(9000, 9000, 1, 1).centroid
    assert narrowed(answer, at_point(db, outside.x, outside.y, TODAY)).status == "split"


def test_two_wards_of_one_name_are_told_apart_by_the_unit_above_or_put_to_the_user(known: Gazetteer) -> None:
    assert known.resolve("phường An Phú", TODAY).status == "several"
    assert _today(known.resolve("P. An Phú, TP. Thuận An", TODAY)) == ["same Phường An Phú"]
    assert _today(known.resolve("P. An Phú, TX. Thuận An, Bình Dương", TODAY)) == ["same Phường An Phú"]
    assert _today(known.resolve("phường An Phú, TP Thủ Đức", TODAY)) == ["rename Phường Bình Trưng"]


def test_a_bare_name_that_a_commune_shares_with_its_district_is_put_to_the_user(known: Gazetteer) -> None:
    answer = known.resolve("Đường số 5, Trảng Bom, Đồng Nai", TODAY)
    assert answer.status == "several"
    assert {one.unit.key for one in answer.meant} == {"commune-26248", "district-737"}
    for text in ("Thị trấn Trảng Bom, Đồng Nai", "Trảng Bom, Trảng Bom, Đồng Nai"):
        assert known.resolve(text, TODAY).status == "found"


def test_a_new_ward_with_its_old_province_is_still_found(known: Gazetteer) -> None:
    answer = known.resolve("phường An Phú, tỉnh Bình Dương", TODAY, on=TODAY)
    assert answer.status == "found"
    assert answer.unit is not None
    assert answer.unit.code == "25975"


def test_a_name_that_contradicts_its_district_is_not_found(known: Gazetteer) -> None:
    assert known.resolve("xã Đồi 61, huyện Long Thành", TODAY).status == "unknown"
    assert known.resolve("xã Đồi 62, huyện Trảng Bom", TODAY).status == "unknown"
    assert known.resolve("xã Đôi 61, huyện Trảng Bom", TODAY).status == "unknown"


def test_a_district_is_todays_communes_and_a_province_what_took_it_in(known: Gazetteer) -> None:
    assert _today(known.resolve("huyện Trảng Bom", TODAY)) == ["split Xã An Viễn", "split Xã Trảng Bom"]
    taken_in = known.resolve("tỉnh Bình Dương", TODAY)
    assert _today(taken_in) == ["merge Thành phố Hồ Chí Minh"]
    assert taken_in.status == "found"


def test_a_code_kept_by_another_unit_is_answered_for_its_date(known: Gazetteer) -> None:
    then = known.resolve("26248", TODAY, on=date(2024, 1, 1))
    assert known.resolve("26248", date(2025, 6, 30), on=date(2025, 6, 30)).unit is not None
    assert then.unit is not None
    assert then.unit.name == "Xã Trảng Bom"


def test_going_back_a_merged_commune_has_all_that_it_was_made_of(known: Gazetteer) -> None:
    answer = known.resolve("xã An Viễn, tỉnh Đồng Nai", date(2025, 3, 1), on=TODAY)
    assert answer.status == "split"
    names = {name.split(" ", 1)[1] for name in _today(answer)}
    assert names == {"Xã An Viễn", "Xã Bắc Hòa", "Xã Đồi 61"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Xã Quan Sơn huyện Quan Sơn", [("xã", "quan sơn"), ("huyện", "quan sơn")]),
        ("Quán Toan, Hồng Bàng", [(None, "quán toan"), (None, "hồng bàng")]),
        ("phường 01, Q.3", [("phường", "1"), ("quận", "3")]),
        ("TX.Bến Cát", [("thị xã", "bến cát")]),
        ("thị xã Bến Cát", [("thị xã", "bến cát")]),
        ("Xã Cư M’gar", [("xã", "cư m'gar")]),
        ("P12 Q5", [("phường", "12"), ("quận", "5")]),
        ("xã Hòa Bình", [("xã", "hoà bình")]),
    ],
)
def test_a_text_is_cut_where_it_names_units(text: str, parts: list[tuple[str | None, str]]) -> None:
    assert [(one.kind, one.name.exact) for one in readings(text)[0]] == parts


def test_the_two_ways_of_placing_a_tone_are_one_name() -> None:
    for one, other in (("Hoà Thuỷ", "Hòa Thủy"), ("Khoẻ", "Khỏe"), ("Quý", "Qúy")):
        first, second = segment(one), segment(other)
        assert first is not None
        assert second is not None
        assert first.name == second.name


@needs_real_files[0]
@needs_real_files[1]
def test_every_old_commune_of_the_country_is_right_and_every_split_is_flagged(db: Connection) -> None:
    for name in (
        "admin_pre2025_provinces", "admin_pre2025_districts", "admin_pre2025_district_list",
        "admin_pre2025_communes",
        "admin_2025_provinces", "admin_2025_communes", "admin_2025_lineage",
    ):  # fmt: skip
        bring(db, name)
    known = Gazetteer.read(db)
    targets: defaultdict[str, set[str]] = defaultdict(set)
    flagged: set[str] = set()
    for step in db.execute(LINEAGE.select()):
        targets[step.old_key].add(step.new_key)
        if step.kind == "split":
            flagged.add(step.old_key)
    by_key = {unit.key: unit for unit in known.units if unit.valid_to == TURN}
    names = {unit.key: unit.name for unit in by_key.values()}
    wrong: list[str] = []
    counts: defaultdict[str, int] = defaultdict(int)
    communes = [unit for unit in by_key.values() if unit.level == "commune"]
    for unit in communes:
        district = by_key.get(unit.parent_key or "")
        above = [names[unit.parent_key or ""], names[district.parent_key or ""]] if district else []
        answer = known.resolve(", ".join([unit.name, *above]), TODAY)
        expected = {(key, TURN) for key in targets[unit.key]}
        got = {(b.unit.key, b.unit.valid_from) for one in answer.meant for b in one.became}
        split = unit.key in flagged or len(expected) > 1
        right = [one.unit for one in answer.meant] == [unit] and got == expected
        right &= answer.status == ("split" if split else "found")
        counts[answer.status] += 1
        if not right:
            wrong.append(f"{unit.name}, {above}: {answer.status} {_today(answer)}")
    print(dict(counts), len(communes))
    assert len(communes) == 10_035
    assert wrong == [], "\n".join(wrong[:40])
