"""What a driver says of a leg when asked is the same as what it tells by itself."""

from ringback.dispatch.views import events_of, lost
from ringback.kernel.clock import Instant
from ringback.telephony.port import Cause, EventKind, LegId, LegView, Party

LEG = LegId("attempt.customer1")


def test_every_step_is_an_event_in_their_order() -> None:
    view = LegView(
        LEG,
        ringing_at=Instant(1),
        answered_at=Instant(2),
        accepted_at=Instant(3),
        bridged_at=Instant(4),
        ended_at=Instant(5),
        cause=Cause.ANSWERED,
        party=Party.AGENT,
    )
    events = events_of(view)
    assert [(event.kind, event.at) for event in events] == [
        (EventKind.RINGING, 1),
        (EventKind.ANSWERED, 2),
        (EventKind.ACCEPTED, 3),
        (EventKind.BRIDGED, 4),
        (EventKind.ENDED, 5),
    ]
    assert {event.leg for event in events} == {LEG}
    assert len({event.event_id for event in events}) == len(events)
    assert [(event.cause, event.party) for event in events] == [(None, None)] * 4 + [(Cause.ANSWERED, Party.AGENT)]


def test_a_machine_is_told_as_one() -> None:
    events = events_of(LegView(LEG, ringing_at=Instant(1), answered_at=Instant(2), machine=True))
    assert [event.kind for event in events] == [EventKind.RINGING, EventKind.MACHINE]


def test_a_leg_that_was_lost_has_failed() -> None:
    event = lost(LEG, Instant(7))
    assert (event.leg, event.at, event.kind) == (LEG, 7, EventKind.ENDED)
    assert (event.cause, event.party) == (Cause.FAILED, Party.NETWORK)
