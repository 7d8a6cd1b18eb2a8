"""Signing in and out, and setting a password with a one-time token."""

from __future__ import annotations

import secrets
import time
from collections import defaultdict, deque
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.actions.accounts import rights_of, units_told
from api.actions.sign_in import (
    SESSION_LASTS,
    Account,
    Session,
    SetupTokenWrong,
    SignInWrong,
    has_account,
    open_session,
    set_up,
    sign_in,
    sign_out,
)
from api.http.answers import JSON, dumps
from api.http.deps import CSRF_COOKIE, SESSION_COOKIE, asking, same_site, writing
from api.http.errors import TooManyAttempts

router = APIRouter(tags=["session"])

WINDOW_S = 300.0
WRONG_PER_NAME = 5
WRONG_PER_CLIENT = 20

Word = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


class SignIn(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")
    name: Word
    password: Word


class SetUp(BaseModel):
    """A password, allowed by a one-time token; the first administrator tells a name with it."""

    model_config = ConfigDict(extra="forbid")
    token: Word
    password: Word
    name: Word | None = None
    full_name: Word | None = None


class Attempts:
    """Wrong attempts of the last minutes, by account and by client; kept in memory."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def check(self, *keys: tuple[str, str, int]) -> None:
        """
        Refuse who failed too often: each key is a kind, a name and how often it may fail.

        Raises
        ------
        TooManyAttempts
        """
        now_s = time.monotonic()
        with self._lock:
            for kind, name, most in keys:
                wrong = self._wrong.get((kind, name))
                while wrong and wrong[0] <= now_s - WINDOW_S:
                    wrong.popleft()
                if wrong and len(wrong) >= most:
                    raise TooManyAttempts(retry_after_s=round(wrong[0] + WINDOW_S - now_s) + 1)

    def wrong(self, *keys: tuple[str, str, int]) -> None:
        """Remember a failure; what is past the window is forgotten."""
        now_s = time.monotonic()
        with self._lock:
            for kind, name, _ in keys:
                self._wrong[kind, name].append(now_s)
            if len(self._wrong) > 10_000:
                old = [key for key, wrong in self._wrong.items() if wrong[-1] <= now_s - WINDOW_S]
                for key in old:
                    del self._wrong[key]


@router.get("/session")
def current(request: Request) -> Response:
    """Who is signed in, the token that every write repeats, and whether a first account is missing."""
    with asking(request) as ask:
        missing = not has_account(ask.db)
        session = ask.session
        told = account_json(ask.db, session.account if session else None)
    csrf = session.csrf_token if session else request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)
    answer = _answer(told, csrf, missing)
    if session is None:
        _set(request, answer, CSRF_COOKIE, csrf)
    return answer


@router.post("/session")
def begin(request: Request, body: SignIn) -> Response:
    """Sign in."""
    keys = _keys(request, body.name)
    attempts: Attempts = request.app.state.attempts
    same_site(request, _session(request))
    attempts.check(*keys)
    try:
        with writing(request) as db:
            session = sign_in(db, body.name, body.password)
            told = account_json(db, session.account)
    except SignInWrong:
        attempts.wrong(*keys)
        raise
    return _signed_in(request, session, told)


@router.post("/setup")
def setup(request: Request, body: SetUp) -> Response:
    """Set a password with a one-time token, and sign in; the token of the console makes the first account."""
    keys = _keys(request, "")[1:]
    attempts: Attempts = request.app.state.attempts
    same_site(request, _session(request))
    attempts.check(*keys)
    try:
        with writing(request) as db:
            account = set_up(db, body.token, body.name, body.full_name, body.password)
            session = open_session(db, account)
            told = account_json(db, account)
    except SetupTokenWrong:
        attempts.wrong(*keys)
        raise
    return _signed_in(request, session, told)


@router.delete("/session")
def end(request: Request) -> Response:
    """Sign out."""
    session = _session(request)
    same_site(request, session)
    if session is not None:
        with writing(request) as db:
            sign_out(db, session.token)
    answer = _answer(None, None, False)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def account_json(db: Connection, account: Account | None) -> dict[str, Any] | None:
    """An account as its own client sees it: who they are, what they may do, and where."""
    if account is None:
        return None
    return {
        "name": account.name,
        "full_name": account.full_name,
        "role": account.role.value,
        "rights": rights_of(account.role),
        "territory": [unit for unit in units_told(db, account.id) if unit.pop("holds")],
    }


def _session(request: Request) -> Session | None:
    with asking(request) as ask:
        return ask.session


def _keys(request: Request, name: str) -> tuple[tuple[str, str, int], ...]:
    client = request.client.host if request.client else "?"
    return ("name", name.strip().lower(), WRONG_PER_NAME), ("client", client, WRONG_PER_CLIENT)


def _signed_in(request: Request, session: Session, told: dict[str, Any] | None) -> Response:
    answer = _answer(told, session.csrf_token, False)
    _set(request, answer, SESSION_COOKIE, session.token)
    return answer


def _set(request: Request, answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=round(SESSION_LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _answer(account: dict[str, Any] | None, csrf: str | None, missing: bool) -> Response:
    told = {"account": account, "csrf": csrf, "setup_needed": missing}
    return Response(dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})
