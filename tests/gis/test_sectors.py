import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.sectors import (
    NO,
    NO_DATA,
    YES,
    SectorCodeInvalid,
    SectorRules,
    SectorSchemeInvalid,
    accepts,
    most_specific,
)

CROSSWALK = {
    ("VSIC2018", "VSIC2025"): {"1103": ("1103", "1104"), "1104": ("1105",), "13": ("13",), "1313": ("1313",)},
    ("VSIC2025", "VSIC2018"): {"1104": ("1103",), "1105": ("1104",)},
}


def one(
    permitted: list[str] | None,
    refused: list[str] | None,
    code: str | None,
    zone_scheme: str | None = "VSIC2018",
    firm_scheme: str | None = "VSIC2018",
) -> tuple[int, str | None]:
    answer = accepts(SectorRules.of([zone_scheme], [permitted], [refused]), firm_scheme, code, CROSSWALK)
    return int(answer.verdict[0]), answer.rule[0]


@pytest.mark.parametrize(
    ("permitted", "refused", "code", "answer"),
    [
        (["13"], [], "1392", (YES, "13")),  # a rule on a division covers its classes
        (["13"], ["1313"], "1313", (NO, "1313")),  # a refusal inside a permit wins
        (["13"], ["1313"], "1311", (YES, "13")),
        (["1313"], ["13"], "1313", (YES, "1313")),  # and a permit inside a refusal
        (["1313"], ["13"], "1311", (NO, "13")),
        (["13"], ["13"], "1311", (NO, "13")),  # on the same code the refusal wins
        (["14", "15"], [], "1311", (NO, None)),  # not on the list of permits
        (["13"], [], "13110", (YES, "13")),
        (["1", "13"], [], "1311", (NO_DATA, "1")),  # an unreadable rule
    ],
)
def test_the_most_specific_rule_decides(
    permitted: list[str], refused: list[str], code: str, answer: tuple[int, str | None]
) -> None:
    assert one(permitted, refused, code) == answer


@pytest.mark.parametrize(
    ("permitted", "refused", "code"),
    [(None, None, "1311"), ([], [], "1311"), ([], ["20"], "1311"), (["13"], [], None)],
)
def test_what_nobody_stated_is_no_data_and_not_a_pass(
    permitted: list[str] | None, refused: list[str] | None, code: str | None
) -> None:
    assert one(permitted, refused, code) == (NO_DATA, None)


def test_a_firm_known_by_division_only_is_open_where_finer_rules_disagree() -> None:
    assert one(["13"], ["1313"], "13") == (NO_DATA, "1313")
    assert one(["1313"], [], "13") == (NO_DATA, "1313")
    assert one(["13", "1313"], [], "13") == (YES, "13")


def test_a_code_is_translated_before_it_is_compared() -> None:
    # 1104 was soft drinks and is malt: the zone of 2025 that permits 1105 takes the soft drinks of 2018.
    assert one(["1105"], [], "1104", zone_scheme="VSIC2025") == (YES, "1105")
    assert one(["1104"], [], "1104", zone_scheme="VSIC2025") == (NO, None)
    assert one(["1103"], [], "1104", firm_scheme="VSIC2025") == (YES, "1103")


def test_a_split_code_is_open_unless_all_its_parts_agree() -> None:
    assert one(["1103"], [], "1103", zone_scheme="VSIC2025")[0] == NO_DATA
    assert one(["11"], [], "1103", zone_scheme="VSIC2025")[0] == YES
    assert one(["20"], [], "1103", zone_scheme="VSIC2025")[0] == NO
    assert one(["11"], [], "9999", zone_scheme="VSIC2025")[0] == NO_DATA  # not in the crosswalk
    assert one(["1313"], [], "13130", zone_scheme="VSIC2025")[0] == YES  # found by its first four digits
    assert one(["13"], [], "1311", zone_scheme=None)[0] == NO_DATA


def test_each_zone_is_answered_for_itself() -> None:
    rules = SectorRules.of(
        ["VSIC2018", "VSIC2018", "VSIC2025", None],
        [["13"], None, ["13"], ["13"]],
        [["1313"], None, None, None],
    )
    answer = accepts(rules, "VSIC2018", "1313", CROSSWALK)
    assert answer.verdict.tolist() == [NO, NO_DATA, YES, NO_DATA]
    assert accepts(SectorRules.of([], [], []), "VSIC2018", "13", CROSSWALK).verdict.tolist() == []


@pytest.mark.parametrize("code", ["1", "131300", "C13", "１３", ""])
def test_a_firms_code_has_two_to_five_digits(code: str) -> None:
    with pytest.raises(SectorCodeInvalid):
        one(["13"], [], code)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SectorSchemeInvalid):
        one(["13"], [], "13", firm_scheme="NACE")


rule_codes = st.lists(st.sampled_from(["13", "131", "1311", "1312", "139", "14", "141", "1410"]), max_size=5)


@given(rule_codes, rule_codes, st.sampled_from(["1311", "1312", "1391", "1410", "2011"]))
def test_the_column_and_the_single_rule_agree(permitted: list[str], refused: list[str], code: str) -> None:
    verdict, rule = one(permitted, refused, code)
    deciding = most_specific(permitted, refused, code)
    if deciding is None:
        assert (verdict, rule) == (NO if permitted else NO_DATA, None)
    else:
        assert (verdict, rule) == (YES if deciding[0] else NO, deciding[1])
