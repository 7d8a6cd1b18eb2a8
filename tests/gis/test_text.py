import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.text import fold, fold_all, nfc


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đồng Nai", "dong nai"),
        ("ĐỒNG   NAI ", "dong nai"),
        ("Thuận An\u00a0- Dĩ An", "thuan an - di an"),
        ("Bưởi, Quế, Ngữ, Ứng", "buoi, que, ngu, ung"),
        ("ＫＣＮ VSIP I", "kcn vsip i"),
        ("", ""),
    ],
)
def test_search_ignores_case_tone_vowel_marks_and_the_stroke_of_d(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_composed_and_decomposed_names_are_the_same_name() -> None:
    apart = unicodedata.normalize("NFD", "Bình Đường")
    assert nfc(apart) == "Bình Đường"
    assert fold(apart) == fold("Bình Đường") == "binh duong"


def test_a_missing_text_stays_missing() -> None:
    assert fold_all(["Tân Uyên", None, "", "a\0b"]).tolist() == ["tan uyen", None, "", "a\0b"]
    assert fold_all([]).tolist() == []


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.none() | st.text()))
def test_a_column_folds_as_its_texts_do(texts: list[str | None]) -> None:
    assert fold_all(texts).tolist() == [None if text is None else fold(text) for text in texts]
