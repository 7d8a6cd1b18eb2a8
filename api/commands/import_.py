"""``didoi import``: bring a file into a layer or a record table."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands._door import door
from gis.errors import BadInput
from layers.dates import as_date

if TYPE_CHECKING:
    from api.actions.import_file import ImportReport
    from api.words import Lang
    from layers.ingest.mapping import Mapping
    from layers.ingest.parts import Progress
    from layers.ingest.plan import Plan
    from layers.ingest.request import Request

NAMED = 10
"""So many of what disappeared are named in the report for people."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import")(import_)


class ImportWordsMissing(BadInput):
    """The verb was called without what it needs. Facts: missing."""


class ImportColumnMalformed(BadInput):
    """An option ``--column`` that is not column=heading. Facts: value."""


UNANSWERED = 3
"""Exit status of a plan that was printed with open questions."""


def import_(
    layer: Annotated[str | None, typer.Argument(help="Lớp hoặc bảng / Layer or record table")] = None,
    file: Annotated[Path | None, typer.Argument(help="GeoPackage, Shapefile, XLSX, DXF, TAB, CSV …")] = None,
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ / CRS, EPSG:9210")] = None,
    province: Annotated[str | None, typer.Option(help="Mã tỉnh của tệp / Province code, 75")] = None,
    mapping: Annotated[
        str | None, typer.Option(help="Tệp hoặc tên ánh xạ có sẵn / Mapping file or bundled name")
    ] = None,
    layer_in_file: Annotated[str | None, typer.Option(help="Lớp trong tệp / Layer in the file")] = None,
    valid_from: Annotated[str | None, typer.Option(help="Hiệu lực từ / Valid from, 2025-07-01")] = None,
    valid_to: Annotated[
        str | None, typer.Option(help="Hết hiệu lực từ ngày / First day no longer valid")
    ] = None,
    x: Annotated[str | None, typer.Option("--x", help="Cột kinh độ, hướng đông / East column")] = None,
    y: Annotated[str | None, typer.Option("--y", help="Cột vĩ độ, hướng bắc / North column")] = None,
    decimal: Annotated[str | None, typer.Option(help="Dấu thập phân / Decimal mark")] = None,
    thousands: Annotated[str | None, typer.Option(help="Dấu hàng nghìn / Thousands mark")] = None,
    encoding: Annotated[str | None, typer.Option(help="Bảng mã / Encoding, TCVN3, VNI")] = None,
    column: Annotated[list[str] | None, typer.Option(help="cột=tiêu đề / column=heading")] = None,
    *,
    whole_list: Annotated[
        bool, typer.Option("--whole-list", help="Tệp là toàn bộ danh sách / The file is the whole list")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Chỉ in kế hoạch / Print the plan only")] = False,
    apply: Annotated[Path | None, typer.Option(help="Nhập theo kế hoạch / Load by a plan")] = None,
    given: Annotated[Path | None, typer.Option("--file", help="Tệp của kế hoạch / The plan's file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Báo cáo JSON / Report as JSON")] = False,
) -> None:
    """Nhập một tệp vào một lớp / Bring a file into a layer."""
    from api.commands._plans import answered, asked, proposed, read_plan, reviewed
    from layers.ingest.mapping import Mapping, load_mapping

    if apply is not None:
        known = read_plan(apply)
        path = given or file or apply.parent / known.file.name
        _load(reviewed(known, path), path, as_json=as_json)
        return
    if layer is None or file is None:
        raise ImportWordsMissing(missing="LAYER" if layer is None else "FILE")
    said = load_mapping(mapping) if mapping else Mapping()
    said = _with_options(said, x=x, y=y, decimal=decimal, thousands=thousands)
    said = replace(said, columns={**said.columns, **_columns(column or [])})
    _check_layer(said, layer)
    told: dict[str, Any] = {"mapping": said, "whole_list": whole_list, "crs": crs, "encoding": encoding}
    told |= {"province": province, "layer_in_file": layer_in_file}
    told |= {"valid_from": _day(valid_from), "valid_to": _day(valid_to)}
    with door() as opened, opened.owner.connect() as db:
        made = proposed(db, file, layer, told)
    if plan:
        typer.echo(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
        if made.questions:
            typer.echo("\n".join(asked(made)), err=True)
            raise typer.Exit(UNANSWERED)
        return
    _load(answered(made), file, as_json=as_json)


def _load(plan: Plan, path: Path, *, as_json: bool) -> None:
    """Load by a plan, in one transaction, and tell what became of every row."""
    from api.actions.import_file import import_file, keep_raster
    from layers.access import system
    from layers.ingest.plan import COVERAGES
    from layers.ingest.request import planned

    # The person at the machine owns the database; a role of their own comes with a door of their own.
    actor = system("didoi import")
    if plan.target == COVERAGES:
        with door() as opened, opened.owner.begin() as db:
            report = keep_raster(db, actor, plan, path, opened.settings.coverages)
        typer.echo(_as_json(report) if as_json else told(report))
        return
    request = planned(plan, path)
    with door() as opened, _bar(request) as progress, opened.owner.begin() as db:
        report = import_file(db, actor, request, progress)
    typer.echo(_as_json(report) if as_json else told(report))


def _columns(given: list[str]) -> dict[str, str]:
    """
    What ``--column name=heading`` says.

    Raises
    ------
    ImportColumnMalformed
    """
    found: dict[str, str] = {}
    for one in given:
        name, equals, heading = one.partition("=")
        if not equals or not name or not heading:
            raise ImportColumnMalformed(value=one)
        found[name] = heading
    return found


def _check_layer(said: Mapping, layer: str) -> None:
    from layers.ingest.errors import MappingInvalid

    if said.layer is not None and said.layer != layer:
        raise MappingInvalid(mapping=said.layer, reason=f"layer: {said.layer} ≠ {layer}")


def _day(text: str | None) -> str | None:
    return None if text is None else as_date(text).isoformat()


def told(report: ImportReport) -> str:
    """The report for people, Vietnamese first."""
    lines: list[str] = []
    for lang in ("vi", "en"):
        lines.extend([*_told(report, lang), ""])
    return "\n".join(lines).rstrip()


def _told(report: ImportReport, lang: Lang) -> list[str]:
    from api.words import say

    facts = {
        "title": getattr(report.title, lang),
        "target": report.target,
        "file": report.file,
        "run": report.run_id,
        "crs": report.crs or "–",
        "read": _grouped(report.read, lang),
        "loaded": _grouped(report.loaded, lang),
        "noted": _grouped(report.noted, lang),
        "refused": _grouped(report.refused, lang),
    }
    lines = [say("import.done", lang, **facts), say("import.counts", lang, **facts)]
    if report.repeated:
        lines.insert(0, say("import.repeated", lang, **facts))
    lines += [f"  · {say(f'note.{code}', lang, **_readable(known))}" for code, known in report.assumed]
    lines += [f"      {one['key']}  {one['label']}" for one in report.disappeared[:NAMED]]
    if len(report.disappeared) > NAMED:
        lines.append("      … (--json)")
    for note in report.notes:
        mark = "✗" if note.refused else "!"
        lines.append(f"  {mark} {_grouped(note.count, lang)} × {note.code}")
        for one in note.examples:
            sentence = say(f"note.{note.code}", lang, **_readable(one.facts))
            lines.append(f"      {say('import.row', lang, row=one.row, key=one.key or '–')}: {sentence}")
    return lines


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: "–" if value is None else value for name, value in facts.items()}


def _grouped(count: int, lang: Lang) -> str:
    return f"{count:,}" if lang == "en" else f"{count:,}".replace(",", ".")


def _as_json(report: ImportReport) -> str:
    from dataclasses import asdict

    return json.dumps(asdict(report), ensure_ascii=False, indent=2)


def _with_options(said: Mapping, **options: str | None) -> Mapping:
    """The mapping with the options that were given; they win."""
    from dataclasses import asdict

    from layers.ingest.mapping import from_dict

    given = {name: value for name, value in options.items() if value is not None}
    return from_dict({**asdict(said), **given}, "--decimal, --thousands") if given else said


@contextmanager
def _bar(request: Request) -> Generator[Progress | None]:
    """A progress bar where somebody watches; nothing where the output goes to a file."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from api.words import say

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*parts, console=console, transient=True) as shown:
        task = shown.add_task(request.path.name, total=None)

        def tell(step: str, done: int, total: int) -> None:
            words = f"{say(f'import.step_{step}', 'vi')} / {say(f'import.step_{step}', 'en')}"
            shown.update(task, description=words, completed=done, total=total or None)

        yield tell
