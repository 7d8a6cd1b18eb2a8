"""A monthly report is a snapshot: opened again it shows the same numbers, whatever became of them since."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, update

from api.actions.clearance_report import ReportScopeIncomplete, make_report, read_report
from api.documents import clearance_pdf, clearance_xlsx
from layers.access import Actor, RightMissing, Role
from layers.clearance import maintain, reporting
from layers.records.reports import REPORTS
from tests.factories import a_case, a_parcel, a_stage, a_zone, rectangle

LAN = Actor(Role.PLANNER, None, "lan")
MONTH = date(2026, 3, 17)


@pytest.fixture
def db(database: Engine) -> Iterator[Connection]:
    """Zone A of 100 ha: parcels of 1, 2 and 3 ha, of which the first was handed over in March."""
    with database.connect() as db:
        a_zone(db, "A", rectangle(0, 0, 1000, 1000), name="KCN Đồng An", area_legal_ha=100.0)
        left = 0
        for number, wide in ((1, 100), (2, 200), (3, 300)):
            key = a_parcel(db, "1", str(number), rectangle(left, 0, wide, 100), zone_key="A")
            a_case(db, key, [key], opened_on=date(2025, 1, 1))
            a_stage(db, key, "notified", date(2025, 2, 1))
            left += wide
        a_stage(db, "25747-1-1", "handed_over", date(2026, 3, 10))
        yield db
        db.rollback()


def ratio(report: dict[str, object]) -> float:
    return report["content"]["summary"]["handed_over"]["ratio"]  # type: ignore[index]


def test_a_report_tells_the_last_day_of_its_month(db: Connection) -> None:
    made = make_report(db, LAN, "zone", "A", MONTH)
    assert (made["as_of"], made["month"]) == (date(2026, 3, 31), date(2026, 3, 1))
    # 1 of 1 + 2 + 3 = 6 ha.
    assert ratio(made) == pytest.approx(1 / 6, abs=1e-3)


def test_a_correction_of_the_past_leaves_a_report_as_it_was(db: Connection) -> None:
    made = make_report(db, LAN, "zone", "A", MONTH)
    a_stage(db, "25747-1-2", "handed_over", date(2026, 3, 20))
    opened = read_report(db, LAN, made["id"])
    assert opened == made
    assert clearance_xlsx.xlsx(opened) == clearance_xlsx.xlsx(made)
    again = make_report(db, LAN, "zone", "A", MONTH)
    assert ratio(again) == pytest.approx(3 / 6, abs=1e-3)
    assert ratio(read_report(db, LAN, made["id"])) == pytest.approx(1 / 6, abs=1e-3)


def test_a_report_that_was_tampered_with_is_not_shown(db: Connection) -> None:
    made = make_report(db, LAN, "province", None, MONTH)
    db.execute(update(REPORTS).where(REPORTS.c.id == made["id"]).values(content={"summary": {}}))
    with pytest.raises(reporting.ReportDamaged):
        read_report(db, LAN, made["id"])


def test_the_workbook_has_charts_of_its_own_and_formulas_for_totals(db: Connection) -> None:
    made = clearance_xlsx.xlsx(make_report(db, LAN, "zone", "A", MONTH))
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        names = book.namelist()
        sheets = [book.read(n).decode() for n in sorted(names) if n.startswith("xl/worksheets/sheet")]
    assert sum(name.startswith("xl/charts/chart") for name in names) == 3
    assert "<f>SUM(B2:B8)</f>" in sheets[1]  # seven groups of stages
    assert "<f>B7/C7</f>" in sheets[0]


def test_a_phase_is_listed_but_its_park_has_counted_it(db: Connection) -> None:
    a_zone(db, "A-1", rectangle(0, 0, 300, 1000), name="KCN Đồng An – giai đoạn 1", parent_key="A")
    maintain.rebuild(db)
    made = make_report(db, LAN, "zone", "A", MONTH)
    told = clearance_pdf._data(made)
    assert [row["to_recover"] for row in told["zones"]] == ["6", "3"]
    assert told["zones_total"] == {"to_recover": "6", "handed_over": "1", "month": "+1", "ratio": "16,7 %"}


def test_the_paper_is_a_pdf_and_the_same_every_time(db: Connection) -> None:
    made = make_report(db, LAN, "zone", "A", MONTH)
    paper = clearance_pdf.pdf(made)
    assert paper.startswith(b"%PDF-")
    assert paper == clearance_pdf.pdf(read_report(db, LAN, made["id"]))
    told = clearance_pdf._data(made)
    assert told["figures"][1]["ratio"] == "16,7 %"
    assert "<svg" in told["map"]
    assert "<svg" in told["curve"]


def test_a_report_of_land_without_cases_says_so_in_dashes(db: Connection) -> None:
    a_zone(db, "B", rectangle(5000, 0, 1000, 1000))
    made = make_report(db, LAN, "zone", "B", MONTH)
    told = clearance_pdf._data(made)
    assert told["funnel"] == []
    assert told["figures"][1]["value"] == "–"
    assert clearance_pdf.pdf(made).startswith(b"%PDF-")


def test_what_cannot_be_reported_is_told(db: Connection) -> None:
    with pytest.raises(reporting.ReportMonthInFuture):
        make_report(db, LAN, "province", None, date(2090, 1, 1))
    with pytest.raises(ReportScopeIncomplete):
        make_report(db, LAN, "zone", None, MONTH)
    with pytest.raises(reporting.ReportUnknown):
        read_report(db, LAN, 999)
    with pytest.raises(RightMissing):
        make_report(db, Actor(Role.PUBLIC), "province", None, MONTH)
