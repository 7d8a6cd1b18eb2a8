"""The worker takes jobs as the server's role, and takes up again what a dead worker left."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select, text

from api.jobs import jobs_app
from layers.db.cluster import APP, database_url
from layers.records.accounts import ACCOUNTS, SESSIONS

HOME = Path("/nonexistent")


def _server_url(database: Engine) -> str:
    return database_url(database.url.render_as_string(hide_password=False), user=APP)


async def _drain(url: str, *deferred: str) -> None:
    app = jobs_app(url, HOME)
    async with app.open_async():
        for name in deferred:
            await app.configure_task(name).defer_async(timestamp=0)
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)


def test_an_expired_session_is_forgotten_and_a_living_one_kept(database: Engine) -> None:
    now = datetime.now(UTC)
    with database.begin() as db:
        account = db.execute(
            insert(ACCOUNTS)
            .values(name="an", full_name="An", password_hash="x", role="planner")
            .returning(ACCOUNTS.c.id)
        ).scalar_one()
        for token, hours in ((b"old", -1), (b"new", 1)):
            db.execute(
                insert(SESSIONS).values(
                    token_sha256=token,
                    account_id=account,
                    csrf_token="c",
                    expires_at=now + timedelta(hours=hours),
                )
            )
    asyncio.run(_drain(_server_url(database), "didoi:forget_expired"))
    with database.connect() as db:
        assert db.execute(select(SESSIONS.c.token_sha256)).scalars().all() == [b"new"]


def test_a_job_whose_worker_died_is_taken_up_again(database: Engine) -> None:
    with database.begin() as db:
        worker = db.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - interval '5 minutes') RETURNING id"
            )
        ).scalar_one()
        job = db.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id) VALUES "
                "('default', 'didoi:forget_expired', '{\"timestamp\": 0}', 'doing', :worker) RETURNING id"
            ),
            {"worker": worker},
        ).scalar_one()
    url = _server_url(database)
    asyncio.run(_drain(url, "didoi:requeue_stalled"))
    asyncio.run(_drain(url))
    with database.connect() as db:
        status = db.execute(text("SELECT status FROM procrastinate_jobs WHERE id = :job"), {"job": job})
        assert status.scalar_one() == "succeeded"
