"""Going from step to step, until somebody has to be waited for."""

from ringback.messaging.engine import choosing, picking
from ringback.messaging.engine.model import (
    Answer,
    CancelAnswer,
    MoveAnswer,
    Named,
    OfferAnswer,
    OffersAnswer,
    PendingAnswer,
    RequestAnswer,
    Shown,
)
from ringback.messaging.engine.turn import Turn
from ringback.messaging.flow import END, Choose, GeneralText, Menu, PickTime, Say, Service, Use
from ringback.messaging.words import fold

REPLIES_AT_MOST = 40
"""Of one flow: more are no conversation, but two machines that talk to each other."""


def go_to(turn: Turn, target: str) -> None:
    """Enter a step, and whatever follows from it without anybody's answer."""
    while target != END:
        assert turn.flow
        step = turn.flow.steps[target]
        turn.know(step=target, shown=Shown(), misread=0)
        match step:
            case Say():
                turn.say(step.text)
                target = step.next
                continue
            case Use():
                turn.ask(step.service)
            case Menu():
                turn.know(reply=None)  # this is answered once it has been asked, and not before
                turn.say(step.text)
                turn.wait()
            case Choose():
                if choosing.named(turn, step):
                    target = step.next
                    continue
                choosing.show(turn, step)
                turn.wait()
            case PickTime():
                turn.ask(Service.OFFER)
        return
    turn.rest()


def replied(turn: Turn, text: str) -> None:
    """The customer answers the step that waits for it."""
    assert turn.flow
    turn.know(replies=turn.state.replies + 1)
    if turn.state.replies > REPLIES_AT_MOST:
        give_up(turn, GeneralText.LOST)
        return
    step = turn.flow.steps[turn.state.step or turn.flow.start]
    match step:
        case Menu():
            target = choosing.option(turn, step, text)
        case Choose():
            target = choosing.chosen(turn, step, text)
        case PickTime():
            turn.know(reply=fold(text))
            turn.ask(Service.OFFER)
            return
        case _:
            return
    if target is not None:
        go_to(turn, target)


def answered(turn: Turn, answer: Answer) -> None:
    """A service has answered the step that asked it."""
    assert turn.flow
    step = turn.flow.steps[turn.state.step or turn.flow.start]
    turn.know(asking=None)
    match step, answer:
        case PickTime(), OfferAnswer():
            target = picking.offered(turn, step, answer)
            if target is not None:
                go_to(turn, target)
        case Use(), OffersAnswer() | OfferAnswer() | RequestAnswer() | PendingAnswer() | CancelAnswer() | MoveAnswer():
            word = _learn(turn, answer)
            if word in step.then:
                go_to(turn, step.then[word])
            else:
                give_up(turn, GeneralText.FAILED)
        case _:
            give_up(turn, GeneralText.FAILED)


def give_up(turn: Turn, text: GeneralText) -> None:
    """End the flow with a text of no flow."""
    turn.say_general(text)
    turn.rest()


def _learn(
    turn: Turn, answer: OffersAnswer | OfferAnswer | RequestAnswer | PendingAnswer | CancelAnswer | MoveAnswer
) -> str:
    """Take in what an answer tells; the word that stands for it."""
    match answer:
        case OffersAnswer():
            return _learn_offers(turn, answer)
        case OfferAnswer():
            return _learn_offer(turn, answer)
        case RequestAnswer():
            turn.know(message=answer.message, manage_url=answer.manage_url)
            return answer.word.value
        case PendingAnswer():
            return _learn_pending(turn, answer)
        case CancelAnswer() | MoveAnswer():
            return answer.word.value


def _learn_offers(turn: Turn, answer: OffersAnswer) -> str:
    widgets = tuple(Named(widget.id, widget.name) for widget in answer.widgets)
    turn.know(widgets=widgets, next_open=answer.next_open)
    if len(widgets) == 1:
        turn.know(widget=widgets[0])
    return ("none", "one", "several")[min(len(widgets), 2)]


def _learn_offer(turn: Turn, answer: OfferAnswer) -> str:
    widget = answer.widget
    turn.know(next_open=answer.next_open, time=None, message=widget.message if widget else "")
    if widget is None:
        return "nothing"
    turn.know(widget=Named(widget.id, widget.name))
    books = widget.scheduled and bool(widget.slots)
    if widget.asap:
        return "both" if books else "asap"
    return "scheduled" if books else "nothing"


def _learn_pending(turn: Turn, answer: PendingAnswer) -> str:
    turn.know(callbacks=answer.callbacks)
    if len(answer.callbacks) == 1:
        turn.know(callback=answer.callbacks[0], widget=choosing.widget_of(answer.callbacks[0]))
    return ("none", "one", "several")[min(len(answer.callbacks), 2)]
