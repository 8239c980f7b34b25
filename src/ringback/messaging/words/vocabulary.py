"""The words of four languages for what a conversation asks.

Each is folded (``folding.fold``). A customer may answer in any language of the organization, and in English.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ringback.forecast.wording import primary_language
from ringback.messaging.words.folding import fold


class Meaning(StrEnum):
    """What an answer can mean, apart from numbers and names."""

    YES = "yes"
    NO = "no"
    ASAP = "asap"
    """As soon as possible."""
    TIME = "time"
    """At a time of the customer's choice."""
    MORE = "more"
    """Show the next ones of a list."""
    BACK = "back"
    """Show the days again."""


_WORDS: Mapping[str, Mapping[Meaning, str]] = {
    "en": {
        Meaning.YES: "yes|y|ok|okay|yeah|yep|yup|sure|confirm|correct|please do|yes please|\N{THUMBS UP SIGN}",
        Meaning.NO: "no|n|nope|nah|no thanks|no thank you|keep|keep it|don't|do not",
        Meaning.ASAP: "asap|a.s.a.p.|as soon as possible|soon|now|right now|right away|immediately|call me now",
        Meaning.TIME: "time|a time|choose|choose time|choose a time|to choose a time|pick a time|schedule|later",
        Meaning.MORE: "more|next|others|other|more times|more days|show more|later",
        Meaning.BACK: "back|days|other day|another day|day",
    },
    "es": {
        Meaning.YES: "si|s|claro|vale|de acuerdo|bueno|confirmo|confirmar|correcto|ok|si por favor",
        Meaning.NO: "no|no gracias|dejar|conservar|mantener",
        Meaning.ASAP: "cuanto antes|lo antes posible|lo mas pronto posible|ahora|ahora mismo|ya|pronto",
        Meaning.TIME: "hora|una hora|elegir|elegir hora|elegir una hora|escoger|programar|mas tarde|luego",
        Meaning.MORE: "mas|otras|otros|siguiente|siguientes|mas horas|mas dias|ver mas",
        Meaning.BACK: "atras|volver|dias|otro dia|dia",
    },
    "fr": {
        Meaning.YES: "oui|o|ouais|d'accord|daccord|ok|bien sur|confirmer|je confirme|oui merci",
        Meaning.NO: "non|non merci|garder|conserver",
        Meaning.ASAP: "des que possible|le plus tot possible|au plus vite|maintenant|tout de suite|immediatement|vite",
        Meaning.TIME: "heure|une heure|choisir|choisir une heure|choisir l'heure|horaire|plus tard|planifier",
        Meaning.MORE: "plus|autres|autre|suite|suivant|suivants|voir plus",
        Meaning.BACK: "retour|jours|autre jour|un autre jour|jour",
    },
    "de": {
        Meaning.YES: "ja|j|jo|jawohl|klar|gern|gerne|ok|okay|in ordnung|bestätigen|ja bitte",
        Meaning.NO: "nein|n|nee|nö|nein danke|behalten",
        Meaning.ASAP: "so bald wie möglich|sobald wie möglich|baldmöglichst|schnellstmöglich|jetzt|sofort|gleich",
        Meaning.TIME: "zeit|eine zeit|uhrzeit|zeit wählen|eine zeit wählen|wählen|termin|später",
        Meaning.MORE: "mehr|weiter|weitere|andere|nächste|mehr zeiten|mehr tage",
        Meaning.BACK: "zurück|tage|anderer tag|ein anderer tag|tag",
    },
}

_NUMBERS: Mapping[str, str] = {
    "en": "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "es": "uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce",
    "fr": "un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze",
    "de": "eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf",
}

_ORDINALS: Mapping[str, str] = {
    "en": "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth",
    "es": "primero|segundo|tercero|cuarto|quinto|sexto|septimo|octavo|noveno|decimo",
    "fr": "premier|deuxieme|troisieme|quatrieme|cinquieme|sixieme|septieme|huitieme|neuvieme|dixieme",
    "de": "erste|zweite|dritte|vierte|fünfte|sechste|siebte|achte|neunte|zehnte",
}

