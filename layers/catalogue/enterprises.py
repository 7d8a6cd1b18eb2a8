"""Enterprises outside zones, and whole zones that are themselves to move."""

from __future__ import annotations

from sqlalchemy import ARRAY, TEXT, Boolean, CheckConstraint, Float, Integer, Table

from layers.access import Access, Right
from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

SCHEMES = (
    Code("VSIC2018", Text("VSIC 2018 (QĐ 27/2018)", "VSIC 2018")),
    Code("VSIC2025", Text("VSIC 2025 (QĐ 36/2025)", "VSIC 2025")),
)

DISPOSITIONS = (
    Code("relocate", Text("Bắt buộc di dời", "Must relocate"), "@firm.relocate"),
    Code("encouraged", Text("Khuyến khích di dời", "Encouraged to relocate"), "@firm.encouraged"),
    Code("convert", Text("Chuyển đổi công năng", "Convert function"), "@firm.convert"),
    Code("change_technology", Text("Thay đổi công nghệ", "Change technology"), "@firm.technology"),
    Code("upgrade_in_place", Text("Cải tạo tại chỗ", "Upgrade in place"), "@firm.stay"),
    Code("not_subject", Text("Không thuộc diện", "Not subject"), "@firm.not_subject"),
    Code("closed", Text("Đã ngừng hoạt động", "Closed"), "@firm.closed"),
)

MANAGED_BY = (
    Code("province", Text("Tỉnh quản lý", "Province")),
    Code("centre", Text("Trung ương quản lý", "Centre")),
)

#: Processes on which a pollution rule or a zone's refusal may turn, whatever the sector code says.
PROCESS_FLAGS = (
    Code("has_dyeing", Text("Có nhuộm, giặt tẩy", "Dyeing or washing")),
    Code("has_tanning", Text("Có thuộc da", "Tanning")),
    Code("has_plating", Text("Có xi mạ", "Plating")),
)

TABLE = Table(
    "enterprises",
    metadata,
    *versioned(),
    column(
        "key",
        TEXT,
        vi="Mã",
        en="Code",
        nullable=False,
        searched=True,
        aliases=("ma", "ma doanh nghiep", "code"),
    ),
    column(
        "tax_code",
        TEXT,
        vi="Mã số thuế",
        en="Tax code",
        searched=True,
        aliases=("ma so thue", "mst", "tax code"),
    ),
    column(
        "name",
        TEXT,
        vi="Tên doanh nghiệp",
        en="Name",
        nullable=False,
        searched=True,
        aliases=("ten doanh nghiep", "ten cong ty", "ten", "name"),
    ),
    column("name_en", TEXT, vi="Tên tiếng Anh", en="English name", searched=True, aliases=("ten tieng anh",)),
    column("address", TEXT, vi="Địa chỉ", en="Address", aliases=("dia chi", "address")),
    column(
        "vsic_scheme", TEXT, vi="Hệ mã ngành", en="Sector scheme", codes=SCHEMES, aliases=("he ma nganh",)
    ),
    column(
        "vsic_code", TEXT, vi="Mã ngành", en="Sector code", aliases=("ma nganh", "nganh", "vsic", "sector")
    ),
    column(
        "process_flags",
        ARRAY(TEXT),
        vi="Công đoạn",
        en="Processes",
        codes=PROCESS_FLAGS,
        aliases=("cong doan",),
    ),
    column(
        "workers_count",
        Integer,
        vi="Lao động",
        en="Workers",
        unit="count",
        aliases=("lao dong", "so lao dong", "workers"),
    ),
    column(
        "area_current_ha",
        Float,
        vi="Diện tích hiện nay",
        en="Current area",
        unit="ha",
        aliases=("dien tich", "dien tich hien tai", "dien tich (ha)"),
    ),
    column(
        "area_needed_ha",
        Float,
        vi="Đất cần",
        en="Area needed",
        unit="ha",
        aliases=("nhu cau", "dien tich can", "nhu cau dat (ha)"),
    ),
    column(
        "discharge_m3_day",
        Float,
        vi="Nước thải",
        en="Wastewater",
        unit="m3_day",
        aliases=("nuoc thai", "luu luong nuoc thai"),
    ),
    column("is_fdi", Boolean, vi="Vốn nước ngoài", en="Foreign-invested", aliases=("fdi", "von nuoc ngoai")),
    column("nationality", TEXT, vi="Quốc tịch nhà đầu tư", en="Investor nationality", aliases=("quoc tich",)),
    column("managed_by", TEXT, vi="Cấp quản lý", en="Managed by", codes=MANAGED_BY, aliases=("cap quan ly",)),
    column(
        "disposition",
        TEXT,
        vi="Hướng xử lý",
        en="Disposition",
        codes=DISPOSITIONS,
        aliases=("huong xu ly", "phan loai"),
    ),
    column("wave", TEXT, vi="Đợt", en="Wave", aliases=("dot", "dot di doi")),
    column("origin_zone_key", TEXT, vi="Là cả khu", en="Is a whole zone"),
    column(
        "contact_name",
        TEXT,
        vi="Người liên hệ",
        en="Contact",
        masked=True,
        aliases=("nguoi lien he", "giam doc"),
    ),
    column("contact_phone", TEXT, vi="Điện thoại", en="Phone", masked=True, aliases=("dien thoai", "sdt")),
    column("geom", geometry("POINT"), vi="Vị trí", en="Location", nullable=False),
    *tiled("POINT"),
    CheckConstraint("NOT ST_IsEmpty(geom)", name="geom_valid"),
    CheckConstraint("area_needed_ha > 0", name="area_needed"),
    CheckConstraint("(vsic_code IS NULL) = (vsic_scheme IS NULL)", name="vsic_has_scheme"),
)
indexes(TABLE, "tax_code", "vsic_code")

LAYER = Layer(
    id="enterprises",
    title=Text("Doanh nghiệp ngoài khu", "Enterprises outside zones"),
    group="firms",
    table=TABLE,
    order=70,
    shown=True,
    legend="disposition",
    measure="area_needed_ha",
    access=Access(unmask=Right.SEE_FIRM_CONTACTS),
    label="name",
    facets=("disposition", "wave", "vsic_code", "is_fdi", "managed_by"),
    card=("area_needed_ha", "area_current_ha", "workers_count", "discharge_m3_day", "vsic_code", "wave"),
    tile_columns={"disposition": 0, "name": 13, "area_needed_ha": 12, "illustrative": 12},
    paint=(
        Paint(
            "circle",
            {
                # A dot cannot be hatched: what is not classified is dark ink, never a pale end of a ramp.
                "circle-color": ["case", ["has", "disposition"], "@class.fill", "@firm.unknown"],
                "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 1.4, 11, 2.4, 15, 5.5],
                "circle-stroke-color": "@firm.line",
                "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 9, 0.2, 13, 1],
            },
        ),
        Paint(
            "symbol",
            {"text-color": "@label.firm", "text-halo-color": "@label.halo", "text-halo-width": 1.4},
            {
                "text-field": ["get", "name"],
                "text-size": 11,
                "text-offset": [0, 0.9],
                "text-anchor": "top",
                "text-font": ["Noto Sans Regular"],
                "text-max-width": 9,
            },
            minzoom=14.2,
        ),
    ),
)
