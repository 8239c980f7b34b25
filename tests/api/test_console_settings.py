"""Organization > Settings in the console: saved, refused beside the field, and asked for once more."""

import html
import re
from collections.abc import Callable

import pytest
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person
from tests.running import Running

import ringback.audit.service as audit
import ringback.configuration.service as configurations
from ringback.audit.model import AuditEntry
from ringback.identity.model import Role
from ringback.kernel.clock import DAY, SECOND
from ringback.kernel.tenancy import OrgId
from ringback.organizations.model import OrganizationSettings

ACME = OrgId("acme")
PATH = "/console/acme/settings"
Browse = Callable[[], Console]


def settings(server: Running) -> OrganizationSettings:
    return server.app.db.read_now(configurations.settings_of, ACME)


def entries(server: Running) -> list[AuditEntry]:
    return [each for each in server.app.db.read_now(audit.newest, ACME) if each.subject_kind == "organization"]


def fields(console: Console) -> dict[str, str]:
    """What the form of the page would send."""
    markup = console.page.text
    sent = {}
    for tag in re.findall(r"<input[^>]*>", markup):
        name, kind = re.search(r'\bname="([^"]*)"', tag), re.search(r'\btype="([^"]*)"', tag)
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if name and (kind is None or kind[1] != "checkbox" or " checked" in tag):
            sent[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*\bname="([^"]*)"[^>]*>(.*?)</select>', markup, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def save(console: Console, **changes: str | None) -> None:
    """Open the page, change some fields (None: left out), and send the form."""
    console.open(PATH)
    form = fields(console) | {name.replace("__", "."): value for name, value in changes.items()}
    console.send_raw(PATH, {name: value for name, value in form.items() if value is not None})


def test_nothing_changed_is_no_change(admin: Console, server: Running) -> None:
    before, noted = settings(server), len(entries(server))
    save(admin)
    assert "Saved." in admin.text
    assert settings(server) == before
    assert len(entries(server)) == noted


def test_every_setting_can_be_changed(admin: Console, server: Running) -> None:
    save(
        admin,
        name="Acme & Söhne",
        time_zone="Europe/Berlin",
        default_language="de",
        language__fr=None,
        more_languages="pt-BR, it",
        numbers__region="DE",
        country__CA=None,
        country__US=None,
        country__DE="yes",
        type__toll_free=None,
        limits__per_number__requests="5",
        limits__per_number__seconds="60",
        limits__calls_per_number_per_day="7",
        retention_days="400",
    )
    assert "Saved." in admin.text
    now = settings(server)
    assert (now.name, now.time_zone, now.default_language) == ("Acme & Söhne", "Europe/Berlin", "de")
    assert now.languages == ("en", "es", "de", "pt-BR", "it")
    assert (now.numbers.region, now.numbers.countries) == ("DE", ("DE",))
    assert "toll_free" not in now.numbers.types
    assert (now.limits.per_number.requests, now.limits.per_number.seconds) == (5, 60)
    assert (now.limits.calls_per_number_per_day, now.retention_days) == (7, 400)
    entry = entries(server)[0]
    assert (entry.actor, entry.origin) == ("ann@acme.example", "console 127.0.0.1")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["name"], entry.after["name"]) == ("Acme", "Acme & Söhne")
    assert entry.before["policy"] == entry.after["policy"] == "integrations"
    assert "Mar 2, 2026, 16:00 CET" in admin.open(PATH).text  # when it was created, by the new clock


