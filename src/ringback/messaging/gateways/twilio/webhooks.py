"""What Twilio tells by webhook: a text that came in, and what became of one of ours."""

from ringback.messaging.gateways.port import (
    Delivery,
    DeliveryState,
    Inbound,
    ProviderId,
    Webhook,
    WebhookRefused,
    WebhookUnreadable,
)
from ringback.messaging.gateways.twilio.signature import is_signed
from ringback.messaging.gateways.twilio.words import STATES, reason_of

_ANSWERED = {"STOP": "stop", "START": "start", "HELP": "help"}
_UNDELIVERED = {DeliveryState.UNDELIVERED, DeliveryState.FAILED}


class TwilioWebhooks:
    """Reads the webhooks of one account, known by its secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def inbound(self, webhook: Webhook) -> Inbound:
        """A text that came in. Raises ``WebhookRefused`` and ``WebhookUnreadable``."""
        self._refuse_stranger(webhook)
        return Inbound(
            provider_id=_needed(webhook, "MessageSid", "SmsMessageSid", "SmsSid"),
            sender=webhook.field("From").strip(),
            to=webhook.field("To").strip(),
            body=webhook.field("Body"),
            attachments=_count(webhook.field("NumMedia")),
            answered=_ANSWERED.get(webhook.field("OptOutType").strip().upper(), ""),
        )

    def delivery(self, webhook: Webhook) -> Delivery:
        """What became of a text. Raises ``WebhookRefused`` and ``WebhookUnreadable``."""
        self._refuse_stranger(webhook)
        told = (webhook.field("MessageStatus") or webhook.field("SmsStatus")).lower()
        state = STATES.get(told)
        if state is None:
            raise WebhookUnreadable("The status is none that is known.")
        code = webhook.field("ErrorCode")
        provider_id = _needed(webhook, "MessageSid", "SmsSid")
        if state in _UNDELIVERED:
            return Delivery(provider_id, state, reason_of(code), code)
        return Delivery(provider_id, state)

    def _refuse_stranger(self, webhook: Webhook) -> None:
        genuine = is_signed(
            webhook.url,
            webhook.fields,
            signature=webhook.headers.get("x-twilio-signature", ""),
            settings=webhook.headers.get("x-twilio-webhooks-signature-settings", ""),
            secret=self._secret,
        )
        if not genuine:
            raise WebhookRefused("The signature is missing or wrong.")


def _needed(webhook: Webhook, *names: str) -> ProviderId:
    for name in names:
        if value := webhook.field(name).strip():
            return ProviderId(value[:64])
    raise WebhookUnreadable(f"The field {names[0]} is missing.")


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
