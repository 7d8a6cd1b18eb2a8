"""Values where a file has texts alone: lists, yes and no; and names where ten letters must do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

_PARTED = re.compile(r"[;,\n]")
SHORT = 10


def list_text(values: list[str] | None) -> str | None:
    """
    A list as one text: ``a, b``; as JSON where that could be read as another list.

    :func:`layers.ingest.parse` reads both.
    """
    if values is None:
        return None
    plain = values and all(v and v == v.strip() and not _PARTED.search(v) and v[0] not in "[" for v in values)
    return ", ".join(values) if plain else json.dumps(values, ensure_ascii=False)


def text(value: Any) -> str | None:
    """A value as text that the import reads as the same value."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            return list_text(value)
        case float():
            return repr(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Column to a name of at most ten letters, no two alike; the same columns give the same names."""
    taken: dict[str, str] = {}
    for name in names:
        short, count = name[:SHORT].rstrip("_"), 1  # people and the import read land_type_ as land_type
        while short.lower() in {one.lower() for one in taken.values()}:
            count += 1
            short = f"{name[: SHORT - len(str(count)) - 1]}_{count}"
        taken[name] = short
    return taken
