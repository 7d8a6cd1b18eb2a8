"""Documents of cases, zones and other features: number, date, issuer, and the file by its digest."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Table,
    func,
)

from layers.layer import Code, Text, metadata

KINDS = (
    Code("recovery_notice", Text("Thông báo thu hồi đất", "Recovery notice")),
    Code("inventory_record", Text("Biên bản kiểm đếm", "Inventory record")),
    Code("persuasion_record", Text("Biên bản vận động, thuyết phục", "Record of persuasion")),
    Code("compulsory_inventory", Text("Quyết định kiểm đếm bắt buộc", "Compulsory inventory decision")),
    Code("plan_posting", Text("Biên bản niêm yết, đối thoại", "Record of posting and dialogue")),
    Code("plan_approval", Text("Quyết định phê duyệt phương án", "Plan approval decision")),
    Code("payment_record", Text("Chứng từ chi trả", "Payment record")),
    Code("resettlement", Text("Quyết định bố trí tái định cư", "Resettlement decision")),
    Code("recovery_decision", Text("Quyết định thu hồi đất", "Recovery decision")),
    Code("handover_record", Text("Biên bản bàn giao mặt bằng", "Hand-over record")),
    Code("enforcement_decision", Text("Quyết định cưỡng chế", "Enforcement decision")),
    Code("allocation_decision", Text("Quyết định giao đất, xử lý đất công", "Allocation decision")),
    Code("lease_end", Text("Văn bản chấm dứt thuê đất", "End of a land lease")),
    Code("complaint", Text("Đơn khiếu nại, tố cáo", "Complaint")),
    Code("other", Text("Văn bản khác", "Other document")),
)

DOCUMENTS = Table(
    "documents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    #: The feature that it belongs to: a layer's id and a key of it ("cases", "zones" …).
    Column("layer", TEXT, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("number", TEXT, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issuer", TEXT, nullable=False),
    Column("title", TEXT),
    #: Digest of the file's bytes, by which it is stored; null where only the paper exists.
    Column("sha256", TEXT),
    Column("file_name", TEXT),
    Column("media_type", TEXT),
    Column("size_bytes", BigInteger),
    Column("recorded_by", TEXT),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
)
Index("ix_documents_feature", DOCUMENTS.c.layer, DOCUMENTS.c.key)
