"""
The background worker: one process that takes jobs from the queue in PostgreSQL.

A job is a task named here; its rows, and so its survival of a crash, are the queue's.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.blueprints import Blueprint
from sqlalchemy import create_engine, delete
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from api import jobs_imports
from api.settings import Settings
from layers.records.accounts import SESSIONS, SETUP_TOKENS

log = logging.getLogger(__name__)

#: A worker that sent no heartbeat for this long is taken for dead, and its jobs go back to the queue.
DEAD_AFTER_S = 30.0
#: How often the worker looks for imports on which nobody works any more.
TAKE_UP_EVERY_S = 2.0
#: How often it looks for forecasts that are due; they follow an edit within a minute.
FORECAST_EVERY_S = 5.0


def jobs_app(url: str, home: Path) -> App:
    """The queue at a database's address, with every task registered; files lie under ``home``."""
    address = make_url(url)
    connector = PsycopgConnector(
        conninfo=address.set(drivername="postgresql").render_as_string(hide_password=False),
        min_size=1,
        max_size=3,
    )
    app = App(connector=connector)
    app.add_tasks_from(_tasks(url, home), namespace="didoi")
    return app


def _tasks(url: str, home: Path) -> Blueprint:
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

    @tasks.periodic(cron="41 3 * * *")
    @tasks.task(name="forget_abandoned", queueing_lock="forget_abandoned")
    def forget_abandoned(timestamp: int) -> None:  # noqa: ARG001
        jobs_imports.forget_abandoned(url, home)

    @tasks.task(name="guided_import")
    def guided_import(import_id: str) -> None:
        jobs_imports.step(url, home, UUID(import_id))

    assert requeue_stalled
    assert forget_expired
    assert forget_abandoned
    assert guided_import
    return tasks


def work(settings: Settings) -> None:
    """Take jobs until SIGTERM or SIGINT; a job that runs is given a few seconds to end."""
    assert settings.database_url is not None
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_work(settings.server_url(settings.database_url), settings.home))


async def _work(url: str, home: Path) -> None:
    app = jobs_app(url, home)
    async with app.open_async():
        running = asyncio.create_task(
            app.run_worker_async(
                concurrency=2,  # a small preview need not wait for a long load
                install_signal_handlers=False,
                shutdown_graceful_timeout=3.0,
                stalled_worker_timeout=DEAD_AFTER_S,
            )
        )
        looking = [asyncio.create_task(_take_up(url)), asyncio.create_task(_forecast(url))]
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            log.info("stopped")
        finally:
            for task in looking:
                task.cancel()


async def _take_up(url: str) -> None:
    """Look now and then for imports whose worker died."""
    while True:
        try:
            await asyncio.to_thread(jobs_imports.take_up, url)
        except SQLAlchemyError as error:
            log.warning("imports cannot be looked at: %s", error)
        await asyncio.sleep(TAKE_UP_EVERY_S)


async def _forecast(url: str) -> None:
    """Look now and then for forecasts that are due."""
    while True:
        await asyncio.sleep(FORECAST_EVERY_S)
        try:
            # Not before the first look: the kernels take a second to import, and a start is waited for.
            from api import jobs_forecasts

            await asyncio.to_thread(jobs_forecasts.follow, url)
        except SQLAlchemyError as error:
            log.warning("forecasts cannot be looked at: %s", error)
        except Exception:  # one that cannot be made leaves what was: stale, and said to be
            log.exception("forecasts cannot be made")
            await asyncio.sleep(12 * FORECAST_EVERY_S)
