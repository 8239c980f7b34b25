"""The documentation is true: generated pages are up to date, and what is written by hand names things that exist."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from docs.generate import PAGES, commands, configuration, meanings, metrics
from docs.generate import errors as errors_page
from docs.generate.messages import KEY_WORDS, PLACEHOLDER_WORDS

from ringback.configuration.file import read_tables
from ringback.http.errors import STATUS, UNAVAILABLE
from ringback.kernel.document import Document
from ringback.settings import SETTINGS_FILE_VARIABLE, Settings
from ringback.widgets.messages import PLACEHOLDERS, MessageKey

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
WRITTEN = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TUTORIAL = DOCS / "tutorial.md"

OTHER_VARIABLES = {
    SETTINGS_FILE_VARIABLE: "names the settings file",
    "RINGBACK_TOKEN": "in the reader's shell",
    "RINGBACK_TOKEN_CRM": "an example of a secret_env",
}

every_page = pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name):
    assert (REFERENCE / name).read_text("utf-8") == PAGES[name](), "run bin/docs"


def test_every_page_of_the_reference_is_generated():
    assert {path.name for path in REFERENCE.glob("*.md")} == PAGES.keys()


def test_every_setting_is_documented():
    page = text_of(REFERENCE / "settings.md")
    assert [name for name in Settings.model_fields if f"`RINGBACK_{name.upper()}`" not in page] == []


def test_every_error_is_documented():
    page = text_of(REFERENCE / "errors.md")
    codes = {error.code for error in errors_page.every_error()} | {error.code for error in STATUS} | {UNAVAILABLE}
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_metric_is_documented():
    page = text_of(REFERENCE / "metrics.md")
    for name, _, labels, _, _ in metrics.every_metric():
        assert f"`{name}`" in page
        assert set(labels) <= metrics.LABELS.keys()


def test_every_message_and_placeholder_is_explained():
    assert PLACEHOLDER_WORDS.keys() == PLACEHOLDERS.keys()
    assert KEY_WORDS.keys() == {*MessageKey}


def test_no_word_stands_in_place_of_one_in_the_source():
    shadowed = [(owner, name) for owner, name in meanings.WORDS if name in meanings.written(owner)]
    unknown = [
        (owner, name) for owner, name in meanings.WORDS if not hasattr(owner, name) and not is_field(owner, name)
    ]
    assert shadowed == unknown == []


def test_every_table_of_the_configuration_is_documented():
    page = text_of(REFERENCE / "configuration-file.md")
    for model in Document.__subclasses__():
        if model.__module__ in {"ringback.configuration.file", "ringback.configuration.tables"}:
            assert all(f"`{name}`" in page or f"[{name}" in page for name in model.model_fields)
    assert configuration.page() == page


@every_page
def test_links_lead_somewhere(path):
    for target, anchor in links_in(path):
        assert target.exists(), f"{target} is not there"
        if anchor:
            assert anchor in anchors_of(target), f"{target.name} has no heading #{anchor}"


@every_page
def test_variables_exist(path):
    named = set(re.findall(r"\bRINGBACK_[A-Z_]+\b", text_of(path)))
    known = {f"RINGBACK_{name.upper()}" for name in Settings.model_fields}
    assert named - known - OTHER_VARIABLES.keys() == set()


@every_page
def test_metrics_exist(path):
    named = set(re.findall(r"\bringback_[a-z_]+\b", text_of(path)))
    known = {name for name, *_ in metrics.every_metric()}
    assert {re.sub(r"_(bucket|count)$", "", name) for name in named} <= known


@every_page
def test_commands_exist(path):
    for name, options in ringback_commands_in(path):
        assert name in commands.every_command(), f"there is no ringback {name}"
        assert options <= options_of(commands.every_command()[name]), f"ringback {name} has no such option"


@every_page
def test_scripts_exist(path):
    for name in re.findall(r"(?<![\w./$-])bin/(\w+)", text_of(path)):
        assert os.access(ROOT / "bin" / name, os.X_OK), f"there is no bin/{name}"


@every_page
def test_examples_of_data_can_be_read(path):
    for language, block in blocks_in(path):
        if language == "json":
            json.loads(block)
        if language == "toml" and path.name != "settings.md":
            read_tables(laid_over(tutorial_organization(), tomllib.loads(block)), {})


def test_the_settings_file_shown_holds_settings():
    (shown,) = (block for language, block in blocks_in(REFERENCE / "settings.md") if language == "toml")
    assert Settings(**tomllib.loads(shown)).log_format == "json"


def test_every_decision_is_listed():
    listed = {target.name for target, _ in links_in(DOCS / "adr/README.md")}
    assert listed == {path.name for path in (DOCS / "adr").glob("[0-9]*.md")}


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def prose_of(path: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text_of(path), flags=re.DOTALL | re.MULTILINE)


def blocks_in(path: Path) -> list[tuple[str, str]]:
    """Language and text of each block of code."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text_of(path), flags=re.DOTALL | re.MULTILINE)


def links_in(path: Path) -> Iterator[tuple[Path, str]]:
    """File and heading of each link that stays in the repository."""
    for link in re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', prose_of(path)):
        target, _, anchor = "".join(link).partition("#")
        if not re.match(r"[a-z]+:", target):
            yield ((path.parent / target).resolve() if target else path), anchor


def anchors_of(path: Path) -> set[str]:
    """The headings as links name them: lower case, hyphens for spaces, nothing else but letters, digits and _."""
    headings = re.findall(r"^#+ (.*)$", prose_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def ringback_commands_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The command and the options wherever ``ringback`` is called: in blocks of code and in code inside a line."""
    shell = [block for language, block in blocks_in(path) if language in {"bash", "ini"}]
    inline = re.findall(r"`(ringback [^`]+)`", prose_of(path))
    for line in "\n".join([*shell, *inline]).splitlines():
        call = re.search(r"(?:^|\s|/)ringback ([a-z]+)\b([^#|&]*)", line)
        if call:
            yield call[1], set(re.findall(r"(?<=\s)--[a-z-]+", call[2]))


def options_of(command: click.Command) -> set[str]:
    """Its options, and those of the commands inside it."""
    inside = command.commands.values() if isinstance(command, click.Group) else ()
    own = {option for parameter in command.params for option in parameter.opts}
    return own.union(*(options_of(each) for each in inside))


def is_field(owner: type, name: str) -> bool:
    return name in getattr(owner, "model_fields", {})


def tutorial_organization() -> dict[str, Any]:
    """The file that the tutorial writes: examples elsewhere are parts of it, changed."""
    return tomllib.loads(next(block for language, block in blocks_in(TUTORIAL) if language == "toml"))


def laid_over(below: Any, above: Any) -> Any:
    """Tables key by key; anything else as a whole."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: laid_over(below.get(key), value) for key, value in above.items()}
