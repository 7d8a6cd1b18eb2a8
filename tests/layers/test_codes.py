from collections import Counter
from datetime import date

from gis.crs import SUPPORTED
from gis.sectors import SCHEMES
from layers import codes
from layers.catalogue.enterprises import SCHEMES as FIRM_SCHEMES
from layers.catalogue.zones import STATUSES
from layers.records.stages import CLEARED, STAGES


def test_manufacturing_has_24_divisions_71_groups_and_139_classes_each_under_its_parent() -> None:
    sectors = codes.sectors()
    assert Counter(s.level for s in sectors.values()) == {1: 1, 2: 24, 3: 71, 4: 139}
    assert all(s.parent in sectors for s in sectors.values() if s.level > 1)
    assert all(s.code.startswith(s.parent) for s in sectors.values() if s.level > 2)
    assert all(s.name_en for s in sectors.values() if s.level == 2)


def test_the_crosswalk_knows_that_1104_changed_its_meaning() -> None:
    forth = codes.sector_crosswalk()["VSIC2018", "VSIC2025"]
    back = codes.sector_crosswalk()["VSIC2025", "VSIC2018"]
    assert forth["1104"] == ("1105",)  # soft drinks
    assert back["1104"] == ("1103",)  # malt, once beside beer
    assert forth["3100"] == ("3101", "3102", "3109")
    assert set(back["25"]) == {"25", "30"}


def test_every_province_has_its_meridian_before_and_after_2025() -> None:
    rows = codes.meridians()
    assert Counter(row.vintage for row in rows) == {"2001": 63, "2025": 34}
    assert len({(row.vintage, row.province_code) for row in rows}) == 97
    assert all(SUPPORTED[row.srid].central_meridian_deg == row.central_meridian_deg for row in rows)
    found = {(row.vintage, row.province): row.srid for row in rows}
    assert found["2001", "Bình Dương"] == found["2025", "Hồ Chí Minh"] == 9210
    assert found["2001", "Kon Tum"] == 9216
    assert found["2025", "Quảng Ngãi"] == 5898


def test_a_province_has_the_meridians_that_its_files_may_have_old_and_new() -> None:
    kon_tum, bac_ninh = codes.province("62"), codes.province("24")
    assert kon_tum is not None
    assert bac_ninh is not None
    assert (kon_tum.era, kon_tum.meridians_deg) == ("old", (107.5, 108.0))
    # New Bắc Ninh took the code of old Bắc Giang, and holds the files of old Bắc Ninh on 105°30′.
    assert (bac_ninh.name, bac_ninh.meridians_deg) == ("Bắc Ninh", (107.0, 105.5))
    before = codes.province("24", date(2025, 6, 30))
    assert before is not None
    assert before.name == "Bắc Giang"
    assert codes.province("74", date(2025, 6, 30)) == codes.province("74")
    assert codes.province("99") is None


def test_disputed_meridians_are_tried_too_and_every_old_province_became_one() -> None:
    disputed = {
        (row.vintage, row.province): row.disputed_deg for row in codes.meridians() if row.disputed_deg
    }
    assert disputed == {
        ("2001", "Hà Nam"): 105.5,
        ("2025", "Quảng Trị"): 106.25,
        ("2025", "Tây Ninh"): 105.5,
    }
    new = {row.province_code for row in codes.meridians() if row.vintage == "2025"}
    assert all((row.became in new) == (row.vintage == "2001") for row in codes.meridians())
    assert all(
        west < east and south < north for west, south, east, north in (p.box for p in codes.provinces())
    )


def test_the_lists_agree_with_the_layers_that_name_them() -> None:
    assert codes.clearance_stages() == tuple(stage.value for stage in STAGES)
    assert codes.cleared_stages() == {CLEARED}
    assert set(codes.receiving_statuses()) == {status.value for status in STATUSES}
    assert {scheme.value for scheme in FIRM_SCHEMES} == set(SCHEMES)


def test_a_full_zone_receives_and_a_planned_one_does_not() -> None:
    receiving = codes.receiving_statuses()
    assert [s for s, yes in receiving.items() if yes] == ["building", "operating", "full"]


def test_land_types_carry_their_vintage() -> None:
    types = codes.land_types()
    assert types["SKK"].name_vi == "Đất khu công nghiệp"
    assert types["HNK"].vintage == "2024"
    assert not types["HNK"].verified
