"""Who reads a page: the language and the time zone in which everything is told to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_skeleton
from markupsafe import Markup

from ringback.configuration.model import Configuration
from ringback.forecast.wording import duration_words, moment_words, nearest_locale, primary_language, resolve_locale
from ringback.http.customer.texts import LANGUAGES, TEXTS
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidTimeZone
from ringback.kernel.localtime import resolve_zone

_LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """Says things in the reader's language, as of ``now``."""

    locale: str
    """The language with the reader's region, which decides about dates: "en-GB"."""
    zone_name: str
    zone: tzinfo
    now: Instant
    chosen: Mapping[str, str] = field(default_factory=dict)
    """What the reader's address says of language and zone; links carry it on."""

    @property
    def language(self) -> str:
        """The language of the texts, one of :data:`LANGUAGES`."""
        return primary_language(self.locale)

    @property
    def query(self) -> str:
        """What a link adds to its path so that the next page reads the same."""
        return f"?{urlencode(self.chosen)}" if self.chosen else ""

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """The languages to change to: code, own name, link."""
        return [
            (code, TEXTS[code]["language.name"], f"?{urlencode({**self.chosen, 'locale': code})}") for code in LANGUAGES
        ]

    def say(self, key: str, **values: Any) -> Markup:
        """A text of the catalogue, its placeholders filled in with whatever is safe in a page."""
        return Markup(TEXTS[self.language][key]).format(**values)  # noqa: S704 - the catalogue is ours; values are escaped

    def moment(self, instant: Instant) -> str:
        """A moment, with its zone."""
        return moment_words(instant, self.zone, self.locale, self.now)

    def time(self, instant: Instant) -> str:
        """The time of day, with its zone, whatever the day."""
        return moment_words(instant, self.zone, self.locale, instant)

    def day(self, day: date) -> str:
        """A day in short: "Tue, Mar 3"."""
        return str(format_skeleton("MMMEd", day, locale=Locale.parse(self.locale, sep="-")))

    def wait(self, seconds: float) -> str:
        """A duration."""
        return duration_words(seconds, self.locale)


def choose_locale(asked: str | None, accepted: str | None, default: str, offered: Iterable[str] = LANGUAGES) -> str:
    """The locale for a reader: what the address asks for, else what the browser accepts, else ``default``."""
    speaks = {primary_language(tag) for tag in offered}
    available = [language for language in LANGUAGES if language in speaks] or LANGUAGES[:1]
    for tag in (asked, *_accepted(accepted or ""), default):
        language = resolve_locale(tag, available, "")
        if tag and language:
            nearest = nearest_locale(tag)
            return nearest if primary_language(nearest) == language else language
    return available[0]


def choose_zone(asked: str | None, default: str) -> tuple[str, tzinfo]:
    """The zone that the browser sent, if it is one, otherwise ``default``."""
    try:
        return (asked, resolve_zone(asked)) if asked else (default, resolve_zone(default))
    except InvalidTimeZone:
        return default, resolve_zone(default)


def read_as(
    query: Mapping[str, str],
    accepted: str | None,
    configuration: Configuration,
    *,
    locale: str,
    zone: str,
    now: Instant,
) -> Reader:
    """The reader of an organization's page. ``locale`` and ``zone`` hold unless the visitor says otherwise."""
    chosen_zone, tz = choose_zone(query.get("time_zone"), zone)
    chosen_locale = choose_locale(query.get("locale"), accepted, locale, configuration.settings.languages)
    chosen = {}
    if chosen_zone == query.get("time_zone"):
        chosen["time_zone"] = chosen_zone
    if query.get("locale"):
        chosen["locale"] = chosen_locale
    return Reader(chosen_locale, chosen_zone, tz, now, chosen)


def _accepted(header: str) -> list[str]:
    """The languages of an ``Accept-Language`` header, the most wanted first (RFC 9110, section 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0
        if quality > 0:
            wanted.append((quality, tag.strip()))
    return [tag for _, tag in sorted(wanted, key=lambda entry: -entry[0])]
