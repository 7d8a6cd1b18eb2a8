from datetime import date

import pytest

from gis.clearance.stages import (
    CLEARED_RANK,
    GROUPS,
    EventInFuture,
    HandedOverTwice,
    StageBeforeNotice,
    StageModelInvalid,
    StageNotOnPath,
    StageOrderImpossible,
    StagePrerequisiteMissing,
    StageUnknown,
    check_order,
)
from layers.catalogue.cases import LAWS, ORIGINS, USER_KINDS
from layers.codes.stage_models import stage_model_on, stage_models
from layers.records.documents import KINDS
from layers.records.stages import STAGES

TODAY = date(2026, 6, 30)
MODELS = stage_models()
PATHS = [
    (origin.value, user.value)
    for origin in ORIGINS
    for user in USER_KINDS
    if (user.value == "state") == (origin.value == "state")
]
USUAL = tuple((group, date(2025, month, 1)) for month, group in enumerate(GROUPS, start=1))


def history(*told: str) -> list[tuple[str, date]]:
    """Stages a week apart."""
    return [(stage, date.fromordinal(date(2025, 1, 1).toordinal() + 7 * i)) for i, stage in enumerate(told)]


def check(
    events: list[tuple[str, date]],
    *,
    law: str = "LL2024",
    origin: str = "private",
    user: str = "household",
    strict: bool = True,
) -> None:
    check_order(MODELS[law], origin, user, events, today=TODAY, strict=strict)


def test_a_model_stands_for_each_law_that_a_case_may_name() -> None:
    assert list(MODELS) == [law.value for law in LAWS]
    assert tuple(GROUPS) == tuple(stage.value for stage in STAGES)
    assert stage_model_on(date(2024, 7, 31)).law == "LL2013"
    assert stage_model_on(date(2024, 8, 1)).law == "LL2024"


@pytest.mark.parametrize("law", MODELS)
def test_every_stage_has_words_a_source_and_documents_that_are_known(law: str) -> None:
    kinds = {kind.value for kind in KINDS}
    for stage in MODELS[law].stages.values():
        assert stage.title.vi
        assert stage.title.en
        assert stage.source
        assert set(stage.documents) <= kinds
        assert stage.limit is None or (stage.limit.days > 0 and stage.limit.source)
        if stage.code != "not_started":
            assert stage.documents
            assert stage.actors


@pytest.mark.parametrize("law", MODELS)
@pytest.mark.parametrize("path", PATHS)
def test_every_stage_is_reached_and_leads_to_the_hand_over(law: str, path: tuple[str, str]) -> None:
    model = MODELS[law]
    mine = [stage.code for stage in model.stages.values() if stage.on_path(*path)]
    reached = {stage.code for stage in model.next_of(None, *path)}
    for _ in mine:
        reached |= {stage.code for code in reached for stage in model.next_of(code, *path)}
    assert reached == set(mine)
    for code in mine:
        assert code == "handed_over" or model.follows("handed_over", code, *path)


@pytest.mark.parametrize("law", MODELS)
@pytest.mark.parametrize("path", PATHS)
def test_the_rank_never_falls_on_the_way_but_by_a_reversal(law: str, path: tuple[str, str]) -> None:
    model = MODELS[law]
    for stage in model.stages.values():
        for later in model.next_of(stage.code, *path):
            assert later.rank >= stage.rank or stage.rank == CLEARED_RANK


@pytest.mark.parametrize("law", MODELS)
@pytest.mark.parametrize("path", PATHS)
def test_events_of_groups_alone_are_a_history_of_every_law_and_path(law: str, path: tuple[str, str]) -> None:
    check_order(MODELS[law], *path, USUAL, today=TODAY, strict=False)


def test_the_district_acts_before_july_2025_and_the_commune_after() -> None:
    for model in MODELS.values():
        approval = model.stage("plan_approved")
        before, after = approval.actor_on(date(2025, 6, 30)), approval.actor_on(date(2025, 7, 1))
        assert before is not None
        assert before.vi == "Chủ tịch UBND cấp huyện"
        assert after is not None
        assert after.vi == "Chủ tịch UBND cấp xã"


def test_a_notice_of_the_2024_law_runs_out_after_twelve_months() -> None:
    assert MODELS["LL2024"].due_on("notified", date(2025, 3, 1)) == date(2026, 3, 1)
    assert MODELS["LL2013"].due_on("notified", date(2020, 3, 1)) is None


def test_limits_that_nobody_has_read_in_the_law_say_so() -> None:
    payment = MODELS["LL2024"].stage("plan_approved").limit
    assert payment is not None
    assert (payment.days, payment.verified) == (30, False)
    notice = MODELS["LL2024"].stage("notified").limit
    assert notice is not None
    assert notice.verified


def test_the_usual_way_of_a_household_is_possible() -> None:
    check(list(USUAL))
    check(history(*GROUPS[1:6], "resettled", "recovery_decided", "handed_over"))


