"""Which rows below the headings are data, and why the others are not."""

from __future__ import annotations

import re

import numpy as np

from gis.arrays import Bools, Ints, Texts
from gis.text import fold
from layers.ingest.arrow import pa
from layers.ingest.sheets.grid import EMPTY, NUMBER, NUMBER_AS_TEXT, TEXT, Grid, Kinds, matching
from layers.ingest.sheets.recognise import Block

_PLACE = (
    "huyện|thành phố|tp|thị xã|thị trấn|quận|xã|phường|đặc khu|tỉnh|vùng|khu vực"
    "|nhóm|mục|phần|toàn|các|khu|cụm"
)
_TOTAL = re.compile(
    r"(tổng (cộng|số)\b(?! công ty)|(cộng|tổng)\s*($|[:(=]|dồn|lũy|chung|hợp\s*$|diện tích|vốn"
    rf"|({_PLACE}|[ivx]+|[a-z]|\d+)\b)|(cộng )?toàn (tỉnh|huyện|vùng|xã|thành phố|quốc)\b"
    r"|(grand |sub)?-?total\b|(tong cong|tong so|cong)[:.]?$)"
)
_FOOTER = re.compile(
    r"(ghi chu|chu thich|nguon( so lieu| du lieu)?) ?:|^(nguoi|can bo) (lap|tong hop|kiem tra|ky)|^lap bieu"
    r"|^\(?ky,? (va )?ghi ro|^\(?ky ten|^noi nhan|^(tm|kt|tl|tuq)\.|^thu truong|^(pho )?(chu tich|giam doc)"
    r"|^(pho )?truong (phong|ban)|^ke toan|\w, ngay \S+ thang \S+ nam|^xac nhan cua|^\(\*+\)"
)
_GROUP = re.compile(r"((phần|mục|nhóm) \S+|[IVXLC]+|[A-ZĐ])\s*[.):–/-]\s*\S.*")
_GROUP_MARK = re.compile(r"([IVXLC]+|[A-ZĐ])[.)]?")
_GROUP_PLACE = re.compile(r"(huyện|thành phố|tp\.?|thị xã|quận|địa bàn)\s")

GROUP = "nhóm"


