"""
What a clearance case holds beside its attributes: takes of parcels, people, assets, money, talks, blockers.

The case itself is a layer (``layers.catalogue.cases``). Rows of these tables name it by its key; a change of
any of them is a change of the case and raises its revision.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Table,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import Code, Text, geometry, metadata, tiled

PROJECTS = Table(
    "clearance_projects",
    metadata,
    Column("key", TEXT, primary_key=True),
    #: Zone or phase that the land is recovered for.
    Column("zone_key", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("investor", TEXT),
    Column("decision_number", TEXT),
    Column("decided_on", Date),
    #: Land that the decision foresees; not what the takes add up to.
    Column("planned_ha", Float),
    #: Since when, and until when, money for payments was lacking.
    Column("funding_stopped_on", Date),
    Column("funding_resumed_on", Date),
    #: On the list of projects whose clearance is to be hurried (seed: 002).
    Column("watched", Boolean, nullable=False, server_default="false"),
    Column("source", TEXT),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    CheckConstraint("planned_ha > 0", name="planned_ha"),
)
Index("ix_clearance_projects_zone_key", PROJECTS.c.zone_key)

TAKES = Table(
    "takes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_key", TEXT, nullable=False),
    Column("parcel_key", TEXT, nullable=False),
    Column("whole", Boolean, nullable=False),
    #: What is taken: the parcel's boundary, or a part of it.
    Column("geom", geometry("MULTIPOLYGON"), nullable=False),
    Column("area_ha", Float, Computed("ST_Area(geography(geom), true) / 10000", persisted=True)),
    #: What is left of the parcel; 0 where all of it is taken.
    Column("residual_ha", Float, nullable=False, server_default="0"),
    Column("state_managed", Boolean, nullable=False, server_default="false"),
    Column("commune_code", TEXT, nullable=False),
    #: Stage runs of the case for tiles: d1, c1, d2, c2 … (days since 2000-01-01, rank of the group).
    Column("runs", JSONB, nullable=False, server_default="{}"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    *tiled("MULTIPOLYGON"),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
)
Index("ix_takes_case_key", TAKES.c.case_key)
Index("ix_takes_parcel_key", TAKES.c.parcel_key)
Index("ix_takes_geom", TAKES.c.geom, postgresql_using="gist")
Index("ix_takes_geom_tile", TAKES.c.geom_tile, postgresql_using="gist")

SHARES = Table(
    "take_shares",
    metadata,
    #: Exact area of a take inside a zone or phase, on the ellipsoid, in whole square millimetres: sums do not
    #: depend on their order. Computed anew only when one of the two boundaries is edited.
    Column("take_id", BigInteger, ForeignKey("takes.id", ondelete="CASCADE"), primary_key=True),
    Column("zone_key", TEXT, primary_key=True),
    Column("area_mm2", BigInteger, nullable=False),
    CheckConstraint("area_mm2 > 0", name="area"),
)
Index("ix_take_shares_zone_key", SHARES.c.zone_key)


def _of_case(name: str, *more: Any) -> Table:
    """A table of records that hang on a case."""
    table = Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("case_key", TEXT, nullable=False),
        *more,
        Column("recorded_by", TEXT),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("submission_id", BigInteger, ForeignKey("submissions.id")),
        Column("illustrative", Boolean, nullable=False, server_default="false"),
    )
    Index(f"ix_{name}_case_key", table.c.case_key)
    return table


PERSON_ROLES = (
    Code("land_user", Text("Người sử dụng đất", "Land user")),
    Code("co_user", Text("Người đồng sử dụng", "Co-user")),
    Code("representative", Text("Người đại diện", "Representative")),
    Code("asset_owner", Text("Chủ tài sản trên đất", "Owner of assets")),
    Code("heir", Text("Người thừa kế", "Heir")),
    Code("lender", Text("Bên nhận thế chấp", "Mortgagee")),
)
#: Personal data: seen by the land office of the territory alone.
PEOPLE = _of_case(
    "case_people",
    Column("role", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("id_number", TEXT),
    Column("phone", TEXT),
    Column("address", TEXT),
)

ASSET_KINDS = (
    Code("house", Text("Nhà ở", "House")),
    Code("structure", Text("Công trình, vật kiến trúc", "Structure")),
    Code("crop", Text("Cây trồng", "Crops")),
    Code("livestock", Text("Vật nuôi, thủy sản", "Livestock, aquaculture")),
    Code("grave", Text("Mồ mả", "Grave")),
    Code("equipment", Text("Máy móc, dây chuyền", "Equipment")),
    Code("other", Text("Khác", "Other")),
)
ASSETS = _of_case(
    "case_assets",
    Column("kind", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("unit", TEXT, nullable=False),
    Column("inventoried_on", Date),
    CheckConstraint("quantity > 0", name="quantity"),
)

VALUATION_KINDS = (
    Code("land", Text("Bồi thường về đất", "Land")),
    Code("asset", Text("Bồi thường tài sản", "Assets")),
    Code("support", Text("Hỗ trợ", "Support")),
    Code("resettlement", Text("Tái định cư", "Resettlement")),
    Code("bonus", Text("Thưởng bàn giao sớm", "Early hand-over bonus")),
)
VALUATIONS = _of_case(
    "valuation_lines",
    Column("kind", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("quantity", Numeric(14, 4), nullable=False),
    Column("unit", TEXT, nullable=False),
    Column("unit_price_vnd", BigInteger, nullable=False),
    Column("amount_vnd", BigInteger, nullable=False),
    #: The compensation plan in which the line stands.
    Column("plan_number", TEXT),
    CheckConstraint("quantity > 0 AND unit_price_vnd >= 0 AND amount_vnd >= 0", name="amounts"),
)

PAYEES = _of_case(
    "payees",
    Column("name", TEXT, nullable=False),
    Column("account_number", TEXT),
    Column("approved_vnd", BigInteger, nullable=False),
    Column("approved_on", Date, nullable=False),
    Column("decision_number", TEXT, nullable=False),
    CheckConstraint("approved_vnd >= 0", name="approved_vnd"),
)

#: Append-only: a payment that was entered wrongly is taken back by one with the opposite sign.
PAYMENTS = _of_case(
    "payments",
    Column("payee_id", BigInteger, ForeignKey("payees.id"), nullable=False),
    Column("amount_vnd", BigInteger, nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("voucher", TEXT, nullable=False),
    CheckConstraint("amount_vnd <> 0", name="amount_vnd"),
)

RESETTLEMENTS = _of_case(
    "resettlements",
    Column("households", BigInteger, nullable=False, server_default="1"),
    Column("place", TEXT, nullable=False),
    Column("plot", TEXT),
    Column("decision_number", TEXT),
    Column("allocated_on", Date),
    Column("moved_on", Date),
)

CONTACT_KINDS = (
    Code("meeting", Text("Làm việc trực tiếp", "Meeting")),
    Code("persuasion", Text("Vận động, thuyết phục", "Persuasion")),
    Code("letter", Text("Gửi văn bản", "Letter")),
    Code("call", Text("Gọi điện", "Call")),
)
CONTACTS = _of_case(
    "case_contacts",
    Column("kind", TEXT, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("by_whom", TEXT, nullable=False),
    Column("outcome", TEXT, nullable=False),
    #: Null where nothing was said of it.
    Column("agrees", Boolean),
)

COMPLAINTS = _of_case(
    "complaints",
    Column("filed_on", Date, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("office", TEXT, nullable=False),
    Column("answered_on", Date),
    Column("outcome", TEXT),
    CheckConstraint("answered_on IS NULL OR answered_on >= filed_on", name="range"),
)

#: Codes of what holds a case up; offices edit the list.
BLOCKER_CODES = Table(
    "blocker_codes",
    metadata,
    Column("code", TEXT, primary_key=True),
    Column("title_vi", TEXT, nullable=False),
    Column("title_en", TEXT, nullable=False),
    Column("retired", Boolean, nullable=False, server_default="false"),
)

BLOCKERS = _of_case(
    "case_blockers",
    Column("code", TEXT, ForeignKey("blocker_codes.code"), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    #: Who has to act.
    Column("office", TEXT, nullable=False),
    Column("note", TEXT),
    CheckConstraint("until IS NULL OR until > since", name="range"),
)

#: What was edited of a case or of another feature: append-only, before and after by field.
EDITS = Table(
    "edits",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("layer", TEXT, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("revision", TEXT, nullable=False),
    #: {"field": [before, after]}; a geometry as GeoJSON.
    Column("changes", JSON, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("edited_by", TEXT, nullable=False),
    Column("account_id", BigInteger),
    Column("edited_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_edits_feature", EDITS.c.layer, EDITS.c.key, EDITS.c.id)
