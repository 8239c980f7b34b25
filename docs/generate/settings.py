"""``settings.md``: the settings of a process."""

from docs.generate import kinds, meanings
from docs.generate.markdown import code, document, table

from ringback.settings import SETTINGS_FILE_VARIABLE, Settings

_INTRODUCTION = f"""\
The settings of a Ringback process. What an organization is and offers is configuration, and stands in a
[configuration file](configuration-file.md).

Each setting is an environment variable. `{SETTINGS_FILE_VARIABLE}` may name a TOML file with settings in it; there the
names are in lower case and have no prefix:

```toml
database = "postgresql://ringback@db.example/ringback"
log_format = "json"
trusted_proxies = ["10.0.0.0/8"]
```

An option on the command line wins over a variable, a variable wins over the file. A value that is wrong, or a name in
the file that does not exist, stops the command with a message that names it."""


def page() -> str:
    """The page."""
    schema = Settings.model_json_schema()
    rows = [
        (
            code(f"RINGBACK_{name.upper()}"),
            kinds.kind(schema["properties"][name], schema.get("$defs", {})),
            kinds.default(field),
            meanings.of(Settings, name),
        )
        for name, field in Settings.model_fields.items()
    ]
    return document("Settings", _INTRODUCTION, table(("variable", "type", "default", "meaning"), rows))