def test_who_refuses_comes_by_compulsory_inventory_and_enforcement() -> None:
    check(
        history(
            "notified",
            "inventory_persuasion",
            "compulsory_inventory",
            "inventory_enforcement",
            "inventoried",
            "plan_published",
            "plan_appraisal",
            "plan_approved",
            "payment_deposited",
            "recovery_decided",
            "handover_persuasion",
            "enforcement_decided",
            "enforced",
            "handed_over",
        )
    )
    with pytest.raises(StagePrerequisiteMissing) as fault:
        check(history("notified", "inventory_persuasion", "inventory_enforcement"))
    assert fault.value.facts["needed"] == "compulsory_inventory"


def test_state_managed_land_goes_by_decision_without_notice_plan_or_payment() -> None:
    check(history("inventoried", "allocation_decided", "handed_over"), origin="state", user="state")
    with pytest.raises(StagePrerequisiteMissing) as fault:
        check(history("inventoried", "handed_over"), origin="state", user="state")
    assert fault.value.facts["needed"] == "allocation_decided"
    with pytest.raises(StageNotOnPath):
        check(history("notified", "inventoried", "allocation_decided"))


def test_land_of_both_origins_needs_the_payment_and_the_decision() -> None:
    whole = ("notified", "inventoried", "plan_published", "plan_approved", "allocation_decided", "paid")
    check(history(*whole, "handed_over"), origin="mixed")
    for missing in ("paid", "allocation_decided"):
        with pytest.raises(StagePrerequisiteMissing):
            check(history(*(one for one in whole if one != missing), "handed_over"), origin="mixed")


def test_an_enterprise_may_leave_when_its_lease_ends() -> None:
    check(
        history("notified", "inventoried", "origin_checked", "lease_ended", "handed_over"), user="enterprise"
    )
    with pytest.raises(StageNotOnPath):
        check(history("notified", "inventoried", "lease_ended"))


def test_nothing_is_handed_over_twice_without_a_reversal() -> None:
    with pytest.raises(HandedOverTwice) as fault:
        check([*USUAL, ("handed_over", date(2026, 1, 1))])
    assert fault.value.facts == {"on": date(2026, 1, 1), "first_on": date(2025, 7, 1)}
    check([*USUAL, ("handover_reversed", date(2025, 12, 1)), ("handed_over", date(2026, 1, 1))])


def test_nothing_is_paid_before_the_plan_is_approved() -> None:
    with pytest.raises(StageOrderImpossible):
        check(history("notified", "inventoried", "plan_published", "paid", "plan_approved"), strict=False)
    with pytest.raises(StagePrerequisiteMissing):
        check(history("notified", "inventoried", "plan_published", "paid"))


def test_nothing_happens_before_the_notice_or_after_today() -> None:
    late = [("inventoried", date(2025, 1, 1)), ("notified", date(2025, 2, 1))]
    for strict in (True, False):
        with pytest.raises(StageBeforeNotice) as fault:
            check(late, strict=strict)
        assert fault.value.facts["notice_on"] == date(2025, 2, 1)
    with pytest.raises(StagePrerequisiteMissing):
        check([("inventoried", date(2025, 1, 1))])
    with pytest.raises(EventInFuture):
        check([("notified", date(2026, 7, 1))])


def test_a_history_from_elsewhere_may_skip_stages_but_not_contradict_itself() -> None:
    check(history("handed_over"), strict=False)
    check(history("notified", "paid", "handed_over"), strict=False)
    check(history("notified", "notified", "inventoried", "inventoried"))
    with pytest.raises(StageOrderImpossible) as fault:
        check(history("handed_over", "paid"), strict=False)
    assert fault.value.facts["after"] == "handed_over"


def test_of_two_events_on_one_day_the_one_recorded_later_comes_later() -> None:
    day = date(2025, 1, 1)
    check([("notified", day), ("inventoried", day)])
    with pytest.raises(StageBeforeNotice):
        check([("inventoried", date(2024, 12, 31)), ("notified", day)])
    with pytest.raises(StageOrderImpossible):
        check([("notified", day), ("plan_published", day), ("inventoried", day)], strict=False)


def test_a_stage_that_no_law_knows_is_refused() -> None:
    with pytest.raises(StageUnknown) as fault:
        check(history("measured"))
    assert fault.value.facts == {"stage": "measured", "law": "LL2024"}
    with pytest.raises(StageUnknown):
        MODELS["LL2024"].next_of("measured", "private", "household")


def test_a_model_that_contradicts_itself_is_refused() -> None:
    model = MODELS["LL2024"]
    short = {code: stage for code, stage in model.stages.items() if code != "paid"}
    with pytest.raises(StageModelInvalid) as fault:
        type(model)(model.law, model.title, model.in_force_from, None, model.source, short)
    assert fault.value.facts["stage"] == "paid"
