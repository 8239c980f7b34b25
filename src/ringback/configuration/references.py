"""What must agree between the tables of a configuration file.

It looks at the plain values, not at validated ones, so that a name that leads nowhere is reported together with
everything else that is wrong. What has the wrong shape is passed over here: the validation reports it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ringback.configuration.lines import Path
from ringback.configuration.problems import Problem, path_words, suggestion
from ringback.forecast.wording import normal_tag, primary_language
from ringback.organizations.model import OrganizationSettings

Table = Mapping[str, Any]

_DEFAULT_LANGUAGES: tuple[str, ...] = OrganizationSettings.model_fields["languages"].default
_DEFAULT_LANGUAGE: str = OrganizationSettings.model_fields["default_language"].default


def check(content: Table) -> Iterator[Problem]:
    """The problems between the tables of a file."""
    yield from _organization_is_open_or_guarded(content)
    yield from _names_lead_somewhere(content)
    yield from _nothing_is_there_twice(content)
    yield from languages_are_offered(content)


def _organization_is_open_or_guarded(content: Table) -> Iterator[Problem]:
    organization = _table(content, "organization")
    if isinstance(organization.get("policy"), str) and organization.get("public") is True:
        yield Problem(("organization", "public"), "is of no use beside a policy: leave one of the two out")


def _names_lead_somewhere(content: Table) -> Iterator[Problem]:
    yield from _leads_somewhere(content, ("organization",), "policy", "policies")
    for path, _ in _entries(content):
        yield from _leads_somewhere(content, path, "call_target", "call_targets")
        yield from _leads_somewhere(content, path, "policy", "policies")
        yield from _leads_somewhere(content, path, "user_data_set", "user_data_sets")
        yield from _leads_somewhere(content, path, "template", "templates")


def _leads_somewhere(content: Table, path: tuple[str, ...], name: str, section: str) -> Iterator[Problem]:
    table = content
    for step in path:
        table = _table(table, step)
    wanted, there = table.get(name), _table(content, section)
    if isinstance(wanted, str) and wanted not in there:
        yield Problem((*path, name), f"there is no [{section}.{wanted}]{suggestion(wanted, there)}")


def _nothing_is_there_twice(content: Table) -> Iterator[Problem]:
    yield from _differ(content, "the key", lambda path, _: path[-1])
    yield from _differ(content, "the id", lambda _, entry: entry.get("id"), "id")
    yield from _differ(
        content, "the slug", lambda path, entry: entry.get("slug", path[-1]) if path[0] == "conveys" else None, "slug"
    )


def _differ(
    content: Table, what: str, value_of: Callable[[tuple[str, ...], Table], Any], *below: str
) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path, entry in _entries(content):
        value = value_of(path, entry)
        if isinstance(value, str):
            if value in seen:
                yield Problem((*path, *below), f"{what} {value!r} is also that of {path_words(seen[value])}")
            seen.setdefault(value, path)


def languages_are_offered(content: Table) -> Iterator[Problem]:
    """Texts in a language that the organization does not offer would never be read: a slip, or a list to complete."""
    organization = _table(content, "organization")
    languages = organization.get("languages", _DEFAULT_LANGUAGES)
    if not isinstance(languages, list | tuple) or not all(isinstance(language, str) for language in languages):
        return
    if "languages" in organization:
        for index, language in enumerate(languages):
            if normal_tag(language) is None:
                yield Problem(("organization", "languages", index), f"{language!r} is no language tag: en, pt-BR")
    offered = {primary_language(language) for language in languages}
    for path, language in _languages_used(content):
        if normal_tag(language) and primary_language(language) not in offered:
            text = f"{language!r} is not among the organization's languages ({', '.join(languages)}): add it there"
            yield Problem(path, text)


def _languages_used(content: Table) -> Iterator[tuple[Path, str]]:
    organization = _table(content, "organization")
    places: list[tuple[Path, Any]] = [
        (("organization", "default_language"), organization.get("default_language", _DEFAULT_LANGUAGE))
    ]
    for key in _table(content, "call_targets"):
        languages = _table(_table(content, "call_targets"), key).get("languages")
        if isinstance(languages, list):
            places += [(("call_targets", key, "languages", n), language) for n, language in enumerate(languages)]
    for key in _table(content, "templates"):
        texts = _table(_table(_table(content, "templates"), key), "texts")
        places += [(("templates", key, "texts", language), language) for language in texts]
    for path, entry in _entries(content):
        places.append(((*path, "default_language"), entry.get("default_language")))
        places += [((*path, "messages", language), language) for language in _table(entry, "messages")]
    yield from ((path, language) for path, language in places if isinstance(language, str) and language)


def _entries(content: Table) -> Iterator[tuple[tuple[str, str], Table]]:
    """Widgets, then conveys."""
    for section in ("widgets", "conveys"):
        entries = _table(content, section)
        for key in entries:
            yield (section, key), _table(entries, key)


def _table(content: Table, key: str) -> Table:
    inner = content.get(key)
    return inner if isinstance(inner, Mapping) else {}
