"""The prompts that ship with the product, per language, by the names of ``PromptTexts``.

They are spoken: short sentences, one key each. A sentence whose fact is not known is left out, so each fact that may
be missing (the customer's name, the user data) has a sentence to itself. The last sentence can always be said.
"""

from collections.abc import Mapping

DEFAULT_PROMPTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "greeting": (
            "Hello, this is {{organization_name}} with the callback that you asked for. "
            "To be connected now, press 1. To be called later, press 2. To cancel the callback, press 9. "
            "If we should never call this number again, press 7."
        ),
        "ask_minutes": (
            "When should we call you? Press 1 for in 10 minutes, 2 for in 20 minutes, "
            "and so on, up to 9 for in 90 minutes."
        ),
        "later_confirmed": "Thank you. We will call you in {{minutes}} minutes. Goodbye.",
        "cancel_confirmed": "Your callback is cancelled. Goodbye.",
        "never_call_confirmed": "We will not call this number again. Goodbye.",
        "nobody_free": "We are sorry, nobody is free to talk to you just now. Goodbye.",
        "whisper": (
            "Callback for {{call_target_name}}. The customer's name is {{customer_name}}. "
            "The number is {{customer_number}}. They told us: {{user_data}}. To be connected, press 1."
        ),
        "calling_customer": "Thank you. We are calling the customer.",
        "customer_not_reached": "The customer could not be reached. Goodbye.",
    },
    "es": {
        "greeting": (
            "Hola, le llamamos de {{organization_name}} porque usted pidió que le llamáramos. "
            "Para hablar ahora, pulse 1. Para que le llamemos más tarde, pulse 2. Para cancelar la llamada, pulse 9. "
            "Si no debemos volver a llamar nunca a este número, pulse 7."
        ),
        "ask_minutes": (
            "¿Cuándo quiere que le llamemos? Pulse 1 para dentro de 10 minutos, 2 para dentro de 20 minutos, "
            "y así hasta 9 para dentro de 90 minutos."
        ),
        "later_confirmed": "Gracias. Le llamaremos dentro de {{minutes}} minutos. Adiós.",
        "cancel_confirmed": "Su llamada queda cancelada. Adiós.",
        "never_call_confirmed": "No volveremos a llamar a este número. Adiós.",
        "nobody_free": "Lo sentimos, en este momento nadie puede atenderle. Adiós.",
        "whisper": (
            "Llamada de vuelta para {{call_target_name}}. El cliente se llama {{customer_name}}. "
            "El número es {{customer_number}}. Nos ha dicho: {{user_data}}. Para hablar con el cliente, pulse 1."
        ),
        "calling_customer": "Gracias. Estamos llamando al cliente.",
        "customer_not_reached": "No hemos podido hablar con el cliente. Adiós.",
    },
    "fr": {
        "greeting": (
            "Bonjour, ici {{organization_name}}, qui vous rappelle comme vous l'avez demandé. "
            "Pour parler à un conseiller maintenant, appuyez sur 1. Pour être rappelé plus tard, appuyez sur 2. "
            "Pour annuler le rappel, appuyez sur 9. Pour ne plus jamais être appelé à ce numéro, appuyez sur 7."
        ),
        "ask_minutes": (
            "Quand devons-nous vous rappeler ? Appuyez sur 1 pour dans 10 minutes, sur 2 pour dans 20 minutes, "
            "et ainsi de suite jusqu'à 9 pour dans 90 minutes."
        ),
        "later_confirmed": "Merci. Nous vous rappellerons dans {{minutes}} minutes. Au revoir.",
        "cancel_confirmed": "Votre rappel est annulé. Au revoir.",
        "never_call_confirmed": "Nous n'appellerons plus ce numéro. Au revoir.",
        "nobody_free": "Nous sommes désolés, personne n'est libre en ce moment pour vous répondre. Au revoir.",
        "whisper": (
            "Rappel pour {{call_target_name}}. Le client s'appelle {{customer_name}}. "
            "Son numéro est le {{customer_number}}. Il nous a indiqué : {{user_data}}. "
            "Pour être mis en relation, appuyez sur 1."
        ),
        "calling_customer": "Merci. Nous appelons le client.",
        "customer_not_reached": "Le client n'a pas pu être joint. Au revoir.",
    },
    "de": {
        "greeting": (
            "Guten Tag, hier ist {{organization_name}} mit dem Rückruf, um den Sie gebeten haben. "
            "Um jetzt verbunden zu werden, drücken Sie die 1. Für einen späteren Anruf drücken Sie die 2. "
            "Um den Rückruf abzusagen, drücken Sie die 9. "
            "Wenn wir diese Nummer nie wieder anrufen sollen, drücken Sie die 7."
        ),
        "ask_minutes": (
            "Wann sollen wir Sie anrufen? Drücken Sie die 1 für in 10 Minuten, die 2 für in 20 Minuten, "
            "und so weiter bis zur 9 für in 90 Minuten."
        ),
        "later_confirmed": "Vielen Dank. Wir rufen Sie in {{minutes}} Minuten an. Auf Wiederhören.",
        "cancel_confirmed": "Ihr Rückruf ist abgesagt. Auf Wiederhören.",
        "never_call_confirmed": "Wir rufen diese Nummer nicht mehr an. Auf Wiederhören.",
        "nobody_free": "Es tut uns leid, im Augenblick ist niemand frei, um mit Ihnen zu sprechen. Auf Wiederhören.",
        "whisper": (
            "Rückruf für {{call_target_name}}. Der Name lautet {{customer_name}}. "
            "Die Nummer ist {{customer_number}}. Angegeben wurde: {{user_data}}. "
            "Um verbunden zu werden, drücken Sie die 1."
        ),
        "calling_customer": "Vielen Dank. Wir rufen jetzt an.",
        "customer_not_reached": "Es war niemand zu erreichen. Auf Wiederhören.",
    },
}
