"""The conversation engine: one turn of a conversation, without IO.

A text, an answer of a service, or the passing of time goes in, with the state; the new state and its effects come out.
Whoever runs it stores both in one transaction, asks the services, and hands in their answers.
"""

from ringback.messaging.engine.document import StateUnreadable, from_document, to_document
from ringback.messaging.engine.machine import on_answer, on_text, on_time
from ringback.messaging.engine.model import (
    Answer,
    Ask,
    Cancel,
    CancelAnswer,
    Effect,
    Failed,
    Inbound,
    Move,
    MoveAnswer,
    OfferAnswer,
    Offered,
    OffersAnswer,
    OptIn,
    OptOut,
    PendingAnswer,
    PendingCallback,
    Request,
    RequestAnswer,
    Send,
    Setting,
    State,
    Turned,
)

__all__ = [
    "Answer",
    "Ask",
    "Cancel",
    "CancelAnswer",
    "Effect",
    "Failed",
    "Inbound",
    "Move",
    "MoveAnswer",
    "OfferAnswer",
    "Offered",
    "OffersAnswer",
    "OptIn",
    "OptOut",
    "PendingAnswer",
    "PendingCallback",
    "Request",
    "RequestAnswer",
    "Send",
    "Setting",
    "State",
    "StateUnreadable",
    "Turned",
    "from_document",
    "on_answer",
    "on_text",
    "on_time",
    "to_document",
]
