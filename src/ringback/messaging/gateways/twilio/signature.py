"""Whether a webhook was made by Twilio: its signature, checked as Twilio's own library checks it.

Source: Twilio, "Webhooks security" (Validating signatures from Twilio). The signature is the base64 of an HMAC over the
address as Twilio knows it, followed by each field's name and value, sorted by name. The HMAC is SHA-1 with the auth
token, or SHA-256 with a shared key, which a header says.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha1, sha256
from urllib.parse import urlsplit

_ALGORITHMS = {"HMAC_SHA1": sha1, "HMAC_SHA256": sha256}
_STANDARD_PORTS = {"http": 80, "https": 443}

Fields = Iterable[tuple[str, str]]


def is_signed(url: str, fields: Fields, *, signature: str, settings: str, secret: str) -> bool:
    """Whether the request bears the signature of whoever knows ``secret``.

    ``signature`` is the header ``X-Twilio-Signature``; ``settings`` the header
    ``X-Twilio-Webhooks-Signature-Settings``, empty where there is none. Twilio signs now with, now without the port.
    """
    algorithm = algorithm_of(settings)
    if not secret or algorithm not in _ALGORITHMS:
        return False
    fields = tuple(fields)
    expected = [sign(each, fields, secret=secret, algorithm=algorithm).encode() for each in _with_and_without_port(url)]
    given = signature.encode("utf-8", "surrogateescape")
    return any([hmac.compare_digest(each, given) for each in expected])  # noqa: C419 - always both: no timing to read


def sign(url: str, fields: Fields, *, secret: str, algorithm: str = "HMAC_SHA1") -> str:
    """The signature. Of a field that is there twice each different value counts once, in order."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    digest = hmac.digest(secret.encode(), signed.encode("utf-8", "surrogatepass"), _ALGORITHMS[algorithm])
    return b64encode(digest).decode()


def algorithm_of(settings: str) -> str:
    """The algorithm that the settings header names: ``key=...,algorithm=HMAC_SHA256``."""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _with_and_without_port(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    host, separator, port = parts.netloc.rpartition(":")
    has_port = bool(separator) and port.isdigit()
    yield parts._replace(netloc=host if has_port else parts.netloc).geturl()
    standard = _STANDARD_PORTS.get(parts.scheme, 80)
    yield parts._replace(netloc=parts.netloc if has_port else f"{parts.netloc}:{standard}").geturl()
