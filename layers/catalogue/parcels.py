"""Cadastral parcels; the clearance stage at a date comes from the case that takes the parcel."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    TEXT,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    Float,
    Index,
    Table,
    case,
    or_,
    select,
    true,
)

from layers.access import Access, Right
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
from layers.records.cases import TAKES
from layers.records.stages import RUNS, STAGES

LAND_TYPE_VINTAGES = (
    Code("TT25-2014", Text("Thông tư 25/2014", "Circular 25/2014")),
    Code("TT08-2024", Text("Thông tư 08/2024", "Circular 08/2024")),
)

USER_TYPES = (
    Code("GDC", Text("Hộ gia đình, cá nhân", "Household or individual")),
    Code("TKT", Text("Tổ chức kinh tế", "Economic organisation")),
    Code("TCN", Text("Cơ quan nhà nước", "State agency")),
    Code("TSN", Text("Đơn vị sự nghiệp", "Public unit")),
    Code("TVN", Text("Doanh nghiệp vốn nước ngoài", "Foreign-invested company")),
    Code("CDS", Text("Cộng đồng dân cư", "Community")),
    Code("UBQ", Text("UBND cấp xã quản lý", "Commune committee as manager")),
    Code("TPQ", Text("Tổ chức phát triển quỹ đất", "Land-fund organisation")),
    Code("TKQ", Text("Tổ chức khác quản lý", "Other manager")),
)

TABLE = Table(
    "parcels",
    metadata,
    *versioned(),
    column(
        "key",
        TEXT,
        Computed("commune_code || '-' || sheet_number || '-' || parcel_number", persisted=True),
        vi="Mã thửa",
        en="Parcel code",
        nullable=False,
    ),
    column(
        "commune_code",
        TEXT,
        vi="Mã xã lúc lập",
        en="Commune code at the time",
        nullable=False,
        aliases=("ma xa", "ma dvhc", "xa"),
    ),
    column(
        "sheet_number",
        TEXT,
        vi="Số tờ bản đồ",
        en="Map sheet",
        nullable=False,
        aliases=("so to", "to ban do", "so to ban do", "to bd", "shbando", "so hieu to"),
    ),
    column(
        "parcel_number",
        TEXT,
        vi="Số thửa",
        en="Parcel number",
        nullable=False,
        aliases=("so thua", "thua", "so hieu thua", "thua so", "shthua", "thua dat"),
    ),
    column(
        "area_legal_m2",
        Float,
        vi="Diện tích theo hồ sơ",
        en="Legal area",
        unit="m2",
        aliases=("dien tich", "dien tich (m2)", "dt phap ly"),
    ),
    column(
        "area_measured_ha",
        Float,
        Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
        vi="Diện tích đo trên bản đồ",
        en="Measured area",
        unit="ha",
    ),
    column(
        "land_type",
        TEXT,
        vi="Loại đất",
        en="Land type",
        aliases=("loai dat", "ma loai dat", "muc dich su dung"),
    ),
    column(
        "land_type_vintage", TEXT, vi="Bảng mã loại đất", en="Land-type code list", codes=LAND_TYPE_VINTAGES
    ),
    column(
        "user_type",
        TEXT,
        vi="Loại người sử dụng",
        en="User type",
        codes=USER_TYPES,
        aliases=("doi tuong su dung", "loai doi tuong"),
    ),
    column(
        "user_name",
        TEXT,
        vi="Người sử dụng đất",
        en="Land user",
        masked=True,
        aliases=("ten chu", "chu su dung", "nguoi su dung dat", "ho ten"),
    ),
    column(
        "origin",
        TEXT,
        vi="Nguồn gốc đất",
        en="Origin of the land",
        aliases=("nguon goc", "nguon goc su dung"),
    ),
    column(
        "state_managed",
        Boolean,
        vi="Đất Nhà nước quản lý",
        en="State-managed",
        aliases=("dat nha nuoc quan ly", "dat cong"),
    ),
    column("zone_key", TEXT, vi="Khu thu hồi", en="Zone under clearance", aliases=("ma khu", "khu")),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    *tiled("MULTIPOLYGON"),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
)
indexes(TABLE, "zone_key")
Index("ix_parcels_sheet_parcel", TABLE.c.sheet_number, TABLE.c.parcel_number)


def rows(as_of: date) -> Rows:
    """Parcels that exist on a date, each with the stage it had reached on that date."""
    stage = _least_stage(as_of).lateral("stage")
    return (
        select(*TABLE.c, stage.c.stage, stage.c.stage_on)
        .select_from(TABLE.outerjoin(stage, true()))
        .where(holds(TABLE, as_of))
    )


def _least_stage(as_of: date) -> Rows:
    """Of the cases that take a parcel on a date, the stage of the one that has come least far."""
    words = case({rank: code.value for rank, code in enumerate(STAGES)}, value=RUNS.c.stage_rank)
    return (
        select(words.label("stage"), RUNS.c.from_on.label("stage_on"))
        .join(TAKES, TAKES.c.case_key == RUNS.c.case_key)
        .where(
            TAKES.c.parcel_key == TABLE.c.key,
            holds(TAKES, as_of),
            RUNS.c.from_on <= as_of,
            or_(RUNS.c.to_on.is_(None), RUNS.c.to_on > as_of),
        )
        .order_by(RUNS.c.stage_rank, RUNS.c.from_on.desc(), RUNS.c.case_key)
        .limit(1)
    )


#: Columns that ``rows`` adds to the table's own.
DERIVED = (
    column("stage", TEXT, vi="Giai đoạn GPMB", en="Clearance stage", codes=STAGES),
    column("stage_on", Date, vi="Ngày đạt giai đoạn", en="Stage reached on"),
)

LAYER = Layer(
    id="parcels",
    title=Text("Thửa đất & GPMB", "Parcels and clearance stage"),
    group="land",
    table=TABLE,
    rows=rows,
    derived=DERIVED,
    access=Access(edit=Right.EDIT_PARCELS),
    order=45,
    legend="stage",
    measure="area_measured_ha",
    facets=("stage", "state_managed", "land_type", "zone_key"),
    card=("area_legal_m2", "area_measured_ha", "stage", "stage_on", "land_type", "state_managed"),
    minzoom=13,
    tile_columns={"stage": 0, "state_managed": 0, "parcel_number": 16, "sheet_number": 16},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.85}),
        Paint("line", {"line-color": "@parcel.line", "line-width": 0.5}),
        Paint(
            "line",
            {"line-color": "@parcel.state", "line-width": 1.6},
            filter=("==", ["get", "state_managed"], True),
        ),
        Paint(
            "symbol",
            {"text-color": "@label.minor", "text-halo-color": "@label.halo", "text-halo-width": 1},
            {"text-field": ["get", "parcel_number"], "text-size": 10, "text-font": ["Noto Sans Regular"]},
            minzoom=16.5,
        ),
    ),
    composed_of=("takes", "stage_events"),
)
