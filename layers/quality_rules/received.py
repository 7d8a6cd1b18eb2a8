"""Rows that an import could not bring into their table: staged, and seen through their faults."""

from __future__ import annotations

from layers.layer import Text
from layers.quality_rules.rule import Rule

LAYERS = ("zones", "lots", "parcels", "enterprises", "admin_units", "constraints", "roads", "water", "places")

RULES = (
    Rule(
        id="row_geometry",
        title=Text("Hình học của dòng nhập không dùng được", "Received geometry that cannot be used"),
        explain=Text(
            "Dòng nằm ở vùng chờ, chưa vào lớp và không được tính vào số liệu nào. "
            "Xem đề xuất sửa hoặc từ chối dòng.",
            "The row waits in staging: it is in no layer and counts in no figure. "
            "Look at the proposed repair, or refuse the row.",
        ),
        message=Text("Dòng {number} của tệp {file}: {why}", "Row {number} of file {file}: {why}"),
        severity="error",
        layers=LAYERS,
    ),
    Rule(
        id="row_values",
        title=Text("Giá trị của dòng nhập không dùng được", "Received values that cannot be used"),
        explain=Text(
            "Dòng nằm ở vùng chờ vì thiếu giá trị, không đọc được hoặc trái với dữ liệu đang có. "
            "Sửa tệp rồi nhập lại, hoặc từ chối dòng.",
            "The row waits in staging: a value is missing, unreadable or contradicts what is stored. "
            "Mend the file and import it again, or refuse the row.",
        ),
        message=Text("Dòng {number} của tệp {file}: {why}", "Row {number} of file {file}: {why}"),
        severity="error",
        layers=LAYERS,
    ),
)
