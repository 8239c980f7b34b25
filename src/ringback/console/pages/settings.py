"""Organization > Settings: what holds for the organization as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from babel import Locale
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region
from pydantic import ValidationError

import ringback.audit.service as audit
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.organization import (
    KeptOrganization,
    change_organization,
    forgotten_at_once,
    kept_organization,
)
from ringback.console.differences import lines_between
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_by_path
from ringback.console.page import page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.forecast.wording import normal_tag
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.localtime import resolve_zone, zone_names
from ringback.kernel.phone import NumberKind
from ringback.kernel.tenancy import OrgId
from ringback.limits.model import Limits, Rate
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.default_messages import DEFAULT_MESSAGES

HERE = "settings"


@dataclass(frozen=True, slots=True)
class LimitWords:
    """A limit as the page tells it."""

    name: str
    title: str
    protects: str

    @property
    def default(self) -> Rate:
        """What it is where nobody has said otherwise."""
        rate: Rate = Limits.model_fields[self.name].default
        return rate


LIMITS = (
    LimitWords(
        "per_address",
        "Requests from one address",
        "Your agents, from somebody who fills the queue from one computer. Requests and cancellations count; of IPv6 a "
        "/64 is one address.",
    ),
    LimitWords(
        "status_per_address",
        "Status from one address",
        "This server, from pages and scripts that ask too often where things stand.",
    ),
    LimitWords(
        "per_number",
        "Requests for one number",
        "The person whose number it is, from calls that somebody else orders for them.",
    ),
    LimitWords(
        "per_prefix",
        "Requests for neighbouring numbers",
        "Your telephone bill, from robots that count numbers upwards: those alike but for their last four digits.",
    ),
    LimitWords(
        "per_organization",
        "Requests in all",
        "Your agents, from whatever comes from everywhere at once.",
    ),
    LimitWords(
        "queue_stats_per_call_target",
        "Reports of one queue",
        "This server, from a contact centre that reports how its queue stands more often than anybody looks.",
    ),
)

NUMBER_KINDS: Mapping[NumberKind, tuple[str, str]] = {
    NumberKind.FIXED_LINE: ("Fixed line", ""),
    NumberKind.MOBILE: ("Mobile", ""),
    NumberKind.FIXED_LINE_OR_MOBILE: ("Fixed line or mobile", "Where the two look alike, as in North America."),
    NumberKind.VOIP: ("VoIP", "Numbers of no place, reached over the internet."),
    NumberKind.TOLL_FREE: ("Toll-free", "Only those of the region itself."),
    NumberKind.PERSONAL_NUMBER: ("Personal number", "Follows a person around, sometimes at a price."),
    NumberKind.UAN: ("Company number", "One number for many branches."),
    NumberKind.PAGER: ("Pager", "Nobody talks there."),
    NumberKind.VOICEMAIL: ("Voicemail", "Nobody answers there."),
}
"""The kinds that may be called at all, with their names and a word about them."""

_SETTING_NAMES = {
    "name": "Name",
    "time_zone": "Time zone",
    "default_language": "Default language",
    "languages": "Languages",
    "numbers.region": "Region",
    "numbers.countries": "Countries",
    "numbers.types": "Kinds of number",
    "limits.calls_per_number_per_day": "Calls to one number in a day",
    "retention_days": "Days",
    **{f"limits.{limit.name}.{part}": f"{limit.title}: {part}" for limit in LIMITS for part in Rate.model_fields},
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form, what is wrong with it, and who was quicker."""

    typed: Typed
    problems: Problems = field(default_factory=dict)
    last: AuditEntry | None = None
    differences: tuple[tuple[str, str, str], ...] = ()

    @property
    def status(self) -> HTTPStatus:
        """The answer's status."""
        return HTTPStatus.CONFLICT if self.last else HTTPStatus.BAD_REQUEST if self.problems else HTTPStatus.OK


async def show(visit: Visit) -> Answer:
    """The settings."""
    organization = await visit.desk.db.read(kept_organization, visit.org)
    return await _settings_page(visit, organization, Filled(_typed(organization)))


async def save(visit: Visit) -> Answer:
    """Save them; to keep people's data for a shorter time is asked for once more."""
    organization = await visit.desk.db.read(kept_organization, visit.org)
    form = visit.form
    try:
        settings = OrganizationSettings.model_validate(_document(form, organization.settings))
    except ValidationError as error:
        problems = {path.rstrip(".0123456789"): words for path, words in problems_by_path(error).items()}
        if not _ticked(form, "type"):
            problems["numbers.types"] = "Tick at least one."
        return await _settings_page(visit, organization, Filled(form, problems))
    shorter = settings.retention_days < organization.settings.retention_days
    if shorter and form.get("confirmed") != str(settings.retention_days):
        return await _ask(visit, organization, settings)
    seen = form.get("seen", "")
    try:
        await visit.desk.db.write(change_organization, visit.org, settings, seen=seen, by=visit.by, now=visit.now)
    except InvalidParameters as error:
        return await _settings_page(visit, organization, Filled(form, problem_of(error)))
    except ChangedMeanwhile:
        return await _changed_meanwhile(visit, settings)
    return see_other(visit, visit.at(HERE), notice="Saved. It applies from now on.")


async def _ask(visit: Visit, organization: KeptOrganization, settings: OrganizationSettings) -> Answer:
    """What a shorter time of keeping would mean."""
    days = settings.retention_days
    return page(
        visit,
        "settings_confirm.html",
        f"Keep people's data for {days} day{'' if days == 1 else 's'} only?",
        here=HERE,
        before=organization.settings.retention_days,
        days=days,
        forgotten=await visit.desk.db.read(forgotten_at_once, visit.org, days, now=visit.now),
        fields={name: value for name, value in visit.form.items() if name not in {"csrf", "confirmed"}},
    )


