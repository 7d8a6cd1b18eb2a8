"""Clearance over HTTP: the shapes that the screen is built on, its files, and who may see whom."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import python_calamine
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, insert
from typer.testing import CliRunner

from api.cli import build
from api.http.app import create_app
from layers.clearance import maintain
from layers.db.cluster import create_database, drop_database
from layers.records.cases import COMPLAINTS, PEOPLE, PROJECTS
from layers.records.data_versions import bump
from layers.records.observations import OBSERVATIONS
from layers.records.roadmaps import ROADMAP_POINTS, ROADMAPS
from layers.records.stages import EVENTS
from layers.supply import refresh
from tests.accounts import an_account
from tests.api.conftest import settings_for, signed_in
from tests.factories import a_case, a_feature, a_lot, a_parcel, a_reservation, a_zone, rectangle

D = "2025-09-30"
OPENED = date(2024, 1, 1)
FIGURES = ("summary", "curve", "overdue", "zones", "cases")


def a_zone_under_clearance(db: Any) -> None:
    """Five hectares of zone A with a case each: three handed over, two late between them; B is reported."""
    a_zone(db, "A", rectangle(0, 0, 500, 100), clearance_basis="parcels", area_legal_ha=10.0, name="KCN A")
    a_zone(db, "B", rectangle(0, 900, 100, 100), clearance_basis="unknown", name="CCN B")
    a_feature(
        db, "admin_units", rectangle(-900, -900, 3000, 3000), level="commune", code="25747", name="Xã A"
    )
    db.execute(insert(PROJECTS).values(key="P", zone_key="A", name="=Dự án A", planned_ha=8.0))
    lot = a_lot(db, "A", "CN-1", rectangle(0, 0, 500, 100), serviced_on=OPENED)
    a_reservation(db, lot, date(2026, 1, 1), holder="Công ty Dệt", enterprise_key="DN-1")
    for n in range(1, 6):
        parcel = a_parcel(db, "12", str(n), rectangle(100 * (n - 1), 0, 100, 100), zone_key="A")
        named = {"zone_key": "A", "project_key": "P", "user_name": f"=Nguyễn Văn {n}"}
        a_case(db, f"C{n}", [parcel], OPENED, **named)
        events = [("notified", date(2024, 2, 1))]
        events += [("handed_over", date(2025, 9, 10))] if n in (1, 2, 5) else []
        for stage, on in events:
            db.execute(insert(EVENTS).values(case_key=f"C{n}", stage=stage, effective_on=on))
    db.execute(insert(PEOPLE).values(case_key="C3", role="land_user", name="Nguyễn Văn 3"))
    filed = {"filed_on": date(2025, 5, 1), "subject": "giá đất", "office": "UBND xã"}
    db.execute(insert(COMPLAINTS).values(case_key="C3", **filed))
    road = insert(ROADMAPS).values(zone_key="A", decided_on=OPENED, decision_number="12/QĐ-UBND")
    number = db.execute(road.returning(ROADMAPS.c.id)).scalar_one()
    points = [(OPENED, 0.0), (date(2025, 12, 31), 5.0)]
    db.execute(insert(ROADMAP_POINTS), [{"roadmap_id": number, "on_day": d, "area_ha": v} for d, v in points])
    report = {"zone_key": "B", "quantity": "cleared_ratio", "value": 0.4, "denominator": "theo hộ"}
    db.execute(insert(OBSERVATIONS).values(report | {"observed_on": date(2025, 6, 1), "source": "báo"}))
    maintain.rebuild(db)
    refresh(db)
    bump(db, ["zones", "admin_units", "lots", "parcels", "clearance_projects"])


@pytest.fixture(scope="module")
def cleared(cluster_url: str, template_database: str) -> Iterator[Engine]:
    name = f"clearance_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        a_zone_under_clearance(db)
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


@pytest.fixture(scope="module")
def public(cleared: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(settings_for(cleared)), base_url="http://didoi.test") as opened:
        yield opened


def get(client: TestClient, path: str, **query: object) -> Any:
    answer = client.get(f"/clearance/{path}", params={"as_of": D, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_strip_tells_every_figure_with_its_denominator(public: TestClient) -> None:
    told = get(public, "summary", zone="A")
    assert told["scope"] == {"level": "zone", "key": "A", "name": "KCN A"}
    assert told["handed_over"]["ratio"] == pytest.approx(0.6, abs=1e-3)
    assert told["handed_over"]["change_ha"] == pytest.approx(3.0, rel=1e-3)
    assert [row["id"] for row in told["denominators"]] == ["to_recover", "planned", "zone", "industrial"]
    assert [row["rank"] for row in told["funnel"]] == list(range(7))
    assert told["overdue"] == {"ha": pytest.approx(2.0, rel=1e-3), "cases": 2, "firms": 1}
    assert told["zones"] == {"tracked": 1, "reported": 0}
    province = get(public, "summary")
    assert province["zones"] == {"tracked": 1, "reported": 1}
    assert province["handed_over"]["ha"] == told["handed_over"]["ha"]
    commune = get(public, "summary", unit="commune-25747")
    assert commune["by_case"]["cases"] == 3


def test_the_curve_has_plan_actual_gap_and_deadline(public: TestClient) -> None:
    told = get(public, "curve", zone="A", measure="ha")
    assert told["actual"][0] == ["2024-01-01", 0.0]
    assert told["actual"][-1] == [D, pytest.approx(3.0, rel=1e-3)]
    assert told["roadmaps"][-1]["points"][-1] == ["2025-12-31", 5.0]
    assert told["deadlines"][0]["on"] == "2025-12-31"
    assert "12/QĐ-UBND" in told["deadlines"][0]["title"]["vi"]
    # 638 of 730 days are gone: 5 · 638/730 = 4.370 ha planned, 3 done.
    assert told["gap"] == {"value": pytest.approx(3 - 5 * 638 / 730, abs=1e-2), "on": D}


def test_the_overdue_list_unlocks_hectares_and_names_nobody(public: TestClient) -> None:
    told = get(public, "overdue", zone="A")
    (row,) = told["rows"]
    assert told["total"] == 1
    assert row["case_keys"] == ["C3", "C4"]
    assert row["title"] == {
        "vi": "2 hộ liền kề, tờ 12 thửa 3, 4",
        "en": "2 adjoining households, sheet 12 parcel 3, 4",
    }
    assert row["place"]["vi"] == "KCN A · Xã A"
    assert row["unlocks"]["to_ha"] == pytest.approx(5.0, rel=1e-3)
    assert row["firms"] == [{"key": "DN-1", "name": "Công ty Dệt"}]
    assert "Nguyễn" not in str(told)


def test_zones_are_compared_with_the_rule_of_their_colours(public: TestClient) -> None:
    told = get(public, "zones")
    assert told["rules"] == {"amber_from": 0.02, "red_from": 0.1}
    a, b = told["rows"]
    assert (a["key"], a["basis"], a["rag"], len(a["spark"])) == ("A", "tracked", "r", 12)
    assert (b["key"], b["basis"], b["ratio"], b["of"]) == ("B", "reported", 0.4, "theo hộ")
    assert b["reported"][0]["source"] == "báo"


def test_cases_are_listed_filtered_and_sorted_by_what_is_over(public: TestClient) -> None:
    told = get(public, "cases", zone="A", overdue="true", sort="-days_over", limit=1)
    assert (told["total"], len(told["rows"])) == (2, 1)
    assert told["rows"][0]["due_on"] == "2025-01-31"
    assert get(public, "cases", stage="handed_over")["total"] == 3
    assert told["rows"][0]["user_name"] is None
    answer = public.get("/clearance/cases", params={"user_name": "x"})
    assert answer.json()["code"] == "column_masked"


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_had_as_csv_and_as_a_workbook(public: TestClient, figure: str) -> None:
    told = public.get(f"/clearance/{figure}", params={"as_of": D, "format": "csv"})
    assert told.status_code == 200, told.text
    rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@" and cell]
    book = public.get(f"/clearance/{figure}", params={"as_of": D, "format": "xlsx"})
    sheet = python_calamine.load_workbook(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert len(sheet) == len(rows)
    assert "attachment" in book.headers["content-disposition"]


def test_the_same_bytes_are_not_sent_twice(public: TestClient) -> None:
    first = public.get("/clearance/summary", params={"as_of": D})
    again = public.get(
        "/clearance/summary", params={"as_of": D}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304


def test_what_was_known_then_is_asked_by_either_address(public: TestClient) -> None:
    then = get(public, "summary", zone="A", known_at="2020-01-01")  # before anything was recorded
    assert then["by_case"]["cases"] == 0
    assert then["by_case"]["of_cases"] == 5
    same = public.get("/clearance/known", params={"on": D, "known_at": "2020-01-01", "zone": "A"}).json()
    assert same["funnel"] == then["funnel"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"zone": "Z"}, "scope_unknown"),
        ({"zone": "A", "unit": "commune-25747"}, "scope_twice"),
        ({"unit": "commune-1"}, "scope_unknown"),
        ({"measure": "kg"}, "request_invalid"),
        ({"colour": "red"}, "parameter_unknown"),
    ],
)
def test_a_scope_that_is_not_there_is_said_so(public: TestClient, query: dict[str, str], code: str) -> None:
    answer = public.get("/clearance/curve", params=query)
    assert answer.json()["code"] == code
    assert set(answer.json()["message"]) == {"vi", "en"}


def test_the_drawer_keeps_people_money_and_talks_from_the_public(public: TestClient) -> None:
    told = get(public, "cases/C3")
    assert told["masked"] is True
    assert [told[name] for name in ("people", "payees", "contacts", "complaints", "documents")] == [None] * 5
    assert "Nguyễn" not in str(told)
    assert told["case"]["stage"] == "notified"
    assert [step["group"] for step in told["timeline"]][-1] == "handed_over"
    inventory = told["timeline"][2]
    assert (inventory["on"], inventory["due_on"], inventory["over_days"]) == (None, "2025-01-31", 242)
    assert {step["stage"] for step in told["next"]} >= {"inventoried"}
    assert told["may"] == {"edit": False, "approve": False, "see": False}
    assert public.get("/clearance/cases/NOBODY").json()["code"] == "case_unknown"


# --- writing -------------------------------------------------------------------------------------------


@pytest.fixture
def office(cluster_url: str, template_database: str, tmp_path: Any) -> Iterator[tuple[Engine, TestClient]]:
    """A database of the test's own, and the land officer of the commune at the application over it."""
    name = f"office_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        a_zone_under_clearance(db)
        an_account(db, "mai", "land_officer", units=["commune-25747"])
        an_account(db, "lan", "planner")
    with signed_in(engine, "mai", home=tmp_path) as client:
        yield engine, client
    engine.dispose()
    drop_database(cluster_url, name)


