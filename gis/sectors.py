"""
Which zone takes which sector: rules on VSIC codes, the more specific rule wins.

A code of 2 to 5 digits stands for everything below it: a permit on division 13 covers 1313, a refusal
on 1313 inside it wins for 1313, and a permit on 1313 inside a refused 13 wins too. VSIC 2018 gave way
to VSIC 2025 on 2025-11-15 and the same code can mean another industry (1104: soft drinks, then malt),
so a code is never compared across schemes without a crosswalk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.arrays import Bools, Ints, Texts, Verdicts
from gis.errors import BadInput

SCHEMES = ("VSIC2018", "VSIC2025")
YES, NO, NO_DATA = 1, 0, -1
_CODE = re.compile("[0-9]{2,5}")  # digits of ASCII: other scripts have digits, too

# (from, to) → code → the codes it became, several where it was split.
Crosswalk = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]


class SectorCodeInvalid(BadInput):
    """A sector code that is not 2 to 5 digits. Facts: value."""


class SectorSchemeInvalid(BadInput):
    """A scheme we hold no codes of. Facts: value, allowed."""


@dataclass(frozen=True)
class SectorRules:
    """
    Rules of n zones, k in all.

    Parameters
    ----------
    scheme
        Shape (n,), the scheme each zone's rules are written in; None where not known.
    zone
        Shape (k,), row of the zone.
    code
        Shape (k,), as stored; a zone with an unreadable code answers "no data".
    permits
        Shape (k,): True for a permit, False for a refusal.
    """

    scheme: Texts
    zone: Ints
    code: Texts
    permits: Bools

    @classmethod
    def of(
        cls,
        scheme: Sequence[str | None],
        permitted: Sequence[Sequence[str] | None],
        refused: Sequence[Sequence[str] | None],
    ) -> SectorRules:
        """From the columns of a zone table; None and an empty list both mean that nothing is stated."""
        rows = [
            (zone, code, permits)
            for permits, column in ((True, permitted), (False, refused))
            for zone, codes in enumerate(column)
            for code in codes or ()
        ]
        return cls(
            np.array(scheme, dtype=object),
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=str),
            np.array([row[2] for row in rows], dtype=bool),
        )


@dataclass(frozen=True)
class Acceptance:
    """
    The answer of n zones to one firm.

    Parameters
    ----------
    verdict
        Shape (n,): YES, NO or NO_DATA.
    rule
        Shape (n,): the code of the rule that decided, or that leaves it open; None where no rule speaks.
    """

    verdict: Verdicts
    rule: Texts


def accepts(
    rules: SectorRules, firm_scheme: str | None, firm_code: str | None, crosswalk: Crosswalk
) -> Acceptance:
    """
    Which zones take a firm's sector.

    The longest code that covers the firm's decides; of a permit and a refusal on the same code the
    refusal does. A zone that states permits takes nothing else. No data: a zone without rules or with
    refusals only (what it does take is not stated), a firm without code or with one so coarse that
    finer rules disagree below it, and a code whose translations disagree.

    Parameters
    ----------
    firm_scheme, firm_code
        Scheme and code of 2 to 5 digits; None where not known.
    crosswalk
        Used where a zone's rules are in another scheme. A code it does not hold is looked up by its
        first digits; if that fails too, there is no data.

    Raises
    ------
    SectorCodeInvalid, SectorSchemeInvalid
    """
    n = len(rules.scheme)
    verdict: Verdicts = np.full(n, NO_DATA, dtype=np.int8)
    rule: Texts = np.full(n, None, dtype=object)
    if firm_code is None or firm_scheme is None:
        return Acceptance(verdict, rule)
    code, home = _readable(firm_code), _scheme(firm_scheme)
    for scheme in SCHEMES:
        here = rules.scheme == scheme
        answers = [_answer(rules, target) for target in translated(code, home, scheme, crosswalk)]
        if not answers or not here.any():
            continue
        agreed = np.all([answer.verdict == answers[0].verdict for answer in answers], axis=0)
        verdict[here] = np.where(agreed, answers[0].verdict, NO_DATA)[here]
        rule[here] = answers[0].rule[here]
    return Acceptance(verdict, rule)


def translated(code: str, home: str, scheme: str, crosswalk: Crosswalk) -> tuple[str, ...]:
    """The codes of a scheme that a code may be; empty where nobody says."""
    if home == scheme:
        return (code,)
    table = crosswalk.get((home, scheme), {})
    for digits in range(len(code), 1, -1):
        if code[:digits] in table:
            return table[code[:digits]]
    return ()


def most_specific(permitted: Sequence[str], refused: Sequence[str], code: str) -> tuple[bool, str] | None:
    """
    The one rule of one zone that decides a code: whether it permits, and the rule's code.

    None where no rule covers it.
    """
    rules = [(len(r), 1, r, False) for r in refused if code.startswith(r)]
    rules += [(len(r), 0, r, True) for r in permitted if code.startswith(r)]
    if not rules:
        return None
    _, _, rule, permits = max(rules)
    return permits, rule


def _answer(rules: SectorRules, code: str) -> Acceptance:
    n = len(rules.scheme)
    length = np.char.str_len(rules.code) if len(rules.code) else np.zeros(0, dtype=np.int64)
    covers = np.isin(rules.code, [code[:digits] for digits in range(2, len(code) + 1)])
    # Twice the length, and a refusal one more than a permit on the same code.
    weight = np.where(covers, 2 * length + ~rules.permits, 0)
    order = np.lexsort((weight, rules.zone))
    last = order[np.flatnonzero(np.diff(rules.zone[order], append=n))]
    best, deciding = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    best[rules.zone[last]], deciding[rules.zone[last]] = weight[last], last
    states_permits = _any_per_zone(rules, rules.permits, n)

    verdict: Verdicts = np.where(states_permits, NO, NO_DATA).astype(np.int8)
    verdict[best > 0] = np.where(best[best > 0] % 2 == 1, NO, YES)
    rule: Texts = np.full(n, None, dtype=object)
    rule[best > 0] = rules.code[deciding[best > 0]]
    _leave_open(rules, code, length, verdict, rule)
    return Acceptance(verdict, rule)


def _leave_open(rules: SectorRules, code: str, length: Any, verdict: Verdicts, rule: Texts) -> None:
    """No data where a finer rule below the firm's code says otherwise, or a rule cannot be read."""
    if len(rules.code) == 0:
        return
    finer = np.char.startswith(rules.code, code) & (length > len(code))
    otherwise = finer & (rules.permits != (verdict[rules.zone] == YES))
    unreadable = np.array([_CODE.fullmatch(rule_code) is None for rule_code in rules.code])
    for which in (otherwise, unreadable):
        verdict[rules.zone[which]] = NO_DATA
        rule[rules.zone[which]] = rules.code[which]


def _any_per_zone(rules: SectorRules, mask: Bools, n: int) -> Bools:
    return np.bincount(rules.zone[mask], minlength=n) > 0


def readable(scheme: str | None, code: str | None) -> bool:
    """Whether a recorded sector can be compared at all; one that cannot is no data."""
    return scheme in SCHEMES and code is not None and _CODE.fullmatch(code.strip()) is not None


def _readable(code: str) -> str:
    text = code.strip()
    if _CODE.fullmatch(text) is None:
        raise SectorCodeInvalid(value=code)
    return text


def _scheme(scheme: str) -> str:
    if scheme not in SCHEMES:
        raise SectorSchemeInvalid(value=scheme, allowed=", ".join(SCHEMES))
    return scheme
