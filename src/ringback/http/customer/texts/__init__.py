"""The texts of the customer's pages, one TOML file for each language."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

LANGUAGES = ("en", "es", "fr", "de")


def _read(language: str) -> dict[str, str]:
    tables = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}


TEXTS: Mapping[str, Mapping[str, str]] = {language: _read(language) for language in LANGUAGES}
"""By language, then by key: ``TEXTS["en"]["ask.submit"]``."""
