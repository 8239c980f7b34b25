"""The words that carriers reserve: who texts one of them, alone, opts out, back in, or asks for help.

Sources: the CTIA Messaging Principles and Best Practices (5.1.3, opt-out mechanisms; "STOP", "END", "CANCEL",
"UNSUBSCRIBE", "QUIT"); the default opt-out handling of gateways, as they document it (Twilio: STOP, STOPALL,
UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, and ARRET, ARRETE, ARRETT; AWS End User Messaging besides: OPT-OUT,
REMOVE, TD, ARRET; Telnyx besides: STOP ALL). The Spanish and German words are those in common use there (ALTO, PARAR,
BAJA; STOPP, ABMELDEN).

Decisions:

- Only a message that is nothing but the word counts, as at the carriers: "please cancel" does not. But a few sentences
  that nobody can misunderstand ("stop texting me") opt out as well, although no carrier knows them: the sender has to
  honour what a reasonable person would take for a revocation (47 CFR 64.1200(a)(10)).
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

STOP_SENTENCES = frozenset(
    {
        *("stop please", "please stop", "stop it please", "stop texting", "stop texting me", "please stop texting me"),
        *("stop messaging me", "stop sending me texts", "stop sending me messages", "do not text me", "don t text me"),
        *("no more texts", "no more messages", "remove me", "unsubscribe me", "opt me out", "leave me alone"),
        *("no me escriban mas", "no me envien mas mensajes", "no mas mensajes", "dejen de escribirme", "darme de baja"),
        *("arretez", "ne m envoyez plus de messages", "plus de messages", "ne m ecrivez plus"),
        *("bitte aufhoren", "keine nachrichten mehr", "keine sms mehr", "bitte nicht mehr schreiben"),
    }
)

START_WORDS = frozenset({"start", "unstop"})

HELP_WORDS = frozenset({"help", "info", "ayuda", "aide", "hilfe"})

_MEANINGS = {
    **dict.fromkeys(STOP_WORDS | STOP_SENTENCES, CarrierWord.STOP),
    **dict.fromkeys(START_WORDS, CarrierWord.START),
    **dict.fromkeys(HELP_WORDS, CarrierWord.HELP),
}


def carrier_word(text: str) -> CarrierWord | None:
    """What a message asks for that is nothing but a reserved word or sentence, in any case, with any punctuation.

    But an ``@`` before it makes it a keyword of ours: ``@cancel`` and ``@help`` are not the carriers'.
    """
    return None if text.lstrip().startswith(("@", "＠")) else _MEANINGS.get(fold(text))
