"""Industrial parks and clusters, and their phases as children."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    TEXT,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    Float,
    Table,
)

from gis.crs import STORAGE_SRID
from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled, versioned

KINDS = (
    Code("KCN", Text("Khu công nghiệp", "Industrial park")),
    Code("CCN", Text("Cụm công nghiệp", "Industrial cluster")),
    Code("KCX", Text("Khu chế xuất", "Export processing zone")),
    Code("KCNC", Text("Khu công nghệ cao", "High-tech park")),
    Code("KKT", Text("Khu công nghiệp trong khu kinh tế", "Park in an economic zone")),
)

#: Lifecycle as seen in practice (Decree 32/2024, Decree 35/2022 and the provincial lists).
STATUSES = (
    Code("planned", Text("Quy hoạch", "Planned"), "@zone.plan"),
    Code("investor_selected", Text("Đã chọn chủ đầu tư", "Investor selected"), "@zone.plan"),
    Code("established", Text("Đã thành lập", "Established"), "@zone.plan"),
    Code("clearing", Text("Đang GPMB", "Under clearance"), "@zone.clear"),
    Code("building", Text("Xây dựng hạ tầng", "Building infrastructure"), "@zone.build"),
    Code("operating", Text("Hoạt động", "Operating"), "@zone.open"),
    Code("full", Text("Đã lấp đầy", "Full"), "@zone.full"),
    Code("converting", Text("Chuyển đổi công năng", "Converting"), "@zone.conv"),
    Code("suspended", Text("Tạm dừng", "Suspended"), "@zone.conv"),
    Code("removed_from_plan", Text("Đưa ra khỏi quy hoạch", "Removed from plan"), "@zone.conv"),
)

#: On what the clearance of a zone rests. Unknown is not zero: free land is then no data.
CLEARANCE_BASES = (
    Code("parcels", Text("Theo dõi từng thửa", "Tracked by parcel")),
    Code("declared", Text("Bàn giao theo quyết định", "Handed over by a decision")),
    Code("unknown", Text("Chưa rõ", "Unknown")),
)

TABLE = Table(
    "zones",
    metadata,
    *versioned(),
    column(
        "key",
        TEXT,
        vi="Mã",
        en="Code",
        nullable=False,
        searched=True,
        aliases=("ma kcn", "ma ccn", "ma khu", "code", "ma so"),
    ),
    column(
        "name",
        TEXT,
        vi="Tên",
        en="Name",
        nullable=False,
        searched=True,
        aliases=(
            *("ten kcn", "ten ccn", "ten khu", "ten cum", "name"),
            *("ten khu cong nghiep", "ten cum cong nghiep", "khu cong nghiep", "cum cong nghiep", "ten goi"),
        ),
    ),
    column(
        "other_names", ARRAY(TEXT), vi="Tên khác", en="Other names", searched=True, aliases=("ten goi khac",)
    ),
    column(
        "kind", TEXT, vi="Loại hình", en="Kind", codes=KINDS, nullable=False, aliases=("loai hinh", "loai")
    ),
    column("parent_key", TEXT, vi="Thuộc khu", en="Part of", aliases=("thuoc khu", "khu me", "parent")),
    column(
        "status", TEXT, vi="Trạng thái", en="Status", codes=STATUSES, aliases=("trang thai", "tinh trang")
    ),
    column("specialised", Boolean, vi="Chuyên ngành di dời", en="Specialised", aliases=("chuyen nganh",)),
    column("vsic_scheme", TEXT, vi="Hệ mã ngành", en="Sector scheme", aliases=("he ma nganh",)),
    column(
        "permitted_vsic",
        ARRAY(TEXT),
        vi="Ngành được phép",
        en="Permitted sectors",
        aliases=("nganh nghe thu hut", "nganh duoc phep", "nganh nghe"),
    ),
    column(
        "refused_vsic",
        ARRAY(TEXT),
        vi="Ngành không nhận",
        en="Refused sectors",
        aliases=("nganh khong nhan", "nganh han che"),
    ),
    column(
        "area_legal_ha",
        Float,
        vi="Diện tích quy hoạch",
        en="Legal area",
        unit="ha",
        aliases=("dien tich", "dien tich (ha)", "dien tich quy hoach", "dt quy hoach", "area"),
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
        "industrial_area_ha",
        Float,
        vi="Đất công nghiệp",
        en="Industrial land",
        unit="ha",
        aliases=("dat cong nghiep", "dien tich dat cong nghiep"),
    ),
    column(
        "investor",
        TEXT,
        vi="Chủ đầu tư hạ tầng",
        en="Infrastructure investor",
        searched=True,
        aliases=("chu dau tu", "chu dau tu ha tang", "nha dau tu"),
    ),
    column(
        "decision_number",
        TEXT,
        vi="Số quyết định",
        en="Decision number",
        aliases=("so quyet dinh", "quyet dinh thanh lap", "quyet dinh"),
    ),
    column("decided_on", Date, vi="Ngày quyết định", en="Decided on", aliases=("ngay quyet dinh",)),
    column(
        "infrastructure_ratio",
        Float,
        vi="Hạ tầng hoàn thành",
        en="Infrastructure done",
        unit="ratio",
        aliases=("ty le ha tang", "ha tang (%)", "hoan thanh ha tang"),
    ),
    column(
        "wastewater_plant",
        Boolean,
        vi="Trạm xử lý nước thải",
        en="Wastewater plant",
        aliases=("xu ly nuoc thai", "tram xlnt", "xlnt"),
    ),
    column(
        "wastewater_capacity_m3_day",
        Float,
        vi="Công suất xử lý nước thải",
        en="Wastewater capacity",
        unit="m3_day",
        aliases=("cong suat xlnt", "cong suat xu ly nuoc thai"),
    ),
    column(
        "rent_usd_m2_term",
        Float,
        vi="Giá thuê đất cả kỳ",
        en="Land rent for the term",
        unit="usd_m2_term",
        aliases=("gia thue", "gia thue dat", "don gia thue"),
    ),
    column(
        "clearance_basis",
        TEXT,
        vi="Cơ sở số liệu GPMB",
        en="Clearance rests on",
        codes=CLEARANCE_BASES,
        nullable=False,
        server_default="unknown",
        aliases=("co so gpmb",),
    ),
    column(
        "handover_decision",
        TEXT,
        vi="Quyết định bàn giao đất",
        en="Hand-over decision",
        aliases=("quyet dinh ban giao",),
    ),
    column("handed_over_on", Date, vi="Ngày bàn giao đất", en="Handed over on", aliases=("ngay ban giao",)),
    column("geom", geometry("MULTIPOLYGON"), vi="Ranh giới", en="Boundary", nullable=False),
    column(
        "entrance_lon",
        Float,
        vi="Kinh độ cổng vào",
        en="Longitude of the entrance",
        listed=False,
        aliases=("kinh do cong", "kinh do cong vao"),
    ),
    column(
        "entrance_lat",
        Float,
        vi="Vĩ độ cổng vào",
        en="Latitude of the entrance",
        listed=False,
        aliases=("vi do cong", "vi do cong vao"),
    ),
    column(
        "entrance",
        geometry("POINT"),
        Computed(f"ST_SetSRID(ST_MakePoint(entrance_lon, entrance_lat), {STORAGE_SRID})", persisted=True),
        vi="Cổng vào",
        en="Entrance",
        listed=False,
    ),
    *tiled("MULTIPOLYGON", low_tolerance_m=60),
    # What Decree 32/2024 wants of a cluster in the province's development option, beside name, area and
    # sectors; last, for they were added to tables that were there.
    column(
        "option_name",
        TEXT,
        vi="Phương án phát triển",
        en="Development option",
        aliases=("phuong an", "phuong an phat trien", "phuong an phat trien ccn", "quy hoach tinh"),
    ),
    column(
        "location",
        TEXT,
        vi="Địa điểm (đến cấp xã)",
        en="Location (to the commune)",
        aliases=("dia diem", "vi tri", "vi tri den cap xa", "dia diem den cap xa", "dia diem xay dung"),
    ),
    column(
        "infrastructure_investment_billion_vnd",
        Float,
        vi="Dự kiến tổng mức đầu tư hạ tầng",
        en="Expected infrastructure investment",
        unit="billion_vnd",
        aliases=(
            "tong muc dau tu ha tang",
            "tong von dau tu ha tang",
            "von dau tu ha tang",
            "du kien tong muc dau tu",
            "du kien tong muc dau tu ha tang ky thuat",
            "tong muc dau tu ha tang ky thuat",
            "von dau tu ha tang",
            "tong muc dau tu",
            "tong muc dau tu ty dong",
        ),
    ),
    CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("(entrance_lon IS NULL) = (entrance_lat IS NULL)", name="entrance_whole"),
    CheckConstraint(
        "entrance_lon BETWEEN 102 AND 118 AND entrance_lat BETWEEN 7 AND 24", name="entrance_in_country"
    ),
    CheckConstraint("clearance_basis IN ('parcels', 'declared', 'unknown')", name="clearance_basis"),
    CheckConstraint(
        "clearance_basis <> 'declared' OR (handover_decision IS NOT NULL AND handed_over_on IS NOT NULL)",
        name="declared_has_decision",
    ),
    CheckConstraint("infrastructure_ratio BETWEEN 0 AND 1", name="infrastructure_ratio"),
    CheckConstraint("area_legal_ha > 0 AND industrial_area_ha >= 0", name="areas"),
)
indexes(TABLE, "parent_key")

LAYER = Layer(
    id="zones",
    title=Text("Khu, cụm công nghiệp", "Industrial parks and clusters"),
    description=Text(
        "Ranh giới, trạng thái, ngành nghề và hạ tầng của khu, cụm công nghiệp và các giai đoạn.",
        "Boundary, status, sectors and infrastructure of industrial parks, clusters and their phases.",
    ),
    group="zones",
    table=TABLE,
    order=40,
    shown=True,
    legend="status",
    measure="area_legal_ha",
    part_of="parent_key",
    restricts=True,
    label="name",
    facets=("kind", "status", "specialised", "clearance_basis", "wastewater_plant"),
    card=(
        "area_legal_ha",
        "industrial_area_ha",
        "infrastructure_ratio",
        "wastewater_capacity_m3_day",
        "rent_usd_m2_term",
        "area_measured_ha",
    ),
    tile_columns={"name": 0, "status": 0, "kind": 0, "parent_key": 9, "area_legal_ha": 9, "illustrative": 9},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.82}),
        Paint(
            "line",
            {"line-color": "@class.line", "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.8, 13, 2]},
        ),
        Paint(
            "symbol",
            {"text-color": "@label.zone", "text-halo-color": "@label.halo", "text-halo-width": 1.6},
            {
                "text-field": ["get", "name"],
                "text-size": ["interpolate", ["linear"], ["zoom"], 9, 11, 13, 13],
                "text-font": ["Noto Sans SemiBold"],
                "text-max-width": 7,
            },
            filter=("!", ["has", "parent_key"]),  # the park's name stands for its phases
            minzoom=9.4,
        ),
    ),
)
