"""Templates as settings: what can be read, where links lead, which texts are said in which language."""

import pytest
from pydantic import ValidationError

from ringback.widgets.template import STANDARD_DARK, STANDARD_LIGHT, Palette, Template, TemplateTexts


def test_without_anything_it_is_ringback_s_own_look():
    template = Template(name="Plain")
    assert (template.light, template.dark) == (STANDARD_LIGHT, STANDARD_DARK)
    assert template.to_json() == '{"name":"Plain"}'
    assert Template.from_json(template.to_json()) == template


@pytest.mark.parametrize("which", ["text", "accent"])
def test_what_cannot_be_read_is_refused_at_its_place(which):
    colours = {"background": "#ffffff", "text": "#111111", "accent": "#111111", which: "#777777"}
    with pytest.raises(ValidationError, match=r"#777777 on #ffffff has a contrast of 4\.4, and needs 4\.5") as refusal:
        Palette(**colours)
    assert [error["loc"] for error in refusal.value.errors()] == [(which,)]
    assert Palette(**{**colours, which: "#767676"})


def test_of_a_wrong_background_only_that_is_told():
    with pytest.raises(ValidationError) as refusal:
        Palette(background="white", text="#ffffff", accent="#ffffff")
    assert [error["loc"] for error in refusal.value.errors()] == [("background",)]


@pytest.mark.parametrize(
    "address",
    [
        "privacy",
        "//a.example",
        "javascript:alert(1)",
        "ftp://a.example/",
        "https://",
        "https://u:p@a.example/",
        "https://a.example/ b",
        "https://a.example/\u202e",
        "https://a.example/" + 500 * "x",
    ],
)
def test_what_is_no_address_of_a_page(address):
    with pytest.raises(ValidationError):
        Template(name="x", privacy_notice=address)


def test_an_address_of_a_page():
    assert Template(name="x", privacy_notice="https://a.example/p?q=1#x").privacy_notice == "https://a.example/p?q=1#x"


def test_texts_are_said_in_the_reader_s_language_or_not_at_all():
    texts = {"en": {"heading": "Hello"}, "pt-BR": {"heading": "Oi"}, "pt": {"heading": "Olá"}, "es-MX": {"text": "Sí"}}
    template = Template.model_validate({"name": "x", "texts": texts})
    assert template.texts_in("en-GB").heading == "Hello"
    assert template.texts_in("pt-BR").heading == "Oi"
    assert template.texts_in("pt-PT").heading == "Olá"
    assert template.texts_in("es").text == "Sí"
    assert template.texts_in("de") == TemplateTexts()


@pytest.mark.parametrize("texts", [{"": {}}, {"x": {}}, {"en_": {}}, {"en": {}, "EN": {}}, {"en": {"headline": "x"}}])
def test_what_is_no_language_or_there_twice(texts):
    with pytest.raises(ValidationError):
        Template.model_validate({"name": "x", "texts": texts})
