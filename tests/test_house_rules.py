"""Rules of the house that no linter knows: where SQL, transactions, environment and CRSs are touched."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from api.words import LANGS

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for room in ("gis", "layers", "api") for path in (ROOT / room).rglob("*.py"))
RUNS_SQL = {"text", "execute", "exec_driver_sql", "literal_column"}
#: Where a transaction may end: the command line's door, HTTP's door, migrations and the cluster itself.
DOORS = ("api/commands/", "api/http/", "api/jobs", "api/serve", "layers/db/")


def _trees(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(rooms or ("gis/", "layers/", "api/")):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_no_sql_is_built_from_pieces_of_text() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) in RUNS_SQL
        and node.args
        and any(
            isinstance(piece, ast.JoinedStr | ast.BinOp)
            or (isinstance(piece, ast.Call) and _called(piece) == "format")
            for piece in node.args[:1]
        )
        and not _composed(node.args[0])
    ]
    assert found == []


def _composed(node: ast.AST) -> bool:
    """psycopg's ``sql.SQL(...).format(...)`` quotes what it is given; text does not."""
    return isinstance(node, ast.Call) and "sql.SQL" in ast.unparse(node)


def test_only_the_doors_end_a_transaction() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) in {"commit", "rollback"}
        and not name.startswith(DOORS)
    ]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    touched = re.compile(r"os\.(environ|getenv)")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if touched.search(path.read_text(encoding="utf-8"))
    ]
    assert set(found) <= {"api/settings.py"}


def test_the_storage_crs_is_named_in_one_place() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == 4326 and not name.startswith("gis/crs/")
    ]
    assert found == []


def test_no_module_is_two_ideas() -> None:
    long = [
        f"{path.relative_to(ROOT).as_posix()}: {count} lines"
        for path in SOURCES
        if "migrations/versions" not in path.as_posix()
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 500
    ]
    assert long == []


def _errors() -> list[str]:
    names = []
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.bases:
                names.append((node.name, {ast.unparse(base).split(".")[-1] for base in node.bases}))
    known = {"DidoiError"}
    while more := {name for name, bases in names if bases & known} - known:
        known |= more
    return sorted(re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in known - {"DidoiError"})


@pytest.mark.parametrize("lang", LANGS)
def test_every_error_has_words(lang: str) -> None:
    words = json.loads((ROOT / "api" / "words" / f"{lang}.json").read_text(encoding="utf-8"))["error"]
    bare = {"bad_input", "not_found", "forbidden", "conflict", "unavailable"}
    assert [code for code in _errors() if code not in words and code not in bare] == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_error_brings_the_facts_that_its_words_name(lang: str) -> None:
    sentences = json.loads((ROOT / f"api/words/{lang}.json").read_text(encoding="utf-8"))["error"]
    for path, call in _calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        code = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        facts = {given.arg for given in call.keywords}
        if not name[:1].isupper() or code not in sentences or None in facts:
            continue
        named = {field for _, field, _, _ in Formatter().parse(sentences[code]) if field}
        assert named <= facts, f"{path}:{call.lineno} {name}"


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in _trees():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_both_languages_say_the_same_things() -> None:
    def flat(node: object, path: str = "") -> dict[str, set[str]]:
        if isinstance(node, dict):
            return {k: v for key, value in node.items() for k, v in flat(value, f"{path}.{key}").items()}
        return {path: {name for _, name, _, _ in Formatter().parse(str(node)) if name}}

    vi, en = (
        json.loads((ROOT / "api" / "words" / f"{lang}.json").read_text(encoding="utf-8"))
        for lang in ("vi", "en")
    )
    assert flat(vi) == flat(en)
