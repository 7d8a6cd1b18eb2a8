"""The import verb: who may, what it prints, and words for everything it can say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select
from typer.testing import CliRunner

from api.actions.import_file import import_file
from api.cli import build
from api.words import LANGS, catalogue
from gis.crs import CoordinatesFault
from gis.errors import DidoiError
from gis.geometry import NOTE_CODES
from layers.access import PUBLIC, Actor, Role
from layers.catalogue import layer
from layers.ingest import errors
from layers.ingest.mapping import BUNDLED, Mapping, load_mapping
from layers.ingest.request import Request
from layers.ingest.targets import target
from layers.records.imports import RUNS

PLANNER = Actor(Role.PLANNER, name="Lan")
ROWS = "ma,ten,lng,lat,nhu cau\n1,Dệt A,106.7,11.0,2\n2,Dệt B,106.7,11.0,hai\n"
NOTES = (
    *NOTE_CODES,
    *(kind.code for kind in (CoordinatesFault, *CoordinatesFault.__subclasses__())),
    *("assumed_constant", "assumed_translation", "assumed_key", "headings_unused", "crs_replaced"),
    *("valid_from_set", "valid_to_set", "unchanged", "closed", "corrected", "duplicate_key"),
    *("value_missing", "number_unparsable", "whole_number_needed", "date_unparsable", "code_unknown"),
    *("boolean_unparsable", "dates_reversed", "check_failed", "version_older", "version_overlaps"),
    *("record_contradicts", "key_too_long"),
)


def _file(path: Path) -> Path:
    (path / "firms.csv").write_text(ROWS, encoding="utf-8")
    return path / "firms.csv"


def test_the_public_may_not_import(db: Connection, tmp_path: Path) -> None:
    with pytest.raises(errors.ImportForbidden):
        import_file(db, PUBLIC, Request("enterprises", _file(tmp_path), "EPSG:4326"))
    assert db.execute(select(func.count()).select_from(RUNS)).scalar_one() == 0


def test_the_report_accounts_for_every_row_and_names_the_first_of_each_fault(
    db: Connection, tmp_path: Path
) -> None:
    done = import_file(db, PLANNER, Request("enterprises", _file(tmp_path), "EPSG:4326"))
    assert done.loaded + done.noted + done.refused == done.read == 2
    (fault,) = done.notes
    assert (fault.code, fault.refused, fault.count) == ("number_unparsable", True, 1)
    assert (fault.examples[0].row, fault.examples[0].facts) == (2, {"column": "nhu cau", "value": "hai"})
    assert db.execute(select(RUNS.c.actor)).scalar_one() == "Lan"
    again = import_file(db, PLANNER, Request("enterprises", _file(tmp_path), "EPSG:4326"))
    assert again.repeated
    assert again.run_id == done.run_id


@pytest.fixture
def didoi(database: Engine, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on a database of the test's own."""
    monkeypatch.setenv("DIDOI_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return CliRunner()


def test_the_verb_tells_in_both_languages(didoi: CliRunner, database: Engine, tmp_path: Path) -> None:
    asked = ["import", "enterprises", str(_file(tmp_path)), "--crs", "EPSG:4326"]
    done = didoi.invoke(build(), asked)
    assert done.exit_code == 0, done.output
    assert "Đọc 2 dòng = 1 đã nhập + 0 đã nhập kèm ghi chú + 1 không nhận" in done.output
    assert "2 rows read = 1 loaded + 0 loaded with notes + 1 refused" in done.output
    assert "“hai” không phải là số" in done.output
    firms = layer("enterprises").table
    with database.connect() as db:
        assert db.execute(select(firms.c.name)).scalars().all() == ["Dệt A"]
    again = json.loads(didoi.invoke(build(), [*asked, "--json"]).output)
    assert again["repeated"] is True


def test_a_failed_import_leaves_nothing(didoi: CliRunner, database: Engine, tmp_path: Path) -> None:
    done = didoi.invoke(build(), ["import", "enterprises", str(_file(tmp_path))])
    assert isinstance(done.exception, DidoiError)
    assert done.exception.code == "crs_unsure"
    assert "EPSG:4326 (0.8" in done.exception.facts["candidates"]
    with database.connect() as db:
        assert db.execute(select(func.count()).select_from(RUNS)).scalar_one() == 0


def test_a_plan_is_printed_with_what_is_open_and_loads_once_it_is_answered(
    didoi: CliRunner, database: Engine, tmp_path: Path
) -> None:
    printed = didoi.invoke(build(), ["import", "--plan", "enterprises", str(_file(tmp_path))])
    assert printed.exit_code == 3
    assert "EPSG:4326" in printed.stderr
    plan = json.loads(printed.stdout)
    kept = tmp_path / "plan.json"
    kept.write_text(printed.stdout, encoding="utf-8")
    refused = didoi.invoke(build(), ["import", "--apply", str(kept)])
    assert isinstance(refused.exception, DidoiError)
    assert refused.exception.code == "plan_unanswered"
    kept.write_text(json.dumps(plan | {"crs": "EPSG:4326"}), encoding="utf-8")
    done = didoi.invoke(build(), ["import", "--apply", str(kept), "--json"])
    assert json.loads(done.stdout)["loaded"] == 1
    with database.connect() as db:
        assert db.execute(select(RUNS.c.plan)).scalar_one()["crs"] == "EPSG:4326"
    (tmp_path / "firms.csv").write_text(ROWS + "3,C,106.7,11,1\n", encoding="utf-8")
    other = didoi.invoke(build(), ["import", "--apply", str(kept)])
    assert isinstance(other.exception, DidoiError)
    assert other.exception.code == "plan_of_other_file"


def test_options_answer_the_questions_of_a_plan(didoi: CliRunner, tmp_path: Path) -> None:
    asked = ["import", "--plan", "enterprises", str(_file(tmp_path)), "--crs", "EPSG:4326"]
    printed = didoi.invoke(build(), [*asked, "--column", "address=ten", "--whole-list"])
    plan = json.loads(printed.stdout)
    assert (plan["crs"], plan["whole_list"]) == ("EPSG:4326", True)
    assert plan["mapping"]["columns"]["address"] == "ten"
    assert {"column": "address", "heading": "ten", "by": "person"}.items() <= plan["evidence"]["columns"][
        0
    ].items()


def test_options_win_over_the_mapping(didoi: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("ma;ten;E;N;nhu cau\n1;A;600000;1220000;1,5\n", encoding="utf-8")
    asked = ["import", "enterprises", str(tmp_path / "f.csv"), "--crs", "EPSG:9210", "--json"]
    done = didoi.invoke(build(), [*asked, "--x", "E", "--y", "N", "--decimal", ","])
    assert json.loads(done.output)["loaded"] == 1


@pytest.mark.parametrize("lang", LANGS)
def test_every_note_and_every_error_of_an_import_has_words(lang: str) -> None:
    words = catalogue(lang)  # type: ignore[arg-type]
    assert [code for code in NOTES if code not in words["note"]] == []
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [
        kind.code for kind in kinds if issubclass(kind, DidoiError) and kind.__module__ == errors.__name__
    ]
    assert [code for code in codes if code not in words["error"]] == []


@pytest.mark.parametrize("name", sorted(path.stem for path in BUNDLED.glob("*.json")))
def test_every_bundled_mapping_fills_columns_that_exist(name: str) -> None:
    mapping = load_mapping(name)
    assert isinstance(mapping, Mapping)
    assert mapping.layer is not None
    assert mapping.about  # the public source of the file
    known = {*target(mapping.layer).fields, "valid_from", "valid_to"}
    assert {*mapping.columns, *mapping.constants, *mapping.text} <= known
