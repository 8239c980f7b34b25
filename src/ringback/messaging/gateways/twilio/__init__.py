"""Twilio, and the services that speak its dialect (SignalWire, Telnyx): texts by its Programmable Messaging API."""

from ringback.messaging.gateways.twilio.gateway import TwilioGateway
from ringback.messaging.gateways.twilio.model import TwilioSettings
from ringback.messaging.gateways.twilio.webhooks import TwilioWebhooks

__all__ = ["TwilioGateway", "TwilioSettings", "TwilioWebhooks"]
