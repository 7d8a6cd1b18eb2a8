import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import geometry
from gis.geometry import OK, REFUSED, REPAIRED, check, overlaps


def one(wkt: str | None, kind: str = "MULTIPOLYGON") -> tuple[int, tuple[str, ...], str | None]:
    checked = check(np.array([shapely.from_wkt(wkt) if wkt else None], dtype=object), kind)
    geom = checked.geoms[0]
    return int(checked.verdict[0]), checked.codes(0), None if geom is None else geom.geom_type


@pytest.mark.parametrize(
    ("wkt", "verdict", "codes"),
    [
        ("POLYGON((0 0,1 0,1 1,0 1,0 0))", OK, ("promoted_to_multi",)),
        ("POLYGON Z((0 0 5,1 0 5,1 1 5,0 0 5))", OK, ("z_dropped", "promoted_to_multi")),
        ("POLYGON((0 0,1 1,1 0,0 1,0 0))", REPAIRED, ("self_intersection",)),
        ("POLYGON((0 0,1 0,1 0,1 1,0 0))", REPAIRED, ("repeated_points", "promoted_to_multi")),
        (
            "GEOMETRYCOLLECTION(POINT(9 9),POLYGON((0 0,1 0,1 1,0 0)))",
            REPAIRED,
            ("parts_dropped", "promoted_to_multi"),
        ),
        (None, REFUSED, ("null_geometry",)),
        ("POLYGON EMPTY", REFUSED, ("empty_geometry",)),
        ("POINT(1 1)", REFUSED, ("wrong_kind",)),
        ("POLYGON((0 0,1 0,2 0,0 0))", REFUSED, ("self_intersection", "zero_area")),
    ],
)
def test_every_fault_of_a_boundary_has_its_name(
    wkt: str | None, verdict: int, codes: tuple[str, ...]
) -> None:
    assert one(wkt)[:2] == (verdict, codes)


def test_a_closed_line_of_a_drawing_is_the_land_that_it_goes_around() -> None:
    closed, open_, short = check(
        shapely.from_wkt(
            [
                "LINESTRING Z(0 0 7,4 0 7,4 3 7,0 3 7,0 0 7)",
                "LINESTRING(0 0,4 0,4 3,0 3)",
                "LINESTRING(0 0,1 1,0 0)",
            ]
        ),
        "MULTIPOLYGON",
    ).geoms
    assert closed.area == 12.0
    assert (open_, short) == (None, None)
    assert one("LINESTRING(0 0,4 0,4 3,0 3,0 0)")[:2] == (REPAIRED, ("line_closed", "promoted_to_multi"))
    assert one("LINESTRING(0 0,4 0,4 3,0 3,0 0)", "LINESTRING")[0] == OK
    assert one("LINESTRING(0 0,2 2,2 0,0 2,0 0)")[1][:2] == ("line_closed", "self_intersection")


def test_a_change_of_area_is_told_where_there_was_an_area_before() -> None:
    wkt = [
        "POLYGON((0 0,2 2,2 0,0 2,0 0))",  # the loops cancel each other: 0
        "POLYGON((0 0,2 2,2 0,0 2.0000001,0 0))",  # all but: 1e-7 before, 2 after
        "POLYGON((0 0,2 2,2 0,0 2.1,0 0))",  # 0.1 before, 2.05 after
        "POLYGON((0 0,6 6,6 4,0 6,0 0))",  # 3 × 6 / 2 … of unequal loops
    ]
    told = check(shapely.from_wkt(wkt), "MULTIPOLYGON")
    assert np.isnan(told.area_change_ratio[:3]).all()
    # The boundary crosses itself at (4.5, 4.5): 13.5 on the left, 1.5 on the right; 12 before, 15 after.
    assert told.area_change_ratio[3] == pytest.approx(15 / 12 - 1)


def test_a_line_without_length_is_refused() -> None:
    assert one("LINESTRING(1 1,1 1)", "MULTILINESTRING")[:2] == (REFUSED, ("zero_length",))
    assert one("LINESTRING(0 0,1 1)", "LINESTRING") == (OK, (), "LineString")


def test_a_multi_of_one_becomes_single_and_of_several_is_refused() -> None:
    assert one("MULTIPOINT((1 1))", "POINT") == (OK, (), "Point")
    assert one("MULTIPOINT((1 1),(2 2))", "POINT")[:2] == (REFUSED, ("several_parts",))


def test_coordinates_that_are_no_numbers_are_refused() -> None:
    bad = shapely.polygons([[0, 0], [1, 0], [np.inf, 1], [0, 0]])
    checked = check(np.array([bad], dtype=object), "POLYGON")
    assert checked.codes(0) == ("invalid_coordinate",)


def test_a_repair_tells_how_much_area_it_changed() -> None:
    # A doubled part: the file counts it twice, the land is there once: (0.5 − 1) / 1.
    twice = "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((0 0,1 0,1 1,0 0)))"
    checked = check(np.array([shapely.from_wkt(twice)]), "MULTIPOLYGON")
    assert checked.area_change_ratio[0] == pytest.approx(-0.5)


def test_one_bad_row_leaves_the_others_alone_and_the_input_untouched() -> None:
    rows = np.array([shapely.box(0, 0, 1, 1), None, shapely.Point(0, 0)], dtype=object)
    before = rows.copy()
    checked = check(rows, "MULTIPOLYGON")
    assert checked.verdict.tolist() == [OK, REFUSED, REFUSED]
    assert rows.tolist() == before.tolist()
    assert check(np.array([], dtype=object), "POINT").verdict.tolist() == []


def test_a_kind_no_column_has_is_bad_input() -> None:
    with pytest.raises(geometry.KindUnknown):
        check(np.array([None]), "CIRCLE")


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=8))
def test_whatever_is_drawn_what_passes_is_valid_and_of_the_kind(corners: list[tuple[int, int]]) -> None:
    checked = check(np.array([shapely.Polygon(corners)], dtype=object), "MULTIPOLYGON")
    geom = checked.geoms[0]
    if checked.verdict[0] == REFUSED:
        assert geom is None
        assert checked.codes(0)
    else:
        assert geom.geom_type == "MultiPolygon"
        assert shapely.is_valid(geom)
        assert geom.area > 0


def test_overlaps_name_the_pair_and_the_shared_area() -> None:
    # 0.001° × 0.001° shared at 11° N: 109.29 m × 110.61 m = 12 089 m².
    rows = np.array(
        [
            shapely.box(106, 11, 106.002, 11.001),
            None,
            shapely.box(106.001, 11, 106.003, 11.001),
            shapely.box(106.003, 11, 106.004, 11.001),
        ],
        dtype=object,
    )
    first, second, area_m2 = overlaps(rows)
    assert (first.tolist(), second.tolist()) == ([0], [2])
    assert area_m2[0] == pytest.approx(12_089, rel=1e-4)
