"""What a voice driver says of a leg when asked, as the events that it has told or is going to tell."""

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import Instant
from ringback.telephony.port import EventKind, LegId, LegView, Party, VoiceEvent


def events_of(view: LegView) -> list[VoiceEvent]:
    """The steps that a leg has taken. Keys that were pressed are not among them: they are told by events alone."""
    steps = {
        EventKind.RINGING: view.ringing_at,
        (EventKind.MACHINE if view.machine else EventKind.ANSWERED): view.answered_at,
        EventKind.ACCEPTED: view.accepted_at,
        EventKind.BRIDGED: view.bridged_at,
        EventKind.ENDED: view.ended_at,
    }
    return [
        VoiceEvent(
            event_id=f"{view.leg}:{kind}:asked",
            leg=view.leg,
            at=at,
            kind=kind,
            cause=view.cause if kind is EventKind.ENDED else None,
            party=view.party if kind is EventKind.ENDED else None,
        )
        for kind, at in steps.items()
        if at is not None
    ]


def lost(leg: LegId, now: Instant) -> VoiceEvent:
    """The end of a leg that the driver does not know any more."""
    return VoiceEvent(f"{leg}:lost", leg, now, EventKind.ENDED, cause=Cause.FAILED, party=Party.NETWORK)
