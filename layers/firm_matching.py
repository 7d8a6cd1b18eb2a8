"""
How the rows of a list are given to stored firms, once both are folded: no database here.

The order is that of certainty: the code the office gave, the tax code, a decision, the very same filing, the
same words at the same place. What is left gets a key of its own, and what is likely is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gis.arrays import Texts
from gis.firm_names import Firms, identities, key_of
from gis.firm_pairs import SURE, Pairs, Reason, pairs, reasons

#: A row is asked about with so many stored firms at most, the likeliest.
DOUBTS_PER_ROW = 3


@dataclass(frozen=True)
class Doubt:
    """Two keys that may be one firm; ``row`` is that of the list, -1 where both are stored."""

    row: int
    a_key: str
    b_key: str
    a_identity: str
    b_identity: str
    score: float
    reasons: list[Reason]


@dataclass(frozen=True)
class Matched:
    """
    What the n rows of a list are.

    Attributes
    ----------
    keys
        Shape (n,): key of the stored firm, else a new key. Rows that say the same have the same key.
    how
        Shape (n,): ``code`` (the row brought its key), ``tax_code``, ``decision``, ``name_and_place`` or
        ``new``.
    doubts
        Pairs to ask about; `remember` keeps them once the rows are loaded.
    """

    keys: Texts
    how: Texts
    doubts: list[Doubt] = field(default_factory=list[Doubt])


@dataclass(frozen=True)
class Stored:
    """Firms of the table: n keys and what is filed under them."""

    keys: Texts
    firms: Firms


@dataclass(frozen=True)
class Decided:
    """
    What was decided, by identity.

    Attributes
    ----------
    same
        Identity to key of the firm it is.
    different
        Pairs that are two firms, as (identity, identity) and (identity, key), both ways round.
    kept
        Key that was closed to the key that goes on.
    """

    same: dict[str, str]
    different: set[tuple[str, str]]
    kept: dict[str, str]

    def goes_on(self, key: str) -> str:
        """The key under which a firm goes on now."""
        seen = {key}
        while (after := self.kept.get(key)) is not None and after not in seen:
            seen.add(after)
            key = after
        return key

    def apart(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether somebody said that these are two firms."""
        return any((x, y) in self.different for x in one for y in other)


