"""
How Vietnamese a text looks: a small grammar of the written syllable.

A Vietnamese word is one syllable: an onset, a rhyme, at most one tone. Text that was read with the wrong
table breaks these rules in nearly every word, which is how :mod:`gis.legacy_text` tells tables apart.

Onsets, rhymes and the rule that a rhyme ending in a stop carries only the sharp or the heavy tone are those
of Vietnamese phonology (Đoàn Thiện Thuật, Ngữ âm tiếng Việt, 1977), written out here in today's spelling: k,
gh and ngh stand before i, e, ê alone. Letters were ranked by counting the names of the communes of 2024.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Fit = Literal["syllable", "foreign", "broken"]

#: Grave, hook above, tilde, acute, dot below.
TONES = "\u0300\u0309\u0303\u0301\u0323"
_SHARP_OR_HEAVY = frozenset("\u0301\u0323")


def _list(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ONSETS = _list("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x") | {""}
_RHYMES = _list(
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây ăk ak
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong
    ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc uân uâng uât uây uê uêch uên uênh uêu ui
    um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt uyn uynh uyp uyt uyu
    ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu
    """
)
#: After "qu" the u belongs to the onset.
_AFTER_QU = _list(
    """
    a ac ach ai an ang anh ao at au ay ăc ăm ăn ăng ăp ăt âc ân âng ât ây e en eo et ê ên ênh êch êt êu
    y ych yên yêt yn ynh yp yt yu ơ ôc i it inh
    """
)
_STOPS = ("c", "ch", "p", "t", "k")
_ONSET = re.compile("[bcdđghklmnpqrstvxfjwz]*")
#: Words of the highlands' languages and of brands: some consonants, one run of vowels, some consonants.
_FOREIGN = re.compile(
    "(?:[bcdđfghjklmnpqrstvwxz]{0,4}[aăâeêioôơuưy]{1,3}[bcdđfghjklmnpqrstvwxz]{0,3}){1,2}", re.IGNORECASE
)
#: Names of other languages in Latin letters hold few accents: never three side by side, never nothing else.
_WESTERN = re.compile(r"(?=.*[a-z])[a-z]*(?:[^\W\d_a-z]{1,2}[a-z]+)*[^\W\d_a-z]{0,2}")

#: Letters beyond ASCII, the frequent ones first.
_RANKS = "âđươàạêãấúôáìảòĩệồậộớếỹắợịờăọềứùốầỳíủũụẩễằóổýựữửèỗểừéỷởỏõặỉẫỵỡẹẻẳẽẵ"


def fits(word: str) -> Fit:
    """
    Whether one word (letters and marks, no spaces) can be Vietnamese.

    Returns
    -------
    fit
        ``syllable`` by the grammar; ``foreign`` when it could be a name of another language of the country,
        ``broken`` when marks, letters or capitals stand where no writer puts them.
    """
    return _fits(unicodedata.normalize("NFC", word))


@lru_cache(maxsize=65_536)
def _fits(word: str) -> Fit:
    if not (word.islower() or word.isupper() or (word[:1].isupper() and word[1:].islower())):
        return "broken"
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in apart if mark in TONES]
    plain = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in TONES))
    if len(tones) > 1 or not plain.isalpha():
        return "broken"
    if _is_syllable(plain, tones[0] if tones else ""):
        return "syllable"
    return "foreign" if _FOREIGN.fullmatch(plain) else "broken"


def _is_syllable(plain: str, tone: str) -> bool:
    longest = _ONSET.match(plain)
    consonants = longest.end() if longest else 0
    onsets = {consonants}
    if plain.startswith(("gi", "qu")):
        onsets.add(2)
    return any(_meets(plain[:at], plain[at:], tone) for at in onsets)


def _meets(onset: str, rhyme: str, tone: str) -> bool:
    if onset not in _ONSETS or rhyme not in (_AFTER_QU if onset == "qu" else _RHYMES):
        return False
    if tone and rhyme.endswith(_STOPS) and tone not in _SHARP_OR_HEAVY:
        return False
    front = rhyme[0] in "ieêy"
    if onset in ("k", "gh", "ngh"):
        return front or rhyme in ("ak", "ăk")
    return not (onset in ("c", "ng") and front)


@lru_cache(maxsize=65_536)
def is_western(word: str) -> bool:
    """Whether a word with accents could be French, German, Polish …: few accents among plain letters."""
    cased = word.islower() or word.isupper() or (word[:1].isupper() and word[1:].islower())
    return cased and _WESTERN.fullmatch(unicodedata.normalize("NFC", word.lower())) is not None


def is_other_script(word: str) -> bool:
    """Whether no letter of a word is Latin: Chinese, Thai, Khmer, Russian …"""
    return not any(unicodedata.name(letter, "").startswith("LATIN") for letter in word)


@lru_cache(maxsize=4096)
def rarity(letter: str) -> float:
    """How rare a letter beyond ASCII is in Vietnamese: 0 for the commonest, 1 for the rarest or unknown."""
    at = _RANKS.find(letter.lower())
    return 1.0 if at < 0 else at / len(_RANKS)
