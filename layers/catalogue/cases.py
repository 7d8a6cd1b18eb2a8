"""Clearance cases: one land user of one project, with the land that is taken and the stage it has reached."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Table,
    and_,
    case,
    or_,
    select,
)

from layers.layer import (
    Code,
    Layer,
    Paint,
    Rows,
    Text,
    column,
    geometry,
    holds,
    indexes,
    metadata,
    tiled,
    versioned,
)
from layers.records.stages import RUNS, STAGES

USER_KINDS = (
    Code("household", Text("Hộ gia đình, cá nhân", "Household")),
    Code("organisation", Text("Tổ chức", "Organisation")),
    Code("enterprise", Text("Doanh nghiệp", "Enterprise")),
    Code("community", Text("Cộng đồng dân cư", "Community")),
    Code("state", Text("Nhà nước quản lý", "State-managed")),
)

#: Where the land comes from decides the path: state-managed land has no payee for land.
ORIGINS = (
    Code("private", Text("Người sử dụng đất", "Private use")),
    Code("state", Text("Đất Nhà nước quản lý", "State-managed")),
    Code("mixed", Text("Một phần Nhà nước quản lý", "Partly state-managed")),
)

LAWS = (
    Code("LL2013", Text("Luật Đất đai 2013", "Land Law 2013")),
    Code("LL2024", Text("Luật Đất đai 2024", "Land Law 2024")),
)

TABLE = Table(
    "cases",
    metadata,
    *versioned(),
    column("key", TEXT, vi="Mã hồ sơ", en="Case", nullable=False, searched=True),
    #: Null where a file of parcels does not say what the land is recovered for.
    column("project_key", TEXT, vi="Dự án", en="Project"),
    column("zone_key", TEXT, vi="Khu thu hồi", en="Zone under clearance"),
    column("user_kind", TEXT, vi="Đối tượng", en="Land user", codes=USER_KINDS, nullable=False),
    column("origin", TEXT, vi="Nguồn gốc đất", en="Origin", codes=ORIGINS, nullable=False),
    column("user_name", TEXT, vi="Người sử dụng đất", en="Name of the land user", masked=True),
    column("law", TEXT, vi="Áp dụng", en="Law", codes=LAWS, nullable=False),
    column("commune_code", TEXT, vi="Mã xã lúc lập", en="Commune code at the time", nullable=False),
    column("office", TEXT, vi="Cơ quan thực hiện", en="Office in charge"),
    column("opened_on", Date, vi="Ngày lập hồ sơ", en="Opened on", nullable=False),
    column("planned_on", Date, vi="Kế hoạch bàn giao", en="Hand-over planned on"),
    column("note", TEXT, vi="Ghi chú", en="Note", masked=True),
    #: What the verbs keep, so that lists and tiles need no more than this row.
    column("area_ha", Float, vi="Diện tích thu hồi", en="Area to be recovered", unit="ha"),
    column("disputed", Boolean, vi="Đang khiếu nại", en="In dispute", nullable=False, server_default="false"),
    column("blocker", TEXT, vi="Vướng mắc", en="Blocker"),
    #: Raised with every change of the case or of what hangs on it.
    Column("revision", BigInteger, nullable=False, server_default="1"),
    column("geom", geometry("MULTIPOLYGON"), vi="Đất thu hồi", en="Land to be recovered"),
    *tiled("MULTIPOLYGON"),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint(
        "user_kind IN ('household', 'organisation', 'enterprise', 'community', 'state')", name="user_kind"
    ),
    CheckConstraint("origin IN ('private', 'state', 'mixed')", name="origin"),
    CheckConstraint("law IN ('LL2013', 'LL2024')", name="law"),
)
indexes(TABLE, "zone_key", "project_key", "commune_code")

DERIVED = (
    column("stage", TEXT, vi="Giai đoạn", en="Stage", codes=STAGES),
    column("step", TEXT, vi="Bước theo luật", en="Step of the law"),
    column("stage_on", Date, vi="Ngày đạt giai đoạn", en="Stage reached on"),
)


def rows(as_of: date) -> Rows:
    """Cases that were open by a date, each with the stage that it had reached on it, as is known now."""
    run = RUNS.alias("run")
    held = and_(
        run.c.case_key == TABLE.c.key,
        run.c.from_on <= as_of,
        or_(run.c.to_on.is_(None), run.c.to_on > as_of),
    )
    stage = case({rank: code.value for rank, code in enumerate(STAGES)}, value=run.c.stage_rank)
    return (
        select(*TABLE.c, stage.label("stage"), run.c.stage.label("step"), run.c.from_on.label("stage_on"))
        .select_from(TABLE.outerjoin(run, held))
        .where(holds(TABLE, as_of))
    )


LAYER = Layer(
    id="cases",
    title=Text("Hồ sơ GPMB", "Clearance cases"),
    group="land",
    table=TABLE,
    kind="derived",
    rows=rows,
    derived=DERIVED,
    order=46,
    legend="stage",
    measure="area_ha",
    facets=("stage", "user_kind", "origin", "disputed", "zone_key"),
    card=("area_ha", "stage", "stage_on", "planned_on", "user_kind", "law"),
    minzoom=13,
    tile_columns={"stage": 0, "disputed": 0, "key": 15},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.85}),
        Paint("line", {"line-color": "@parcel.line", "line-width": 0.8}),
    ),
    composed_of=("takes", "stage_events"),
)
