"""The base of settings documents: what a person configures, by file, console or API.

One definition serves all three: the configuration file, the JSON text in the database and the API. A document is
frozen, refuses keys it does not know, and is validated as a whole.
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Document(BaseModel):
    """A frozen settings document."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, validate_default=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The document stored as ``text``."""
        return cls.model_validate_json(text)

    def to_json(self) -> str:
        """The text to store: only what differs from the defaults, so that a better default reaches everybody."""
        return self.model_dump_json(exclude_defaults=True)


def _checked_key(key: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", key):
        raise ValueError("a key is 1 to 63 lower-case letters, digits, '-' or '_', and starts with a letter or digit")
    return key


def _checked_public_id(public_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", public_id):
        raise ValueError("a public id is 1 to 64 letters, digits, '-' or '_', and starts with a letter or digit")
    return public_id


Key = Annotated[str, AfterValidator(_checked_key)]
"""The name by which configuration refers to a thing, unique in its organization."""

PublicId = Annotated[str, AfterValidator(_checked_public_id)]
"""An id that stands in URLs, unique in the installation."""

Name = Annotated[str, Field(min_length=1, max_length=120)]
"""A name for people."""
