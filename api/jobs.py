"""
The background worker: one process that takes jobs from the queue in PostgreSQL.

A job is a task named here; its rows, and so its survival of a crash, are the queue's.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.blueprints import Blueprint
from sqlalchemy import create_engine, delete
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from api.settings import Settings
from layers.records.accounts import SESSIONS, SETUP_TOKENS

log = logging.getLogger(__name__)

#: A worker that sent no heartbeat for this long is taken for dead, and its jobs go back to the queue.
DEAD_AFTER_S = 30.0


def jobs_app(url: str) -> App:
    """The queue at a database's address, with every task registered."""
    address = make_url(url)
    connector = PsycopgConnector(
        conninfo=address.set(drivername="postgresql").render_as_string(hide_password=False),
        min_size=1,
        max_size=3,
    )
    app = App(connector=connector)
    app.add_tasks_from(_tasks(url), namespace="didoi")
    return app


def _tasks(url: str) -> Blueprint:
    tasks = Blueprint()

    @tasks.periodic(cron="* * * * *")
    @tasks.task(name="requeue_stalled", pass_context=True, queueing_lock="requeue_stalled")
    async def requeue_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
            log.warning("job %s (%s) is taken up again: its worker stopped", job.id, job.task_name)
            await manager.retry_job(job)

    @tasks.periodic(cron="17 3 * * *")
    @tasks.task(name="forget_expired", queueing_lock="forget_expired")
    def forget_expired(timestamp: int) -> None:  # noqa: ARG001
        now = datetime.now(UTC)
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as db:
            for table in (SESSIONS, SETUP_TOKENS):
                db.execute(delete(table).where(table.c.expires_at < now))

    assert requeue_stalled
    assert forget_expired
    return tasks


def work(settings: Settings) -> None:
    """Take jobs until SIGTERM or SIGINT; a job that runs is given a few seconds to end."""
    assert settings.database_url is not None
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_work(settings.server_url(settings.database_url)))


async def _work(url: str) -> None:
    app = jobs_app(url)
    async with app.open_async():
        running = asyncio.create_task(
            app.run_worker_async(
                concurrency=1,
                install_signal_handlers=False,
                shutdown_graceful_timeout=3.0,
                stalled_worker_timeout=DEAD_AFTER_S,
            )
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            log.info("stopped")
