"""
The catalogue that the web's own tests draw from is the one that the layers make.

After a change of layers, write it anew: ``python tests/web/test_golden_catalogue.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.actions.read_catalogue import _told, words  # pyright: ignore[reportPrivateUsage]
from layers.access import PUBLIC
from layers.catalogue import layers
from layers.style import GROUPS, PALETTE

GOLDEN = Path(__file__).parent.parent / "golden" / "catalogue.json"


def catalogue() -> dict[str, Any]:
    """``GET /catalogue`` for the public, with the parts that come from rows set by hand."""
    made = {
        "version": "0.1.0",
        "today": "2026-11-20",
        "as_of": "2026-11-20",
        "illustrative": True,
        "account": None,
        "extent": [106.3, 10.6, 107.6, 11.5],
        "dates": ["2024-12-31", "2025-12-31", "2026-06-30"],
        "groups": [{"id": group, "title": words(title)} for group, title in GROUPS.items()],
        "palette": PALETTE,
        "layers": [_told(layer, PUBLIC, "1") for layer in layers().values()],
    }
    return json.loads(json.dumps(made))


def test_golden_catalogue_is_what_the_layers_make() -> None:
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == catalogue()


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    text = json.dumps(catalogue(), ensure_ascii=False, indent=1) + "\n"
    GOLDEN.write_text(text, encoding="utf-8")
