"""Accounts made by the administrator: one role each, units, and a password that only its person knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from api.actions.sign_in import ensure_setup_token, first_token, set_up
from api.cli import build
from api.http.app import create_app
from layers.dates import today
from layers.records.accounts import ACCOUNTS, SESSIONS, SETUP_TOKENS
from layers.records.cases import EDITS
from layers.records.submissions import SUBMISSIONS
from tests.accounts import PASSWORD, an_account
from tests.api.conftest import settings_for, signed_in
from tests.factories import a_feature, rectangle


@pytest.fixture
def office(database: Engine) -> Iterator[TestClient]:
    """The administrator "quan", in an office whose one commune is 25975."""
    with database.begin() as db:
        set_up(db, first_token(db), "quan", "Lê Quản", PASSWORD)
        a_feature(db, "admin_units", rectangle(0, 0, 9, 9), level="commune", code="25975", name="An Phú Đông")
    with signed_in(database, "quan") as opened:
        yield opened


def visitor(database: Engine) -> TestClient:
    opened = TestClient(create_app(settings_for(database)), base_url="http://didoi.test")
    opened.headers["X-CSRF-Token"] = opened.get("/session").json()["csrf"]
    return opened


def made(office: TestClient, name: str = "mai", role: str = "land_officer", **more: Any) -> dict[str, Any]:
    answer = office.post("/accounts", json={"name": name, "full_name": "Trần Mai", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_person_sets_their_own_password_with_the_token_of_the_administrator(
    office: TestClient, database: Engine
) -> None:
    told = made(office, units=[{"key": "commune-25975"}])
    assert told["account"]["password_set"] is False
    assert told["account"]["units"][0]["name"] == "An Phú Đông"
    person = visitor(database)
    early = person.post("/session", json={"name": "mai", "password": PASSWORD})
    assert code(early) == (403, "sign_in_wrong")
    weak = person.post("/setup", json={"token": told["token"], "password": "mai"})
    assert code(weak) == (400, "password_weak")
    answer = person.post("/setup", json={"token": told["token"], "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    account = answer.json()["account"]
    assert (account["name"], account["role"]) == ("mai", "land_officer")
    assert [unit["key"] for unit in account["territory"]] == ["commune-25975"]
    assert "see_households" in account["rights"]
    assert "edit_layers" not in account["rights"]
    again = visitor(database).post("/setup", json={"token": told["token"], "password": PASSWORD + "1"})
    assert code(again) == (403, "setup_token_wrong")
    with database.connect() as db:
        kept = str([db.execute(select(table)).all() for table in (ACCOUNTS, SETUP_TOKENS, EDITS)])
    assert told["token"] not in kept
    assert PASSWORD not in kept


def test_a_token_is_of_one_account_and_the_newest_alone_counts(office: TestClient, database: Engine) -> None:
    first = made(office)
    number = first["account"]["id"]
    second = office.patch(f"/accounts/{number}", json={"password_token": True}).json()["token"]
    person = visitor(database)
    void = person.post("/setup", json={"token": first["token"], "password": PASSWORD})
    assert code(void) == (403, "setup_token_wrong")
    other = person.post("/setup", json={"token": second, "password": PASSWORD, "name": "quan"})
    assert code(other) == (403, "setup_token_wrong")
    assert person.post("/setup", json={"token": second, "password": PASSWORD}).status_code == 200


def test_a_new_password_signs_out_who_knew_the_old_one(office: TestClient, database: Engine) -> None:
    with database.begin() as db:
        actor = an_account(db, "mai", "land_officer")
    with signed_in(database, "mai") as held:
        token = office.patch(f"/accounts/{actor.account_id}", json={"password_token": True}).json()["token"]
        assert held.get("/session").json()["account"]["name"] == "mai"  # until the new one is set
        visitor(database).post("/setup", json={"token": token, "password": PASSWORD + " mới"})
        assert held.get("/session").json()["account"] is None


def test_disabling_ends_every_session_at_once(office: TestClient, database: Engine) -> None:
    with database.begin() as db:
        actor = an_account(db, "lan")
    with signed_in(database, "lan") as held:
        assert held.get("/imports").status_code == 200
        answer = office.patch(f"/accounts/{actor.account_id}", json={"disabled": True})
        assert answer.json()["account"]["disabled"] is True
        assert held.get("/imports").status_code == 401
        enabled = office.patch(f"/accounts/{actor.account_id}", json={"disabled": False})
        assert enabled.status_code == 200
        assert held.get("/imports").status_code == 401  # the session does not come back
    with database.connect() as db:
        assert not db.execute(select(SESSIONS).where(SESSIONS.c.account_id == actor.account_id)).all()


def test_another_role_counts_from_the_next_request(office: TestClient, database: Engine) -> None:
    with database.begin() as db:
        actor = an_account(db, "mai", "land_officer", units=["commune-25975"])
    with signed_in(database, "mai") as held:
        assert code(held.get("/imports")) == (403, "right_missing")
        told = office.patch(f"/accounts/{actor.account_id}", json={"role": "planner"}).json()["account"]
        assert told["units"] == []  # a planner has no territory
        assert held.get("/imports").status_code == 200


def test_somebody_can_always_make_accounts(office: TestClient, database: Engine) -> None:
    own = next(one["id"] for one in office.get("/accounts").json()["accounts"] if one["name"] == "quan")
    for change in ({"disabled": True}, {"role": "planner"}):
        assert code(office.patch(f"/accounts/{own}", json=change)) == (409, "last_administrator")
    # One who was never given a password cannot sign in, so does not count.
    second = made(office, "hai", "administrator")
    assert code(office.patch(f"/accounts/{own}", json={"disabled": True})) == (409, "last_administrator")
    visitor(database).post("/setup", json={"token": second["token"], "password": PASSWORD})
    assert office.patch(f"/accounts/{own}", json={"role": "planner"}).status_code == 200
    assert code(office.get("/accounts")) == (403, "right_missing")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"role": "chairman"}, 400, "role_unknown"),
        ({"role": "system"}, 400, "role_unknown"),
        ({"role": "public"}, 400, "role_unknown"),
        ({"name": "a b"}, 400, "account_name_invalid"),
        ({"name": "quan"}, 409, "account_exists"),
        ({"units": [{"key": "commune-1"}]}, 400, "unit_unknown"),
        (
            {"units": [{"key": "commune-25975", "valid_from": "2026-01-02", "valid_to": "2026-01-01"}]},
            400,
            "unit_range_invalid",
        ),
        ({"role": "planner", "units": [{"key": "commune-25975"}]}, 400, "territory_not_of_role"),
        ({"rights": ["approve"]}, 422, "body_invalid"),
    ],
)
def test_an_account_that_cannot_be_is_refused_whole(
    office: TestClient, change: dict[str, Any], status: int, error: str
) -> None:
    body = {"name": "mai", "full_name": "Trần Mai", "role": "land_officer", **change}
    assert code(office.post("/accounts", json=body)) == (status, error)
    assert [one["name"] for one in office.get("/accounts").json()["accounts"]] == ["quan"]


def test_a_unit_of_tomorrow_gives_no_right_today(office: TestClient, database: Engine) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()
    told = made(office, units=[{"key": "commune-25975", "valid_from": tomorrow}])
    person = visitor(database)
    answer = person.post("/setup", json={"token": told["token"], "password": PASSWORD})
    assert answer.json()["account"]["territory"] == []
    assert told["account"]["units"][0]["holds"] is False


def test_who_changed_an_account_is_kept(office: TestClient, database: Engine) -> None:
    number = made(office)["account"]["id"]
    office.patch(f"/accounts/{number}", json={"role": "approver"})
    with database.connect() as db:
        kept = db.execute(select(EDITS).where(EDITS.c.layer == "accounts").order_by(EDITS.c.id)).all()
    assert [(row.key, row.edited_by) for row in kept] == [("mai", "quan"), ("mai", "quan")]
    assert kept[1].changes["role"] == ["land_officer", "approver"]


def test_a_server_without_an_administrator_prints_a_token_for_one(database: Engine) -> None:
    """As after an upgrade, when every account is a planner's."""
    with database.begin() as db:
        an_account(db, "lan")
        token = ensure_setup_token(db)
    assert token is not None
    answer = visitor(database).post("/setup", json={"token": token, "password": PASSWORD, "name": "quan"})
    assert answer.json()["account"]["role"] == "administrator"
    with database.begin() as db:
        assert ensure_setup_token(db) is None


