"""Everybody Ringback is held against."""

from bench.predictors.delay_history import AnswerRate, Asterisk, HeadOfLine, LastToEnterService, Webex
from bench.predictors.predictor import Predictor
from bench.predictors.queue_length import QueueLength, QueueLengthWithAbandonment, QueueLengthWithHoldersAbandoning
from bench.predictors.vendors import Cisco, Genesys, Google


def predictors() -> list[Predictor]:
    """One of each, knowing nothing yet."""
    return [
        Genesys(),
        Google(),
        Cisco(),
        AnswerRate(minutes=5),
        AnswerRate(minutes=15),
        Webex(),
        Asterisk(),
        LastToEnterService(),
        HeadOfLine(),
        QueueLength(),
        QueueLengthWithAbandonment(),
        QueueLengthWithHoldersAbandoning(),
    ]