PAPER = {"kind": "inventory_record", "number": "7/BB", "issued_on": "2024-05-01", "issuer": "UBND xã A"}
STAGE = {"values": {"stage": "inventoried", "effective_on": "2024-05-01", "document": PAPER}, "reason": ""}


def tag(client: TestClient, key: str) -> dict[str, str]:
    """If-Match of the case as it is now."""
    return {"If-Match": client.get(f"/clearance/cases/{key}").json()["etag"]}


def test_the_land_office_sees_whom_a_case_concerns_and_records_its_next_stage(office: Any) -> None:
    _, client = office
    before = client.get("/clearance/cases/C3").json()
    assert before["masked"] is False
    assert [person["name"] for person in before["people"]] == ["Nguyễn Văn 3"]
    assert before["may"] == {"edit": True, "approve": False, "see": True}
    answer = client.post("/clearance/cases/C3/events", json=STAGE, headers={"If-Match": before["etag"]})
    assert answer.status_code == 201, answer.text
    after = client.get("/clearance/cases/C3").json()
    assert after["etag"] == answer.headers["etag"].removeprefix("W/")
    assert after["case"]["stage"] == "inventoried"
    assert after["documents"][0]["number"] == "7/BB"
    assert after["timeline"][2]["over_days"] is None
    summed = client.get("/clearance/summary", params={"zone": "A"}).json()
    assert [row["cases"] for row in summed["funnel"]] == [0, 1, 1, 0, 0, 0, 3]


