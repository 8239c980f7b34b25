"""Looking at the board, and recording what it draws."""

from collections.abc import Mapping, Sequence

from ringback.availability.snapshot import Snapshot, offer_of
from ringback.board import store
from ringback.board.model import Board, Happening, Progress, Sample
from ringback.callbacks.lifecycle import Outcome
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from ringback.kernel.localtime import local_date, resolve_zone, start_of_day
from ringback.kernel.tenancy import CallTargetId, OrgId

KEPT_FOR = DAY
"""How far back what was recorded goes."""
SHOWN = 4 * HOUR
"""How far back the board draws it."""
HAPPENINGS = 30

_A_WHILE = 30 * SECOND
"""Workers look several times a second: what they have not seen for so long they do not see."""

organizations_to_sample = store.organizations_to_sample


def minute_of(now: Instant) -> Instant:
    """When the minute began in which it is recorded how the queues stand."""
    return Instant(now // MINUTE * MINUTE)


def samples_of(snapshot: Snapshot, now: Instant) -> list[Sample]:
    """How each queue stands, with the estimate that is told of it now: what a widget that is switched on would tell."""
    samples = []
    for target_id, situation in snapshot.situations.items():
        target, load = snapshot.configuration.call_targets[target_id], situation.load
        told = offer_of(target, situation, active=True, now=now).estimate
        samples.append(
            Sample(
                minute=minute_of(now),
                call_target_id=target_id,
                promise=told.promise if told else None,
                low=told.low if told else None,
                high=told.high if told else None,
                waiting=load.requested,
                dialing=load.dialing,
                connecting=load.connecting,
                talking=load.talking,
            )
        )
    return samples


def record(tx: Tx, samples: Mapping[OrgId, Sequence[Sample]], *, now: Instant) -> None:
    """Keep the samples of some organizations, and forget theirs of the day before. May be done twice."""
    for org in sorted(samples):  # in a fixed order: so do not block each other who record at once
        store.save_samples(tx, org, samples[org])
        store.forget_samples(tx, org, Instant(now - KEPT_FOR))


def look(tx: Tx, configuration: Configuration, *, every: int, now: Instant) -> Board:
    """The board. ``every`` is the length, in microseconds, of the stretches in which the past is told."""
    org = configuration.org
    return Board(
        progress=_progress(tx, configuration, now),
        history=store.history(tx, org, Instant(now - SHOWN), every=every),
        last_sample=store.last_sample(tx, org),
        happenings=_happenings(tx, org),
    )


def _progress(tx: Tx, configuration: Configuration, now: Instant) -> dict[CallTargetId, Progress]:
    org, before = configuration.org, Instant(now - _A_WHILE)
    outcomes = _outcomes_today(tx, configuration, now)
    appointments = store.next_appointments(tx, org, now)
    overdue, lost = store.overdue(tx, org, before), store.leases_over(tx, org, before)
    return {
        target_id: Progress(
            outcomes=outcomes.get(target_id, {}),
            next_appointment=appointments.get(target_id),
            overdue=overdue.get(target_id, 0),
            lost=lost.get(target_id, 0),
        )
        for target_id in configuration.call_targets
    }


def _outcomes_today(tx: Tx, configuration: Configuration, now: Instant) -> dict[CallTargetId, Mapping[Outcome, int]]:
    """Each call target's own day. Most organizations have one time zone, and need one look."""
    counts: dict[Instant, Mapping[CallTargetId, Mapping[Outcome, int]]] = {}
    today: dict[CallTargetId, Mapping[Outcome, int]] = {}
    for target in configuration.call_targets.values():
        zone = resolve_zone(target.zone_name)
        midnight = start_of_day(local_date(now, zone), zone)
        if midnight not in counts:
            counts[midnight] = store.outcomes_since(tx, configuration.org, midnight)
        today[target.id] = counts[midnight].get(target.id, {})
    return today


def _happenings(tx: Tx, org: OrgId) -> list[Happening]:
    latest = [*store.latest_events(tx, org, HAPPENINGS), *store.latest_requests(tx, org, HAPPENINGS)]
    return sorted(latest, key=lambda each: each.at, reverse=True)[:HAPPENINGS]
