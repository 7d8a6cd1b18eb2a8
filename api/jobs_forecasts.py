"""
Forecasts follow what they rest on, some seconds later.

Whoever looks finds in the database itself what is due, so that nothing is lost with a worker. One run at a
time: it holds a lock on a connection of its own, which goes when that connection goes.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.pool import NullPool

from layers.clearance import forecasting
from layers.supply import refresh_outlook
from layers.supply.units import family

log = logging.getLogger(__name__)


def follow(url: str) -> int:
    """
    Forecast what is due, unless somebody else does.

    Short transactions: forecasts are written, then the supply of days to come park by park, then the zones
    are said to be up to date. A run that dies in between leaves them stale, and the next one begins again.

    Returns
    -------
    count
        How many zones were due.
    """
    engine = create_engine(url, poolclass=NullPool, connect_args={"application_name": "didoi forecast"})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        if not watch.execute(select(func.pg_try_advisory_lock(_KEY))).scalar_one():
            return 0
        zones = forecasting.due(watch)
        if zones:
            begun_s = time.monotonic()
            _run(engine, zones)
            log.info("%s zones forecast in %.1f s", len(zones), time.monotonic() - begun_s)
    return len(zones)


def _run(engine: Engine, zones: dict[str, int]) -> None:
    with engine.connect() as db:
        made = forecasting.make(db, zones)
    with engine.begin() as db:
        forecasting.write(db, made)
    done: set[str] = set()
    for key in sorted(zones):
        if key not in done:  # a park and its phases are written together, and nobody waits for another's
            with engine.begin() as db:
                done.update(family(db, [key]))
                refresh_outlook(db, [key])
    with engine.begin() as db:
        forecasting.settle(db, made)


_KEY = func.hashtextextended("didoi forecasts", 0)
