"""
CQL2 text (OGC 21-065r2, annex B) as a tree, in one pass.

By recursive descent: time grows with the length alone, and depth is counted on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from layers.cql.errors import FilterTooDeep, FilterUnreadable
from layers.cql.tree import BBOX, DEEPEST, INTERVAL, LIST, Name, Node, Tree, Value
from layers.cql.values import day, geometry_of_wkt, moment, number, sound

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>[^\W\d][\w.:]*)
      | (?P<mark><>|<=|>=|[=<>+\-*/%^(),])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
_SHAPES = (
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
)
_COMPARED = ("=", "<>", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    stop: int

    @property
    def word(self) -> str:
        """The keyword it may be."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def at(self) -> str:
        """Where it stands, counted from one."""
        return str(self.start + 1)


def read(text: str) -> Tree:
    """
    Read a filter.

    Raises
    ------
    FilterUnreadable, FilterTooDeep, FilterValueWrong, FilterGeometryWrong
    """
    sound(text, "1")
    reader = _Reader(text)
    tree = reader.either()
    reader.take("", "AND, OR, =, …", kind="end")
    return tree


class _Reader:
    """One pass over a text; each method reads one rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.next = self._token(0)

    # --- tokens -----------------------------------------------------------------------------------------

    def _token(self, start: int) -> _Token:
        found = _TOKEN.match(self.text, start)
        if found is None or found.lastgroup is None:
            at = start + len(self.text[start:]) - len(self.text[start:].lstrip())
            self._refuse(at, "=, <>, LIKE, AND, '…', …")
        kind = found.lastgroup
        return _Token(kind, found[kind], found.start(kind), found.end(kind))

    def _refuse(self, at: int, wanted: str) -> NoReturn:
        raise FilterUnreadable(at=str(at + 1), near=self.text[at : at + 20], wanted=wanted)

    def step(self) -> _Token:
        """The next token, left behind."""
        taken, self.next = self.next, self._token(self.next.stop)
        return taken

    def take(self, text: str, wanted: str = "", kind: str = "mark") -> _Token:
        """The next token, which must be this one."""
        if self.next.kind != kind or (text and self.next.text != text):
            self._refuse(self.next.start, wanted or text)
        return self.step() if kind != "end" else self.next

    def passes(self, *words: str) -> str:
        """The keyword or mark that comes next and is left behind; empty where it is none of these."""
        said = self.next.word or (self.next.text if self.next.kind == "mark" else "")
        if said not in words:
            return ""
        self.step()
        return said

    # --- expressions, the loosest binding first ---------------------------------------------------------

    def either(self) -> Tree:
        """OR."""
        return self._chain("OR", self.both)

    def both(self) -> Tree:
        """AND."""
        return self._chain("AND", self.denied)

    def _chain(self, word: str, inner: Callable[[], Tree]) -> Tree:
        at, args = self.next.at, [inner()]
        while self.passes(word):
            args.append(inner())
        return args[0] if len(args) == 1 else Node(word.lower(), tuple(args), at)

    def denied(self) -> Tree:
        """NOT, any number of times."""
        marks: list[str] = []
        while self.next.word == "NOT":
            marks.append(self.step().at)
        tree = self.predicate()
        for at in reversed(marks):
            tree = Node("not", (tree,), at)
        return tree

    def predicate(self) -> Tree:
        """A comparison, or a value by itself."""
        left = self.sum()
        at = self.next.at
        if op := self.passes(*_COMPARED):
            return Node(op, (left, self.sum()), at)
        if self.passes("IS"):
            denied = bool(self.passes("NOT"))
            if not self.passes("NULL"):
                self._refuse(self.next.start, "NULL")
            return _denied(denied, Node("isNull", (left,), at))
        denied = bool(self.passes("NOT"))
        if self.passes("LIKE"):
            return _denied(denied, Node("like", (left, self.sum()), at))
        if self.passes("IN"):
            return _denied(denied, Node("in", (left, self.list()), at))
        if self.passes("BETWEEN"):
            low = self.sum()
            if not self.passes("AND"):
                self._refuse(self.next.start, "AND")
            return _denied(denied, Node("between", (left, low, self.sum()), at))
        if denied:
            self._refuse(self.next.start, "LIKE, IN, BETWEEN")
        return left

    def sum(self) -> Tree:
        """Plus and minus."""
        return self._left(self.product, "+", "-")

    def product(self) -> Tree:
        """Times, divided by, remainder, whole quotient."""
        return self._left(self.power, "*", "/", "%", "DIV")

    def power(self) -> Tree:
        """To the power of."""
        return self._left(self.signed, "^")

    def _left(self, inner: Callable[[], Tree], *marks: str) -> Tree:
        tree, at = inner(), self.next.at
        while op := self.passes(*marks):
            tree = Node(op.lower(), (tree, inner()), at)
            at = self.next.at
        return tree

    def signed(self) -> Tree:
        """Signs before a value."""
        at, minus = self.next.at, False
        while sign := self.passes("-", "+"):
            minus ^= sign == "-"
        tree = self.value()
        if not minus:
            return tree
        if isinstance(tree, Value) and isinstance(tree.value, float):
            return Value(-tree.value, at)
        return Node("*", (Value(-1.0, at), tree), at)

    # --- values -----------------------------------------------------------------------------------------

    def value(self) -> Tree:
        """A literal, a property, a function, or an expression in brackets."""
        token = self.next
        match token.kind:
            case "number":
                return Value(number(self.step().text, token.at), token.at)
            case "text":
                return Value(_unquoted(self.step()), token.at)
            case "quoted":
                return Name(_unquoted(self.step()), token.at)
            case "word":
                return self.word()
            case _:
                if token.text != "(":
                    self._refuse(token.start, "'…', 1.5, name, (…)")
                return self.inside(self._bracketed)

    def _bracketed(self) -> Tree:
        at = self.take("(").at
        items = [self.either()]
        while self.passes(","):
            items.append(self.either())
        self.take(")", "), AND, OR, =, …")
        return items[0] if len(items) == 1 else Node(LIST, tuple(items), at)

    def list(self) -> Tree:
        """Values in brackets, also one or none."""

        def read() -> Tree:
            return Node(LIST, self._arguments(self.either), at)

        at = self.next.at
        return self.inside(read)

    def _arguments(self, one: Callable[[], Tree]) -> tuple[Tree, ...]:
        self.take("(")
        if self.passes(")"):
            return ()
        items = [one()]
        while self.passes(","):
            items.append(one())
        self.take(")", "), ,")
        return tuple(items)

    def inside(self, read: Callable[[], Tree]) -> Tree:
        """What stands in brackets, one step deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FilterTooDeep(at=self.next.at, allowed=DEEPEST)
        tree = read()
        self.depth -= 1
        return tree

    def word(self) -> Tree:
        """TRUE, FALSE, NULL, a geometry, a function or a property."""
        token = self.next
        if token.word in ("TRUE", "FALSE"):
            return Value(self.step().word == "TRUE", token.at)
        if token.word == "NULL":
            return Value(None, self.step().at)
        if token.word in _SHAPES and re.match(r"\s*(Z|M|ZM)?\s*(\(|EMPTY\b)", self.text[token.stop :], re.I):
            return self.shape()
        self.step()
        if self.next.text != "(" or self.next.kind != "mark":
            return Name(token.text, token.at)
        return self.inside(lambda: self.call(token))

    def call(self, token: _Token) -> Tree:
        """A function with its arguments, or a literal that is written like one."""
        word = token.word
        if word in ("DATE", "TIMESTAMP"):
            (text,) = self._arguments(self.value) if self._is_one_text() else (None,)
            if not isinstance(text, Value) or not isinstance(text.value, str):
                self._refuse(token.start, f"{word}('2026-01-31')")
            return Value((day if word == "DATE" else moment)(text.value, text.at), token.at)
        if word == BBOX.upper():
            return Node(BBOX, self._arguments(self.signed), token.at)
        if word == INTERVAL.upper():
            return Node(INTERVAL, self._arguments(self.value), token.at)
        of_lists = word.startswith("A_")
        args = self._arguments(lambda: self.list() if of_lists and self.next.text == "(" else self.either())
        return Node(word.lower(), args, token.at)

    def _is_one_text(self) -> bool:
        return re.match(r"\s*'(?:[^']|'')*'\s*\)", self.text[self.next.stop :]) is not None

    def shape(self) -> Tree:
        """A geometry in WKT, up to the bracket that closes it."""
        start, stop, depth = self.next.start, None, 0
        for found in re.finditer(r"[()]|EMPTY\b", self.text[start:], re.IGNORECASE):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if depth + self.depth > DEEPEST:
                raise FilterTooDeep(at=str(start + found.start() + 1), allowed=DEEPEST)
            if depth == 0:
                stop = start + found.end()
                break
        if stop is None:
            self._refuse(len(self.text), ")")
        self.next = self._token(stop)
        return Value(geometry_of_wkt(self.text[start:stop], str(start + 1)), str(start + 1))


def _denied(denied: bool, node: Node) -> Node:
    return Node("not", (node,), node.at) if denied else node


def _unquoted(token: _Token) -> str:
    quote = token.text[0]
    return token.text[1:-1].replace(quote * 2, quote)
