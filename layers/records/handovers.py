"""What land supply rests on: hand-overs of takes, as they stood when a zone's supply was last computed."""

from __future__ import annotations

from sqlalchemy import TEXT, BigInteger, CheckConstraint, Column, Date, Index, Table

from layers.layer import metadata

#: A take that meets a zone was handed over on [from_on, to_on). What differs from the records of cases tells
#: from which day on the supply of a zone is to be followed up; where nothing differs, nothing is done.
HANDOVERS = Table(
    "supply_handovers",
    metadata,
    #: Not a foreign key: of a take that was removed it is still to be known that supply rested on it.
    Column("take_id", BigInteger, primary_key=True),
    Column("zone_key", TEXT, primary_key=True),
    Column("from_on", Date, primary_key=True),
    Column("to_on", Date),
    CheckConstraint("to_on IS NULL OR to_on > from_on", name="range"),
)
Index("ix_supply_handovers_zone_key", HANDOVERS.c.zone_key)
