import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.mods.folding import MAX_QUERY_WORDS, clean, fold, query_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("BeamBoards", "beamboards"),
        ("Économie Été", "economie ete"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁsh & Chips", "fish & chips"),
        ("  a\t\n b  ", "a b"),
        ("nul\x00byte", "nul byte"),
        ("half \ud83d emoji", "half emoji"),
        ("🌿 EverRipe", "🌿 everripe"),
        ("⚠︎", "⚠"),
    ],
)
def test_texts_are_compared_without_accents_letter_case_and_what_cannot_be_seen(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(alphabet=st.characters(codec=None, categories=None)))
def test_folded_text_is_the_same_when_folded_again_and_can_be_stored(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    folded.encode()


def test_a_query_is_cut_to_a_number_of_different_words() -> None:
    assert query_words("Wolf wolf  WÖLF") == ["wolf"]
    assert len(query_words(" ".join(f"w{n}" for n in range(1000)))) == MAX_QUERY_WORDS


def test_cleaning_keeps_emoji_with_joiners_and_drops_control_characters() -> None:
    assert clean(" 👩‍🌾 farm\x00er\n ", 50) == "👩‍🌾 farm er"
    assert clean("x" * 1000, 10) == "x" * 10
