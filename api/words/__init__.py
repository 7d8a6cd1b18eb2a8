"""
The one catalogue of words: everything a user reads, in Vietnamese and in English.

``vi.json`` and ``en.json`` hold the same sections (``error``, ``ui``, ``reason``, ``verb`` …), each flat:
code to sentence, with facts as ``{name}``. The web reads the same files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from gis.errors import DidoiError
from gis.text import with_known

Lang = Literal["vi", "en"]
LANGS: tuple[Lang, Lang] = ("vi", "en")


def say(code: str, lang: Lang, /, **facts: object) -> str:
    """
    The sentence of a code, with its facts filled in.

    Parameters
    ----------
    code
        ``section.code``: ``error.crs_missing``, ``reason.too_small``.
    lang
        Which language.
    **facts
        What the sentence refers to as ``{name}``. A fact that is missing shows as its name, and a code
        without words as itself: telling of one fault must not raise another. What stands in brackets is
        said where all facts in it are known.
    """
    section, _, name = code.partition(".")
    sentence = catalogue(lang).get(section, {}).get(name)
    if sentence is None:
        told = ", ".join(f"{fact}={value}" for fact, value in facts.items())
        return f"{code} ({told})" if told else code
    return with_known(sentence, facts).format_map(_Facts(facts))


def say_error(error: DidoiError, lang: Lang) -> str:
    """What went wrong and how to mend it, in one sentence."""
    return say(f"error.{error.code}", lang, **error.facts)


@cache
def catalogue(lang: Lang) -> Mapping[str, Mapping[str, str]]:
    """All words of one language: section, then code, then sentence."""
    return json.loads(files(__name__).joinpath(f"{lang}.json").read_text(encoding="utf-8"))


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"
