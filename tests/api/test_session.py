"""Signing in: a first account by a one-time token, sessions on the server, and nobody guessing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, select

from api.actions.sign_in import ensure_setup_token, first_token, set_up
from api.http.app import create_app
from api.settings import Settings
from layers.records.accounts import ACCOUNTS, SESSIONS, SETUP_TOKENS

PASSWORD = "mười hai bến nước"
ACCOUNT = {"name": "lan", "full_name": "Nguyễn Thị Lan", "password": PASSWORD}


@pytest.fixture
def opened(database: Engine) -> Iterator[TestClient]:
    """The application over an empty database, where nobody has an account."""
    settings = Settings(database_url=database.url.render_as_string(hide_password=False))
    with TestClient(create_app(settings), base_url="http://didoi.test") as client:
        yield client


def token_of(database: Engine) -> str:
    with database.begin() as db:
        token = ensure_setup_token(db)
    assert token is not None
    return token


def send(client: TestClient, method: str, path: str, body: Any = None, **headers: str) -> Response:
    csrf = client.get("/session").json()["csrf"]
    return client.request(method, path, json=body, headers={"X-CSRF-Token": csrf, **headers})


def test_the_first_account_is_made_once_with_the_token_of_the_console(
    opened: TestClient, database: Engine
) -> None:
    assert opened.get("/session").json()["setup_needed"] is True
    token = token_of(database)
    made = send(opened, "POST", "/setup", {"token": token, **ACCOUNT})
    assert made.status_code == 200, made.text
    account = made.json()["account"]
    assert (account["name"], account["full_name"]) == ("lan", "Nguyễn Thị Lan")
    assert (account["role"], account["rights"], account["territory"]) == (
        "administrator",
        ["manage_accounts"],
        [],
    )
    assert opened.get("/catalogue").json()["account"]["name"] == "lan"
    again = send(opened, "POST", "/setup", {"token": token, **ACCOUNT, "name": "mai"})
    assert (again.status_code, again.json()["code"]) == (403, "setup_token_wrong")
    with database.begin() as db:
        assert ensure_setup_token(db) is None


def test_no_secret_is_kept_as_it_is(opened: TestClient, database: Engine) -> None:
    token = token_of(database)
    send(opened, "POST", "/setup", {"token": token, **ACCOUNT})
    cookie = opened.cookies["didoi_session"]
    with database.connect() as db:
        kept = [str(db.execute(select(table)).all()) for table in (ACCOUNTS, SESSIONS, SETUP_TOKENS)]
    assert "$argon2id$" in kept[0]
    assert not [secret for secret in (PASSWORD, token, cookie) if secret in "".join(kept)]


def test_a_session_begins_and_ends(opened: TestClient, database: Engine) -> None:
    with database.begin() as db:
        set_up(db, first_token(db), **ACCOUNT)
    answer = send(opened, "POST", "/session", {"name": "LAN", "password": PASSWORD})
    assert answer.status_code == 200
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "secure" not in flags  # plain HTTP on this machine; over HTTPS it is set
    stolen = opened.cookies["didoi_session"]
    assert send(opened, "DELETE", "/session").status_code == 200
    opened.cookies.set("didoi_session", stolen)
    assert opened.get("/session").json()["account"] is None


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"password": "ngắn"}, 400, "password_weak"),
        ({"name": "a b"}, 400, "account_name_invalid"),
        ({"token": "đoán mò"}, 403, "setup_token_wrong"),
        ({"role": "chairman"}, 422, "body_invalid"),
    ],
)
def test_an_account_is_refused_with_a_reason(
    opened: TestClient, database: Engine, change: dict[str, str], status: int, code: str
) -> None:
    token = token_of(database)
    answer = send(opened, "POST", "/setup", {"token": token, **ACCOUNT, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    # A refusal does not use up the token.
    assert send(opened, "POST", "/setup", {"token": token, **ACCOUNT}).status_code == 200


def test_a_write_from_elsewhere_is_refused(opened: TestClient) -> None:
    body = {"name": "lan", "password": PASSWORD}
    assert opened.post("/session", json=body).json()["code"] == "csrf_wrong"
    for headers in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"X-CSRF-Token": "x"}):
        assert send(opened, "POST", "/session", body, **headers).json()["code"] == "csrf_wrong"


def test_who_guesses_is_made_to_wait(opened: TestClient, database: Engine) -> None:
    with database.begin() as db:
        set_up(db, first_token(db), **ACCOUNT)
    codes = [
        send(opened, "POST", "/session", {"name": "lan", "password": f"sai lần {n}"}).json()["code"]
        for n in range(6)
    ]
    assert codes == ["sign_in_wrong"] * 5 + ["too_many_attempts"]
    answer = send(opened, "POST", "/session", {"name": "lan", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 301


def test_the_server_cannot_change_what_it_reads(opened: TestClient) -> None:
    from sqlalchemy.exc import DBAPIError

    doors = opened.app.state.doors  # type: ignore[attr-defined]
    with doors.reads.connect() as db:
        assert db.exec_driver_sql("SELECT current_user, current_setting('statement_timeout')").one() == (
            "didoi_app",
            "15s",
        )
        with pytest.raises(DBAPIError, match="read-only"):
            db.execute(ACCOUNTS.delete())
    with doors.writes.connect() as db:
        owned = "SELECT count(*) FROM pg_tables WHERE tableowner = current_user"
        assert db.exec_driver_sql(owned).scalar_one() == 0
