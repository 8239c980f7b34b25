"""Logos: what a picture is, its first bytes say."""

from base64 import b64encode

import pytest
from pydantic import ValidationError

from ringback.widgets.logo import LARGEST_LOGO, decoded, digest_of, encoded, media_type_of, told
from ringback.widgets.template import Template

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 " + b"\x00" * 20


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (b"RIFF\x1a\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"GIF89a", None),
        (b" " + PNG, None),
        (b"", None),
    ],
)
def test_kinds(content, kind):
    assert media_type_of(content) == kind


@pytest.mark.parametrize("content", [PNG, JPEG, WEBP, PNG + b"\x00" * (LARGEST_LOGO - len(PNG))])
def test_what_is_kept_is_the_picture_itself(content):
    text = Template(name="x", logo=encoded(content)).logo
    assert decoded(text) == content
    assert Template(name="x", logo="\n".join((text[:10], text[10:]))).logo == text  # as a file may break it


@pytest.mark.parametrize(
    "text",
    ["logo.png", "é", "iVBORw0KGgo", b64encode(b"<svg/>").decode(), b64encode(PNG + b"\x00" * LARGEST_LOGO).decode()],
)
def test_what_is_no_logo(text):
    with pytest.raises(ValidationError, match="a logo"):
        Template(name="x", logo=text)


def test_what_is_said_of_it():
    assert told(encoded(PNG)) == f"image/png, 28 bytes, {digest_of(encoded(PNG))}"
    assert told("") == ""
    assert digest_of(encoded(PNG)) != digest_of(encoded(JPEG))
