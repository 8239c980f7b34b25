"""The settings of an organization."""

from pydantic import Field

from ringback.call_targets.model import ZoneName
from ringback.kernel.document import Document, Name
from ringback.kernel.phone import NumberRules
from ringback.limits.model import Limits


class OrganizationSettings(Document):
    """What a person configures about an organization as a whole."""

    name: Name
    time_zone: ZoneName = "UTC"
    default_language: str = Field("en", min_length=2, max_length=35)
    languages: tuple[str, ...] = ("en", "es", "fr", "de")
    """Languages in which messages are offered."""
    numbers: NumberRules
    limits: Limits = Limits()
    retention_days: int = Field(395, ge=1, le=3660)
    """After so many days the number, name and user data of a finished callback are replaced by a token."""
