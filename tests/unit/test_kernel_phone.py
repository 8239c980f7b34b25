import logging

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.kernel.errors import ContactRequired, InvalidContact
from ringback.kernel.phone import (
    Number,
    NumberKind,
    NumberRules,
    limit_prefix,
    mask,
    national_prefixes,
    parse_number,
    read_number,
)

US = NumberRules(region="US")
NUMBER_CHARACTERS = "0123456789+-() .x#;=/*ABCext:tl０１２٣٤\u202a\u200b📞"
odd_texts = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(), max_size=20),  # surrogates and control characters too
    st.text(NUMBER_CHARACTERS, max_size=30),
    st.from_regex(r"\+?(1|44|49|39|55|61|800)?[ .-]?[0-9]{2,13}( ?(x|;ext=|ext\. )[0-9]{1,8})?", fullmatch=True),
)
regions = st.sampled_from(["US", "CA", "GB", "DE", "IT", "BR", "AU", "MX", "AR", "CN", "RU"])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+12015550123", "+12015550123"),
        ("2015550123", "+12015550123"),
        ("  (201) 555-0123 \n", "+12015550123"),
        ("1.201.555.0123", "+12015550123"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("tel:201-555-0123;phone-context=+1", "+12015550123"),
        ("２０１５５５０１２３", "+12015550123"),
        ("٢٠١٥٥٥٠١٢٣", "+12015550123"),
        ("\u202a+1 201 555 0123\u202c", "+12015550123"),
        ("201-555-0123 x12", "+12015550123;ext=12"),
        ("+12015550123;ext=12", "+12015550123;ext=12"),
        ("201 555 0123 ext. 007", "+12015550123;ext=007"),
        ("２０１５５５０１２３ x１２", "+12015550123;ext=12"),
        ("1-800-FLOWERS", "+18003569377"),
    ],
)
def test_every_way_of_writing_a_number_has_one_canonical_form(text, key):
    assert parse_number(text, US).key == key
    assert read_number(text, "US").key == key


@pytest.mark.parametrize(
    "text",
    [
        "call me",
        "911",
        "5550123",
        "+1 201 555",
        "+12015550123456",
        "+999 123 456 789",
        "0" * 65,
        "2015550123" + " " * 60 + "x1",
        "201\x005550123",
        "2015550123\x00",
        "2015550123\x7f",
        "\ud8002015550123",
        "📞📞📞",
        "+",
        "tel:",
        ";ext=12",
        "2015550123 2015550124",
    ],
)
def test_what_is_no_number_is_invalid(text):
    with pytest.raises(InvalidContact):
        parse_number(text, US)


@pytest.mark.parametrize("text", [None, "", "   ", "\t\r\n", "\u3000"])
def test_nothing_and_blanks_are_a_missing_number(text):
    with pytest.raises(ContactRequired):
        parse_number(text, US)
    with pytest.raises(ContactRequired):
        read_number(text, "US")


@pytest.mark.parametrize(
    ("text", "rules", "allowed"),
    [
        ("+14165550123", {"region": "US"}, False),  # Canada, which shares +1
        ("+14165550123", {"region": "US", "countries": ("US", "CA")}, True),
        ("+14165550123", {"region": "CA"}, True),
        ("+12423331234", {"region": "US"}, False),  # the Bahamas
        ("+12015550123", {"region": "US", "countries": ("CA",)}, False),
        ("+442079460123", {"region": "US"}, False),
        ("+442079460123", {"region": "US", "countries": ("GB",)}, True),
        ("+447781123456", {"region": "GB"}, False),  # Guernsey, which shares +44
        ("07400 123456", {"region": "GB"}, True),
        ("+19005551234", {"region": "US"}, False),  # premium
        ("+449098790123", {"region": "GB"}, False),
        ("+448431234567", {"region": "GB"}, False),  # shared cost
        ("+18005551234", {"region": "US"}, True),  # toll-free
        ("+18005551234", {"region": "CA"}, True),
        ("+18005551234", {"region": "GB", "countries": ("GB", "US")}, False),
        ("+18005551234", {"region": "US", "types": ("mobile", "fixed_line_or_mobile")}, False),
        ("+448001111111", {"region": "US", "countries": ("US", "GB")}, False),
        ("+80012345678", {"region": "US"}, False),  # toll-free of no country
        ("+883510012345678", {"region": "US"}, False),  # of no country
        ("+447400123456", {"region": "GB", "types": ("fixed_line",)}, False),
        ("+442079460123", {"region": "GB", "types": ("fixed_line",)}, True),
    ],
)
def test_countries_and_types_decide_who_may_be_called(text, rules, allowed):
    rules = NumberRules(**rules)
    if allowed:
        assert parse_number(text, rules) == read_number(text, rules.region)
    else:
        with pytest.raises(InvalidContact):
            parse_number(text, rules)
        assert read_number(text, rules.region).kind is not NumberKind.UNKNOWN  # the rules refused it, not the form


