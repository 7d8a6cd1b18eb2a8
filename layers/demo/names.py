"""Invented names of companies and people that sound Vietnamese and are nobody's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layers.demo.files import read

_WORDS = {row["list"]: row["words"] for row in read("names.csv")}
FIRST, LAST, FAMILY, MIDDLE, GIVEN = (
    _WORDS[name].split() for name in ("first", "last", "family", "middle", "given")
)
#: What a company calls its trade, by VSIC division.
TRADES = {name: tuple(words.split(";")) for name, words in _WORDS.items() if name.isdigit()}
FAMILY_SHARE = np.array([30, 11, 10, 7, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2, 1]) / 100


def people(rng: np.random.Generator, n: int) -> list[str]:
    """Names of n people; some occur more than once, as in any village."""
    family = rng.choice(FAMILY, n, p=FAMILY_SHARE)
    middle, given = rng.choice(MIDDLE, n), rng.choice(GIVEN, n)
    return [f"{a} {b} {c}" for a, b, c in zip(family, middle, given, strict=True)]


def companies(rng: np.random.Generator, divisions: Sequence[str], fdi: Sequence[bool]) -> list[str]:
    """One name per company by VSIC division, all different."""
    n = len(divisions)
    first, last = rng.choice(FIRST, n), rng.choice(LAST, n)
    legal = rng.choice(
        ["Công ty TNHH", "Công ty CP", "Công ty TNHH MTV", "DNTN", "Cơ sở"], n, p=[0.5, 0.16, 0.16, 0.1, 0.08]
    )
    pick = rng.random(n)
    seen: dict[str, int] = {}
    names: list[str] = []
    for i, division in enumerate(divisions):
        trades = TRADES.get(division, ("Sản xuất",))
        trade = trades[int(pick[i] * len(trades))]
        form = "Công ty TNHH" if fdi[i] else legal[i]
        own = f"{first[i]} {last[i]}" if first[i] != last[i] else f"{first[i]} Nguyên Phát"
        name = f"{form} {trade} {own} Việt Nam" if fdi[i] else f"{form} {trade} {own}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names
