"""How an account at Twilio is set up."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from ringback.kernel.document import Document


class TwilioSettings(Document):
    """An account. The secrets are stored sealed, apart from the rest."""

    account_sid: str = Field(pattern=r"^[A-Za-z0-9_-]{2,64}$")
    """Whose texts these are: ``AC`` and 32 hexadecimal digits at Twilio; a UUID elsewhere."""
    auth_token: SecretStr
    """Signs webhooks, and requests where there is no API key."""
    api_key_sid: str = Field("", max_length=64)
    api_key_secret: SecretStr = SecretStr("")
    """With both, requests are made with this key, which can be revoked by itself."""
    messaging_service_sid: str = Field("", max_length=64)
    """A pool of numbers that Twilio chooses the sender from; empty: the number that the customer has texted."""
    base_url: str = "https://api.twilio.com"
    """Another one for a service that speaks the same dialect."""

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if not (parts.hostname and (parts.scheme == "https" or is_here)):
            raise ValueError("an address with https:// is needed; http:// only for this machine itself")
        return url.rstrip("/")

    @property
    def credentials(self) -> tuple[str, str]:
        """User and password of requests."""
        if self.api_key_sid and self.api_key_secret.get_secret_value():
            return self.api_key_sid, self.api_key_secret.get_secret_value()
        return self.account_sid, self.auth_token.get_secret_value()
