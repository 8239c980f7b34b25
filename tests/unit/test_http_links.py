import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.links import Links
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallbackId, OrgId

KEY = b"k" * 32
links = Links("https://callbacks.example.com", KEY)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)


def _token(link: str) -> str:
    return link.rpartition("/")[2]


@given(ids, ids)
def test_a_link_leads_to_its_callback(org: str, callback_id: str):
    link = links.manage(OrgId(org), CallbackId(callback_id))

    assert link.startswith("https://callbacks.example.com/m/")
    assert links.managed(_token(link)) == (org, callback_id)


def test_the_same_link_is_made_again():
    assert links.manage(OrgId("acme"), CallbackId("1")) == links.manage(OrgId("acme"), CallbackId("1"))


@given(st.text(max_size=80))
def test_a_made_up_link_leads_nowhere(token: str):
    with pytest.raises(NotFound):
        links.managed(token)


@given(st.integers(0, 30), st.characters())
def test_a_changed_link_leads_nowhere(place: int, character: str):
    token = _token(links.manage(OrgId("acme"), CallbackId("01kjqh0cc0")))
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        with pytest.raises(NotFound):
            links.managed(changed)


@pytest.mark.parametrize("token", ["", ".", "..", "acme", "acme.1", "acme.1.", "acme.1.é", "acme\n1..", "\ud800.1.x"])
def test_half_a_link_leads_nowhere(token: str):
    with pytest.raises(NotFound):
        links.managed(token)


def test_a_link_of_another_callback_or_organization_leads_nowhere():
    digest = _token(links.manage(OrgId("acme"), CallbackId("1"))).rpartition(".")[2]
    for token in (f"acme.2.{digest}", f"other.1.{digest}", f"acme.1.{digest}=", f"acme.1.x.{digest}"):
        with pytest.raises(NotFound):
            links.managed(token)


def test_a_link_signed_with_another_key_leads_nowhere():
    foreign = Links("https://callbacks.example.com", b"x" * 32)
    with pytest.raises(NotFound):
        links.managed(_token(foreign.manage(OrgId("acme"), CallbackId("1"))))


def test_the_digest_is_long_enough_that_nobody_guesses_it():
    digest = _token(links.manage(OrgId("acme"), CallbackId("1"))).rpartition(".")[2]
    assert len(digest) * 6 >= 128
