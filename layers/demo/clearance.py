"""Everything about clearance in the illustrative province, table by table, from the tiled land on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.demo.cases import case_keys, case_table, take_table
from layers.demo.histories import histories
from layers.demo.holdings import holdings, with_users
from layers.demo.money import tables as money
from layers.demo.parcels import Tract, parcel_keys
from layers.demo.people import tables as people
from layers.demo.plane import Columns
from layers.demo.projects import project_of, project_table, projects
from layers.demo.roadmaps import tables as roadmaps
from layers.demo.stages import document_table, event_table, plan_numbers, steps


def clearance(
    rng: Callable[[], np.random.Generator], made: list[Tract], parcels: Columns, scale: float
) -> dict[str, Columns]:
    """
    Cases of all tracts and what hangs on them.

    Parameters
    ----------
    rng
        A new stream at every call.
    parcels
        The table of parcels, whose users come from the cases.

    Returns
    -------
    tables
        Columns by table name, the parcels among them.
    """
    state = np.asarray(parcels["state_managed"], dtype=bool)
    held = holdings(rng(), made, state, scale)
    parcels = with_users(rng(), parcels, held, state)
    every = projects(made)
    project = project_of(held, every)
    keys = case_keys(every, project)
    days, stuck = histories(rng(), made, held, every, project)
    events = steps(rng(), held, days, stuck)
    plans = plan_numbers(days, every, project)
    communes = list(parcels["commune_code"])
    return {
        "parcels": parcels,
        "clearance_projects": project_table(every),
        "cases": case_table(rng(), held, every, project, keys, days, communes),
        "takes": take_table(made, held, keys, days, parcels, parcel_keys(parcels), state),
        "documents": document_table(events, days, keys, plans, project),
        "stage_events": event_table(events, keys, rng()),
        **money(rng(), held, days, every, project, keys, plans),
        **people(rng(), held, days, stuck, every, project, keys),
        **roadmaps(rng(), held, every, project, days),
    }