def test_two_who_edit_one_case_hear_what_differs(office: Any) -> None:
    _, client = office
    seen = tag(client, "C3")
    first = {"changes": {"planned_on": "2026-03-31"}, "reason": "họp giao ban"}
    second = {"changes": {"planned_on": "2026-06-30"}, "reason": "điều chỉnh"}
    assert client.patch("/clearance/cases/C3", json=first, headers=seen).status_code == 200
    late = client.patch("/clearance/cases/C3", json=second, headers=seen)
    assert late.status_code == 412
    facts = late.json()["facts"]
    assert facts["differs"] == {"planned_on": ["2026-06-30", "2026-03-31"]}
    assert facts["now"] != facts["yours"]
    assert client.patch("/clearance/cases/C3", json=second).status_code == 428
    edits = client.get("/clearance/cases/C3").json()["edits"]
    assert [(one["reason"], one["edited_by"]) for one in edits] == [("họp giao ban", "mai")]


def test_an_impossible_order_is_refused_with_the_reason_in_both_languages(office: Any) -> None:
    _, client = office
    twice = {"values": {"stage": "handed_over", "effective_on": "2025-09-20"}, "reason": "thử"}
    answer = client.post("/clearance/cases/C1/events", json=twice, headers=tag(client, "C1"))
    assert answer.status_code == 400
    assert answer.json()["code"] == "handed_over_twice"
    ahead = {"values": {"stage": "inventoried", "effective_on": "2099-01-01"}, "reason": "thử"}
    answer = client.post("/clearance/cases/C3/events", json=ahead, headers=tag(client, "C3"))
    assert answer.json()["code"] == "event_in_future"
    assert set(answer.json()["message"]) == {"vi", "en"}


