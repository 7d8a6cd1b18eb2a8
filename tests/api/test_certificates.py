"""The certificate of clusters at every door: the same figures as JSON, page, paper and workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typst
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, create_engine
from typer.testing import CliRunner

from api.actions.certify_ccn import certify_ccn
from api.cli import build
from api.documents import certificate_pdf
from api.documents import paper as paper_module
from api.documents.certificate_parts import map_of
from api.documents.certificate_xlsx import xlsx
from api.http.app import create_app
from layers.access import PUBLIC
from layers.ccn_certificate import Certificate
from layers.db.cluster import create_database, drop_database
from tests.api.conftest import settings_for
from tests.factories import a_feature, a_zone, rectangle

TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def clusters(cluster_url: str, template_database: str) -> Iterator[Engine]:
    """One cluster that is complete and clear, and one that lacks its investment and lies on a road plan."""
    name = f"clusters_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    told = {"kind": "CCN", "area_legal_ha": 50.0, "location": "xã Thiện Tân", "option_name": "Phương án 1"}
    with engine.begin() as db:
        a_feature(db, "admin_units", rectangle(-9000, -9000, 40000, 40000), level="province", code="75",
                  name="Đồng Nai", unit_type="tỉnh")  # fmt: skip
        a_feature(db, "admin_units", rectangle(-9000, -9000, 40000, 40000), level="commune", code="1",
                  name="Thiện Tân", unit_type="xã")  # fmt: skip
        a_zone(db, "C/1", rectangle(0, 0, 1000, 500), name="CCN Trị An", **told,
               infrastructure_investment_billion_vnd=1234.5)  # fmt: skip
        a_zone(
            db, "C.2", rectangle(5000, 0, 1000, 500), name="=CCN <Vĩnh> & \x01Tân", illustrative=True, **told
        )
        a_feature(db, "constraints", rectangle(5900, -100, 400, 900), key="Q", kind="other_plan",
                  name="Quy hoạch <đường> vành đai")  # fmt: skip
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


@pytest.fixture
def found(clusters: Engine) -> Iterator[Certificate]:
    with clusters.connect() as db:
        yield certify_ccn(db, PUBLIC, TODAY)


@pytest.fixture(scope="module")
def asked(clusters: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(settings_for(clusters)), base_url="http://didoi.test") as opened:
        yield opened


def test_the_answer_tells_what_is_missing_and_what_overlaps(asked: TestClient) -> None:
    told = asked.get("/certificates/ccn", params={"as_of": "2026-01-01"}).json()
    second, first = told["rows"]
    assert told["counts"] == {"clusters": 2, "complete": 1, "overlapping": 1, "clear": 1}
    assert (first["key"], first["complete"], first["overlaps"]) == ("C/1", True, [])
    assert first["items"]["investment"] == {"value": 1234.5, "ok": True, "unit": "billion_vnd"}
    assert first["items"]["commune"]["message"]["vi"] == "khớp với ranh giới"
    assert not second["items"]["investment"]["ok"]
    (overlap,) = second["overlaps"]
    # The road plan covers the eastern 100 m of 1,000 m: 100 m × 500 m = 5 ha.
    assert overlap["area_ha"] == pytest.approx(5.0, rel=2e-3)
    assert (overlap["layer"], overlap["key"], overlap["share"]) == ("constraints", "Q", pytest.approx(0.1))
    assert overlap["title"]["vi"].startswith("Ràng buộc")


@pytest.mark.parametrize("form", ["", ".html", ".pdf", ".xlsx"])
def test_every_form_is_served_for_all_and_for_one(asked: TestClient, form: str) -> None:
    for key in ("", "/C/1", "/C.2"):
        answer = asked.get(f"/certificates/ccn{key}{form}")
        assert answer.status_code == 200, answer.text
        assert asked.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert asked.get(f"/certificates/ccn/K{form}").status_code == 404
    assert asked.get(f"/certificates/ccn{form}", params={"option": "không có"}).status_code == 404
    assert asked.get(f"/certificates/ccn{form}", params={"optoin": "x"}).status_code == 400


def test_one_cluster_is_the_same_row(asked: TestClient) -> None:
    rows = asked.get("/certificates/ccn").json()["rows"]
    assert asked.get("/certificates/ccn/C/1").json()["rows"] == [row for row in rows if row["key"] == "C/1"]


def test_the_page_shows_names_as_text_and_the_mark_of_illustration(asked: TestClient) -> None:
    page = asked.get("/certificates/ccn.html").text
    assert "=CCN &lt;Vĩnh&gt; &amp;" in page
    assert "<Vĩnh>" not in page
    assert "<đường>" not in page
    assert "Dữ liệu minh họa" in page
    assert page.count("<svg") == 2
    assert "Dữ liệu minh họa" not in asked.get("/certificates/ccn/C/1.html").text


def test_the_workbook_holds_numbers_and_their_sums(found: Certificate) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx(found)))
    assert book.sheet_names == ["Cụm công nghiệp", "Chồng lấn", "Thông tin"]
    heading, *rows = book.get_sheet_by_name("Cụm công nghiệp").to_python()
    assert [row[heading.index("Diện tích (ha) / Area (ha)")] for row in rows] == [50.0, 50.0, 100.0]
    invested = next(i for i, text in enumerate(heading) if "tỷ đồng" in str(text))
    assert [row[invested] for row in rows] == ["", 1234.5, 1234.5]
    assert str(rows[0][1]).startswith("=CCN <Vĩnh>")  # a name, no formula
    over = book.get_sheet_by_name("Chồng lấn").to_python()
    assert over[1][4] == pytest.approx(5.0, rel=2e-3)
    about = dict(row[:2] for row in book.get_sheet_by_name("Thông tin").to_python())
    assert about["Số liệu đến ngày / As of"] == "01/01/2026"
    assert about["Dữ liệu minh họa / Illustrative data"] == "Có / Yes"


def texts_of(node: Any) -> str:
    """Every text of a queried document, in order."""
    if isinstance(node, dict):
        own = node.get("text")
        parts = [own] if isinstance(own, str) else []
        return " ".join(
            [*parts, *(texts_of(value) for name, value in node.items() if not (name == "text" and parts))]
        )
    return " ".join(texts_of(item) for item in node) if isinstance(node, list) else ""


def test_the_paper_holds_the_figures(found: Certificate) -> None:
    data = json.dumps(certificate_pdf._data(found), ensure_ascii=False)
    form = paper_module.form("certificate.typ")
    paper = typst.Compiler(form, font_paths=paper_module._fonts(), sys_inputs={"data": data})
    tables = texts_of(json.loads(paper.query("table")))
    for figure in ("CCN Trị An", "1.234,5", "xã Thiện Tân", "Chưa đủ", "Quy hoạch <đường> vành đai", "10 %"):
        assert figure in tables, figure
    grids = texts_of([json.loads(paper.query(part)) for part in ("<letterhead>", "<signatures>")])
    for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", "Nơi nhận:"):
        assert words in grids, words


def test_the_same_data_give_the_same_bytes(found: Certificate) -> None:
    assert certificate_pdf.pdf(found) == certificate_pdf.pdf(found)
    assert xlsx(found) == xlsx(found)
    assert certificate_pdf.pdf(found).startswith(b"%PDF-")


def test_the_map_hatches_the_overlap_and_has_scale_and_north(found: Certificate) -> None:
    over, clear = map_of(found.clusters[0]), map_of(found.clusters[1])
    assert over.count("#B3122A") >= 3
    assert "#B3122A" not in clear
    for drawn in (over, clear):
        assert ">B</text>" in drawn
        assert " m</text>" in drawn
        assert "xã Thiện Tân" in drawn
        assert "href" not in drawn
    assert "\x01" not in over


def test_an_empty_certificate_is_a_paper_too(clusters: Engine) -> None:
    with clusters.connect() as db:
        nothing = certify_ccn(db, PUBLIC, date(2001, 1, 1))
    assert nothing.clusters == ()
    assert certificate_pdf.pdf(nothing).startswith(b"%PDF-")
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(xlsx(nothing))).sheet_names) == 3


def test_the_command_line_writes_the_same_papers(
    clusters: Engine, found: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIDOI_DATABASE_URL", clusters.url.render_as_string(hide_password=False))
    paper, book = tmp_path / "ccn.pdf", tmp_path / "c1.xlsx"
    run = CliRunner().invoke(build(), ["certificate", "--out", str(paper), "--as-of", "2026-01-01"])
    assert run.exit_code == 0, run.output
    assert paper.read_bytes() == certificate_pdf.pdf(found)
    run = CliRunner().invoke(build(), ["certificate", "C/1", "--out", str(book)])
    assert run.exit_code == 0, run.output
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("Cụm công nghiệp").to_python()
    assert [row[0] for row in rows[1:]] == ["C/1", "Tổng cộng / Total"]
    assert CliRunner().invoke(build(), ["certificate", "--out", str(tmp_path / "x.docx")]).exit_code == 2