def test_nobody_approves_their_own_submission(database: Engine) -> None:
    with database.begin() as db:
        actor = an_account(db, "mai", "land_officer")
        row = {"kind": "stages", "title": "Tháng 11", "created_by": actor.account_id, "state": "submitted"}
        number = db.execute(SUBMISSIONS.insert().values(row).returning(SUBMISSIONS.c.id)).scalar_one()
    own = update(SUBMISSIONS).where(SUBMISSIONS.c.id == number)
    with pytest.raises(IntegrityError), database.begin() as db:
        db.execute(own.values(state="approved", decided_by=actor.account_id, decided_at=date(2026, 1, 1)))


def test_the_verbs_make_list_change_and_disable(
    office: TestClient, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DIDOI_DATABASE_URL", url)

    def run(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(build(), ["user", *words])
        assert result.exit_code == status, result.output
        return result.output

    token = run("add", "mai", "land_officer", "--full-name", "Trần Mai", "--unit", "commune-25975").strip()
    assert visitor(database).post("/setup", json={"token": token, "password": PASSWORD}).status_code == 200
    listed = run("list")
    assert "mai" in listed
    assert "Cán bộ đất đai / Land officer" in listed
    assert "commune-25975 An Phú Đông" in listed
    assert "Người duyệt" in run("role", "mai", "approver")
    assert "đã khóa" in run("disable", "mai")
    assert "đang dùng" in run("enable", "mai")
    assert len(run("token", "mai").strip()) > 20
    del office
