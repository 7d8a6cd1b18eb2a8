"""``didoi import``: bring a file into a layer or a record table."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands._door import door
from layers.dates import as_date

if TYPE_CHECKING:
    from api.actions.import_file import ImportReport
    from api.words import Lang
    from layers.ingest.load import Progress
    from layers.ingest.mapping import Mapping
    from layers.ingest.prepare import Request


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import")(import_)


def import_(
    layer: Annotated[str, typer.Argument(help="Lớp hoặc bảng / Layer or record table")],
    file: Annotated[Path, typer.Argument(help="GeoPackage, Shapefile (.zip), GeoJSON, CSV")],
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ / CRS, EPSG:9210")] = None,
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
    encoding: Annotated[str | None, typer.Option(help="Bảng mã / Encoding, CP1258")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Báo cáo JSON / Report as JSON")] = False,
) -> None:
    """Nhập một tệp vào một lớp / Bring a file into a layer."""
    from api.actions.import_file import import_file
    from layers.access import Actor, Role
    from layers.ingest.mapping import Mapping, load_mapping
    from layers.ingest.prepare import Request

    said = load_mapping(mapping) if mapping else Mapping()
    said = _with_options(said, x=x, y=y, decimal=decimal, thousands=thousands)
    request = Request(layer, file, crs, said, layer_in_file, encoding, _day(valid_from), _day(valid_to))
    # The person at the machine owns the database; a role of their own comes with a door of their own.
    actor = Actor(Role.PLANNER, name="didoi import")
    with door() as opened, _bar(request) as progress, opened.owner.begin() as db:
        report = import_file(db, actor, request, progress)
    typer.echo(_as_json(report) if as_json else told(report))


def _day(text: str | None) -> date | None:
    return None if text is None else as_date(text)


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
    import json
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
