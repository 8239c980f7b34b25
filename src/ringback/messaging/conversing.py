"""The step of the worker that goes on with conversations: what came in is read, answered, and asked about.

A turn is one transaction: it takes a text, an answer or the passing of time, and stores the new state with the texts
to send. A question that the engine asks is part of the stored state; its service is run in the transaction of the turn
that hears the answer. So a callback is there if and only if its conversation knows of it, wherever a worker is killed.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

import structlog

import ringback.callbacks.service as callbacks
from ringback.availability.memory import Availability
from ringback.db.database import Database
from ringback.db.tx import Change, Tx
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.errors import RingbackError
from ringback.limits.rate import RateLimiter
from ringback.messaging import engine
from ringback.messaging.delivery import STALE_AFTER
from ringback.messaging.engine import Answer, Ask, Inbound, Send, Setting, State, StateUnreadable, Turned
from ringback.messaging.model import Conversation, StoredText, TextKind, Thread
from ringback.messaging.scheduler import ManageLink, Scheduler, refusal
from ringback.messaging.store import automations, conversations, opt_outs, outbox
from ringback.messaging.words import CarrierWord
from ringback.texts import size

logger = structlog.get_logger(__name__)

_SIDE_BY_SIDE = 20
_RESTS_MICROSECONDS = 30_000_000
"""How long a conversation rests whose turn has failed, so that it does not stand before all others."""


class Conversing:
    """Goes on with the conversations that have something to answer, side by side."""

    def __init__(
        self, db: Database, clock: Clock, availability: Availability, *, manage_link: ManageLink, limiter: RateLimiter
    ) -> None:
        self._db = db
        self._clock = clock
        self._availability = availability
        self._manage_link = manage_link
        self._limiter = limiter
        self._resting: dict[Thread, Instant] = {}

    async def __call__(self) -> bool:
        """Go on with some conversations; whether there were any."""
        now = self._clock.now()
        self._resting = {thread: until for thread, until in self._resting.items() if until > now}
        waiting = await self._db.read(_waiting, now=now, limit=_SIDE_BY_SIDE + len(self._resting))
        threads = [thread for thread in waiting if thread not in self._resting][:_SIDE_BY_SIDE]
        went_on = await asyncio.gather(*(self._go_on(thread) for thread in threads))
        return any(went_on)

    async def _go_on(self, thread: Thread) -> bool:
        """Take turns until nothing is left to answer; whether there was any."""
        turns = 0
        try:
            while await self._turn(thread):
                turns += 1
        except Exception:
            logger.exception("conversation failed", org=thread.org)
            self._resting[thread] = Instant(self._clock.now() + _RESTS_MICROSECONDS)
        return turns > 0

    async def _turn(self, thread: Thread) -> bool:
        """A turn, tried again while a service refuses or the configuration changes; whether anything was to be done."""
        refused: RefusedError | None = None
        while True:
            now = self._clock.now()
            snapshot = await self._availability.of_organization(thread.org)
            scheduler = Scheduler(snapshot, self._manage_link, self._limiter, thread.customer_number, now)
            try:
                return await self._db.write(turn, thread, scheduler, refused=refused, now=now)
            except callbacks.StaleConfiguration:
                self._availability.forget(thread.org)
            except RefusedError as error:
                refused = error  # of what is asked now: another worker may have gone on since the one before


class RefusedError(Exception):
    """A service has refused: what was begun is undone, and the conversation is told in a turn of its own."""

    def __init__(self, ask: Ask, answer: Answer) -> None:
        super().__init__("a service has refused")
        self.ask = ask
        self.answer = answer


def turn(tx: Tx, thread: Thread, scheduler: Scheduler, *, refused: RefusedError | None = None, now: Instant) -> bool:
    """One turn of a conversation, unless another worker has it; whether there was anything to do.

    ``refused`` is what came of the open question, where its service has refused already. Raises
    :class:`RefusedError`, and ``StaleConfiguration``.
    """
    conversation = conversations.take(tx, thread)
    if conversation is None:
        return False
    setting = _setting(tx, scheduler)
    state = replace(_state(conversation), opted_out=opt_outs.has_opted_out(tx, thread.org, thread.customer_number))
    turned = _turned(tx, setting, state, thread, scheduler, refused, now)
    if turned is None:
        if conversation.wake_at is not None and conversation.wake_at <= now:
            _save(tx, thread, state, now)
        return False
    _carry_out(tx, thread, turned, now)
    _save(tx, thread, turned.state, now)
    tx.changed(thread.org, Change.TEXTS)
    return True


def _turned(
    tx: Tx,
    setting: Setting,
    state: State,
    thread: Thread,
    scheduler: Scheduler,
    refused: RefusedError | None,
    now: Instant,
) -> Turned | None:
    """What comes of what waits longest: an open question, a text, a silence; None when nothing waits."""
    if state.asking is not None:
        is_refused = refused is not None and refused.ask == state.asking
        answer = refused.answer if refused and is_refused else _answer(tx, scheduler, state.asking)
        return engine.on_answer(setting, state, state.asking.number, answer, now)
    texts = conversations.received(tx, thread)
    if texts:
        conversations.handled(tx, thread, until_place=texts[0].place, now=now)
        return engine.on_text(setting, state, _inbound(texts[0]), now)
    if state.wake_at is not None and state.wake_at <= now:
        return engine.on_time(setting, state, now)
    return None


def _answer(tx: Tx, scheduler: Scheduler, ask: Ask) -> Answer:
    try:
        return scheduler.answer(tx, ask)
    except RingbackError as error:
        raise RefusedError(ask, refusal(ask, error)) from error


def _carry_out(tx: Tx, thread: Thread, turned: Turned, now: Instant) -> None:
    for effect in turned.effects:
        match effect:
            case Send(text, last):
                kind = TextKind.OPT_OUT if last else TextKind.REPLY
                stale_at = Instant(now + STALE_AFTER[kind])
                segments = size(text).segments
                outbox.put(tx, thread, text, kind, segments=segments, due_at=now, stale_at=stale_at, now=now)
            case engine.OptOut():
                opt_outs.opt_out(tx, thread.org, thread.customer_number, "word", now=now)
            case engine.OptIn():
                opt_outs.opt_in(tx, thread.org, thread.customer_number)
            case Ask():
                pass  # it stands in the state, and is asked in the next turn


def _save(tx: Tx, thread: Thread, state: State, now: Instant) -> None:
    wake_at = now if state.asking is not None else state.wake_at
    conversations.save(tx, thread, flow=engine.to_document(state), wake_at=wake_at, now=now)


def _waiting(tx: Tx, *, now: Instant, limit: int) -> list[Thread]:
    to_wake = conversations.to_wake(tx, now=now, limit=limit)
    return list(dict.fromkeys([*to_wake, *conversations.to_answer(tx, limit=limit)]))


def _setting(tx: Tx, scheduler: Scheduler) -> Setting:
    configuration = scheduler.snapshot.configuration
    settings = configuration.settings
    others = (language for language in settings.languages if language != settings.default_language)
    return Setting(
        automations.of(tx, configuration.org),
        settings.name,
        (settings.default_language, *others),
        scheduler.zone.zone,
        zone_is_understood=scheduler.zone.is_theirs,
    )


def _state(conversation: Conversation) -> State:
    """Where it stands; at the beginning where that cannot be read any more."""
    if conversation.flow:
        with suppress(StateUnreadable):
            return engine.from_document(conversation.flow)
    return State()


def _inbound(text: StoredText) -> Inbound:
    handled = CarrierWord(text.reason) if text.reason in set(CarrierWord) else None
    return Inbound(text.body, media=text.attachments, handled=handled)
