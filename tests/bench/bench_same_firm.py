"""
How long it takes to say which stored firm each row of a list is, beside comparing every name with every name.

Prints medians and ratios and asserts no time: a budget belongs to a machine, a ratio to the code.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pyarrow as pa
from geoalchemy2.shape import from_shape
from rapidfuzz import fuzz, process
from shapely import Point
from sqlalchemy import insert

from gis.crs import STORAGE_SRID
from gis.text import fold
from layers.catalogue.enterprises import TABLE
from layers.same_firm import match, pairs_within
from tests.bench._run import Line, database, table, timed

WORDS = """
Hoàng Long Minh Phát Tân Phú An Bình Trường Thành Đại Dương Nam Việt Thịnh Hưng Phước Lộc Gia Khang Sơn Hải
Thiên Ân Kim Ngân Hồng Hà Đức Tín Quang Vinh Bảo Châu Thuận Phong Mỹ Nghệ Gỗ Nhựa Thép Cơ Khí Dệt May Giấy
Bao Bì Da Giày Gốm Sứ Hóa Chất Điện Tử Tài Lợi Vạn Xuân Thái Ngọc Thanh Trí Đông Tây Bắc Hòa Nhật Tiến Lâm
"""
FORMS = ("Công ty TNHH", "Công ty TNHH MTV", "Công ty Cổ phần", "DNTN")
TRADES = ("", "Sản xuất ", "Sản xuất Thương mại ", "Thương mại Dịch vụ ")
SPELT = (("Công ty TNHH", "Cty TNHH"), ("Công ty Cổ phần", "CTCP"), ("Sản xuất Thương mại", "SX-TM"))
#: All pairs are measured on a part of the list, and told for the whole of it.
PART = 50


def main() -> None:
    """Match a list: four fifths are stored firms in another spelling, a fifth have tax codes."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--stored", type=int, default=30_000, help="firms in the table")
    asked.add_argument("--incoming", type=int, default=10_000, help="rows of the list")
    asked.add_argument("--times", type=int, default=3, help="measured runs of each")
    given = asked.parse_args()
    rng = np.random.default_rng(2026)
    stored = firms(rng, given.stored)
    rows, truth = spelt_anew(rng, stored, firms(rng, given.incoming), given.incoming)
    with database() as engine, engine.begin() as db:
        db.execute(insert(TABLE), [as_stored(firm, at) for at, firm in enumerate(stored)])
        matched = match(db, rows)
        compare(matched, truth)
        names, asked_for = (
            [fold(firm["name"]) for firm in stored],
            [fold(name) for name in rows["name"].to_pylist()],
        )
        whole = given.incoming / PART
        ours = f"layers.same_firm.match: {given.incoming:,} rows, {given.stored:,} stored"
        table(
            "which stored firm is each row",
            [
                Line(ours, timed(lambda: match(db, rows), times=given.times)),
                Line(
                    f"rapidfuzz, all pairs of names (from {PART} rows)",
                    [s * whole for s in all_pairs(names, asked_for)],
                ),
                Line("layers.same_firm.pairs_within", timed(lambda: pairs_within(db), times=1, warm=False)),
            ],
            against=ours,
        )


def all_pairs(names: list[str], asked: list[str]) -> list[float]:
    """Every name against every name, one thread, as a script would."""
    part = asked[:PART]
    return timed(lambda: process.cdist(part, names, scorer=fuzz.token_sort_ratio), times=3)


def firms(rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
    """Invented firms; a fifth of them have a tax code."""
    words, forms, trades = (
        rng.choice(list(of), size) for of, size in ((WORDS.split(), (n, 3)), (FORMS, n), (TRADES, n))
    )
    numbers = rng.integers(1, 500, (n, 3))
    codes = rng.integers(10**8, 10**9, n)
    return [
        {
            "name": f"{forms[at]} {trades[at]}{' '.join(words[at])}",
            "address": f"Số {numbers[at, 0]}, đường D{numbers[at, 1]}, KCN {numbers[at, 2] % 40}, phường 3",
            "tax_code": f"{codes[at]}-{at % 900 + 100:03d}" if at % 5 == 0 else None,
            "lon": float(rng.uniform(106.4, 107.2)),
            "lat": float(rng.uniform(10.7, 11.4)),
        }
        for at in range(n)
    ]


def spelt_anew(
    rng: np.random.Generator, stored: list[dict[str, Any]], new: list[dict[str, Any]], n: int
) -> tuple[pa.Table, list[str | None]]:
    """The list, and the key that each row is (None for a new firm)."""
    chosen = rng.choice(len(stored), n, replace=n > len(stored))
    rows: list[dict[str, Any]] = []
    truth: list[str | None] = []
    for at, place in enumerate(chosen.tolist()):
        firm = dict(new[at] if at % 5 == 4 else stored[place])
        for usual, short in SPELT:
            firm["name"] = firm["name"].replace(usual, short)
        firm["lat"] += rng.uniform(-3e-4, 3e-4)  # within some 35 m
        rows.append(firm)
        truth.append(None if at % 5 == 4 else f"F{place}")
    return pa.Table.from_pylist(rows), truth


def as_stored(firm: dict[str, Any], at: int) -> dict[str, Any]:
    """A row of the table."""
    told = {name: firm[name] for name in ("name", "address", "tax_code")}
    place = from_shape(Point(firm["lon"], firm["lat"]), srid=STORAGE_SRID)
    return told | {"key": f"F{at}", "valid_from": "2024-01-01", "geom": place}


def compare(matched: Any, truth: list[str | None]) -> None:
    """Print how many rows were given right, wrong, and asked about."""
    asked = {doubt.row for doubt in matched.doubts}
    right = wrong = missed = new = 0
    for row, (key, how, true) in enumerate(zip(matched.keys, matched.how, truth, strict=True)):
        given = None if how == "new" else key
        right += given is not None and given == true
        wrong += given is not None and given != true
        missed += given is None and true is not None and row not in asked
        new += given is None and true is None
    print(f"right {right}, wrong {wrong}, asked about {len(asked)}, missed {missed}, new {new}")


if __name__ == "__main__":
    main()
