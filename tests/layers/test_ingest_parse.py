"""Values as offices write them, read as declared."""

from __future__ import annotations

from datetime import date

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, Table
from sqlalchemy.dialects import postgresql

from layers.ingest.columns import assign
from layers.ingest.encode import copy
from layers.ingest.mapping import Mapping
from layers.ingest.parse import parse
from layers.ingest.targets import Field, target
from layers.layer import Code, Text


def into(kind: str, **more: object) -> Field:
    return Field("c", kind, Text("Cột", "Column"), **more)  # type: ignore[arg-type]


def read(values: list[object], kind: str, mapping: Mapping | None = None, **more: object) -> list[object]:
    return parse(pa.array(values), into(kind, **more), mapping or Mapping()).values.to_pylist()


def test_vietnamese_numbers_need_their_format_declared() -> None:
    vietnamese = Mapping(decimal=",", thousands=".")
    assert read(["1.234,5", "1.234", "0,5", "-2", " 7 ", ""], "number", vietnamese) == [
        1234.5, 1234.0, 0.5, -2.0, 7.0, None
    ]  # fmt: skip
    assert read(["1.234,5", "1.234", "1,5"], "number") == [None, 1.234, None]
    assert read(["1.2345", "12.34.567"], "number", vietnamese) == [None, None]
    assert read(["1e400", "-1e400", "1e3"], "number") == [None, None, 1000.0]  # 1e400 would be infinite


@given(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)))
def test_a_number_written_the_vietnamese_way_reads_back(number: float) -> None:
    written = f"{number:,.3f}".translate(str.maketrans(",.", ".,"))
    assert read([written], "number", Mapping(decimal=",", thousands=".")) == [pytest.approx(number, abs=5e-4)]


def test_dates_are_read_day_first_unless_told_otherwise() -> None:
    assert read(["03/04/2025", "2025-04-03", "3-4-2025", "31/02/2025"], "date") == [
        date(2025, 4, 3), date(2025, 4, 3), date(2025, 4, 3), None
    ]  # fmt: skip
    assert read(["03/04/2025"], "date", Mapping(date_format="mm/dd/yyyy")) == [date(2025, 3, 4)]


def test_yes_and_no_in_both_languages() -> None:
    assert read(["Có", "KHÔNG", "yes", "0", "x", None], "boolean") == [True, False, True, False, True, None]
    parsed = parse(pa.array(["có lẽ"]), into("boolean"), Mapping())
    assert parsed.faults["boolean_unparsable"].tolist() == [True]


def test_a_code_is_known_by_its_words_with_or_without_marks() -> None:
    codes = (Code("operating", Text("Hoạt động", "Operating")),)
    assert read(["HOAT DONG", "Hoạt động", "operating", "?"], "text", codes=codes) == [
        "operating", "operating", "operating", None
    ]  # fmt: skip


def test_text_is_composed_and_trimmed_and_codes_lose_no_decimal_point() -> None:
    assert read(["Đo\u0302\u0300ng Nai ", "", " "], "text") == ["Đồng Nai", None, None]
    assert read([24.0, 79.0, None], "text") == ["24", "79", None]


def test_per_cent_becomes_a_ratio_only_where_it_says_so() -> None:
    assert read(["85%", "0.5"], "number", unit="ratio") == [0.85, 0.5]
    parsed = parse(pa.array([85.0]), into("number", unit="ratio"), Mapping(), "Hạ tầng (%)")
    assert parsed.values.to_pylist() == [0.85]


def test_workers_come_in_whole_people() -> None:
    parsed = parse(pa.array(["12", "12.5", "1e12"]), into("integer"), Mapping())
    assert parsed.values.to_pylist() == [12, None, None]
    assert parsed.faults["whole_number_needed"].tolist() == [False, True, True]


def test_lists_are_split_at_commas_and_semicolons() -> None:
    assert read(["13; 14,15", ""], "list") == [["13", "14", "15"], None]


def test_an_exact_name_wins_over_an_alias() -> None:
    fields = target("admin_units").fields
    assert assign(fields, ["full_name", "name", "code", "level"], {})["name"] == "name"
    assert assign(fields, ["full_name", "code"], {"name": "full_name"})["name"] == "full_name"


TYPES = {
    "text": postgresql.TEXT(),
    "number": postgresql.DOUBLE_PRECISION(),
    "integer": postgresql.INTEGER(),
    "boolean": postgresql.BOOLEAN(),
    "date": postgresql.DATE(),
    "list": postgresql.ARRAY(postgresql.TEXT()),
}
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
cells = st.fixed_dictionaries(
    {
        "text": st.none() | words,
        "number": st.none() | st.floats(allow_nan=False),
        "integer": st.none() | st.integers(-(2**31), 2**31 - 1),
        "boolean": st.none() | st.booleans(),
        "date": st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
        "list": st.none() | st.lists(words, max_size=3),
    }
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(cells, min_size=1, max_size=6))
def test_what_is_copied_in_binary_comes_back_as_it_was(db: Connection, rows: list[dict[str, object]]) -> None:
    kinds = {
        "text": pa.string(), "number": pa.float64(), "integer": pa.int32(),
        "boolean": pa.bool_(), "date": pa.date32(), "list": pa.list_(pa.string()),
    }  # fmt: skip
    table = Table("copied", MetaData(), *(Column(n, t) for n, t in TYPES.items()), prefixes=["TEMPORARY"])
    table.create(db)
    try:
        driver = db.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor:
            copy(cursor, table, {n: pa.array([row[n] for row in rows], kinds[n]) for n in TYPES})
        back = [dict(row) for row in db.execute(table.select()).mappings()]
    finally:
        table.drop(db)
    assert back == rows
