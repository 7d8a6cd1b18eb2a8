"""The cases of the illustrative province: possible histories, sums, shares, and marks of illustration."""

from __future__ import annotations

from collections import defaultdict

import pytest

from gis.clearance.stages import check_order
from layers.codes.stage_models import stage_models
from layers.demo.lots import ANCHOR
from layers.demo.plane import Columns
from layers.demo.province import province

Province = dict[str, Columns]


@pytest.fixture(scope="module")
def full() -> Province:
    return province()


def rows(table: Columns, *names: str) -> list[tuple]:
    return list(zip(*(table[name] for name in names), strict=True))


def test_every_history_is_possible_under_the_law_of_its_case(full: Province) -> None:
    cases = {key: told for key, *told in rows(full["cases"], "key", "law", "origin", "user_kind")}
    events = rows(full["stage_events"], "id", "case_key", "stage", "effective_on", "replaces_id")
    gone = {replaced for *_, replaced in events if replaced is not None}
    counting = defaultdict(list)
    for number, key, stage, day, _ in events:
        if number not in gone and stage is not None:
            counting[key].append((stage, day))
    assert set(counting) == set(cases)
    for key, (law, origin, kind) in cases.items():
        check_order(stage_models()[law], origin, kind, counting[key], today=ANCHOR)
