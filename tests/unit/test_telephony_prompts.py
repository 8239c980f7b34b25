"""What people hear on the telephone: in their language, in the call target's own words where it has some."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.call_targets.model import CallTargetSettings
from ringback.call_targets.prompt_texts import LONGEST_PROMPT, PLACEHOLDERS, PromptTexts, checked_prompt
from ringback.telephony.default_prompts import DEFAULT_PROMPTS
from ringback.telephony.prompts import Prompts, prompts_for, with_minutes

NAMES = {field.name for field in fields(Prompts)}
LANGUAGES = ["en", "es", "fr", "de"]


def prompts(language="en", **known):
    told = {"organization_name": "Acme", "call_target_name": "Billing", "customer_number": "+14155550123"}
    return prompts_for(language, **told | known)


class TestTheShippedTexts:
    def test_are_there_for_every_prompt_in_every_language(self):
        assert list(DEFAULT_PROMPTS) == LANGUAGES
        assert all(set(texts) == NAMES for texts in DEFAULT_PROMPTS.values())
        assert set(PromptTexts.model_fields) == NAMES

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_can_be_saved(self, language):
        assert PromptTexts(**DEFAULT_PROMPTS[language]).model_dump() == DEFAULT_PROMPTS[language]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_are_said_without_a_rest_of_braces(self, language):
        for known in ({}, {"customer_name": "Ada", "user_data": {"topic": "an invoice"}}):
            said = prompts(language, **known)
            for name in NAMES:
                prompt = getattr(said, name)
                assert (prompt.name, prompt.language) == (name, language)
                assert len(prompt.text) > 10
                assert "{{" not in prompt.text or name == "later_confirmed"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_name_every_key(self, language):
        said = prompts(language)
        assert all(key in said.greeting.text for key in "1297")
        assert all(key in said.ask_minutes.text for key in ("1", "2", "9", "10", "20", "90"))
        assert "1" in said.whisper.text.rpartition(".")[0].rpartition(".")[2]
        assert "40" in with_minutes(said.later_confirmed, 40).text


class TestFacts:
    def test_what_is_not_known_is_not_spoken_of(self):
        assert prompts().whisper.text == (
            "Callback for Billing. The number is 1 4 1 5 5 5 5 0 1 2 3. To be connected, press 1."
        )

    def test_what_is_known_is(self):
        said = prompts(customer_name="Ada", user_data={"order_number": 17, "vip": True, "note": None, "more": ""})
        assert "The customer's name is Ada." in said.whisper.text
        assert "They told us: order number: 17, vip: True." in said.whisper.text

    def test_digits_are_read_one_by_one(self):
        assert "1 4 1 5, extension 4 2." in prompts(customer_number="+1415;ext=42").whisper.text
        assert "1 4 1 5, Durchwahl 4 2." in prompts("de", customer_number="+1415;ext=42").whisper.text

    def test_minutes_are_told_when_they_are_known(self):
        template = prompts().later_confirmed
        assert with_minutes(template, 20).text == "Thank you. We will call you in 20 minutes. Goodbye."
        assert with_minutes(template, 20).name == template.name

    @given(st.text(), st.dictionaries(st.text(min_size=1), st.text()))
    def test_whatever_customers_write_is_one_line_that_can_be_spoken(self, name, user_data):
        text = prompts(customer_name=name, user_data=user_data).whisper.text
        assert text.isprintable()
        assert text.endswith("To be connected, press 1.")
        assert len(text) < 1000


class TestTheWordsOfACallTarget:
    def test_come_before_the_shipped_ones(self):
        own = {"en": PromptTexts(nobody_free="Try again, {{customer_name}}. So sorry.")}
        assert prompts(texts=own, customer_name="Ada").nobody_free.text == "Try again, Ada. So sorry."
        assert prompts(texts=own).nobody_free.text == "So sorry."
        assert prompts(texts=own).greeting == prompts().greeting

    def test_that_come_to_nothing_are_said_in_the_shipped_ones(self):
        own = {"en": PromptTexts(nobody_free="Try again, {{customer_name}}.")}
        assert prompts(texts=own).nobody_free == prompts().nobody_free

    def test_serve_a_regional_variant_too(self):
        own = {"pt-BR": PromptTexts(greeting="Olá."), "de": PromptTexts(greeting="Grüezi.")}
        assert (prompts("de-CH", texts=own).greeting.text, prompts("pt", texts=own).greeting.text) == (
            "Grüezi.",
            "Olá.",
        )

    def test_do_not_stand_in_for_another_language(self):
        assert prompts("fr", texts={"de": PromptTexts(greeting="Hallo.")}).greeting == prompts("fr").greeting

    def test_what_nobody_has_written_is_said_in_english(self):
        said = prompts("pt", texts={"pt": PromptTexts(greeting="Olá.")})
        assert (said.greeting.language, said.whisper.language) == ("pt", "en")

    def test_agents_may_speak_another_language(self):
        said = prompts("es", agent_language="de")
        assert (said.greeting.language, said.nobody_free.language) == ("es", "es")
        assert (said.whisper.language, said.calling_customer.language, said.customer_not_reached.language) == (
            ("de",) * 3
        )

    @pytest.mark.parametrize("text", ["{{ewt}}", "{{}}", "{{customer name}}", "a {{ b", "a }} b", "\x07"])
    def test_are_refused_where_they_cannot_be_said(self, text):
        with pytest.raises(ValidationError):
            PromptTexts(greeting=text)

    def test_say_what_is_wrong(self):
        with pytest.raises(ValueError, match=r"ewt.*organization_name"):
            checked_prompt("in {{ewt}}")

    def test_may_have_spaces_inside_the_braces(self):
        own = {"en": PromptTexts(greeting="This is {{ organization_name }}.", later_confirmed="In {{ minutes }}.")}
        assert prompts(texts=own).greeting.text == "This is Acme."
        assert with_minutes(prompts(texts=own).later_confirmed, 30).text == "In 30."

    def test_are_not_endless(self):
        with pytest.raises(ValidationError):
            PromptTexts(greeting="a" * (LONGEST_PROMPT + 1))

    def test_belong_to_its_settings_by_language(self):
        document = {"name": "Billing", "prompts": {"de": {"greeting": "Hallo."}}}
        settings = CallTargetSettings.model_validate(document)
        assert CallTargetSettings.from_json(settings.to_json()) == settings
        assert prompts("de", texts=settings.prompts).greeting.text == "Hallo."
        for wrong in ({"German": {}}, {"de": {"hello": "Hallo."}}, {"de": {"greeting": "{{ewt}}"}}):
            with pytest.raises(ValidationError):
                CallTargetSettings.model_validate(document | {"prompts": wrong})

    def test_every_placeholder_can_be_said(self):
        text = " ".join(f"{{{{{name}}}}}." for name in PLACEHOLDERS)
        said = prompts(
            texts={"en": PromptTexts(later_confirmed=text)}, customer_name="Ada", user_data={"topic": "bill"}
        ).later_confirmed
        assert with_minutes(said, 50).text == "Acme. Billing. Ada. 1 4 1 5 5 5 5 0 1 2 3. topic: bill. 50."