_FILLERS: Mapping[str, str] = {
    "en": "please|pls|thanks|thank you|the|a|an|for|to|number|nr|option|choice|reply|choose|pick|i|want|would"
    "|like|i'd|id|me|my|it|is|queue|team|department|one|call|about|with|let's|let us|say|hi|hello|and|then",
    "es": "por favor|gracias|el|la|los|las|un|una|para|de|numero|opcion|respuesta|quiero|quisiera|elijo|mi|es|hola|con",
    "fr": "s'il vous plait|svp|merci|le|la|les|un|une|pour|de|du|des|numero|option|choix|je|veux|voudrais|mon|ma"
    "|bonjour|avec|l",
    "de": "bitte|danke|der|die|das|den|dem|ein|eine|einen|für|zu|zum|zur|nummer|option|wahl|ich|will|möchte|mein|meine"
    "|hallo|mit",
}

_DOUBTS: Mapping[str, str] = {
    "en": "no|not|dont|don|never|nevermind|but|wait|keep|later|instead|or|maybe",
    "es": "no|nunca|pero|espere|espera|luego|mejor|o|quizas",
    "fr": "non|pas|jamais|mais|attendez|garder|plutot|ou|peut",
    "de": "nein|nicht|kein|keine|nie|aber|warte|warten|behalten|lieber|oder|vielleicht",
}
"""What takes a yes back that stands before it: "ok but later"."""

LANGUAGES = tuple(_WORDS)
"""The languages whose words are known."""


_MOST_WORDS = 8
"""Of an answer that begins with yes or no: more are a story."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of some languages together, folded."""

    meanings: Mapping[Meaning, frozenset[str]]
    numbers: Mapping[str, int]
    fillers: frozenset[str]
    """What may stand around an answer and says nothing."""
    doubts: frozenset[str]

    def means(self, said: str, meaning: Meaning) -> bool:
        """Whether a folded text means this, and nothing but this.

        Yes and no also count where more is said after them: "yes, cancel it", unless that takes the yes back.
        """
        if said in self.meanings[meaning] or self.core(said) in self.meanings[meaning]:
            return True
        first, *others = said.split(" ")
        if len(first) < 2 or not 0 < len(others) < _MOST_WORDS or first not in self.meanings[meaning]:
            return False
        return meaning is Meaning.NO or (meaning is Meaning.YES and self.doubts.isdisjoint(others))

    def number(self, said: str) -> int | None:
        """The number that a folded text is: "2", "two", "number 2", "the second"; None when it is none."""
        for text in (said, self.core(said)):
            if text in self.numbers:
                return self.numbers[text]
            if text.isascii() and text.isdigit() and len(text) <= 4:
                return int(text)
        return None

    def core(self, said: str) -> str:
        """A folded text without the fillers around it; empty where there is nothing else."""
        words = said.split(" ")
        begin, end = 0, len(words)
        while begin < end and words[begin] in self.fillers:
            begin += 1
        while begin < end and words[end - 1] in self.fillers:
            end -= 1
        return " ".join(words[begin:end])


def vocabulary(languages: Iterable[str]) -> Vocabulary:
    """The words of these languages (BCP 47) and English."""
    known = {primary_language(language) for language in languages} & set(LANGUAGES)
    return _vocabulary(tuple(language for language in LANGUAGES if language in known | {"en"}))


@lru_cache(maxsize=len(LANGUAGES) ** 2)
def _vocabulary(languages: tuple[str, ...]) -> Vocabulary:
    numbers = {
        word: number
        for table in (_NUMBERS, _ORDINALS)
        for language in languages
        for number, word in enumerate(_folded(table[language]), start=1)
    }
    return Vocabulary(
        meanings={
            meaning: frozenset(word for language in languages for word in _folded(_WORDS[language][meaning]))
            for meaning in Meaning
        },
        numbers=numbers,
        fillers=frozenset(
            word for language in languages for phrase in _folded(_FILLERS[language]) for word in phrase.split(" ")
        )
        - {"s"},  # Spanish for "yes", and half of the French "please"
        doubts=frozenset(word for language in languages for word in _folded(_DOUBTS[language])),
    )


def _folded(words: str) -> list[str]:
    return [fold(word) for word in words.split("|")]
