"""
Every role on every route, and no name of a household in an answer to somebody who may not read it.

The matrix is `roles.toml`; a route that it does not hold fails here, so that nobody adds one without saying
whom it is for.
"""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from isal import igzip
from sqlalchemy import Connection, Engine, create_engine, insert

from api.http.app import create_app
from api.settings import Settings
from layers.catalogue import layers
from layers.db.cluster import create_database, drop_database
from layers.export import FORMATS
from layers.layer import about
from layers.records import cases
from layers.records.documents import DOCUMENTS
from layers.records.stages import EVENTS
from layers.records.submissions import SUBMISSION_ROWS, SUBMISSIONS
from tests.accounts import an_account
from tests.api.conftest import HOUSEHOLD, NOTE, PEOPLE, a_small_province, settings_for, signed_in

MATRIX: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("roles.toml").read_text(encoding="utf-8")
)
ROLE = {"": "public"} | {name: role for name, role, _ in PEOPLE}
#: The land officer in whose commune everything lies, and the one of another commune.
HOME, ELSEWHERE = "mai", "xuan"
#: Who may read the names of households: the land office, and the approver who has no bounds.
KNOWING = {"mai", "hoa"}
FIRM_CONTACT = "Lê Văn Kín 7"
KNOWING_FIRMS = {"lan", "hoa"}
REFUSED = (401, 403)
#: Columns that not everybody sees. Who masks another one puts a secret into the small province and tries it.
MASKED = {
    ("parcels", "user_name"),
    ("cases", "user_name"),
    ("cases", "note"),
    ("enterprises", "contact_name"),
    ("enterprises", "contact_phone"),
}
LATE = "2026-01-01"
TILES = ("14/13048/7687", "15/26096/15374", "16/52193/30748")


MASKING = {layer_id for layer_id, _ in MASKED}


def routes(of: Any = None, prefix: str = "") -> Iterator[str]:
    """Method and path of every route of the application, those of included routers, too."""
    if of is None:
        of = create_app(Settings(database_url="postgresql+psycopg://nobody@localhost/none"))
    for route in of.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner, prefix + route.include_context.prefix)
        else:
            for method in sorted(getattr(route, "methods", None) or ()):
                if method != "HEAD":
                    yield f"{method} {prefix}{route.path}"


@pytest.fixture(scope="module")
def office(cluster_url: str, template_database: str) -> Iterator[Engine]:
    """The small province with an account of every role, in a database that writes may change."""
    name = f"roles_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        a_small_province(db)
        people = {name: an_account(db, name, role, units=units) for name, role, units in PEOPLE}
        a_secret_everywhere(db, people[HOME].account_id)
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


def a_secret_everywhere(db: Connection, officer: int | None) -> None:
    """The name of a household in every record of its case that can hold one, and in a submission."""
    said, day, by = {"case_key": "HS-7-1"}, date(2025, 8, 1), {"recorded_by": NOTE}
    payee = {"account_number": NOTE, "approved_vnd": 9, "approved_on": day, "decision_number": "1/QĐ"}
    db.execute(insert(cases.PEOPLE).values(said | {"role": "land_user", "name": HOUSEHOLD, "address": NOTE}))
    row = insert(cases.PAYEES).values(said | payee | {"name": HOUSEHOLD}).returning(cases.PAYEES.c.id)
    number = db.execute(row).scalar_one()
    for table, values in (
        (cases.PAYMENTS, {"payee_id": number, "amount_vnd": 5, "paid_on": day, "voucher": HOUSEHOLD}),
        (cases.ASSETS, {"kind": "house", "description": HOUSEHOLD, "quantity": 1, "unit": "căn"}),
        (cases.RESETTLEMENTS, {"place": NOTE, "plot": HOUSEHOLD}),
        (cases.CONTACTS, {"kind": "call", "held_on": day, "by_whom": HOUSEHOLD, "outcome": NOTE}),
        (cases.COMPLAINTS, {"filed_on": day, "subject": HOUSEHOLD, "office": "UBND", "outcome": NOTE}),
    ):
        db.execute(insert(table).values(said | by | values))
    event = said | by | {"stage": "notified", "effective_on": day, "reason": HOUSEHOLD}
    db.execute(insert(EVENTS).values(event))
    paper = {"layer": "cases", "key": "HS-7-1", "kind": "decision", "number": "1/QĐ", "issued_on": day}
    db.execute(insert(DOCUMENTS).values(paper | {"issuer": "UBND", "title": HOUSEHOLD, "file_name": NOTE}))
    for layer_id, key in (("cases", "HS-7-1"), ("parcels", "25747-7-1")):
        edit = {"layer": layer_id, "key": key, "revision": "1", "reason": "đổi tên", "edited_by": "mai"}
        db.execute(insert(cases.EDITS).values(edit | {"changes": {"user_name": [None, HOUSEHOLD]}}))
    bulk = {"kind": "payments", "title": "Đợt 1", "state": "submitted", "created_by": officer}
    made = db.execute(insert(SUBMISSIONS).values(bulk).returning(SUBMISSIONS.c.id)).scalar_one()
    line = {"submission_id": made, "row_number": 1, "case_key": "HS-7-1", "verdict": "ok"}
    db.execute(insert(SUBMISSION_ROWS).values(line | {"given": {"name": HOUSEHOLD}, "told": {"x": NOTE}}))


