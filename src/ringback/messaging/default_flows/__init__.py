"""The conversations that ship with Ringback: ``@callme``, ``@cancel``, ``@status``, ``@time``, ``@help``.

Each is a document of the same kind that people edit, with its texts in English, Spanish, French and German. The texts
keep to the GSM alphabet, which has é, è, à, ñ, ä, ö, ü and ß but neither á, í, ó, ú nor ç, ê, ô: the Spanish and French
words are chosen to suit.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from ringback.messaging.flow import Automations

FLOWS = ("callme", "cancel", "status", "time", "help")
LANGUAGES = ("en", "es", "fr", "de")


@cache
def default_automations() -> Automations:
    """The shipped conversations."""
    return Automations.model_validate({"flows": {flow: _read(flow) for flow in FLOWS}, "texts": _read("general")})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
