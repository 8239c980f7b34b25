"""Logos: small pictures that are kept in a settings document and shown on pages.

What a picture is, its first bytes say, not its name. Only formats that hold nothing but a picture are taken: an SVG can
hold a script and links, and opened by itself it would be a page of ours.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator

LARGEST_LOGO = 64 * 1024
"""Bytes."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def media_type_of(content: bytes) -> str | None:
    """The media type of a picture that can be a logo; None for anything else.

    PNG: RFC 2083, section 3.1; JPEG: ITU-T T.81, annex B; WebP: RFC 9649, section 2.4.
    """
    if content.startswith(_PNG):
        return "image/png"
    if content.startswith(_JPEG):
        return "image/jpeg"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def encoded(content: bytes) -> str:
    """A picture as a settings document holds it. Raises ``ValueError`` for what is none, or is too large."""
    if len(content) > LARGEST_LOGO:
        raise ValueError(f"a logo has at most {LARGEST_LOGO // 1024} KiB")
    if media_type_of(content) is None:
        raise ValueError("a logo is a PNG, JPEG or WebP picture")
    return b64encode(content).decode()


def decoded(logo: str) -> bytes:
    """The picture in a settings document."""
    return b64decode(logo)


def digest_of(logo: str) -> str:
    """What tells pictures apart, 16 hexadecimal digits."""
    return sha256(logo.encode()).hexdigest()[:16]


def told(logo: str) -> str:
    """What is said of it in place of the picture itself: ``image/png, 1234 bytes, 0123456789abcdef``."""
    content = decoded(logo)
    return f"{media_type_of(content)}, {len(content)} bytes, {digest_of(logo)}" if logo else ""


def _checked(text: str) -> str:
    if not text:
        return text
    try:
        content = b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError("a logo is a PNG, JPEG or WebP picture, in base64") from None
    return encoded(content)


LogoText = Annotated[str, AfterValidator(_checked)]
"""A picture in base64, or nothing."""
