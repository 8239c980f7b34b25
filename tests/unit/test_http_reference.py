import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.reference import page
from ringback.http.scheduler.contract import COMMON_ERRORS, curl, url
from ringback.http.scheduler.endpoint import Scope

BASE = "https://callbacks.example.com"
VOID = {"meta", "link", "wbr", "path", "rect", "br"}
every_endpoint = pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=lambda endpoint: endpoint.key)


class Read(HTMLParser):
    """A page as its tags and its texts; whatever is not closed is noticed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def values(self, attribute):
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


@pytest.fixture(scope="module")
def read():
    return Read(page(BASE))


def said(text):
    return text.replace("`", "")


@every_endpoint
def test_it_tells_all_that_the_contract_holds(endpoint, read):
    sections = [attributes["id"] for tag, attributes in read.tags if tag == "section"]
    told = re.sub(r"\s+", " ", read.texts["section"][sections.index(endpoint.key)])
    assert said(endpoint.definition) in told
    parameters = (*endpoint.query_parameters, *endpoint.header_parameters, *endpoint.body_parameters)
    for parameter in (*parameters, *(part for whole in parameters for part in whole.parts)):
        assert parameter.name in told
        assert said(parameter.definition) in told
    fields = (*endpoint.answer_fields, *(part for field in endpoint.answer_fields for part in field.fields))
    for field in fields:
        assert field.name in told
        assert field.type in told
        assert said(field.definition) in told
    for word in (word for field in endpoint.answer_fields for word in field.words):
        assert f"{word.value}{said(word.meaning)}" in told
    for case in endpoint.errors:
        if case not in COMMON_ERRORS:
            assert f"{case.status}HTTP {case.http_status} {said(case.when)}" in told


def test_it_tells_the_errors_of_every_endpoint_once(read):
    told = re.sub(r"\s+", " ", read.texts["main"][0])
    for case in COMMON_ERRORS:
        assert told.count(f"{case.status}HTTP {case.http_status}") == 1


@every_endpoint
def test_what_is_copied_is_the_url_and_the_whole_command(endpoint, read):
    subject = f"YOUR_{endpoint.scope.upper()}_ID"
    command = curl(endpoint, BASE, subject)
    if endpoint.scope is Scope.WIDGET:
        command = curl(endpoint, BASE, subject, token=None)
    assert url(endpoint, BASE, subject) in read.texts["code"]
    assert command in read.texts["code"]


def test_every_code_can_be_copied_and_every_button_says_what(read):
    buttons = [attributes for tag, attributes in read.tags if tag == "button"]
    assert len(buttons) == len(read.texts["figure"])
    assert all("hidden" in button for button in buttons)  # shown by the script, without which it would do nothing
    labels = [button["aria-label"] for button in buttons]
    assert len(set(labels)) == len(labels)


def test_it_loads_nothing_from_elsewhere(read):
    assert {link for link in read.values("href") if not link.startswith("#")} == {
        "openapi.json",
        next(link for link in read.values("href") if link.startswith("data:image/svg+xml,")),
    }
    assert read.values("src") == []
    assert "@import" not in read.texts["style"][0]
    assert "url(" not in read.texts["style"][0]


def test_its_security_policy_allows_its_own_style_and_script_only(read):
    policy = next(attributes["content"] for _, attributes in read.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        (text,) = read.texts[kind]
        assert f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert read.values("style") == []
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]


def test_every_link_leads_somewhere_and_every_id_is_there_once(read):
    ids = read.values("id")
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in read.values("href") if link.startswith("#")} <= set(ids)
    assert set(read.values("aria-labelledby")) <= set(ids)


def test_an_address_is_text_and_never_markup():
    hostile = Read(page("https://h/\"'><script>alert(1)</script>"))
    assert len(hostile.texts["script"]) == 1
