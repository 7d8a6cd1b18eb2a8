"""
What a firm is called and where it sits, folded so that two spellings of one firm are the same text.

"Cty TNHH MTV SX & TM Hoàng Long" and "CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN SẢN XUẤT VÀ THƯƠNG MẠI
HOÀNG LONG" differ in nothing but habits of writing. A name is taken apart into its legal form, its unit (a
branch is not its company), its lines of business and its proper name: the last is what tells firms apart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gis.arrays import Floats, Texts
from gis.text import fold_all

#: Ways of writing, folded, by what they mean. Source: Law on Enterprises 59/2020/QH14 (articles 37–41, legal
#: forms and names), Law on Cooperatives 17/2023/QH15, and the abbreviations of provincial lists.
_FORMS = {
    "tnhh": "trach nhiem huu han, tnhh, company limited, co ltd, co limited, limited, ltd",
    "cp": "co phan, cp, ctcp, joint stock company, joint stock, jsc",
    "dntn": "doanh nghiep tu nhan, dntn, private enterprise",
    "htx": "hop tac xa, htx, cooperative",
    "hkd": "ho kinh doanh, hkd, co so san xuat, cssx, co so, household business",
    "xn": "xi nghiep, xn",
    "nm": "nha may, factory, plant",
    "corp": "tong cong ty, tct, tap doan, corporation, corp, group, inc",
    "": "cong ty, cty, c ty, company, co, mot thanh vien, mtv, 1 thanh vien, 1tv, one member, single member, "
    "hai thanh vien tro len, hai thanh vien, 2 thanh vien, 2tv, two member, doanh nghiep, dn, enterprise",
}
_UNITS = {
    "chi nhánh": "chi nhanh, branch",
    "văn phòng": "van phong dai dien, vpdd, representative office",
}
_TRADES = {
    "sx": "san xuat, sx, manufacturing, manufacture, production",
    "tm": "thuong mai, tm, trading, commercial",
    "dv": "dich vu, dv, services, service",
    "xnk": "xuat nhap khau, xnk, import export, import and export",
    "dt": "dau tu, dt, investment",
    "xd": "xay dung, xd, construction",
    "pt": "phat trien, pt, development",
    "kd": "kinh doanh, kd",
    "cn": "cong nghiep, industrial, industries, industry",
    "qt": "quoc te, qt, international",
    "vn": "viet nam, vietnam, vn",
}
_DROPPED = "va, and, the, cua, of"

#: Kinds of places and words before numbers: they tell nothing that the name behind them does not.
_PLACES = {
    "": "khu cong nghiep, kcn, cum cong nghiep, ccn, industrial park, industrial zone, industrial cluster, "
    "iz, ip, khu che xuat, kcx, khu pho, kp, quarter, to dan pho, tdp, to, group, ap, hamlet, thon, xom, "
    "duong, street, str, st, road, rd, so, no, number, lo, lot, phuong, ward, xa, commune, x, p, f, "
    "thi tran, tt, town, quan, district, dist, q, huyen, h, thi xa, tx, thanh pho, tp, city, tinh, province, "
    "prov, t, viet nam, vietnam, vn",
    "ho chi minh": "tphcm, tp hcm, hcm, hcmc, ho chi minh, sai gon",
    "quoc lo": "quoc lo, ql, highway",
    "tinh lo": "duong tinh, tinh lo, dt, tl",
}


#: First word of a way of writing to its further words and what it stands for, the longest first.
_Ways = dict[str, list[tuple[tuple[str, ...], str]]]


def _ways(*tables: tuple[str, Mapping[str, str]]) -> _Ways:
    ways: _Ways = {}
    for mark, table in tables:
        for meaning, written in table.items():
            for way in written.split(","):
                first, *more = way.split()
                ways.setdefault(first, []).append((tuple(more), f"{mark}{meaning}" if meaning else ""))
    for known in ways.values():
        known.sort(key=lambda way: -len(way[0]))
    return ways


def _said(words: list[str], ways: _Ways) -> list[str]:
    """The words with every known way of writing replaced by what it stands for, the longest way first."""
    said: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        for more, meaning in ways.get(word, ()):
            if not more or tuple(words[at + 1 : at + 1 + len(more)]) == more:
                if meaning:
                    said.append(meaning)
                at += len(more)
                break
        else:
            said.append(word)
        at += 1
    return said


_IN_NAMES = _ways(("@", _FORMS), ("#", _UNITS), ("~", _TRADES), ("", {"": _DROPPED}))
_IN_ADDRESSES = _ways(("", _PLACES))
_SIGNS = re.compile(r"[^a-z0-9]+")
_SIGNS_BUT_COMMAS = re.compile(r"[^a-z0-9,]+")
_LETTERS_THEN_DIGITS = re.compile(r"(?<![a-z])(?:p|q|f|kp|to|ap|lo|d|ql|dt)(?=\d)")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
#: Lines of business run together: SXTM, TMDV, SX-TM-DV.
_RUN_TOGETHER = re.compile(r"(?<![a-z])(?:sx|tm|dv|xnk|xd|dt|kd){2,}(?![a-z])")
_TRADE_CODE = re.compile("sx|tm|dv|xnk|xd|dt|kd")
#: "Xí nghiệp số 03" is "Xí nghiệp 3".
_BEFORE_NUMBERS = re.compile(r"(?<![a-z0-9])(?:so|no) (?=\d)|(?<!\d)0+(?=\d)")
_BRANCH_FIRST = re.compile(r"^\s*cn(?![a-z0-9])")  # "CN Công ty …"; elsewhere CN is "công nghiệp"


@dataclass(frozen=True)
class Firms:
    """
    n firms, folded; every array has shape (n,).

    Attributes
    ----------
    tax_code
        Normalised, None where there is none.
    core
        The words of the proper name as written, one space between; "" when a name has none.
    trade, form, unit
        Lines of business (sorted codes), legal form, kind of unit; "" where not told.
    numbers
        Words with digits in the proper name, sorted: "May 3" is not "May 5", nor "MX1" "MX2".
    address
        Word to weight; empty where no address is known.
    front
        What comes before the first comma of the address, run together.
    lon, lat
        Degrees; NaN where not known.
    """

    tax_code: Texts
    core: Texts
    trade: Texts
    form: Texts
    unit: Texts
    numbers: Texts
    address: list[dict[str, float]]
    front: Texts
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.core)


def folded(
    tax_code: Sequence[str | None],
    name: Sequence[str | None],
    address: Sequence[str | None],
    lon: Floats,
    lat: Floats,
) -> Firms:
    """
    Fold n firms.

    Parameters
    ----------
    tax_code, name, address
        n texts as filed; None where missing.
    lon, lat
        Shape (n,), degrees; NaN where missing.
    """
    codes = np.array([tax_code_of(code) for code in tax_code], dtype=object)
    names = [_name(text or "") for text in fold_all(name).tolist()]
    places = [_address(text or "") for text in fold_all(address).tolist()]
    parts = [np.array([row[part] for row in names], dtype=object) for part in range(5)]
    return Firms(
        codes,
        *parts,
        address=[words for words, _ in places],
        front=np.array([front for _, front in places], dtype=object),
        lon=np.asarray(lon, dtype=np.float64),
        lat=np.asarray(lat, dtype=np.float64),
    )


def _name(text: str) -> tuple[str, str, str, str, str]:
    """Core, trade, form, unit, numbers of a folded name."""
    text = _BRANCH_FIRST.sub("chi nhanh", _SIGNS.sub(" ", text.replace("&", " va ")))
    text = _BEFORE_NUMBERS.sub("", text)
    text = _RUN_TOGETHER.sub(lambda run: " ".join(_TRADE_CODE.findall(run[0])), text)
    said = _said(text.split(), _IN_NAMES)
    if "~cn" not in said:
        said = ["~cn" if word == "cn" else word for word in said]
    core = [word for word in said if word[0] not in "@#~"]
    trade = sorted({word[1:] for word in said if word[0] == "~"})
    form = next((word[1:] for word in said if word[0] == "@"), "")
    unit = next((word[1:] for word in said if word[0] == "#"), "")
    numbers = sorted(word for word in core if not word.isalpha())
    return " ".join(core), " ".join(trade), form, unit, " ".join(numbers)


#: Weight of a word of an address: units from the commune up merge and are left out, a street does not move.
_FRONT_WEIGHT, _UNIT_WEIGHT = 1.0, 0.35
_NUMBER_WEIGHT = 1.5
_UNIT = re.compile(
    r"\s*(?:p|phuong|xa|x|thi tran|tt|q|quan|huyen|h|tx|thi xa|tp|thanh pho|t|tinh|viet nam)(?![a-z])"
    r"|.*(?:ward|commune|town|district|city|province)\s*$"
)


def _address(text: str) -> tuple[dict[str, float], str]:
    """Words of a folded address with their weights, and what stands before its first comma."""
    words: dict[str, float] = {}
    clean = _LETTERS_THEN_DIGITS.sub(r"\g<0> ", _SIGNS_BUT_COMMAS.sub(" ", text))
    front, parts = "", _ZEROS.sub("", clean).split(",")
    for place, part in enumerate(parts):
        said = _said(part.split(), _IN_ADDRESSES)
        front = front or "".join(said)
        is_unit = place > 0 and (place == len(parts) - 1 or _UNIT.match(part) is not None)
        for word in said:
            weight = _UNIT_WEIGHT if is_unit else _NUMBER_WEIGHT if word.isdecimal() else _FRONT_WEIGHT
            words[word] = max(weight, words.get(word, 0.0))
    return words, front


_DIGITS = re.compile(r"[\s.\-–_/]+")
_CODE = re.compile(r"(\d{10})(\d{3})?|\d{12}")
_LABEL = re.compile(r"^\s*(?:mst|mã số thuế|tax code)\s*[:.]?\s*", re.IGNORECASE)
_CHECK_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def tax_code_of(text: str | None) -> str | None:
    """
    A tax code as it is written officially: 0301234567, of a branch 0301234567-001, of a person 12 digits.

    Spaces, dots and a label are dropped; the first zero that a spreadsheet took from a number is put back
    where the check digit then holds. None for what is no tax code.

    Structure: Circular 105/2020/TT-BTC, article 5; persons since 1 July 2025: Circular 86/2024/TT-BTC.
    """
    if text is None:
        return None
    digits = _DIGITS.sub("", _LABEL.sub("", text))
    if len(digits) == 9 and digits.isdecimal() and checks(f"0{digits}"):
        digits = f"0{digits}"
    found = _CODE.fullmatch(digits)
    if found is None:
        return None
    return f"{found[1]}-{found[2]}" if found[2] else digits


def checks(code: str) -> bool | None:
    """
    Whether the tenth digit of a tax code agrees with the nine before it.

    It is 10 less the weighted sum of the nine modulo 11 (weights 31, 29, 23, 19, 17, 13, 7, 5, 3), as
    python-stdnum's ``vn.mst`` has it and as published codes bear out (0100109106: sum 114, 114 mod 11 = 4,
    10 - 4 = 6). None where the sum divides by 11, on which sources differ, and for codes of persons: so the
    check may raise a doubt and never refuses a firm.
    """
    if len(code) == 12:
        return None
    rest = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, code[:9], strict=True)) % 11
    return None if rest == 0 else 10 - rest == int(code[9])


def identities(firms: Firms, *, by_tax_code: bool = True) -> Texts:
    """
    What a firm is known by in the lists of all quarters: its tax code, else its folded name and address.

    Parameters
    ----------
    by_tax_code
        False tells two sites under one tax code apart: name and address then always.

    Returns
    -------
    identity
        Shape (n,), text; the same for two spellings that fold alike.
    """
    names = zip(firms.unit, firms.form, firms.trade, firms.core, firms.address, strict=True)
    return np.array(
        [
            f"mst:{code}" if code and by_tax_code else f"ten:{'|'.join((*name, ' '.join(sorted(words))))}"
            for code, (*name, words) in zip(firms.tax_code, names, strict=True)
        ],
        dtype=object,
    )


def key_of(identity: str) -> str:
    """A key for a firm that nobody gave one: its tax code, else a digest of what it is known by."""
    kind, _, rest = identity.partition(":")
    if kind == "mst":
        return f"MST-{rest}"
    return f"DN-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
