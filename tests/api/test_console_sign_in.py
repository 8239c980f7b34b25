"""Signing in to the console and out of it."""

import re
from collections.abc import Callable

import pyotp
import pytest
from tests.consoles import PASSWORD, Console, person
from tests.running import Running

from ringback.identity.model import Role

Browse = Callable[[], Console]


@pytest.fixture(autouse=True)
def ann(server: Running) -> None:
    person(server, "ann@acme.example", acme=Role.ADMINISTRATOR)


def test_whoever_asks_for_a_page_comes_back_to_it(browse: Browse) -> None:
    console = browse()
    console.open("/console/acme/audit?kind=policy")
    assert console.path == "/console/sign-in"
    console.sign_in("Ann@Acme.Example", path="/console/acme/audit?kind=policy")
    assert str(console.page.url).endswith("/console/acme/audit?kind=policy")
    assert "Audit log" in console.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/console//evil.example",
        "/docs",
        "/consolevil",
        "x",
    ],
)
def test_nobody_is_sent_elsewhere(browse: Browse, elsewhere: str) -> None:
    console = browse()
    console.open("/console/sign-in", params={"next": elsewhere})
    answer = console.send(
        "/console/sign-in", follow=False, email="ann@acme.example", password=PASSWORD, next=console.value("next")
    )
    assert answer.headers["location"] == "/console"


def test_a_wrong_password_says_so_and_keeps_the_address(browse: Browse) -> None:
    console = browse()
    answer = console.sign_in("ann@acme.example", "not this one at all")
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in console.text
    assert console.value("email") == "ann@acme.example"
    assert "not this one" not in answer.text
    unknown = browse().sign_in("nobody@acme.example", "not this one at all")
    assert unknown.status_code == 401
    assert "ringback_session" not in unknown.headers.get("set-cookie", "")


def test_too_many_tries(browse: Browse) -> None:
    console = browse()
    console.open("/console/sign-in")
    answers = [console.send("/console/sign-in", email="bob@acme.example", password="x").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert int(console.page.headers["retry-after"]) > 0
    assert "Too many tries" in console.text


def test_the_cookie_tells_browsers_to_keep_it_to_themselves(browse: Browse) -> None:
    console = browse()
    console.open("/console/sign-in")
    answer = console.send("/console/sign-in", follow=False, email="ann@acme.example", password=PASSWORD)
    (session,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
    assert re.fullmatch(r"ringback_session=[\w-]{43}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", session)


def test_over_tls_no_other_host_can_set_it(start: Callable[..., Running]) -> None:
    server = start(public_url="https://callbacks.example.com")
    console = Console(server)
    cookies = console.open("/console/sign-in").headers.get_list("set-cookie")
    console.close()
    assert cookies
    assert all(each.startswith("__Host-") and each.endswith("; Secure") for each in cookies)


def test_signing_out_ends_the_session(browse: Browse) -> None:
    console = browse()
    console.sign_in("ann@acme.example")
    stolen = console.client.cookies["ringback_session"]
    console.send("/console/sign-out")
    assert "You are signed out." in console.text
    thief = browse()
    thief.client.cookies.set("ringback_session", stolen)
    assert thief.open("/console/acme/users").url.path == "/console/sign-in"


def test_a_session_that_has_expired_comes_back_after_signing_in(browse: Browse, server: Running) -> None:
    console = browse()
    console.sign_in("ann@acme.example", path="/console/acme/users")
    server.clock.advance(13 * 3600)
    referer = {"referer": f"{server.url}/console/acme/users"}
    console.send("/console/acme/users", headers=referer, email="bob@acme.example", role="viewer")
    assert console.path == "/console/sign-in"
    assert console.value("next") == "/console/acme/users"


def test_a_code_is_asked_for_where_one_is_in_use(browse: Browse, server: Running) -> None:
    console = browse()
    console.sign_in("ann@acme.example")
    console.open("/console/account/codes")
    secret = console.value("secret")
    assert "<svg" in console.page.text
    wrong = console.send("/console/account/codes", **hidden(console), code="000000")
    assert wrong.status_code == 400
    assert console.value("secret") == secret
    app = pyotp.TOTP(secret)
    now = server.clock.now() // 1_000_000
    console.send("/console/account/codes", **hidden(console), code=app.at(now))
    codes = re.findall(r"\b(?:[0-9a-z]{4}-){3}[0-9a-z]{4}\b", console.text)
    assert len(codes) == 10

    server.clock.advance(60)
    other = browse()
    answer = other.sign_in("ann@acme.example", path="/console/acme/users")
    assert "authenticator app" in other.text
    assert "session" not in answer.headers.get("set-cookie", "")
    fields = {"held": other.value("held"), "next": other.value("next")}
    assert other.send("/console/sign-in/code", **fields, code="123456").status_code == 401
    assert other.send("/console/sign-in/code", **fields, code="").status_code == 200
    other.send("/console/sign-in/code", **fields, code=app.at(now + 60))
    assert other.path == "/console/acme/users"

    third = browse()
    third.sign_in("ann@acme.example")
    third.send("/console/sign-in/code", held=third.value("held"), code=codes[0].upper())
    assert third.path.startswith("/console/acme")


def test_who_takes_too_long_for_the_code_begins_again(browse: Browse, server: Running) -> None:
    console = browse()
    console.open("/console/sign-in")
    console.send("/console/sign-in/code", held="nonsense", code="123456")
    assert "please sign in again" in console.text


def test_changing_the_password_signs_out_everywhere_else(browse: Browse) -> None:
    here, there = browse(), browse()
    here.sign_in("ann@acme.example")
    there.sign_in("ann@acme.example")
    here.open("/console/account")
    new = "ten green bottles on the wall"
    assert here.send("/console/account/password", current="wrong", password=new, again=new).status_code == 400
    assert "This is not your password." in here.text
    assert here.send("/console/account/password", current=PASSWORD, password=new, again="x").status_code == 400
    assert here.send("/console/account/password", current=PASSWORD, password="short", again="short").status_code == 400
    assert "at least 12 characters" in here.text
    here.send("/console/account/password", current=PASSWORD, password=new, again=new)
    assert "signed out everywhere else" in here.text
    assert there.open("/console/account").url.path == "/console/sign-in"
    assert here.open("/console/account").url.path == "/console/account"
    assert browse().sign_in("ann@acme.example").status_code == 401
    assert browse().sign_in("ann@acme.example", new).status_code == 200


def hidden(console: Console) -> dict[str, str]:
    return {name: console.value(name) for name in ("sealed", "secret", "uri")}
