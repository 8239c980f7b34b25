"""The doors of a conversation: a text, an answer, the passing of time."""

from collections.abc import Iterator

from ringback.forecast.wording import resolve_locale
from ringback.kernel.clock import MINUTE, Instant
from ringback.messaging.engine import walk
from ringback.messaging.engine.model import Answer, Failed, Inbound, Setting, State, Turned
from ringback.messaging.engine.turn import Turn
from ringback.messaging.flow import Choose, Flow, GeneralText, Menu, PickTime, Use
from ringback.messaging.words import CarrierWord, carrier_word, fold

HELP_LINE_EVERY = 10 * MINUTE
"""The short help line is sent no more often."""

_AT_SIGNS = ("@", "＠")


def on_text(setting: Setting, state: State, inbound: Inbound, now: Instant) -> Turned:
    """Go on after a message of the customer, whatever it holds. Nothing that a customer sends raises an error."""
    turn = Turn(setting, state, now)
    match inbound.handled or carrier_word(inbound.text):
        case CarrierWord.STOP:
            _stop(turn, inbound)
        case CarrierWord.START:
            _start(turn, inbound)
        case _ if state.opted_out:
            pass  # nothing is sent until they come back
        case CarrierWord.HELP:
            _help(turn, inbound)
        case _:
            _hear(turn, inbound)
    return turn.turned()


def on_answer(setting: Setting, state: State, number: int, answer: Answer, now: Instant) -> Turned:
    """Go on after a service has answered question ``number``; nothing happens when nobody waits for that any more."""
    if state.asking is None or state.asking.number != number:
        return Turned(state)
    turn = Turn(setting, state, now)
    if not _stands(turn):
        turn.rest()
    else:
        walk.answered(turn, answer)
    return turn.turned()


def on_time(setting: Setting, state: State, now: Instant) -> Turned:
    """Go on when nobody has answered in time; nothing happens before ``wake_at``."""
    if state.wake_at is None or now < state.wake_at:
        return Turned(state)
    if state.asking is not None:
        return on_answer(setting, state, state.asking.number, Failed(), now)
    turn = Turn(setting, state, now)
    flow = turn.flow
    step = flow.steps.get(state.step or "") if flow else None
    if isinstance(step, Menu | Choose | PickTime):
        walk.go_to(turn, step.silence)
    else:  # the flow has been edited meanwhile
        turn.rest()
    return turn.turned()


def _stop(turn: Turn, inbound: Inbound) -> None:
    if turn.state.opted_out:
        return
    turn.opt_out()
    if inbound.handled is None:
        turn.say_last(GeneralText.OPTED_OUT)


def _start(turn: Turn, inbound: Inbound) -> None:
    was_out = turn.state.opted_out
    if was_out:
        turn.opt_in()
    if inbound.handled is None:
        turn.say_general(GeneralText.OPTED_IN if was_out else GeneralText.HELP)


def _help(turn: Turn, inbound: Inbound) -> None:
    """Help beside the flow, which goes on."""
    if inbound.handled is None:
        turn.say_general(GeneralText.HELP)
    if not turn.state.idle and turn.state.asking is None and _stands(turn):
        turn.wait()


def _hear(turn: Turn, inbound: Inbound) -> None:
    state = turn.state
    if found := _keyword(turn, inbound.text):
        _begin(turn, *found, said=inbound.text.strip())
    elif state.idle or not _stands(turn):
        turn.rest()
        _say_how(turn, inbound)
    elif state.asking is None:
        walk.replied(turn, inbound.text)
    # else the answer to a question that has not been asked yet


def _begin(turn: Turn, key: str, language: str | None, *, said: str) -> None:
    """Begin a flow. What stands behind the keyword may answer its first question: ``@callme billing``."""
    turn.rest()
    if language is not None:
        turn.know(language=language)
    flow = turn.setting.automations.flows[key]
    rest = fold(said.partition(" ")[2]) if said.startswith(_AT_SIGNS) else ""
    turn.know(flow=key, reply=rest if turn.words.core(rest) else None)
    walk.go_to(turn, flow.start)


def _say_how(turn: Turn, inbound: Inbound) -> None:
    """The short help line, to what nobody asked for; not again and again."""
    helped_at = turn.state.helped_at
    if helped_at is not None and helped_at <= turn.now < helped_at + HELP_LINE_EVERY:
        return
    unreadable = inbound.media and not fold(inbound.text)
    turn.say_general(GeneralText.UNREADABLE if unreadable else GeneralText.UNKNOWN)
    turn.know(helped_at=turn.now)


def _keyword(turn: Turn, text: str) -> tuple[str, str | None] | None:
    """The flow that a message starts, and the language it chooses, if it does.

    After an ``@`` the first word counts. Without one it must be all there is, and where an answer is waited for, the
    keyword must be one that has no ``@``.
    """
    stripped = text.strip()
    said = fold(stripped)
    marked = stripped.startswith(_AT_SIGNS)
    candidates = {said.replace(" ", ""), said.partition(" ")[0]} if marked else {said.replace(" ", "")}
    for key, keyword, language in _keywords(turn):
        word = keyword.removeprefix("@")
        if word in candidates and (marked or turn.state.idle or not keyword.startswith("@")):
            return key, language
    return None


def _keywords(turn: Turn) -> Iterator[tuple[str, str, str | None]]:
    """Every keyword, with its flow and the language it chooses."""
    for key, flow in turn.setting.automations.flows.items():
        if not flow.active:
            continue
        for keyword in flow.keywords:
            yield key, keyword, None
        yield from ((key, keyword, language) for keyword, language in _local_keywords(turn, flow))


def _local_keywords(turn: Turn, flow: Flow) -> Iterator[tuple[str, str | None]]:
    for tag, keywords in flow.local_keywords.items():
        spoken = resolve_locale(tag, turn.setting.languages, "") or None
        yield from ((keyword, spoken) for keyword in keywords)


def _stands(turn: Turn) -> bool:
    """Whether the conversation stands at a step that still exists and can be where it stands."""
    flow, state = turn.flow, turn.state
    step = flow.steps.get(state.step or "") if flow else None
    if state.asking is not None:
        return isinstance(step, Use | PickTime)
    return isinstance(step, Menu | Choose | PickTime)
