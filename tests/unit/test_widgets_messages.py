"""API Messages: read once, spoken in several languages, natural whatever is known."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.clock import DAY, MINUTE, SECOND, Instant, from_datetime
from ringback.offers.decide import WidgetState
from ringback.widgets.messages import (
    LONGEST_MESSAGE,
    PLACEHOLDERS,
    MessageError,
    MessageKey,
    MessageSet,
    MessageValues,
    depends_on_clock,
    parse,
    render,
    valid_until,
)

NEW_YORK = ZoneInfo("America/New_York")
NOW = from_datetime(datetime(2026, 11, 24, 15, 15, 30, tzinfo=NEW_YORK))  # a Tuesday
TOMORROW = from_datetime(datetime(2026, 11, 25, 9, 0, tzinfo=NEW_YORK))
NAMES_ONLY = MessageValues("billing", "Billing line", "Acme")
EVERYTHING = MessageValues(
    widget_name="billing",
    call_target_name="Billing line",
    organization_name="Acme",
    ewt=400,
    ewt_low=290,
    ewt_high=540,
    appointment_at=TOMORROW,
    next_open=TOMORROW,
    manage_url="https://callback.example/m/abc",
)
ALMOST_AT_ONCE = MessageValues("billing", "Billing line", "Acme", ewt=20, ewt_low=5, ewt_high=290)
LANGUAGES = ("en", "es", "fr", "de")
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


def said(text, values=EVERYTHING, locale="en", now=NOW):
    return render(parse(text), values, locale, NEW_YORK, now)


def shipped(key, values=EVERYTHING, locale="en"):
    return MessageSet().say(key, values, locale, NEW_YORK, NOW).text


class TestPlaceholders:
    @pytest.mark.parametrize(
        ("placeholder", "words"),
        [
            ("ewt", "7 minutes"),
            ("ewt_minutes", "7"),
            ("ewt_range", "5 to 9 minutes"),
            ("projected_answer_time", "3:23 PM EST"),
            ("appointment_time", "Wed, Nov 25, 9:00 AM EST"),
            ("next_open", "Wed, Nov 25, 9:00 AM EST"),
            ("widget_name", "billing"),
            ("call_target_name", "Billing line"),
            ("organization_name", "Acme"),
            ("manage_url", "https://callback.example/m/abc"),
        ],
    )
    def test_each_is_filled_in(self, placeholder, words):
        assert said(f"<{{{{{placeholder}}}}}>") == f"<{words}>"

    def test_the_list_is_closed(self):
        assert set(PLACEHOLDERS) == {
            "ewt", "ewt_minutes", "ewt_range", "projected_answer_time", "appointment_time",
            "next_open", "widget_name", "call_target_name", "organization_name", "manage_url",
        }  # fmt: skip

    def test_space_inside_the_braces_is_allowed(self):
        assert said("{{ ewt }} or {{\newt\n}}") == "7 minutes or 7 minutes"

    def test_a_single_brace_is_a_character(self):
        assert said("{ewt} } { {{ewt}}}") == "{ewt} } { 7 minutes}"

    def test_a_value_is_never_read_as_a_placeholder(self):
        assert said("{{widget_name}}", MessageValues("{{ewt}}", "", "", ewt=60)) == "{{ewt}}"

    def test_a_bare_number_of_minutes_is_never_zero(self):
        assert said("{{ewt_minutes}} min", ALMOST_AT_ONCE) == "1 min"

    def test_a_projected_time_is_never_before_the_wait_is_over(self):
        at_the_full_minute = Instant(NOW - 30 * SECOND)
        just_before_the_next = Instant(NOW + 30 * SECOND - 1)
        assert said("{{projected_answer_time}}", now=at_the_full_minute) == "3:23 PM EST"
        assert said("{{projected_answer_time}}", now=just_before_the_next) == "3:23 PM EST"


class TestSaving:
    @pytest.mark.parametrize(
        "text", ["Hello {{nmae}}", "{{ ewt-range }}", "{{}}", "{{ewt}", "{ewt}}", "{{{ewt}}}", "{{"]
    )
    def test_a_wrong_placeholder_is_refused_and_the_right_ones_are_named(self, text):
        with pytest.raises(MessageError, match=r"the known ones are \{\{ewt\}\}, .*\{\{manage_url\}\}"):
            parse(text)

    def test_the_wrong_one_is_named(self):
        with pytest.raises(MessageError, match=r"^the placeholder \{\{nmae\}\} is unknown"):
            parse("Hello {{ewt}} {{nmae}}")

    def test_broken_braces_are_located(self):
        with pytest.raises(MessageError, match=r"^the braces at character 7 hold no placeholder"):
            parse("Hello {{ewt")

    @pytest.mark.parametrize("text", ["", "  \n "])
    def test_a_message_says_something(self, text):
        with pytest.raises(MessageError, match="needs some text"):
            parse(text)

    def test_a_message_is_not_longer_than_it_may_be(self):
        assert parse("x" * LONGEST_MESSAGE).text == "x" * LONGEST_MESSAGE
        with pytest.raises(MessageError, match="at most 1000 characters; this one has 1001"):
            parse("x" * (LONGEST_MESSAGE + 1))

    @pytest.mark.parametrize("character", ["\x00", "\x1b", "\t", "\r", "\x85", "\ud800"])
    def test_control_characters_are_refused(self, character):
        with pytest.raises(MessageError, match=f"U\\+{ord(character):04X}"):
            parse(f"a{character}b")

    def test_lines_may_be_broken(self):
        assert said("One.\r\nTwo.") == "One.\nTwo."

    @given(st.text(alphabet=st.sampled_from("{} ewt_rangbc.\n\t\x00é"), max_size=60) | st.text(max_size=1100))
    def test_any_text_is_read_or_refused_and_leaves_no_placeholder(self, text):
        try:
            template = parse(text)
        except MessageError:
            return
        for values in (EVERYTHING, ALMOST_AT_ONCE, NAMES_ONLY):
            assert "{{" not in render(template, values, "en", UTC, NOW)

    @given(st.lists(st.sampled_from([f"{{{{{name}}}}}" for name in PLACEHOLDERS] + [" ", ". ", "about ", "Word"])))
    def test_every_mixture_of_placeholders_is_spoken(self, parts):
        text = "".join(["So ", *parts])
        assert parse(text).text == text.strip()
        assert "{{" not in said(text)
        assert "{{" not in said(text, NAMES_ONLY)


class TestWhatIsNotKnown:
    def test_the_sentence_that_needs_it_is_left_out(self):
        text = "We are closed. Please try again after {{next_open}}. Thank you."
        assert said(text, NAMES_ONLY) == "We are closed. Thank you."

    def test_so_is_a_line_of_its_own(self):
        assert said("Booked.\nChange or cancel: {{manage_url}}", NAMES_ONLY) == "Booked."
        assert said("Change: {{manage_url}}\nBooked.", NAMES_ONLY) == "Booked."

    def test_an_abbreviation_ends_no_sentence(self):
        assert said("Wait approx. {{ewt}}, e.g. with No. 7. Or go.", NAMES_ONLY) == "Or go."

    def test_a_range_needs_both_its_ends(self):
        half_known = MessageValues("w", "c", "o", ewt_low=60)
        assert said("Hello. In {{ewt_range}}.", half_known) == "Hello."

    def test_a_text_without_any_known_sentence_comes_to_nothing(self):
        assert said("In {{ewt}}.", NAMES_ONLY) == ""

    def test_then_the_shipped_one_is_said(self):
        messages = MessageSet(
            {"en": {"platform_unavailable": "Back {{next_open}}."}, "it": {"offer_callback": "{{ewt}}!"}}
        )
        say = lambda key, locale: messages.say(key, NAMES_ONLY, locale, UTC, NOW).text  # noqa: E731
        assert say("platform_unavailable", "en") == "We cannot take callback requests right now."
        assert say("offer_callback", "it") == "We can call you back."


class TestApproximation:
    @pytest.mark.parametrize(
        ("text", "locale", "words"),
        [
            ("We can call you in approximately {{ewt}}.", "en", "We can call you in less than a minute."),
            ("Approximately {{ewt}} to wait.", "en", "Less than a minute to wait."),
            ("About {{ewt_range}}.", "en", "Less than 5 minutes."),
            ("En aproximadamente {{ewt}}.", "es", "En menos de un minuto."),
            ("Dans environ {{ewt}}.", "fr", "Dans moins d'une minute."),
            ("In etwa {{ewt}}.", "de", "In weniger als 1 Minute."),
            ("In thereabout {{ewt}}.", "en", "In thereabout less than a minute."),
        ],
    )
    def test_a_bound_is_not_approximate(self, text, locale, words):
        assert said(text, ALMOST_AT_ONCE, locale) == words

    def test_any_other_wait_is(self):
        assert said("Approximately {{ewt}}, about {{ewt_range}}.") == "Approximately 7 minutes, about 5 to 9 minutes."


class TestShippedMessages:
    def test_the_keys_are_the_states_of_a_widget_and_the_two_successes(self):
        assert {key.value for key in MessageKey} == {*WidgetState, "success_asap", "success_scheduled"}

    @pytest.mark.parametrize("key", ["offer_asap_callback", "offer_callback"])
    def test_the_offer_of_the_contract(self, key):
        assert shipped(key) == "We can call you in approximately 7 minutes."
        assert shipped(key, ALMOST_AT_ONCE) == "We can call you in less than a minute."

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("key", MessageKey)
    def test_each_reads_well_and_fits_one_text_message(self, language, key):
        for values in (EVERYTHING, ALMOST_AT_ONCE, NAMES_ONLY):
            text = shipped(key, values, language)
            assert text.endswith(".")
            assert "  " not in text
            assert "None" not in text
            assert set(text) <= GSM_7
            assert len(text) <= 160

    @pytest.mark.parametrize("key", MessageKey)
    def test_each_language_has_its_own(self, key):
        assert len({shipped(key, locale=language) for language in LANGUAGES}) == len(LANGUAGES)

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("offer_scheduled_callback", "We can call you back at a time that you choose."),
            ("display_ewt_only", "We cannot offer a callback right now."),
            ("platform_unavailable", "We cannot take callback requests right now."),
            ("success_asap", "Your callback is confirmed."),
            ("success_scheduled", "Your callback is booked."),
        ],
    )
    def test_without_facts(self, key, text):
        assert shipped(key, NAMES_ONLY) == text

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("display_ewt_only", "We cannot offer a callback right now. The estimated wait is about 7 minutes."),
            (
                "platform_unavailable",
                "We cannot take callback requests right now. Please try again after Wed, Nov 25, 9:00 AM EST.",
            ),
            ("success_asap", "Your callback is confirmed. We will call you in approximately 7 minutes."),
            ("success_scheduled", "Your callback is booked for Wed, Nov 25, 9:00 AM EST."),
        ],
    )
    def test_with_facts(self, key, text):
        assert shipped(key) == text


class TestChoiceOfLanguage:
    OWN = MessageSet(
        {
            "en": {"offer_callback": "Own English {{ewt}}"},
            "it": {"offer_callback": "Tra {{ewt}}"},
            "pt-BR": {"offer_callback": "Em {{ewt}}"},
        },
        default_language="it",
    )

    @pytest.mark.parametrize(
        ("locale", "text"),
        [
            ("en", "Own English 7 minutes"),
            ("en-AU", "Own English 7 minutes"),
            ("pt", "Em 7 minutos"),
            ("es-MX", "Podemos llamarle en aproximadamente 7 minutos."),
            ("ja", "Tra 7 minuti"),
            ("not a language", "Tra 7 minuti"),
            (None, "Tra 7 minuti"),
        ],
    )
    def test_own_text_then_shipped_then_default_language(self, locale, text):
        assert self.OWN.say("offer_callback", EVERYTHING, locale, UTC, NOW).text == text

    def test_english_at_last(self):
        assert self.OWN.say("offer_scheduled_callback", EVERYTHING, "ja", UTC, NOW).text.startswith("We can")

    def test_a_shipped_text_never_displaces_one_of_the_same_language(self):
        messages = MessageSet({"en-GB": {"offer_callback": "Own British"}}, default_language="nonsense?")
        for locale in ("en", "en-US", "en-GB", "ja", None):
            assert messages.say("offer_callback", EVERYTHING, locale, UTC, NOW).text == "Own British"

    def test_times_are_written_as_in_the_region_of_the_reader(self):
        say = lambda locale: MessageSet().say("success_scheduled", EVERYTHING, locale, NEW_YORK, NOW).text  # noqa: E731
        assert say("en-GB") == "Your callback is booked for Wed 25 Nov, 09:00 EST."
        assert say("es-MX") == "Su llamada queda reservada: mié 25 de nov, 9:00 a.m. EST."

    @pytest.mark.parametrize(
        ("asked", "locale"), [("en-gb", "en-GB"), ("en-XX", "en"), ("ja", "it"), ("es-zzz-x-1", "es")]
    )
    def test_the_locales_to_write_in_are_few(self, asked, locale):
        assert self.OWN.pick("offer_callback", asked).locale == locale

    def test_all_that_is_wrong_is_told_at_once_with_its_place(self):
        texts = {
            "en": {"offer_callback": "{{nmae}}", "offer": "Hello"},
            "EN": {},
            "French!": {},
            "de": {"success_asap": ""},
        }
        with pytest.raises(MessageError) as refused:
            MessageSet(texts)
        told = str(refused.value)
        for problem in (
            "en.offer_callback: the placeholder {{nmae}} is unknown",
            "en.offer: there is no such message",
            "the language en is there twice",
            "'French!' is no language tag",
            "de.success_asap: a message needs some text",
        ):
            assert problem in told


class TestClock:
    @pytest.mark.parametrize("name", PLACEHOLDERS)
    def test_moments_depend_on_the_clock_and_nothing_else_does(self, name):
        moments = {"projected_answer_time", "appointment_time", "next_open"}
        assert depends_on_clock(parse(f"{{{{{name}}}}}")) == (name in moments)

    def test_a_text_holds_to_the_end_of_the_minute(self):
        assert valid_until(parse("At {{next_open}}"), NOW) == NOW + 30 * SECOND
        assert valid_until(parse("At {{next_open}}"), Instant(NOW + 30 * SECOND)) == NOW + 90 * SECOND

    def test_a_text_without_moments_holds_always(self):
        assert valid_until(parse("In {{ewt}}"), NOW) is None
        assert MessageSet().say("offer_callback", EVERYTHING, "en", UTC, NOW).valid_until is None

    @given(st.integers(min_value=0, max_value=DAY * 2), st.integers(min_value=0, max_value=MINUTE * 2))
    def test_the_same_facts_read_the_same_until_then(self, start, later):
        template = parse("{{projected_answer_time}} {{appointment_time}} {{next_open}}")
        first = Instant(NOW + start)
        until = valid_until(template, first)
        second = Instant(min(first + later, until - 1))
        assert render(template, EVERYTHING, "en", NEW_YORK, first) == render(
            template, EVERYTHING, "en", NEW_YORK, second
        )
