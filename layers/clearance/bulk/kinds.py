"""The columns of each kind of submission, as the workbook heads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from layers.layer import Code, Text
from layers.records.cases import ASSET_KINDS
from layers.records.documents import KINDS as DOCUMENT_KINDS

Type = Literal["text", "date", "money", "quantity", "stage", "code"]


@dataclass(frozen=True)
class BulkColumn:
    """
    One column of a workbook.

    `codes` are the values of a coded column; those of a stage come from the law of each case. Headings are
    met folded, under either language or an alias.
    """

    name: str
    title: Text
    type: Type
    required: bool = False
    codes: tuple[Code, ...] = ()
    aliases: tuple[str, ...] = ()
    width: int = 18


_CASE = BulkColumn("case_key", Text("Mã hồ sơ", "Case"), "text", True, aliases=("ho so", "ma hs"), width=22)
_NOTE = BulkColumn("note", Text("Ghi chú", "Note"), "text", width=30)

STAGES = (
    _CASE,
    BulkColumn("stage", Text("Giai đoạn", "Stage"), "stage", True, aliases=("buoc",), width=34),
    BulkColumn("effective_on", Text("Ngày đạt giai đoạn", "Reached on"), "date", True, aliases=("ngay",)),
    BulkColumn(
        "document_kind", Text("Loại văn bản", "Kind of document"), "code", codes=DOCUMENT_KINDS, width=30
    ),
    BulkColumn("document_number", Text("Số văn bản", "Document number"), "text", aliases=("so quyet dinh",)),
    BulkColumn("document_on", Text("Ngày văn bản", "Document dated"), "date"),
    BulkColumn("document_issuer", Text("Cơ quan ban hành", "Issued by"), "text", width=28),
    _NOTE,
)

PAYMENTS = (
    _CASE,
    BulkColumn("payee", Text("Người nhận", "Payee"), "text", True, aliases=("ho ten",), width=28),
    BulkColumn("amount_vnd", Text("Số tiền (đồng)", "Amount (VND)"), "money", True, aliases=("so tien",)),
    BulkColumn("paid_on", Text("Ngày chi trả", "Paid on"), "date", True, aliases=("ngay chi",)),
    BulkColumn("voucher", Text("Số chứng từ", "Voucher"), "text", True, aliases=("chung tu",)),
)

INVENTORY = (
    _CASE,
    BulkColumn("kind", Text("Loại tài sản", "Kind of asset"), "code", True, codes=ASSET_KINDS, width=26),
    BulkColumn("description", Text("Mô tả", "Description"), "text", True, width=34),
    BulkColumn("quantity", Text("Số lượng", "Quantity"), "quantity", True),
    BulkColumn("unit", Text("Đơn vị tính", "Unit"), "text", True, aliases=("dvt",)),
    BulkColumn("inventoried_on", Text("Ngày kiểm đếm", "Inventoried on"), "date", True),
)

#: The stage of a hand-over by drawing is said by the drawing.
COLUMNS: Mapping[str, tuple[BulkColumn, ...]] = {
    "stages": STAGES,
    "payments": PAYMENTS,
    "inventory": INVENTORY,
    "handover": STAGES,
}
