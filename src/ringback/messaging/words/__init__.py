"""What the words of a customer mean: carriers' keywords, yes and no, numbers, names."""

from ringback.messaging.words.carriers import CarrierWord, carrier_word
from ringback.messaging.words.folding import fold
from ringback.messaging.words.names import choose
from ringback.messaging.words.vocabulary import LANGUAGES, Meaning, Vocabulary, vocabulary

__all__ = [
    "LANGUAGES",
    "CarrierWord",
    "Meaning",
    "Vocabulary",
    "carrier_word",
    "choose",
    "fold",
    "vocabulary",
]