class Matching:
    """One run of `match`."""

    def __init__(self, firms: Firms, given: list[str | None], stored: Stored, decided: Decided) -> None:
        self.firms, self.given, self.stored, self.decided = firms, given, stored, decided
        self.known_as = list(zip(identities(firms), identities(firms, by_tax_code=False), strict=True))
        told = zip(
            identities(stored.firms), identities(stored.firms, by_tax_code=False), stored.keys, strict=True
        )
        self.stored_as = list(told)
        n = len(firms)
        self.keys: dict[int, str] = {}
        self.how = ["new"] * n
        self.taken: set[str] = set()
        self.doubts: dict[int, list[Doubt]] = {}

    def run(self) -> Matched:
        for row, key in enumerate(self.given):
            if key is not None:
                self._give(row, key, "code")
        found = self._not_apart(pairs(self.firms, self.stored.firms))
        self._by_tax_code(found)
        self._by_decision()
        self._by_filing(found)
        self._by_name_and_place(found)
        self._new_keys()
        self._ask(found)
        self._ask_about_sites()
        keys = [self.keys[row] for row in range(len(self.how))]
        asked = [doubt for row in sorted(self.doubts) for doubt in self.doubts[row]]
        return Matched(np.array(keys, dtype=object), np.array(self.how, dtype=object), asked)

    def _give(self, row: int, key: str, how: str) -> None:
        self.keys[row], self.how[row] = key, how
        self.taken.add(key)

    def _key(self, place: int) -> str:
        return self.decided.goes_on(self.stored.keys[place])

    def _not_apart(self, found: Pairs) -> Pairs:
        if not self.decided.different:
            return found
        apart = [
            self.decided.apart(self.known_as[a], self.stored_as[b])
            for a, b in zip(found.a.tolist(), found.b.tolist(), strict=True)
        ]
        return found.take(~np.array(apart, dtype=bool))

    def _by_tax_code(self, found: Pairs) -> None:
        """Each stored firm to the likeliest row of its tax code; rows that say the very same go with it."""
        same = found.take(found.tax > 0)
        likely = same.name + np.nan_to_num(same.address)
        for at in np.lexsort((same.b, same.a, -likely)).tolist():
            row, key = int(same.a[at]), self._key(int(same.b[at]))
            if row not in self.keys and key not in self.taken:
                self._give(row, key, "tax_code")

    def _by_decision(self) -> None:
        for row, names in enumerate(self.known_as):
            key = next((self.decided.same[name] for name in names if name in self.decided.same), None)
            if row not in self.keys and key is not None and self.decided.goes_on(key) not in self.taken:
                self._give(row, self.decided.goes_on(key), "decision")

    def _by_filing(self, found: Pairs) -> None:
        """What was filed under the very same name and address before is the same, also without an address."""
        for row, place in zip(found.a.tolist(), found.b.tolist(), strict=True):
            key = self._key(place)
            if self.known_as[row][1] != self.stored_as[place][1]:
                continue
            if row not in self.keys and key not in self.taken:
                self._give(row, key, "name_and_place")

    def _by_name_and_place(self, found: Pairs) -> None:
        """The best first; a row that two stored firms fit as surely is asked about."""
        sure = found.take((found.tax == 0) & (found.score >= SURE))
        fitting: dict[int, set[str]] = {}
        for row, place in zip(sure.a.tolist(), sure.b.tolist(), strict=True):
            fitting.setdefault(row, set()).add(self._key(place))
        for at in np.lexsort((sure.b, sure.a, -sure.score)).tolist():
            row, key = int(sure.a[at]), self._key(int(sure.b[at]))
            if row not in self.keys and key not in self.taken and len(fitting[row]) == 1:
                self._give(row, key, "name_and_place")

    def _new_keys(self) -> None:
        """A key of its own for every row that is no stored firm; rows that say the same get the same."""
        stored = set(self.stored.keys.tolist())
        first: dict[tuple[str, str], str] = {}
        for row, names in enumerate(self.known_as):
            if row in self.keys:
                first.setdefault(names, self.keys[row])
        owner: dict[str, tuple[str, str]] = {}
        for row, names in enumerate(self.known_as):
            if row in self.keys:
                continue
            if names not in first:
                key = key_of(names[0])
                if key in stored or owner.get(key, names) != names:
                    key = key_of(names[1])
                owner[key] = names
                first[names] = key
            self.keys[row] = first[names]
            if first[names] in stored:
                self.how[row] = "name_and_place"  # a name without a word of its own, filed the same again

    def _ask(self, found: Pairs) -> None:
        for at in range(len(found.a)):
            row, place = int(found.a[at]), int(found.b[at])
            mine, other = self.keys[row], self._key(place)
            asked = self.doubts.setdefault(row, [])
            if mine == other or self.how[row] in ("tax_code", "decision") or len(asked) >= DOUBTS_PER_ROW:
                continue
            if any(other in (doubt.a_key, doubt.b_key) for doubt in asked):
                continue
            which = 1 if found.tax[at] > 0 else 0  # under one tax code only name and address tell sites apart
            sides = ((mine, self.known_as[row][which]), (other, self.stored_as[place][which]))
            why = reasons(self.firms, self.stored.firms, found, at)
            asked.append(doubt_of(row, *sides, float(found.score[at]), why))

    def _ask_about_sites(self) -> None:
        """Rows of this list under one tax code with other names or addresses: sites, or one firm twice."""
        sites: dict[str, list[int]] = {}
        for row, code in enumerate(self.firms.tax_code):
            if code is not None:
                sites.setdefault(code, []).append(row)
        for code, (first, *others) in sites.items():
            for row in others:
                if self.keys[row] == self.keys[first] or self.decided.apart(*self._named(first, row)):
                    continue
                one, other = ((self.keys[at], self.known_as[at][1]) for at in (first, row))
                told = doubt_of(row, one, other, 1.0, [("tax_code_same", {"tax_code": code})])
                self.doubts.setdefault(row, []).append(told)

    def _named(self, *rows: int) -> list[tuple[str, ...]]:
        return [(*self.known_as[row], self.keys[row]) for row in rows]


def doubt_of(
    row: int, one: tuple[str, str], other: tuple[str, str], score: float, why: list[Reason]
) -> Doubt:
    (a_key, a_identity), (b_key, b_identity) = sorted((one, other))
    return Doubt(row, a_key, b_key, a_identity, b_identity, score, why)
