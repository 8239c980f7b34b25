"""The API Messages that ship with the product, per language and key.

Each key has one or more texts: the first is what is normally said, a later one is for when a fact the first needs is
not known. The last text of every key can always be said. Apart from names and dates they keep to the GSM-7 alphabet,
which has é, è, à, ñ, ä, ö and ü but neither á, í, ó, ú nor ç, ê, ô: the Spanish and French words are chosen to suit.
"""

from collections.abc import Mapping

DEFAULT_MESSAGES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "offer_callback": ("We can call you in approximately {{ewt}}.", "We can call you back."),
        "offer_asap_callback": ("We can call you in approximately {{ewt}}.", "We can call you back."),
        "offer_scheduled_callback": ("We can call you back at a time that you choose.",),
        "display_ewt_only": ("We cannot offer a callback right now. The estimated wait is about {{ewt}}.",),
        "platform_unavailable": ("We cannot take callback requests right now. Please try again after {{next_open}}.",),
        "success_asap": ("Your callback is confirmed. We will call you in approximately {{ewt}}.",),
        "success_scheduled": ("Your callback is booked for {{appointment_time}}.", "Your callback is booked."),
    },
    "es": {
        "offer_callback": ("Podemos llamarle en aproximadamente {{ewt}}.", "Podemos devolverle la llamada."),
        "offer_asap_callback": ("Podemos llamarle en aproximadamente {{ewt}}.", "Podemos devolverle la llamada."),
        "offer_scheduled_callback": ("Podemos llamarle a la hora que usted elija.",),
        "display_ewt_only": (
            "Ahora mismo no podemos ofrecerle una llamada. La espera estimada es de aproximadamente {{ewt}}.",
        ),
        "platform_unavailable": (
            "Ahora mismo no podemos aceptar solicitudes de llamada. Vuelva a intentarlo a partir de: {{next_open}}.",
        ),
        "success_asap": ("Su llamada queda confirmada. Le llamaremos en aproximadamente {{ewt}}.",),
        "success_scheduled": ("Su llamada queda reservada: {{appointment_time}}.", "Su llamada queda reservada."),
    },
    "fr": {
        "offer_callback": ("Nous pouvons vous appeler dans environ {{ewt}}.", "Nous pouvons vous rappeler."),
        "offer_asap_callback": ("Nous pouvons vous appeler dans environ {{ewt}}.", "Nous pouvons vous rappeler."),
        "offer_scheduled_callback": ("Nous pouvons vous rappeler au moment de votre choix.",),
        "display_ewt_only": (
            "Nous ne pouvons pas vous proposer de rappel pour le moment. Attente estimée : environ {{ewt}}.",
        ),
        "platform_unavailable": (
            "Nous ne prenons pas de demandes de rappel pour le moment. Veuillez réessayer après : {{next_open}}.",
        ),
        "success_asap": ("Votre rappel est confirmé. Nous vous appellerons dans environ {{ewt}}.",),
        "success_scheduled": ("Votre rappel est réservé : {{appointment_time}}.", "Votre rappel est réservé."),
    },
    "de": {
        "offer_callback": ("Wir können Sie in etwa {{ewt}} anrufen.", "Wir können Sie zurückrufen."),
        "offer_asap_callback": ("Wir können Sie in etwa {{ewt}} anrufen.", "Wir können Sie zurückrufen."),
        "offer_scheduled_callback": ("Wir können Sie zu einer Zeit Ihrer Wahl zurückrufen.",),
        "display_ewt_only": (
            "Zurzeit können wir keinen Rückruf anbieten. Die geschätzte Wartezeit beträgt etwa {{ewt}}.",
        ),
        "platform_unavailable": (
            "Zurzeit nehmen wir keine Rückrufwünsche an. Bitte versuchen Sie es wieder ab: {{next_open}}.",
        ),
        "success_asap": ("Ihr Rückruf ist bestätigt. Wir rufen Sie in etwa {{ewt}} an.",),
        "success_scheduled": ("Ihr Rückruf ist gebucht: {{appointment_time}}.", "Ihr Rückruf ist gebucht."),
    },
}
