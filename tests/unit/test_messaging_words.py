"""What the words of a customer mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.messaging.words import LANGUAGES, CarrierWord, Meaning, carrier_word, choose, fold, vocabulary
from ringback.messaging.words.carriers import HELP_WORDS, START_WORDS, STOP_WORDS
from ringback.messaging.words.folding import LONGEST
from ringback.messaging.words.names import slips

EVERY = vocabulary(LANGUAGES)
ENGLISH = vocabulary(["en"])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Billing!! ", "billing"),
        ("SERVICIO TÉCNICO", "servicio tecnico"),
        ("Rückruf Straße", "ruckruf strasse"),
        ("3:15 PM", "3:15 pm"),
        ("3:15\u202fp.\u00a0m.", "3:15 p m"),
        ("15.30 Uhr.", "15.30 uhr"),
        ("11/24", "11/24"),
        ("1️⃣", "1"),
        ("١٢", "12"),
        ("\u202e\u2066yes\u2069", "yes"),
        ("👍🏽", "👍"),
        ("🎉", ""),
        ("d’accord", "d accord"),
        ("", ""),
    ],
)
def test_folding(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=1700))
def test_folding_is_short_and_done_once(text):
    folded = fold(text)
    assert len(folded) <= LONGEST
    assert fold(folded) == folded


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "STOPALL",
            "stop all",
            "UNSUBSCRIBE",
            "END",
            "QUIT",
            "REVOKE",
            "OPTOUT",
            "opt-out",
        ),
        *("CANCEL", "ARRET", "arrêt", "ALTO", "PARAR", "STOPP", "Stop texting me!", "Please stop.", "Don't text me"),
        *("¡No más mensajes!", "Ne m'écrivez plus", "Bitte aufhören"),
    ],
)
def test_words_that_opt_out(text):
    assert carrier_word(text) is CarrierWord.STOP


@pytest.mark.parametrize("text", ["START", "unstop", "Start!"])
def test_words_that_opt_in(text):
    assert carrier_word(text) is CarrierWord.START


@pytest.mark.parametrize("text", ["HELP", "Info?", "ayuda", "aide", "Hilfe"])
def test_words_that_ask_for_help(text):
    assert carrier_word(text) is CarrierWord.HELP


@pytest.mark.parametrize(
    "text",
    [
        "YES",
        "no",
        "stop by at 3",
        "please cancel",
        "@cancel",
        "@stop",
        "＠cancel",
        "@help",
        "cancelar",
        "bend",
        "",
        "fin",
    ],
)
def test_words_that_carriers_do_not_reserve(text):
    assert carrier_word(text) is None


def test_a_reserved_word_means_nothing_else():
    reserved = STOP_WORDS | START_WORDS | HELP_WORDS
    assert all(not words & reserved for words in EVERY.meanings.values())
    assert not reserved & EVERY.numbers.keys()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yes", Meaning.YES),
        ("Y", Meaning.YES),
        ("OK", Meaning.YES),
        ("Yes please!", Meaning.YES),
        ("sí", Meaning.YES),
        ("Oui", Meaning.YES),
        ("ja, bitte", Meaning.YES),
        ("👍", Meaning.YES),
        ("no thanks", Meaning.NO),
        ("nein", Meaning.NO),
        ("asap", Meaning.ASAP),
        ("A.S.A.P.", Meaning.ASAP),
        ("as soon as possible please", Meaning.ASAP),
        ("lo más pronto posible", Meaning.ASAP),
        ("dès que possible", Meaning.ASAP),
        ("so bald wie möglich", Meaning.ASAP),
        ("choose a time", Meaning.TIME),
        ("more", Meaning.MORE),
        ("más", Meaning.MORE),
        ("PLUS", Meaning.MORE),
        ("mehr", Meaning.MORE),
        ("not yes", None),
        ("no it is ok", Meaning.NO),
        ("Yes, cancel it", Meaning.YES),
        ("ok go ahead", Meaning.YES),
        ("sí, cancele la llamada", Meaning.YES),
        ("oui annulez", Meaning.YES),
        ("ja, absagen", Meaning.YES),
        ("no, keep my callback please", Meaning.NO),
        ("ok but not now", None),
        ("yes or no?", None),
        ("ok nevermind", None),
        ("yes I think that I would very much like to have it cancelled", None),
        ("y pues", None),
        ("maybe", None),
    ],
)
def test_meanings(text, meaning):
    found = {each for each in Meaning if EVERY.means(fold(text), each)}
    assert found == ({meaning} if meaning else set())


def test_yes_and_no_are_never_the_same():
    assert not EVERY.meanings[Meaning.YES] & EVERY.meanings[Meaning.NO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_language_is_understood_by_itself(language):
    words = vocabulary([language])
    for meaning in Meaning:
        assert words.meanings[meaning]
        assert all(words.means(word, meaning) for word in words.meanings[meaning])


def test_a_language_that_is_not_the_organizations_is_not_understood():
    assert not ENGLISH.means("oui", Meaning.YES)
    assert vocabulary(["fr-CA"]).means("oui", Meaning.YES)
    assert vocabulary(["pl"]) == ENGLISH


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2), ("2.", 2), ("#2", 2), ("two", 2), ("number 2", 2), ("option two please", 2), ("the second one", 2),
        ("Dos", 2), ("deux", 2), ("zwei bitte", 2), ("10", 10), ("0", 0), ("９", 9), ("", None), ("two three", None),
        ("2 3", None), ("12345", None), ("-1", 1), ("second", 2), ("one", 1),
    ],
)  # fmt: skip
def test_numbers(text, number):
    assert EVERY.number(fold(text)) == number


NAMES = ["billing", "billing page", "Service", "Servicio Técnico", "Rückfragen", "24/7 support"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("billing", "billing"),
        ("BILLING please", "billing"),
        ("I want billing", "billing"),
        ("page", "billing page"),
        ("billing page", "billing page"),
        ("bilingg", "billing"),
        ("biling", "billing"),
        ("ibllling", "billing"),
        ("tecnico", "Servicio Técnico"),
        ("ruckfragen", "Rückfragen"),
        ("rueckfragen", "Rückfragen"),
        ("Rückfrage", "Rückfragen"),
        ("service", "Service"),
        ("servic", None),  # the beginning of two
        ("support", "24/7 support"),
        ("24/7", "24/7 support"),
        ("bi", None),
        ("sales", None),
        ("not billing", None),
        ("billing or service", None),
        ("", None),
        ("please", None),
        ("🎉", None),
    ],
)
def test_names(text, name):
    place = choose(fold(text), NAMES, EVERY)
    assert (None if place is None else NAMES[place]) == name


def test_a_slip_between_two_names_is_nobodys():
    assert choose("sals", ["sale", "sall"], ENGLISH) is None
    assert choose("sale", ["sale", "sall"], ENGLISH) == 0


def test_two_of_the_same_name_are_told_apart_by_number_only():
    assert choose("billing", ["billing", "billing"], ENGLISH) is None


@given(st.lists(st.text("abcdefg ", min_size=1, max_size=8).filter(fold), min_size=1, max_size=5, unique_by=fold))
def test_a_name_typed_in_full_is_that_name(names):
    for place, name in enumerate(names):
        assert choose(fold(name), names, ENGLISH) == place


@given(st.text(max_size=300), st.lists(st.text(max_size=40), max_size=6))
def test_nothing_that_is_typed_raises(text, names):
    place = choose(fold(text), names, EVERY)
    assert place is None or 0 <= place < len(names)
    EVERY.number(fold(text))


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("abc", "abc", 0), ("abc", "abd", 1), ("abc", "ab", 1), ("abc", "acb", 1), ("abc", "xyz", 3), ("ab", "abcdef", 3)],
)
def test_slips(one, other, count):
    assert slips(one, other, 2) == count
    assert slips(other, one, 2) == count
