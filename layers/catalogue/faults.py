"""
Faults that the rules of quality found, each with its place, from the day it was found until it was gone.

Kept by `layers.quality`; only planners see it. The rules stand in `layers.quality_rules`.
"""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Table,
    func,
)

from layers.access import Access, Right
from layers.layer import Code, Layer, Paint, Text, column, geometry, indexes, metadata, tiled
from layers.quality_rules import rules

SEVERITIES = (
    Code("error", Text("Lỗi", "Error"), "@fault.error"),
    Code("warning", Text("Cảnh báo", "Warning"), "@fault.warning"),
    Code("info", Text("Lưu ý", "Note"), "@fault.info"),
)

STATES = (
    Code("open", Text("Chưa xử lý", "Open")),
    Code("accepted", Text("Đã chấp nhận", "Accepted")),
    Code("repaired", Text("Đã sửa", "Repaired")),
    Code("refused", Text("Đã từ chối", "Refused")),
)

UNITS = (
    Code("ha", Text("ha", "ha")),
    Code("m2", Text("m²", "m²")),
    Code("m", Text("m", "m")),
    Code("percent", Text("%", "%")),
    Code("count", Text("đối tượng", "features")),
)

TABLE = Table(
    "faults",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    column("key", TEXT, vi="Mã lỗi", en="Fault", nullable=False),
    column("valid_from", Date, vi="Phát hiện", en="Found on", nullable=False),
    column("valid_to", Date, vi="Hết từ", en="Gone on"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    column("illustrative", Boolean, vi="Minh họa", en="Illustrative", nullable=False, server_default="false"),
    column(
        "rule",
        TEXT,
        vi="Quy tắc",
        en="Rule",
        nullable=False,
        codes=tuple(Code(rule.id, rule.title) for rule in rules().values()),
    ),
    column("severity", TEXT, vi="Mức độ", en="Severity", codes=SEVERITIES, nullable=False),
    column(
        "state",
        TEXT,
        vi="Xử lý",
        en="State",
        codes=STATES,
        nullable=False,
        server_default="open",
    ),
    column("layer", TEXT, vi="Lớp", en="Layer", nullable=False),
    column("feature_key", TEXT, vi="Đối tượng", en="Feature", nullable=False),
    column("other_key", TEXT, vi="Đối tượng kia", en="Other feature"),
    column("measure", Float, vi="Độ lớn", en="Measure"),
    column("unit", TEXT, vi="Đơn vị", en="Unit", codes=UNITS),
    column("message_vi", TEXT, vi="Nội dung", en="Message in Vietnamese", nullable=False),
    column("message_en", TEXT, vi="Nội dung tiếng Anh", en="Message", nullable=False),
    column("repairable", Boolean, vi="Có đề xuất sửa", en="Repair proposed", nullable=False),
    column("reason", TEXT, vi="Lý do", en="Reason"),
    column("decided_by", TEXT, vi="Người quyết định", en="Decided by"),
    Column("decided_at", DateTime(timezone=True)),
    Column("accepted_measure", Float),
    Column("staged_id", BigInteger),
    column(
        "staged",
        Boolean,
        Computed("staged_id IS NOT NULL", persisted=True),
        vi="Dòng chờ sửa, chưa vào lớp",
        en="Row that waits outside the layer",
        nullable=False,
    ),
    column("geom", geometry("GEOMETRY"), vi="Vị trí", en="Place"),
    *tiled("GEOMETRY"),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_range"),
    CheckConstraint("geom IS NULL OR ST_IsValid(geom)", name="geom_valid"),
    CheckConstraint("severity IN ('error', 'warning', 'info')", name="severity"),
    CheckConstraint("state IN ('open', 'accepted', 'repaired', 'refused')", name="state"),
    CheckConstraint("state <> 'accepted' OR reason IS NOT NULL", name="accepted_has_reason"),
)
indexes(TABLE, open_key=False)
Index("uq_faults_key_open", TABLE.c.key, unique=True, postgresql_where=TABLE.c.valid_to.is_(None))
Index("ix_faults_feature", TABLE.c.layer, TABLE.c.feature_key)
Index("ix_faults_staged_id", TABLE.c.staged_id)

_IS_AREA = ("==", ["geometry-type"], "Polygon")
_IS_POINT = ("==", ["geometry-type"], "Point")

LAYER = Layer(
    id="faults",
    title=Text("Lỗi dữ liệu", "Data faults"),
    description=Text(
        "Chỗ sai hoặc đáng ngờ trong dữ liệu, kèm quy tắc, mức độ và cách xử lý.",
        "What is wrong or doubtful in the data, with the rule, the severity and what was decided.",
    ),
    group="quality",
    table=TABLE,
    kind="derived",
    access=Access(view=Right.SEE_WORK),
    order=90,
    legend="severity",
    label="message_vi",
    facets=("severity", "state", "rule", "layer", "repairable"),
    card=("rule", "severity", "state", "measure", "unit", "feature_key", "other_key"),
    tile_columns={"severity": 0, "state": 0, "rule": 10, "illustrative": 12},
    paint=(
        Paint("fill", {"fill-color": "@class.fill", "fill-opacity": 0.35}, filter=_IS_AREA),
        Paint("line", {"line-color": "@class.line", "line-width": 2}, filter=("!", list(_IS_POINT))),
        Paint(
            "circle",
            {
                "circle-color": "@class.fill",
                "circle-opacity": ["case", ["==", ["get", "state"], "open"], 1, 0.35],
                "circle-radius": ["match", ["get", "severity"], "error", 8, "warning", 7, 6],
                "circle-stroke-color": "@class.line",
                "circle-stroke-width": 1.2,
            },
            filter=_IS_POINT,
        ),
        Paint(
            # A sign as well as a colour: who cannot tell the colours apart reads the sign.
            "symbol",
            {"text-color": "@label.halo", "text-halo-color": "@class.line", "text-halo-width": 1.6},
            {
                "text-field": ["match", ["get", "severity"], "error", "!", "warning", "?", "i"],
                "text-size": 13,
                "text-font": ["Noto Sans SemiBold"],
                "text-allow-overlap": True,
            },
        ),
    ),
)
