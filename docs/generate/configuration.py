"""``configuration-file.md``: every table and key of the file that ``ringback apply`` reads."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from docs.generate import kinds, meanings
from docs.generate.markdown import code, document, prose, table
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ringback.call_targets.notifications import NotificationTexts
from ringback.call_targets.prompt_texts import PromptTexts
from ringback.configuration.file import OrganizationDocument, TokenTable
from ringback.hours.model import Week
from ringback.kernel.document import Document
from ringback.kernel.phone import NumberKind, NumberRules
from ringback.widgets.model import WidgetSettings
from ringback.widgets.template import TemplateTexts

_INTRODUCTION = """\
The file that `ringback apply` reads: everything about one organization, in TOML. The
[demo's file](../../src/ringback/demo/organization.toml) is an example with every part explained; the
[tutorial](../tutorial.md) writes one from nothing.

Durations are in seconds unless the name says otherwise. A key is 1 to 63 lower-case letters, digits, `-` or `_`; it is
how the file refers to a thing, and how Ringback knows it from one version of the file to the next. An empty default
means "absent", and the meaning says what then holds.

What is not in the file is removed: a call target with live callbacks cannot be, a token is revoked. All that is wrong
with a file is told at once, each problem with its line."""

_PLACEHOLDERS: Mapping[type[Document], str] = {
    TokenTable: "<name>",
    TemplateTexts: "<language>",
    PromptTexts: "<language>",
    NotificationTexts: "<language>",
}

_MESSAGES = """\
The widget's own texts in one language, as `state = "text"`. What is left out comes with Ringback. See
[messages](messages.md) for the names, the placeholders and the shipped texts."""

_DAYS = """\
The openings of each day, `mon` to `sun`, as texts such as `"09:00-17:30"`. `24:00` is midnight at the end of the day;
an end at or before the start is on the next day. A day left out is closed. `weekly = "always"` is open all the time."""


class Section(NamedTuple):
    """A table of the file: its place, the model that reads it, and what is said before its keys."""

    place: str
    model: type[Document] | None
    note: str = ""


def page() -> str:
    """The page."""
    definitions = OrganizationDocument.model_json_schema()["$defs"]
    parts: list[str] = []
    places: dict[type[Document], str] = {}
    for section in _sections(OrganizationDocument, ""):
        parts += _part(section, places, definitions)
    return document("Configuration file", _INTRODUCTION, *parts)


def _sections(model: type[Document], place: str) -> Iterator[Section]:
    """The tables below ``place``, each before those inside it."""
    for name, field in model.model_fields.items():
        inner = f"{place}.{name}" if place else name
        for kind, table_model in _tables_in(field.annotation):
            if kind == "mapping":
                inner_place = f"[{inner}.{_PLACEHOLDERS.get(table_model, '<key>')}]"
            else:
                inner_place = f"[[{inner}]]" if kind == "list" else f"[{inner}]"
            yield Section(inner_place, table_model)
            if table_model is not Week:
                yield from _sections(table_model, inner_place.strip("[]"))
        if name == "messages" and issubclass(model, WidgetSettings):
            yield Section(f"[{inner}.<language>]", None, _MESSAGES)


def _part(section: Section, places: dict[type[Document], str], definitions: Mapping[str, Any]) -> list[str]:
    title = f"## `{section.place}`"
    model = section.model
    if model is None:
        return [title, section.note]
    if model is Week:
        return [title, _DAYS]
    if model in places:
        return [title, f"The keys are those of `{places[model]}`."]
    base = next((known for known in model.__mro__ if known in places), None)
    places[model] = section.place
    fields = {
        name: field for name, field in model.model_fields.items() if base is None or name not in base.model_fields
    }
    rows = [
        (
            code(name),
            _kind(definitions, model, name),
            _default(field),
            meanings.of(model, name),
        )
        for name, field in fields.items()
    ]
    opening = [f"All keys of `{places[base]}`, and:"] if base else [_about(model)]
    return [title, *opening, table(("key", "type", "default", "meaning"), rows)]


def _about(model: type[Document]) -> str:
    """The model's docstring, without the place that it may begin with: that is the title already."""
    told = prose(model.__doc__ or "")
    if told.startswith("`["):
        told = told.partition("]`")[2].lstrip(".: ")
    return told[:1].upper() + told[1:]


def _kind(definitions: Mapping[str, Any], model: type[Document], name: str) -> str:
    if (model, name) == (NumberRules, "types"):  # some kinds have a name, but are never called
        return "list of " + ", ".join(code(each) for each in NumberKind if _is_callable(each))
    return kinds.kind(definitions[model.__name__]["properties"][name], definitions)


def _is_callable(kind: NumberKind) -> bool:
    try:
        NumberRules(types=(kind,))
    except ValidationError:
        return False
    return True


def _default(field: FieldInfo) -> str:
    """A table's default is its keys' defaults."""
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    return _inline(value) if isinstance(value, Document) else kinds.default(field)


def _inline(value: Document) -> str:
    """Small tables without tables in them are told here; of others the defaults stand where their keys do."""
    held = dict(value)
    small = len(held) <= 2 and not any(isinstance(inside, Document) for inside in held.values())
    return code(f"{{ {', '.join(f'{name} = {inside}' for name, inside in held.items())} }}") if small else ""


def _tables_in(annotation: Any) -> Iterator[tuple[str, type[Document]]]:
    """The models in a field's type: by themselves, as values of a mapping, or as members of a list."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield "table", annotation
    elif origin is Annotated:
        yield from _tables_in(inside[0])
    elif origin in {types.UnionType, typing.Union}:
        for choice in inside:
            yield from _tables_in(choice)
    elif origin is tuple:
        yield from (("list", model) for _, model in _tables_in(inside[0]))
    elif origin is not None and issubclass(origin, Mapping):
        yield from (("mapping", model) for _, model in _tables_in(inside[1]))