class Body:
    """
    The rows of one table below its headings.

    Attributes
    ----------
    data
        Rows of the grid that are data.
    skipped
        (row of the grid, why) of the others.
    groups
        Shape (data,): the group that each row stands in, as "A. KHU CÔNG NGHIỆP / I. Huyện Vĩnh Cửu"; None
        where there are no groups.
    """

    def __init__(self, sheet: Grid, block: Block, columns: Ints, ordinal: int | None) -> None:
        self._sheet, self._columns, self._ordinal = sheet, columns, ordinal
        self._rows = np.arange(*block.body)
        kind = sheet.kind[self._rows]
        self._running = self._is_running(kind)
        self._distinct = sheet.distinct()[self._rows]
        why: Texts = np.full(self._rows.size, None, dtype=object)
        lead, lead_at = self._lead(kind)
        self._mark(why, self._repeated(block), "heading_repeated")
        self._mark(why, self._totals(lead, lead_at), "total")
        self._mark(why, self._footers(kind), "footer")
        sections = self._sections(why, lead, lead_at, kind)
        self._mark(why, sections, "section")
        self._mark(why, self._unlabelled(why, kind), "total_unlabelled")
        plain = np.array([one is None for one in why], dtype=bool)
        self.data: Ints = self._rows[plain]
        self.skipped = [(int(row), str(one)) for row, one in zip(self._rows, why, strict=True) if one]
        self.groups = self._carried(why, lead, plain) if (why == "section").any() else None

    def _mark(self, why: Texts, rows: Bools, code: str) -> None:
        for row in np.flatnonzero(rows):
            why[row] = why[row] or code

    def _is_running(self, kind: Kinds) -> Bools:
        """Rows with a running number (1, 2, 1.1): whatever their words, they are data."""
        if self._ordinal is None:
            return np.zeros(self._rows.size, dtype=bool)
        return np.isin(kind[:, self._ordinal], (NUMBER, NUMBER_AS_TEXT))

    def _lead(self, kind: Kinds) -> tuple[Texts, Ints]:
        """First words of each row and where; those of the running numbers only if there are no others."""
        words = kind == TEXT
        if self._ordinal is not None:
            # A label merged over the running numbers stands in the next column too.
            others = words.copy()
            others[:, self._ordinal] = False
            words = np.where(others[:, :3].any(axis=1)[:, None], others, words)
        at = np.where(words.any(axis=1), words.argmax(axis=1), -1)
        cells = np.where(at >= 0, self._sheet.at[self._rows, at], -1)
        texts = self._sheet.texts.take(pa.array(cells, pa.int32(), mask=cells < 0))
        return np.array(texts.to_pylist(), dtype=object), at

    def _repeated(self, block: Block) -> Bools:
        """Headings and column numbers again, as on every printed page."""
        found = np.zeros(self._rows.size, dtype=bool)
        for row in (*block.headings[-1:], *([] if block.numbers is None else [block.numbers])):
            column = int(np.argmax(self._sheet.at[row] >= 0))
            wanted, line = self._sheet.text(row, column), self._sheet.line(row)
            same = np.array(self._sheet.column(column, self._rows).to_pylist(), dtype=object) == wanted
            for at in np.flatnonzero(same & (self._distinct == len(line)) & (len(line) > 1)):
                found[at] = self._sheet.line(int(self._rows[at])) == line
        return found

    def _totals(self, lead: Texts, lead_at: Ints) -> Bools:
        near = (lead_at >= 0) & (lead_at < 3) & ~self._running
        found = np.zeros(self._rows.size, dtype=bool)
        rows = np.flatnonzero(near)
        likely = matching(
            pa.array(lead[rows], pa.string()),
            r"(?i)^[\W\divx]*(t[oổ]ng|c[oộ]ng|to[aà]n|(grand |sub)?-?total)",
        )
        for row in rows[likely]:
            text = str(lead[row]).lower()
            found[row] = _TOTAL.match(text.lstrip("*-–+ ")) is not None
        return found

    def _footers(self, kind: Kinds) -> Bools:
        """Notes and signatures: from words that footers have until a row is full or holds figures."""
        filled = (kind != EMPTY).sum(axis=1)
        typical = float(np.median(filled)) if filled.size else 0.0
        few = (self._distinct <= max(2.0, 0.5 * typical)) | ((self._distinct <= 3) & (filled < typical))
        few &= ~self._running & ~np.isin(kind, (NUMBER, NUMBER_AS_TEXT)).any(axis=1)
        found = np.zeros(self._rows.size, dtype=bool)
        before = -2
        for row in np.flatnonzero(few):
            on = row == before + 1
            if not on and (self._distinct[row] == 1 or self._distinct[row] < typical):
                texts = [fold(text) for text in self._sheet.line(int(self._rows[row]))]
                on = any(_FOOTER.search(text) for text in texts)
            if on:
                found[row], before = True, row
        return found

    def _sections(self, why: Texts, lead: Texts, lead_at: Ints, kind: Kinds) -> Bools:
        """Rows that name a group: "I. Huyện Vĩnh Cửu", merged over the table or with subtotals."""
        rows = self._rows.size
        open_ = np.array([one is None for one in why], dtype=bool) & ~self._running & (lead_at >= 0)
        numbered = self._running.sum() >= 0.5 * max(1, int(open_.sum() + self._running.sum()) - open_.sum())
        numbered = bool(numbered and self._running.any())
        merged = (kind == TEXT).sum(axis=1) > 1
        found = np.zeros(rows, dtype=bool)
        for row in np.flatnonzero(open_):
            text = str(lead[row])
            if self._distinct[row] == 1:
                found[row] = merged[row] or _GROUP.fullmatch(text) is not None or numbered
                found[row] &= len(self._columns) > 1
            elif numbered and self._ordinal is not None:
                mark = self._sheet.text(int(self._rows[row]), self._ordinal)
                found[row] = _GROUP_MARK.fullmatch(mark) is not None or (
                    not mark and _GROUP_PLACE.match(text.lower()) is not None
                )
        return found

    def _unlabelled(self, why: Texts, kind: Kinds) -> Bools:
        """A last row of bare figures, one of which is the sum of its column."""
        found = np.zeros(self._rows.size, dtype=bool)
        plain = np.flatnonzero(np.array([one is None for one in why], dtype=bool))
        if plain.size < 3 or self._running[plain[-1]]:
            return found
        last, data = int(plain[-1]), plain[:-1]
        wordless = not (kind[last] == TEXT).any() and (kind[data] == TEXT).any(axis=1).mean() > 0.9
        if wordless:
            found[last] = any(self._sums(int(c), data, last) for c in np.flatnonzero(kind[last] == NUMBER))
        return found

    def _sums(self, column: int, data: Ints, last: int) -> bool:
        texts = self._sheet.column(column, self._rows[data]).to_pylist()
        try:
            total = sum(float(text) for text in texts if text is not None)
            stated = float(self._sheet.text(int(self._rows[last]), column))
        except ValueError:
            return False
        return total != 0 and abs(total - stated) <= 1e-6 * abs(total)

    def _carried(self, why: Texts, lead: Texts, plain: Bools) -> list[str | None]:
        """The group of each data row: letters hold Roman numbers, both hold names without a mark."""
        levels: dict[int, str] = {}
        told: list[str | None] = [None] * self._rows.size
        now: str | None = None
        for row in range(self._rows.size):
            if why[row] == "section":
                mark = self._mark_of(row, lead[row])
                level = 2 if mark is None else 1 if set(mark) <= set("IVX") else 0
                label = str(lead[row])
                labelled = mark is None or label.startswith(mark)
                levels = {at: text for at, text in levels.items() if at < level}
                levels[level] = label if labelled else f"{mark}. {label}"
                now = " / ".join(levels[at] for at in sorted(levels))
            told[row] = now
        return [told[row] for row in np.flatnonzero(plain)]

    def _mark_of(self, row: int, label: str) -> str | None:
        if self._ordinal is not None:
            found = _GROUP_MARK.fullmatch(self._sheet.text(int(self._rows[row]), self._ordinal))
            if found:
                return found[1]
        found = re.match(r"([IVXLC]+|[A-ZĐ])\s*[.):–/-]", label)
        return found[1] if found else None
