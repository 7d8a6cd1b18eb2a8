"""A small province behind the real application, on a database of the session's own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
import shapely
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, create_engine, insert

from api.http.app import create_app
from api.settings import Settings
from layers.db.cluster import create_database, drop_database
from layers.records.data_versions import bump
from layers.records.lineage import LINEAGE
from layers.records.observations import OBSERVATIONS
from layers.supply import refresh
from tests.accounts import PASSWORD, an_account
from tests.factories import (
    a_case,
    a_feature,
    a_lease,
    a_lot,
    a_parcel,
    a_stage,
    a_zone,
    an_enterprise,
    point,
    rectangle,
)

#: The planner, the land officers of two communes, and who else has an account.
PEOPLE = (
    ("lan", "planner", ()),
    ("mai", "land_officer", ("commune-25975",)),
    ("xuan", "land_officer", ("commune-26000",)),
    ("hoa", "approver", ()),
    ("quan", "administrator", ()),
)
#: What only the land office of the commune may read.
HOUSEHOLD, NOTE = "Trần Thị Bí Mật", "Con gái ở nhà số 9 nhận thay"
EARLY, LATE = date(2024, 6, 1), date(2026, 1, 1)
TURN = date(2025, 7, 1)


def a_small_province(db: Connection) -> None:
    """Two or more features in every layer, one of them from 2025-07-01 on."""
    a_zone(db, "A", rectangle(0, 0, 1000, 1000), name="KCN Đồng An", entrance=point(0, 500))
    a_zone(db, "A-1", rectangle(0, 0, 400, 1000), name="KCN Đồng An – giai đoạn 1", parent_key="A")
    a_zone(db, "B", rectangle(3000, 0, 600, 600), name="CCN Tân Mỹ", kind="CCN", valid_from=TURN)
    first = a_lot(db, "A", "1", rectangle(500, 100, 200, 200))
    a_lot(db, "A", "2", rectangle(700, 100, 200, 200))
    a_lot(db, "B", "1", rectangle(3100, 100, 200, 200), valid_from=TURN)
    a_lease(db, first, TURN)
    for number in range(1, 6):
        key = a_parcel(
            db,
            "12",
            str(340 + number),
            rectangle(100 * number, 2000, 90, 90),
            user_name=f"Nguyễn Văn {number}",
        )
        a_stage(db, key, "notified", date(2024, 1, 1))
        a_stage(db, key, "handed_over", TURN)
    last = a_parcel(db, "7", "1", rectangle(0, 3000, 80, 80), valid_from=TURN, user_name=HOUSEHOLD)
    a_case(db, "HS-7-1", [last], opened_on=TURN, user_name=HOUSEHOLD, note=NOTE)
    for number in range(1, 31):
        an_enterprise(
            db,
            f"DN-{number:03d}",
            point(150 * number, -500),
            name=f"Công ty Dệt Bình {number}",
            tax_code=f"37000000{number:02d}",
            contact_name=f"Lê Văn Kín {number}",
            contact_phone=f"09030000{number:02d}",
            workers_count=100 + number,
            disposition="relocate" if number % 2 else "encouraged",
            process_flags=["has_dyeing", "has_plating"] if number in (3, 4) else None,
            valid_from=TURN if number == 30 else date(2020, 1, 1),
        )
    _units(db)
    for layer_id, shape, columns in (
        (
            "roads",
            shapely.LineString([point(0, -100), point(5000, -100)]),
            {"road_class": "trunk", "name": "Quốc lộ 13"},
        ),
        ("constraints", rectangle(6000, 0, 500, 500), {"kind": "protected", "name": "Rừng"}),
        ("water", rectangle(-2000, 0, 300, 9000), {"name": "Sông Sài Gòn"}),
        ("places", point(2000, 2000), {"name": "Thủ Dầu Một", "rank": 1}),
    ):
        a_feature(db, layer_id, shape, key=f"{layer_id}-1", **columns)
        a_feature(db, layer_id, shape, key=f"{layer_id}-2", valid_from=TURN, **columns)
    report = {"zone_key": "A", "quantity": "occupancy_ratio", "value": 0.5, "source": "Sở Xây dựng"}
    db.execute(insert(OBSERVATIONS).values(report | {"observed_on": date(2025, 9, 30)}))
    refresh(db)
    bump(
        db,
        ["zones", "lots", "parcels", "enterprises", "admin_units", "roads", "constraints", "water", "places"],
    )


def _units(db: Connection) -> None:
    whole = rectangle(-5000, -5000, 20000, 20000)
    a_feature(db, "admin_units", whole, level="province", code="79", name="Thành phố Hồ Chí Minh")
    old = {"level": "commune", "parent_key": "province-79", "valid_to": TURN}
    a_feature(db, "admin_units", None, code="25741", name="Bình Chuẩn", **old)
    a_feature(db, "admin_units", None, code="25747", name="Thuận Giao", **old)
    a_feature(db, "admin_units", rectangle(-5000, -5000, 9000, 9000), code="25742", name="An Phú", **old)
    elsewhere = rectangle(30_000, 0, 100, 100)
    a_feature(db, "admin_units", elsewhere, level="commune", code="26000", name="Long Nguyên")
    new = {"level": "commune", "parent_key": "province-79", "valid_from": TURN}
    a_feature(db, "admin_units", whole, code="25975", name="An Phú Đông", **new)
    for code in ("25741", "25742", "25747"):
        step = {"old_key": f"commune-{code}", "new_key": "commune-25975", "kind": "merge"}
        db.execute(insert(LINEAGE).values(step | {"effective_on": TURN}))


@pytest.fixture(scope="session")
def province(cluster_url: str, template_database: str) -> Iterator[Engine]:
    """The small province, committed, as its owner; nobody changes it."""
    name = f"served_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        a_small_province(db)
        for name, role, units in PEOPLE:
            an_account(db, name, role, units=units)
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


def settings_for(engine: Engine, **changes: object) -> Settings:
    """Settings of a server over the database of an engine."""
    url = engine.url.render_as_string(hide_password=False)
    return Settings(database_url=url, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def client(province: Engine) -> Iterator[TestClient]:
    """The application, asked by the anonymous public."""
    with TestClient(create_app(settings_for(province)), base_url="http://didoi.test") as opened:
        yield opened


@contextmanager
def signed_in(engine: Engine, name: str, **changes: object) -> Generator[TestClient]:
    """The application, asked by somebody who has signed in; ``csrf`` is in every request's header."""
    with TestClient(create_app(settings_for(engine, **changes)), base_url="http://didoi.test") as opened:
        csrf = opened.get("/session").json()["csrf"]
        answer = opened.post(
            "/session", json={"name": name, "password": PASSWORD}, headers={"X-CSRF-Token": csrf}
        )
        assert answer.status_code == 200, answer.text
        opened.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield opened


@pytest.fixture(scope="session")
def planner(province: Engine) -> Iterator[TestClient]:
    """The application, asked by a planner."""
    with signed_in(province, "lan") as opened:
        yield opened


@pytest.fixture(scope="session")
def officer(province: Engine) -> Iterator[TestClient]:
    """The application, asked by the land officer in whose territory all parcels lie."""
    with signed_in(province, "mai") as opened:
        yield opened


@pytest.fixture(scope="session")
def neighbour(province: Engine) -> Iterator[TestClient]:
    """The application, asked by the land officer of another commune."""
    with signed_in(province, "xuan") as opened:
        yield opened


@pytest.fixture(scope="session")
def address(province: Engine) -> Iterator[str]:
    """Address of the application behind a real server, for clients that are not ours."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(settings_for(province)), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