@pytest.fixture(scope="module")
def everybody(office: Engine) -> Iterator[Mapping[str, TestClient]]:
    """A client by the name of each account; the anonymous public under the empty name."""
    with ExitStack() as stack:
        anonymous = stack.enter_context(
            TestClient(create_app(settings_for(office)), base_url="http://didoi.test")
        )
        anonymous.headers["X-CSRF-Token"] = anonymous.get("/session").json()["csrf"]
        opened = {name: stack.enter_context(signed_in(office, name)) for name, _, _ in PEOPLE}
        yield {"": anonymous, **opened}


def allowed(who: list[str], name: str) -> bool:
    """Whether an entry lets an account in."""
    role = ROLE[name]
    if "everyone" in who or role in who or ("signed in" in who and name):
        return True
    return f"{role} at home" in who and name != ELSEWHERE


def sent(client: TestClient, route: str, entry: Mapping[str, Any]) -> Response:
    """The sample of an entry, asked by a client."""
    method, _, path = route.partition(" ")
    more: dict[str, Any] = {"content": b"a,b\n1,2\n"} if entry.get("raw") else {"json": entry.get("body")}
    return client.request(method, entry.get("path", path), **(more if method != "GET" else {}))


def test_every_route_says_whom_it_is_for() -> None:
    found = list(routes())
    assert sorted(set(found) - set(MATRIX)) == [], "a route without an entry in roles.toml"
    assert sorted(set(MATRIX) - set(found)) == [], "an entry without a route"
    roles = {*ROLE.values()}
    for route, entry in MATRIX.items():
        said = {who.removesuffix(" at home") for who in entry["who"]}
        assert said <= roles | {"everyone", "signed in"}, route


@pytest.mark.parametrize("route", MATRIX)
def test_a_route_lets_in_whom_the_matrix_says_and_nobody_else(
    everybody: Mapping[str, TestClient], office: Engine, route: str
) -> None:
    entry = MATRIX[route]
    for name, client in everybody.items():
        if route == "DELETE /session" and name:  # of a session of its own: the others are still needed
            with signed_in(office, name) as leaving:
                answer = sent(leaving, route, entry)
        else:
            answer = sent(client, route, entry)
        told = (route, ROLE[name], name, answer.status_code, answer.text[:300])
        assert answer.status_code != 422, told  # a sample that cannot be read tries nothing
        assert answer.status_code < 500, told
        if allowed(entry["who"], name):
            refused = answer.status_code in REFUSED and answer.json()["code"] not in entry.get("codes", ())
            assert not refused, told
        else:
            if entry.get("hidden") and answer.status_code == 404:
                continue
            # Signing in does not help who has an account; nobody's write is refused before it is read.
            assert answer.status_code in ((403,) if name else REFUSED if route[:3] == "GET" else (401,)), told
        no_secret(answer.content, name, route)


# --- what a role may not see is in no answer --------------------------------------------------------


def no_secret(content: bytes, name: str, where: str) -> None:
    """No answer holds what the account may not read; packed files are looked into."""
    text = plain(content)
    if name not in KNOWING:
        for secret in (HOUSEHOLD, NOTE, "Nguyễn Văn 3"):
            assert secret.encode() not in text, (where, ROLE[name], secret)
    if name not in KNOWING_FIRMS:
        assert FIRM_CONTACT.encode() not in text, (where, ROLE[name], FIRM_CONTACT)


