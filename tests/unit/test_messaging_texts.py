"""What fits into a text message. The examples of 3GPP TS 23.038 and 23.040, and properties that hold for any text."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringback.texts import Encoding, Size, encoding_of, fit, fits, normalise, plain, shorten, size, split
from ringback.texts.alphabet import BASIC, EXTENSION, units

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=1000)
GSM_TEXT = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=600)


def test_the_alphabet_has_128_codes_but_the_escape_and_ten_more_behind_it():
    assert len(BASIC) == 127
    assert set("^{}\\[~]|€\f") == EXTENSION
    assert not BASIC & EXTENSION


@pytest.mark.parametrize("text", ["", "hello", "é à è ù ñ ü ß Ç", "@£$¥", "Ω", "100 €", "[1]"])
def test_texts_in_the_gsm_alphabet(text):
    assert encoding_of(text) is Encoding.GSM_7


@pytest.mark.parametrize("text", ["ç", "ê", "á", "í", "ó", "ú", "–", "“", "😀", "שלום", "`", "\t", "\x1b"])
def test_one_other_character_makes_it_ucs_2(text):
    assert encoding_of(f"hello {text}") is Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Size(Encoding.GSM_7, 0, 1)),
        ("a" * 160, Size(Encoding.GSM_7, 160, 1)),
        ("a" * 161, Size(Encoding.GSM_7, 161, 2)),
        ("a" * 306, Size(Encoding.GSM_7, 306, 2)),
        ("a" * 307, Size(Encoding.GSM_7, 307, 3)),
        ("a" * 459, Size(Encoding.GSM_7, 459, 3)),
        ("a" * 460, Size(Encoding.GSM_7, 460, 4)),
        ("€" * 80, Size(Encoding.GSM_7, 160, 1)),
        ("€" * 81, Size(Encoding.GSM_7, 162, 2)),
        ("ж" * 70, Size(Encoding.UCS_2, 70, 1)),
        ("ж" * 71, Size(Encoding.UCS_2, 71, 2)),
        ("ж" * 134, Size(Encoding.UCS_2, 134, 2)),
        ("ж" * 135, Size(Encoding.UCS_2, 135, 3)),
        ("😀" * 35, Size(Encoding.UCS_2, 70, 1)),
        ("😀" * 36, Size(Encoding.UCS_2, 72, 2)),
        # 153 is odd: the 77th pair does not fit behind 76 of them, and moves to the next segment.
        ("€" * 152, Size(Encoding.GSM_7, 304, 2)),
        ("€" * 153, Size(Encoding.GSM_7, 306, 3)),
        ("😀" * 66, Size(Encoding.UCS_2, 132, 2)),
        ("😀" * 67, Size(Encoding.UCS_2, 134, 3)),
    ],
)
def test_sizes(text, expected):
    assert size(text) == expected


def test_a_pair_is_not_divided():
    assert split("a" * 152 + "€" + "b" * 20) == ("a" * 152, "€" + "b" * 20)
    assert split("ж" * 66 + "😀" + "ж" * 20) == ("ж" * 66, "😀" + "ж" * 20)


@given(st.one_of(ANY_TEXT, GSM_TEXT))
@example("a" * 160)
@example("a" * 152 + "€" * 200)
def test_segments_put_together_are_the_text_and_none_is_too_long(text):
    segments = split(text)
    encoding = encoding_of(text)
    assert "".join(segments) == text
    assert size(text).segments == len(segments)
    room = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}[encoding][len(segments) > 1]
    assert all(sum(units(each, encoding) for each in segment) <= room for segment in segments)
    # Nothing shorter would do: each segment has no room for what the next begins with.
    for one, other in pairwise(segments):
        assert (
            sum(units(each, encoding) for each in one) + units(other[0], encoding) > 153 or encoding is Encoding.UCS_2
        )


@given(ANY_TEXT)
def test_ucs_2_units_are_those_of_utf_16(text):
    if encoding_of(text) is Encoding.UCS_2:
        assert size(text).units == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Hello” – it’s 5…", '"Hello" - it\'s 5...'),
        ("3:15\u202fPM\u00a0EST", "3:15 PM EST"),
        ("« oui »", '" oui "'),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("bell\x07 null\x00", "bell null"),
        ("half \ud83d a pair", "half  a pair"),
        ("cafe\u0301", "café"),
        ("çà et là, señor", "çà et là, señor"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_plain_takes_off_only_the_accents_that_the_alphabet_lacks():
    assert plain("sáb, août, mié, œuvre, Łódź, ñ, Привет") == "sab, aout, mié, oeuvre, Lódz, ñ, Привет".replace(
        "ó", "o"
    )


def test_a_text_that_fits_is_left_as_it_is():
    assert fit("Ça va, à bientôt 😀") == "Ça va, à bientôt 😀"


def test_accents_give_way_before_words_do():
    text = "Votre rappel est prévu : où vous êtes ? " * 8
    assert not fits(text.strip())
    assert fit(text) == text.replace("ê", "e").strip()


def test_what_is_too_long_is_cut_after_a_word():
    text = fit("word " * 200)
    assert text.endswith("word...")
    assert size(text).segments == 3


@given(ANY_TEXT, st.integers(1, 3))
def test_fitting_always_fits_and_is_done_once(text, segments):
    fitted = fit(text, segments)
    assert fits(fitted, segments)
    assert fit(fitted, segments) == fitted


@given(ANY_TEXT, st.integers(0, 60))
def test_shortening(text, most):
    short = shorten(text, most)
    assert len(short) <= max(most, 0)
    if len(text) <= most:
        assert short == text


def test_a_long_word_is_cut_rather_than_lost():
    assert shorten("Donaudampfschifffahrtsgesellschaft", 12) == "Donaudamp..."
    assert shorten("the quick brown fox", 12) == "the quick..."