def test_no_more_is_paid_than_is_approved(office: Any) -> None:
    _, client = office
    approval = {"name": "Nguyễn Văn 3", "approved_vnd": 500, "approved_on": "2025-02-01"}
    body = {"values": approval | {"decision_number": "12/QĐ"}, "reason": "phê duyệt"}
    payee = client.post("/clearance/cases/C3/payees", json=body, headers=tag(client, "C3")).json()["id"]
    paid = {"payee_id": payee, "amount_vnd": 501, "paid_on": "2025-03-01", "voucher": "UNC 1"}
    told = {"values": paid, "reason": "chi trả"}
    answer = client.post("/clearance/cases/C3/payments", json=told, headers=tag(client, "C3"))
    assert answer.json()["code"] == "payment_over_approved"
    told["values"]["amount_vnd"] = 500
    assert client.post("/clearance/cases/C3/payments", json=told, headers=tag(client, "C3")).is_success
    money = client.get("/clearance/summary", params={"zone": "A"}).json()["money"]
    assert money == {"paid_vnd": 500, "approved_vnd": 500, "ratio": 1.0}
    assert client.get("/clearance/cases/C3").json()["payees"][0]["paid_vnd"] == 500


def test_a_complaint_is_filed_and_answered(office: Any) -> None:
    _, client = office
    filed = {"values": {"filed_on": "2025-06-01", "subject": "đơn giá", "office": "UBND xã"}, "reason": "đơn"}
    made = client.post("/clearance/cases/C4/complaints", json=filed, headers=tag(client, "C4"))
    assert made.status_code == 201, made.text
    answered = {"changes": {"answered_on": "2025-07-01", "outcome": "giữ giá"}, "reason": "trả lời"}
    where = f"/clearance/cases/C4/complaints/{made.json()['id']}"
    assert client.patch(where, json=answered, headers=tag(client, "C4")).status_code == 200
    assert client.get("/clearance/cases/C4").json()["complaints"][0]["outcome"] == "giữ giá"


