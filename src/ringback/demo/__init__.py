"""The demo: an example organization, and other customers who keep its queues busy."""

import itertools
from datetime import timedelta
from importlib.resources import files

from ringback.configuration.file import ConfigurationFile, OrganizationDocument, read_text
from ringback.configuration.model import Configuration
from ringback.hours.calendar import Calendar
from ringback.hours.model import DAY_MINUTES, WEEKDAYS, Opening, OpeningHours, Week
from ringback.kernel.clock import SECOND, Instant, after
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator import SimulatedTeam, SimulatorSettings
from ringback.telephony.drivers.simulator.fate import drawn_gap

TOKEN_SECRET = "RINGBACK_DEMO_TOKEN"  # noqa: S105 - the name of a variable
"""The ``secret_env`` of the example's token: the demo makes the secret itself, to print it in the cURL lines."""

CLOSED_QUEUE = "sales"

_SPREAD = 0.25
"""Of the simulated conversations: small, so that the busy queue's estimate stays about the same."""

_CALLS_PER_HOUR = {"billing": 10, "service": 150}
"""Who calls in by themselves, by the call target's key: billing's estimate moves, service's agents have work."""

_BUSY, _NO_ANSWER = 0.03, 0.04
"""Shares of customers who are not reached at once, so that there are retries to watch."""

_QUIET_SECONDS = 300
"""So long nobody calls in on billing after the first start: the queue's first estimates are those of the tutorial."""

_HALF_A_DAY = DAY_MINUTES // 2


def demo_document(now: Instant) -> ConfigurationFile:
    """The example organization, with the hours of *sales* laid so that it is closed now and for some hours more.

    The hours are those of the file, or the same twelve hours later: whichever are longer from opening.
    """
    file = read_text(files(__package__).joinpath("organization.toml").read_text(encoding="utf-8"))
    document = file.document
    settings = document.call_targets[CLOSED_QUEUE]
    hours = max(
        (settings.hours, _half_a_day_later(settings.hours)), key=lambda hours: _closed_for(hours, document, now)
    )
    closed = settings.model_copy(update={"hours": hours})
    call_targets = {**document.call_targets, CLOSED_QUEUE: closed}
    return ConfigurationFile(document.model_copy(update={"call_targets": call_targets}), file.lines)


def simulated_teams(configuration: Configuration) -> SimulatorSettings:
    """Simulated agents who work as the call targets expect, so that the first estimates come true."""
    return SimulatorSettings(
        teams={
            target.id: SimulatedTeam(
                agents=target.settings.estimate.default_agents,
                handle_time=target.settings.estimate.default_handle_time,
                handle_time_spread=_SPREAD,
            )
            for target in configuration.call_targets.values()
        }
    )


def lively(quiet: SimulatorSettings, configuration: Configuration) -> SimulatorSettings:
    """The same teams with people who call in by themselves, and customers who are not always reached."""
    keys = {target.id: target.key for target in configuration.call_targets.values()}
    teams = {
        target_id: team.model_copy(update={"inbound_per_hour": _CALLS_PER_HOUR.get(keys.get(target_id, ""), 0)})
        for target_id, team in quiet.teams.items()
    }
    settings = quiet.model_copy(update={"teams": teams, "busy_share": _BUSY, "no_answer_share": _NO_ANSWER})
    seeds = (settings.model_copy(update={"seed": seed}) for seed in itertools.count())
    return next(
        each for each in seeds if all(_begins_quietly(each, id_) for id_, key in keys.items() if key == "billing")
    )


def _begins_quietly(settings: SimulatorSettings, target_id: CallTargetId) -> bool:
    rate = _CALLS_PER_HOUR["billing"]
    return drawn_gap(target_id, 0, settings, rate) >= _QUIET_SECONDS * SECOND


def _half_a_day_later(hours: OpeningHours) -> OpeningHours:
    days = dict(zip(WEEKDAYS, hours.weekly.days, strict=True))
    later = {day: tuple(_later(opening) for opening in openings) for day, openings in days.items()}
    return hours.model_copy(update={"weekly": Week.model_validate(later)})


def _later(opening: Opening) -> Opening:
    start = (opening.start + _HALF_A_DAY) % DAY_MINUTES
    return Opening(start, start + opening.end - opening.start)


def _closed_for(hours: OpeningHours, document: OrganizationDocument, now: Instant) -> int:
    """Microseconds until it opens; 0 while it is open."""
    opens_at = Calendar(hours, resolve_zone(document.organization.time_zone)).next_open(now)
    return (opens_at or after(now, timedelta(days=7).total_seconds())) - now