def test_it_applies_at_once(admin: Console, acme: Scheduler) -> None:
    assert acme.request("billing", contact_number="+14165550123").status_code == 200
    save(admin, country__CA=None)
    assert acme.request("billing", contact_number="+14165550124").status_code == 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This is needed."),
        ({"time_zone": "Mars/Olympus"}, "IANA"),
        ({"default_language": "it"}, "This is not among the languages below."),
        ({"more_languages": "e_"}, "is no language tag"),
        ({"language.en": None, "default_language": "es"}, "still spoken by template brand (en), widget billing (en)"),
        ({"numbers.region": "XX"}, "is not a country"),
        ({"country.XX": "yes"}, "is not a country"),
        ({"type.premium_rate": "yes"}, "are never called"),
        (
            {f"type.{kind}": None for kind in ("fixed_line", "mobile", "fixed_line_or_mobile", "voip", "toll_free")},
            "Tick at least one.",
        ),
        ({"limits.per_number.requests": "many"}, "A whole number is needed."),
        ({"limits.per_number.seconds": "0"}, "At least 1."),
        ({"limits.calls_per_number_per_day": "1001"}, "At most 1000."),
        ({"retention_days": ""}, "A whole number is needed."),
        ({"retention_days": "3661"}, "At most 3660."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    admin: Console, server: Running, changes: dict[str, str | None], words: str
) -> None:
    before = settings(server)
    save(admin, **{"name": "Typed", **changes})
    assert admin.page.status_code == 400
    assert words in admin.text
    assert settings(server) == before
    assert fields(admin)["name"] == changes.get("name", "Typed")


def test_fewer_days_are_asked_for_once_more(admin: Console, server: Running, acme: Scheduler) -> None:
    for number in ("+12015550101", "+12015550102"):
        acme.requested("billing", number)
        assert acme.cancel(contact_number=number).json()["data"][0]["status"] == "Canceled"
    server.clock.advance(2 * DAY // SECOND)
    admin.sign_in("ann@acme.example", path=PATH)
    save(admin, retention_days="1", name="Acme 2")
    assert "Keep people's data for 1 day only?" in admin.text
    assert "2 finished callbacks would lose their number, name and user data at once." in admin.text
    assert "This cannot be undone" in admin.text
    assert settings(server).retention_days == 395
    admin.send_raw(PATH, fields(admin))
    assert "Saved." in admin.text
    assert (settings(server).retention_days, settings(server).name) == (1, "Acme 2")
    server.work()
    rows = server.app.db.read_now(lambda tx: tx.all("SELECT erased_at FROM callbacks WHERE org_id = 'acme'"))
    assert [row["erased_at"] is not None for row in rows] == [True, True]


def test_where_nothing_is_so_old_that_is_told(admin: Console) -> None:
    save(admin, retention_days="30")
    assert "nothing would be forgotten at once" in admin.text
    assert "cannot be undone" not in admin.text


def test_what_was_confirmed_holds_for_that_number_of_days_only(admin: Console, server: Running) -> None:
    save(admin, retention_days="30", confirmed="60")
    assert "Keep people's data for 30 days only?" in admin.text
    assert settings(server).retention_days == 395


def test_of_two_who_change_them_the_second_is_shown_the_difference(
    admin: Console, server: Running, browse: Browse
) -> None:
    person(server, "bob@acme.example", acme=Role.ADMINISTRATOR)
    bob = browse()
    bob.sign_in("bob@acme.example", path=PATH)
    admin.open(PATH)
    save(bob, name="By Bob")
    mine = fields(admin) | {"name": "By Ann", "limits.per_number.requests": "4"}
    answer = admin.send_raw(PATH, mine)
    assert answer.status_code == 409
    assert "bob@acme.example has changed these settings meanwhile." in admin.text
    assert "Name By Bob By Ann" in admin.text
    assert "Requests for one number: requests 3 4" in admin.text
    assert settings(server).name == "By Bob"
    admin.send_raw(PATH, fields(admin))
    assert (settings(server).name, settings(server).limits.per_number.requests) == ("By Ann", 4)


def test_others_than_administrators_look_only(server: Running, browse: Browse) -> None:
    person(server, "max@acme.example", acme=Role.MANAGER)
    max_ = browse()
    max_.sign_in("max@acme.example", path=PATH)
    assert "Only administrators can change these." in max_.text
    assert "<fieldset disabled>" in max_.page.text
    assert max_.send(PATH, name="Max").status_code == 403
    assert settings(server).name == "Acme"


def test_it_tells_what_follows_the_zone_and_what_it_is_called(admin: Console) -> None:
    admin.open(PATH)
    assert "Billing, Express, Front Desk" in " ".join(admin.text.replace(" ,", ",").split())
    assert re.search(r'id="organization-id">acme<', admin.page.text)
    assert "Mar 2, 2026, 10:00 EST" in admin.text