def plain(content: bytes) -> bytes:
    """The bytes of an answer, and of what is packed in it."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return b"\n".join(plain(packed.read(one)) for one in packed.namelist())
    if content.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(content))
        return str([column.to_pylist() for column in table.columns]).encode()
    if content.startswith(b"\x1f\x8b"):
        return igzip.decompress(content)
    return content


@pytest.mark.parametrize("layer_id", [one.id for one in layers().values()])
def test_no_read_of_a_layer_tells_more_than_the_role_may_see(
    everybody: Mapping[str, TestClient], layer_id: str
) -> None:
    layer, query = layers()[layer_id], {"as_of": LATE}
    base, ogc = f"/layers/{layer_id}", f"/ogc/collections/{layer_id}"
    paths = [
        *(f"{base}/{what}" for what in ("rows", "counts", "by-unit")),
        *(f"/tiles/{layer_id}/{tile}.mvt" for tile in TILES),
        f"/tiles/{layer_id}/tilejson.json",
        *(f"{ogc}{what}" for what in ("", "/items", "/items?f=html", "/queryables", "/tiles")),
        # Every way to write a file where there is something to hide, one of them elsewhere.
        *(f"{base}/export.{form}" for form in (FORMATS if layer_id in MASKING else ("csv",))),
    ]
    for name, client in everybody.items():
        rows = client.get(f"{base}/rows", params=query)
        keys = [row["key"] for row in rows.json()["rows"]][-2:] if rows.status_code == 200 else ["x"]
        for path in (
            *paths,
            *(f"{base}/features/{key}" for key in keys),
            *(f"{ogc}/items/{k}" for k in keys),
        ):
            answer = client.get(path, params=query if "?" not in path else None)
            assert answer.status_code < 500, (path, answer.text[:300])
            seen = answer.status_code not in REFUSED
            assert seen == (layer.access.view is None or bool(name and ROLE[name] != "administrator")), path
            no_secret(answer.content, name, path)


@pytest.mark.parametrize(
    ("layer_id", "column", "secret"),
    [
        ("parcels", "user_name", HOUSEHOLD),
        ("cases", "user_name", HOUSEHOLD),
        ("cases", "note", NOTE),
        ("enterprises", "contact_name", FIRM_CONTACT),
    ],
)
def test_no_filter_tells_by_its_count_what_a_role_may_not_see(
    everybody: Mapping[str, TestClient], layer_id: str, column: str, secret: str
) -> None:
    knowing = KNOWING_FIRMS if layer_id == "enterprises" else KNOWING
    asked = (
        {column: secret},
        {"filter": f"{column} = '{secret}'"},
        {"filter": f"CASEI({column}) LIKE CASEI('%{secret[-6:]}%')"},
        {"filter": f"NOT ({column} <> '{secret}')"},
        {"sort": f"-{column}"},
    )
    for name, client in everybody.items():
        for query in asked:
            answer = client.get(f"/layers/{layer_id}/rows", params={"as_of": LATE, **query})
            found = answer.json().get("total", 0) if "sort" not in query else 0
            if name in knowing:
                assert answer.status_code == 200, answer.text
                assert found == (1 if "sort" not in query else 0), (query, name)
            else:
                # Bounded officers may ask, and find only what lies at home; the others may not ask at all.
                assert answer.status_code == (200 if name == ELSEWHERE and knowing is KNOWING else 403)
                assert found == 0
                if "code" in answer.json():
                    assert answer.json()["code"] == "column_masked"
            if name not in knowing and "sort" in query:
                no_secret(answer.content, name, str(query))
        found = client.get("/search", params={"q": secret, "as_of": LATE})
        assert layer_id not in {group["layer"] for group in found.json()["groups"]}


def test_an_error_repeats_no_secret(everybody: Mapping[str, TestClient]) -> None:
    for name, client in everybody.items():
        for path in (
            "/layers/parcels/features/25747-7-9",
            "/layers/parcels/rows?user_name=1..2&limit=0",
            "/layers/parcels/export.exe",
            "/layers/parcels/rows?filter=user_name%20%3D%201",
            "/edits/parcels/25747-7-1",
            "/edits/cases/HS-7-1",
            f"/layers/parcels/rows?area_legal_m2={quote('x')}",
        ):
            no_secret(client.get(path).content, name, path)


def test_what_one_role_asked_is_not_answered_to_another_from_memory(office: Engine) -> None:
    """All through one application, whose memory they share; the knowing ask first."""
    with TestClient(create_app(settings_for(office)), base_url="http://didoi.test") as shared:
        tags: dict[str, str] = {}
        paths = (
            "/layers/parcels/counts",
            "/tiles/parcels/14/13048/7687.mvt",
            "/catalogue",
            "/layers/cases/rows",
        )
        for name in ("mai", "hoa", "xuan", "lan", "quan", ""):
            shared.cookies.clear()
            if name:
                with signed_in(office, name) as signed:
                    shared.cookies.set("didoi_session", signed.cookies["didoi_session"])
            for path in paths:
                answer = shared.get(path, params={"as_of": LATE})
                no_secret(answer.content, name, path)
                held = shared.get(
                    path, params={"as_of": LATE}, headers={"If-None-Match": tags.get(path, '"none"')}
                )
                assert held.status_code in (200, 204), (path, name)  # the tag of another scope holds nothing
                tags[path] = answer.headers["etag"]


def test_every_masked_column_is_tried() -> None:
    found = {
        (layer.id, name)
        for layer in layers().values()
        for name, col in layer.columns().items()
        if (told := about(col)) is not None and told.masked
    }
    assert found == MASKED
