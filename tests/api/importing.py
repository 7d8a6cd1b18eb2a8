"""A planner at the guided import, with a worker that works when it is told to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.jobs import jobs_app
from layers.db.cluster import APP, database_url
from tests.accounts import an_account

PASSWORD = "bảy con sông dài"
Json = dict[str, Any]


class Office:
    """Requests of one account, and the worker beside them."""

    def __init__(self, client: TestClient, engine: Engine, home: Path, name: str = "lan") -> None:
        self.client, self.engine, self.home = client, engine, home
        with engine.begin() as db:
            an_account(db, name)
        self.csrf = client.get("/session").json()["csrf"]
        signed = self.send("POST", "/session", json={"name": name, "password": PASSWORD})
        self.csrf = signed.json()["csrf"]

    def send(self, method: str, path: str, expect: int | None = None, **more: Any) -> Any:
        """A request with the token of the session."""
        headers = {"X-CSRF-Token": self.csrf, **more.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, **more)
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    def work(self) -> None:
        """Let the worker do all that is in the queue."""
        url = database_url(self.engine.url.render_as_string(hide_password=False), user=APP)

        async def drain() -> None:
            app = jobs_app(url, self.home)
            async with app.open_async():
                await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

        asyncio.run(drain())

    def get(self, import_id: str) -> Json:
        """The import as it is."""
        return self.send("GET", f"/imports/{import_id}", 200).json()

    def begin(self, target: str | None, *paths: Path) -> str:
        """A new import with these files."""
        made = self.send("POST", "/imports", 201, json={"target": target}).json()
        for path in paths:
            self.send("PUT", f"/imports/{made['id']}/files/{path.name}", 200, content=path.read_bytes())
        return made["id"]

    def inspected(self, import_id: str, province: str | None = "79", **said: Any) -> Json:
        """The import after its files, of Ho Chi Minh City, were looked at."""
        self.send("POST", f"/imports/{import_id}/inspect", 202, json={"province": province, **said})
        self.work()
        return self.get(import_id)

    def previewed(self, import_id: str, plan: Json) -> Json:
        """The import after its plan was tried."""
        self.send("PUT", f"/imports/{import_id}/plan", 202, json=plan)
        self.work()
        return self.get(import_id)

    def loaded(self, import_id: str) -> Json:
        """The import after it was loaded."""
        self.send("POST", f"/imports/{import_id}/load", 202)
        self.work()
        return self.get(import_id)