def test_the_file_of_a_document_is_read_by_the_land_office_alone(office: Any) -> None:
    engine, client = office
    body = {"values": PAPER, "reason": "biên bản"}
    made = client.post("/clearance/cases/C3/documents", json=body, headers=tag(client, "C3"))
    where = f"/clearance/documents/{made.json()['id']}/file"
    pdf = b"%PDF-1.7 bien ban kiem dem"
    sent = client.put(where, params={"name": "bien-ban.pdf"}, content=pdf)
    assert sent.status_code == 200, sent.text
    read = client.get(where)
    assert (read.content, read.headers["content-type"]) == (pdf, "application/pdf")
    assert client.put(where, params={"name": "trang.html"}, content=b"<script>").status_code == 400
    with signed_in(engine, "lan", home=client.app.state.settings.home) as planner:  # type: ignore[attr-defined]
        assert planner.get(where).status_code == 403
        assert planner.get("/clearance/cases/C3").json()["documents"] is None
        refused = planner.patch("/clearance/cases/C3", json={"changes": {}, "reason": "x"})
        assert refused.status_code == 403


def test_a_case_is_opened_with_its_parcel_and_the_parcel_is_taken_once(office: Any) -> None:
    engine, client = office
    with engine.begin() as db:
        a_parcel(db, "12", "9", rectangle(0, 100, 100, 100), zone_key="A")
    draft = {"project_key": "P", "user_kind": "household", "origin": "private", "commune_code": "25747"}
    body = draft | {"opened_on": "2025-01-01", "parcels": [{"parcel_key": "25747-12-9"}], "reason": "lập"}
    made = client.post("/clearance/cases", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["key"] == "P-0001"
    again = client.post("/clearance/cases", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "parcel_in_two_cases")
    assert get(client, "cases", zone="A")["total"] == 6


def test_projects_and_roadmaps_are_kept_and_read(office: Any) -> None:
    _, client = office
    body = {"zone": "A", "decided_on": "2025-06-01", "decision_number": "34/QĐ-UBND"}
    points = [{"on": "2025-06-30", "ha": 1.0}, {"on": "2026-06-30", "ha": 5.0, "cases": 5}]
    assert client.post("/clearance/roadmaps", json=body | {"points": points}).status_code == 201
    kept = client.get("/clearance/roadmaps", params={"zone": "A"}).json()["rows"]
    assert [row["decision_number"] for row in kept] == ["12/QĐ-UBND", "34/QĐ-UBND"]
    falling = client.post("/clearance/roadmaps", json=body | {"points": points[::-1]})
    assert falling.json()["code"] == "roadmap_not_rising"
    assert client.get("/clearance/projects", params={"zone": "A"}).json()["rows"][0]["cases"] == 5


def test_free_plots_and_supply_are_told_with_what_comes_next(public: TestClient) -> None:
    plots = get(public, "plots", outlook="known")
    assert plots["type"] == "FeatureCollection"
    told = get(public, "supply/A", outlook="known")
    assert told["basis"] == "derived"
    assert told["grows"] == []


def test_the_command_line_tells_the_same_figures(cleared: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    url = cleared.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DIDOI_DATABASE_URL", url)
    run = CliRunner().invoke(
        build(), ["clearance", "figures", "--zone", "A", "--as-of", D, "--format", "json"]
    )
    assert run.exit_code == 0, run.output
    assert json.loads(run.output)["by_case"]["cases"] == 3
    shown = CliRunner().invoke(build(), ["clearance", "overdue", "--as-of", D])
    assert "KCN A" in shown.output
