"""The type, bounds and default of a pydantic field, in words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.generate.markdown import code
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

Schema = Mapping[str, Any]

_FORMATS = {
    "date": "date",
    "date-time": "date or time",
    "ipv4network": "network",
    "ipv6network": "network",
    "path": "path",
    "password": "text",
}
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
}


def kind(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    """The type and bounds of a JSON schema: "whole number, 1 to 10"."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(kind(choice, definitions) for choice in choices))
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return " or ".join(code(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_of_each(schema, definitions)}"
    words = _FORMATS.get(schema.get("format", ""), "") or _TYPES[schema["type"]]
    return ", ".join(filter(None, [words, _bounds(schema)]))


def default(field: FieldInfo) -> str:
    """The default as it would be written; empty where there is none or it means "absent"."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "" or isinstance(value, BaseModel) or (isinstance(value, tuple | dict) and not value):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple):
        return code(", ".join(str(item) for item in value))
    if isinstance(value, Path):
        return "the working directory" if value == Path() else code(value)
    return code(value)


def _of_each(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    items = schema.get("items") or next(iter(schema.get("prefixItems", [])), {"type": "string"})
    words = kind(items, definitions)
    plural = {"text": "texts", "table": "tables", "network": "networks", "number": "numbers"}
    return plural.get(words, words.replace("whole number", "whole numbers"))


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    if high is not None and schema.get("exclusiveMinimum") is not None:
        return f"above {schema['exclusiveMinimum']:,}, at most {high:,}"
    if "maxLength" in schema:
        return f"at most {schema['maxLength']} characters"
    return ""
