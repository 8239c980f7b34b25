"""The words that carriers reserve: who texts one of them, alone, opts out, back in, or asks for help.

Sources: the CTIA Messaging Principles and Best Practices (5.1.3, opt-out mechanisms; "STOP", "END", "CANCEL",
"UNSUBSCRIBE", "QUIT"); the default opt-out handling of gateways, as they document it (Twilio: STOP, STOPALL,
UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, and ARRET, ARRETE, ARRETT; AWS End User Messaging besides: OPT-OUT,
REMOVE, TD, ARRET; Telnyx besides: STOP ALL). The Spanish and German words are those in common use there (ALTO, PARAR,
BAJA; STOPP, ABMELDEN).

Decisions:

- Only a message that is nothing but the word counts, as at the carriers: "stop please" and "please cancel" do not.
- A bare CANCEL opts out. It never cancels a callback: the carrier may have blocked us already, so that the customer
  would not hear of it.
- YES does not opt in. Gateways take it as an opt-in on ordinary numbers (not on toll-free ones), but here it is also
  the answer to a question, and a late YES after a STOP would be consent that nobody meant to give. Where a gateway
  tells that *it* has opted somebody in, that counts (``Inbound.handled``): they were told so.
- FIN, NO, CANCELAR, ANNULER and the like are left to the conversation: carriers do not reserve them.
"""

from enum import StrEnum

from ringback.messaging.words.folding import fold


class CarrierWord(StrEnum):
    """What a reserved word asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


STOP_WORDS = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel"),
        *("remove", "td"),
        *("arret", "arrete", "arrett", "arreter", "desabonner"),
        *("alto", "parar", "baja"),
        *("stopp", "abmelden"),
    }
)

START_WORDS = frozenset({"start", "unstop"})

HELP_WORDS = frozenset({"help", "info", "ayuda", "aide", "hilfe"})

_MEANINGS = {
    **dict.fromkeys(STOP_WORDS, CarrierWord.STOP),
    **dict.fromkeys(START_WORDS, CarrierWord.START),
    **dict.fromkeys(HELP_WORDS, CarrierWord.HELP),
}


def carrier_word(text: str) -> CarrierWord | None:
    """What a message asks for that is nothing but a reserved word, in any case and with any punctuation.

    But an ``@`` before it makes it a keyword of ours: ``@cancel`` and ``@help`` are not the carriers'.
    """
    return None if text.lstrip().startswith(("@", "＠")) else _MEANINGS.get(fold(text))