async def _changed_meanwhile(visit: Visit, settings: OrganizationSettings) -> Answer:
    organization = await visit.desk.db.read(kept_organization, visit.org)
    theirs, mine = (each.model_dump(mode="json") for each in (organization.settings, settings))
    differences = tuple(
        (_SETTING_NAMES.get(line.setting, line.setting), line.before, line.after)
        for line in lines_between(theirs, mine)
    )
    last = await visit.desk.db.read(_last_change, visit.org)
    typed = {**visit.form, "seen": organization.version}
    return await _settings_page(visit, organization, Filled(typed, {}, last, differences))


def _last_change(tx: Tx, org: OrgId) -> AuditEntry | None:
    return next(iter(audit.search(tx, org, Search(subject_kind="organization"), limit=1)), None)


async def _settings_page(visit: Visit, organization: KeptOrganization, filled: Filled) -> Answer:
    spoken = dict.fromkeys((*DEFAULT_MESSAGES, *organization.settings.languages))
    return page(
        visit,
        "settings.html",
        "Settings",
        here=HERE,
        status=filled.status,
        organization=organization,
        filled=filled,
        reader=await visit.desk.db.read(reader_of, visit.org),
        may_edit=visit.may(Permission.CHANGE_ORGANIZATION),
        zones=[(name, _offset(name, visit.now)) for name in zone_names()],
        languages=[(tag, _language_name(tag)) for tag in spoken],
        shipped=set(DEFAULT_MESSAGES),
        countries=_countries(),
        limits=LIMITS,
        kinds=NUMBER_KINDS,
        defaults=OrganizationSettings.model_fields,
        day_default=Limits.model_fields["calls_per_number_per_day"].default,
    )


def _typed(organization: KeptOrganization) -> Typed:
    """The settings as the form holds them."""
    settings = organization.settings
    typed = {
        "seen": organization.version,
        "name": settings.name,
        "time_zone": settings.time_zone,
        "default_language": settings.default_language,
        "numbers.region": settings.numbers.region,
        "retention_days": str(settings.retention_days),
        "limits.calls_per_number_per_day": str(settings.limits.calls_per_number_per_day),
    }
    typed |= {f"language.{tag}": "yes" for tag in settings.languages}
    typed |= {f"country.{region}": "yes" for region in settings.numbers.countries}
    typed |= {f"type.{kind.value}": "yes" for kind in settings.numbers.types}
    for limit in LIMITS:
        rate: Rate = getattr(settings.limits, limit.name)
        typed[f"limits.{limit.name}.requests"] = str(rate.requests)
        typed[f"limits.{limit.name}.seconds"] = str(rate.seconds)
    return typed


def _document(form: Typed, present: OrganizationSettings) -> dict[str, Any]:
    """The settings in what was typed."""
    more = [tag.strip() for tag in form.get("more_languages", "").replace(";", ",").split(",")]
    rates = {
        limit.name: {part: form.get(f"limits.{limit.name}.{part}", "").strip() for part in Rate.model_fields}
        for limit in LIMITS
    }
    return {
        "name": form.get("name", ""),
        "time_zone": form.get("time_zone", ""),
        "default_language": form.get("default_language", ""),
        "languages": _in_order(present.languages, [*_ticked(form, "language"), *(tag for tag in more if tag)]),
        "numbers": {
            "region": form.get("numbers.region", ""),
            "countries": _in_order(present.numbers.countries, _ticked(form, "country")),
            "types": _in_order([kind.value for kind in present.numbers.types], _ticked(form, "type")),
        },
        "limits": {**rates, "calls_per_number_per_day": form.get("limits.calls_per_number_per_day", "").strip()},
        "retention_days": form.get("retention_days", "").strip(),
    }


def _ticked(form: Typed, group: str) -> list[str]:
    return [name.removeprefix(f"{group}.") for name in form if name.startswith(f"{group}.")]


def _in_order(before: Any, ticked: list[str]) -> list[str]:
    """Each once: first those that were there, in their order, so that a list that stays the same is the same."""
    chosen = {normal_tag(each) or each: each for each in reversed(ticked)}
    kept = [each for each in before if (normal_tag(each) or each) in chosen]
    known = {normal_tag(each) or each for each in kept}
    return [*kept, *(each for tag, each in reversed(chosen.items()) if tag not in known)]


def _offset(name: str, now: Instant) -> str:
    """How far a zone is from UTC now: ``UTC−05:00``."""
    shown = to_datetime(now, resolve_zone(name)).strftime("%z")
    return f"UTC{shown[:3]}:{shown[3:5]}".replace("-", "−")


def _language_name(tag: str) -> str:
    try:
        return str(Locale.parse(tag, sep="-").get_display_name("en"))
    except (ValueError, LookupError):
        return tag


def _countries() -> list[tuple[str, str, str]]:
    """Code, name and calling code of every country that has a numbering plan, by name."""
    names = Locale("en").territories
    listed = [(region, names.get(region, region), country_code_for_region(region)) for region in SUPPORTED_REGIONS]
    return [(region, name, f"+{code}") for region, name, code in sorted(listed, key=lambda each: each[1])]


ENTRIES = (
    get("/{org}/settings", show),
    post("/{org}/settings", save, Permission.CHANGE_ORGANIZATION),
)
