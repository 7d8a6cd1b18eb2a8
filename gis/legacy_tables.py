"""
Vietnamese text from before Unicode, and text that was read with the wrong table: told apart, and restored.

A map of 2009 holds TCVN3 or VNI under a font of that name and declares windows-1252, or nothing. What comes
out of the driver is "§ång Nai" or "Ñoàng Nai". :func:`decode` restores it, :func:`detect` says what it was.

Sources of the tables:

- TCVN3 ("ABC") is part 3 of TCVN 5712:1993; it has no capitals with tones: fonts such as .VnTimeH draw small
  letters as capitals (here ``TCVN3H``). The full set, TCVN 5712-1, is ISO-IR-180.
- VNI: "VNI Character Set for Windows", VNI Software Company: a vowel, then a byte with its marks.
- VISCII: RFC 1456 (1993).
- windows-1258 and windows-1252: Microsoft's tables as Python's codecs hold them; bytes that they leave free
  stand for the control characters of ISO 8859-1, as in the WHATWG Encoding Standard.

The tables of TCVN 5712-1 and VISCII agree with those of glibc's iconv, byte by byte, but for the separate
tone marks 0xB0–0xB4 of TCVN 5712-2: fonts draw "°", "²" and "³" there, and so do maps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from gis.errors import BadInput
from gis.syllables import TONES
from gis.text import nfc

UTF8 = "UTF-8"
NFD = "UTF-8 NFD"
LATIN = "windows-1252"
#: UTF-8 whose bytes were once taken for another table, and written again.
ONCE, TWICE = "UTF-8/windows-1252", "UTF-8/windows-1252/windows-1252"
OVER_1258 = "UTF-8/windows-1258"

Raw = bytes | str


class TextEncodingUnknown(BadInput):
    """No table has this name. Facts: encoding, known."""


def decode(texts: Sequence[Raw], encoding: str) -> list[str]:
    """
    Restore texts of one encoding.

    Parameters
    ----------
    texts
        n texts: the bytes of the file, or what a driver made of them when it took them for windows-1252,
        windows-1258 or ISO 8859-1. Characters that no such reading gives are kept.
    encoding
        One of :data:`ENCODINGS`. Of a text as ``str``, ``UTF-8`` and ``windows-1252`` say that it is right
        already.

    Returns
    -------
    restored
        n texts, NFC. Bytes that the table leaves free come as windows-1252 has them; of invalid UTF-8 the
        faulty bytes come as U+FFFD; mojibake that cannot be undone stays as it is.

    Raises
    ------
    TextEncodingUnknown
    """
    if encoding not in _DECODERS:
        raise TextEncodingUnknown(encoding=encoding, known=", ".join(ENCODINGS))
    decoder = _DECODERS[encoding]
    return [nfc(decoder(text)) for text in texts]


def as_received(text: Raw) -> str:
    """The text as a program shows it that takes every byte for windows-1252."""
    return text if isinstance(text, str) else _bytes_view(text).translate(_LATIN_TABLE)


def _codec_table(codec: str) -> dict[int, str]:
    """Code to character of a codec, for the codes where it is not ISO 8859-1; free codes are left out."""
    pairs = ((code, bytes([code]).decode(codec, "ignore")) for code in range(0x80, 0x100))
    return {code: char for code, char in pairs if char and char != chr(code)}


_LATIN_TABLE = _codec_table("cp1252")
_VIETNAMESE_TABLE = _codec_table("cp1258")
#: Character to the code that it was read from; the two tables put no character at two codes.
_TO_CODE = {ord(c): code for table in (_VIETNAMESE_TABLE, _LATIN_TABLE) for code, c in table.items()}
_TO_LATIN_CODE = {ord(char): code for code, char in _LATIN_TABLE.items()}
_TO_1258_CODE = {ord(char): code for code, char in _VIETNAMESE_TABLE.items()}

#: From 0xA1 on; the dot stands for codes that the standard leaves free.
_TCVN3 = "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ."
_TCVN_CAPITALS = (
    "Ằ" + "." * 10 + "Ẳ....ẴẮẦẨẪẤỀ.......Ể" + "." * 11 + "ỄẾỒ....Ổ" + "." * 15 + "Ỗ" + "." * 14 + "Ố"
)
_TCVN_LOW = "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"  # from 0x80 on
_TCVN_CONTROLS = {
    1: "Ú",
    2: "Ụ",
    4: "Ừ",
    5: "Ử",
    6: "Ữ",
    **dict(zip(range(0x11, 0x18), "ỨỰỲỶỸÝỴ", strict=True)),
}
_VISCII = (  # from 0x80 on
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻ"
    "ìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII_CONTROLS = {2: "Ẳ", 5: "Ẵ", 6: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}


def _from(first: int, letters: str) -> dict[int, str]:
    return {first + at: letter for at, letter in enumerate(letters) if letter != "."}


_VN3_TABLE = _from(0xA1, _TCVN3)
_VN1_TABLE = _from(0x80, _TCVN_LOW) | _VN3_TABLE | _from(0xAF, _TCVN_CAPITALS) | _TCVN_CONTROLS
_VISCII_TABLE = _from(0x80, _VISCII) | _VISCII_CONTROLS

#: What a byte after a vowel adds to it: tone alone, circumflex and tone, breve and tone.
_VNI_TONE = dict(zip("øûõùï", TONES, strict=True))
_VNI_ROOF = dict(zip("âàåãáä", ("", *TONES), strict=True))
_VNI_BREVE = dict(zip("êèúüéë", ("", *TONES), strict=True))
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ"}


def _vni() -> dict[str, str]:
    """Sequence as windows-1252 shows it to letter; the case of the vowel counts, not that of its marks."""
    small = dict(_VNI_ALONE)
    for vowels, marks, added in (
        ("aeouyôö", _VNI_TONE, ""),
        ("aeo", _VNI_ROOF, "\u0302"),
        ("a", _VNI_BREVE, "\u0306"),
    ):
        for vowel in vowels:
            letter = _VNI_ALONE.get(vowel, vowel)
            small |= {vowel + mark: nfc(letter + added + tone) for mark, tone in marks.items()}
    small |= {pair[0] + pair[1].upper(): letter for pair, letter in small.items() if len(pair) == 2}
    return small | {pair[0].upper() + pair[1:]: letter.upper() for pair, letter in small.items()}


_VNI_TABLE = _vni()
_VNI_SEQUENCE = re.compile("|".join(sorted(_VNI_TABLE, key=len, reverse=True)))


def _bytes_view(text: Raw) -> str:
    """The text as code points 0–255, one per byte; what no byte gives stays what it is."""
    return text.decode("latin-1") if isinstance(text, bytes) else text.translate(_TO_CODE)


def _by_table(table: dict[int, str], text: Raw) -> str:
    return _bytes_view(text).translate(table)


def _tcvn3(text: Raw) -> str:
    return _mend_capitals(_by_table(_LATIN_TABLE | _VN3_TABLE, text))


_WORDS = re.compile(r"[^\W\d_]+")
_TONED = frozenset(letter for letter in _VN3_TABLE.values() if letter not in "ĂÂÊÔƠƯĐăâêôơưđ")


def _mend_capitals(text: str) -> str:
    """
    TCVN3 has no capitals with tones: "TØNH" reads "TỉNH". Small letters with tones rise among capitals.

    A whole text rises when a word in it shows that capitals were meant and no word has a small letter that
    could have been a capital; else only such words do: "tỉnh", "Mỹ" and "Xã KCN Mỹ" stay.
    """
    words: list[str] = _WORDS.findall(text)
    risen = {word for word in words if _means_capitals(word)}
    if not risen:
        return text
    if not any(letter.islower() and letter not in _TONED for word in words for letter in word):
        return text.upper()
    return _WORDS.sub(lambda found: found[0].upper() if found[0] in risen else found[0], text)


def _means_capitals(word: str) -> bool:
    certain = [letter for letter in word if letter not in _TONED]
    return 2 <= len(certain) < len(word) and all(letter.isupper() for letter in certain)


def _from_vni(text: Raw) -> str:
    shown = _bytes_view(text).translate(_LATIN_TABLE)
    return _VNI_SEQUENCE.sub(lambda found: _VNI_TABLE[found[0]], shown)


def _from_utf8(text: Raw) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _undone(read_as: dict[int, int], times: int, text: Raw) -> str:
    """Text whose UTF-8 was taken for a table; left as it is where that does not explain it."""
    shown = _from_utf8(text)
    for _ in range(times):
        view = shown.translate(read_as)
        if view.isascii():
            break
        try:
            shown = _strict_utf8(view.encode("latin-1"))
        except UnicodeError:
            break
    return shown


#: "à" is C3 A0, shown as "Ã" and a no-break space, which programs trim or turn into a space.
_LOST_SPACE = re.compile(rb"\xc3(?= |$)")


def _strict_utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _LOST_SPACE.sub(b"\xc3\xa0", raw).decode("utf-8")


def _latin(text: Raw) -> str:
    return as_received(text)


_DECODERS: dict[str, Callable[[Raw], str]] = {
    UTF8: _from_utf8,
    NFD: _from_utf8,
    LATIN: _latin,
    "TCVN3": _tcvn3,
    "VNI": _from_vni,
    "windows-1258": partial(_by_table, _VIETNAMESE_TABLE),
    "VISCII": partial(_by_table, _VISCII_TABLE),
    "TCVN5712-1": partial(_by_table, _VN1_TABLE),
    "TCVN3H": lambda text: _by_table(_LATIN_TABLE | _VN3_TABLE, text).upper(),
    ONCE: partial(_undone, _TO_LATIN_CODE, 1),
    TWICE: partial(_undone, _TO_LATIN_CODE, 2),
    OVER_1258: partial(_undone, _TO_1258_CODE, 1),
}

#: Every encoding that can be restored, the usual ones first.
ENCODINGS = tuple(_DECODERS)


def is_decomposed(text: Raw) -> bool:
    """Whether letters and marks stand apart, all of them (NFD) or the tones."""
    return not unicodedata.is_normalized("NFC", _from_utf8(text))


def beyond_latin(text: str) -> list[int | None]:
    """Of each character that no byte gives as windows-1252, the code that windows-1258 has for it, if any."""
    beyond = (ord(char) for char in text if ord(char) > 0xFF and ord(char) not in _TO_LATIN_CODE)
    return [_TO_1258_CODE.get(code) for code in beyond]