def test_every_refusal_reads_the_same():
    messages = set()
    for text in ("nonsense", "+14165550123", "+19005551234", "+1 201 555", "1" * 99, "\x00"):
        with pytest.raises(InvalidContact) as refused:
            parse_number(text, US)
        messages.add((refused.value.message, *refused.value.details))
    assert len(messages) == 1


def test_the_parts_of_a_number():
    number = parse_number("(201) 555-0123 x12", US)
    assert number == Number("+12015550123;ext=12", "US", NumberKind.FIXED_LINE_OR_MOBILE)
    assert number.e164 == "+12015550123"
    assert number.extension == "12"
    assert number.uri == "tel:+12015550123;ext=12"
    assert number.masked == "+1201*****23"
    assert parse_number("2015550123", US).extension is None


def test_a_number_on_a_block_list_is_found_under_any_of_its_prefixes():
    prefixes = national_prefixes(parse_number("2015550123", US))
    assert prefixes[:2] == ["+1", "+12"]
    assert prefixes[-1] == "+12015550123"
    assert len(prefixes) == 11
    assert national_prefixes(parse_number("2015550123 x12", US)) == [*prefixes, "+12015550123;ext=12"]


def test_neighbouring_numbers_share_a_limit_prefix():
    assert limit_prefix(parse_number("2015550123 x9", US)) == "+1201555"
    assert limit_prefix(parse_number("2015559999", US)) == "+1201555"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"types": ("premium_rate",)}, "never called"),
        ({"types": ("shared_cost",)}, "never called"),
        ({"types": ("unknown",)}, "never called"),
        ({"types": ()}, "at least 1"),
        ({"types": ("carrier_pigeon",)}, "fixed_line"),
        ({"region": "ZZ"}, "two-letter code"),
        ({"region": "001"}, "two-letter code"),
        ({"region": 1}, "string"),
        ({"countries": ("US", "Germany")}, "two-letter code"),
        ({"nations": ("US",)}, "Extra inputs"),
    ],
)
def test_rules_that_cannot_be_are_refused(rules, words):
    with pytest.raises(ValidationError, match=words):
        NumberRules(**rules)


def test_rules_are_kept_as_text_and_read_back():
    rules = NumberRules(region="de", countries=("DE", "at"), types=("mobile",))
    assert rules.countries == ("DE", "AT")
    assert NumberRules.from_json(rules.to_json()) == rules


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+15555550123", "+1555*****23"),
        ("+447911123456", "+4479******56"),
        ("+12015550123;ext=4711", "+1201*****23"),
        ("tel:+12015550123", "+1201*****23"),
        ("(201) 555-0123", "201*****23"),
        ("1234567", "*****67"),
        ("123456", "******"),
        ("Jane Doe, 14 High Street", "**"),
        ("", ""),
    ],
)
def test_masking(text, masked):
    assert mask(text) == masked


@given(st.one_of(odd_texts, st.text(min_size=60)))
def test_masking_shows_at_most_six_digits_of_any_text(text):
    masked = mask(text)
    assert set(masked) <= set("+*0123456789")
    assert sum(character.isdigit() for character in masked) <= 6
    assert masked.count("*") >= min(5, sum(character.isdecimal() for character in text[:64].partition(";")[0]))
    assert len(masked) <= 65
    assert mask(masked) == masked


@given(odd_texts, regions)
def test_any_text_is_a_number_or_one_of_two_refusals(text, region):
    rules = NumberRules(region=region)
    try:
        number = parse_number(text, rules)
    except ContactRequired:
        assert not text.strip()
        return
    except InvalidContact:
        return
    assert number == parse_number(number.key, rules)
    assert number == parse_number(number.uri, rules)
    assert number == read_number(text, region)
    assert number.key.isascii()
    # The library's own questions, asked one by one, agree with the single one that is asked.
    parsed = phonenumbers.parse(number.key)
    assert phonenumbers.is_possible_number(parsed)
    assert phonenumbers.is_valid_number(parsed)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number.e164


@given(odd_texts, regions)
def test_the_canonical_form_of_a_look_up_is_its_own_canonical_form(text, region):
    try:
        number = read_number(text, region)
    except (ContactRequired, InvalidContact):
        return
    assert read_number(number.key, region) == number


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.sampled_from([0, 1, 3, 4, 5, 6, 7, 8, 9, 10]))
def test_example_numbers_of_every_region_are_judged_by_region_and_kind(region, kind):
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    number = read_number(text, "US")
    rules = NumberRules(region=region)
    expected = number.kind in rules.types and (number.region == region or number.kind is NumberKind.TOLL_FREE)
    try:
        assert (parse_number(text, rules) == number) is expected
    except InvalidContact:
        assert not expected


def test_a_number_prints_nothing_to_the_log_by_itself(caplog):
    caplog.set_level(logging.DEBUG)
    parse_number("2015550123", US)
    assert caplog.text == ""
