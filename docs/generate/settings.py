"""``settings.md``: the settings of a process."""

from collections.abc import Callable

from docs.generate import kinds, meanings
from docs.generate.markdown import code, document, table
from pydantic import BaseModel

from ringback.settings import SETTINGS_FILE_VARIABLE, Settings
from ringback.telephony.drivers.simulator import Shift, SimulatedTeam, SimulatorSettings

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


_SIMULATOR = """\
## The simulator

The default voice driver simulates customers, agents and callers on hold. Its table in the file, `[simulator]`, has
these keys; durations are in simulated seconds."""

_TABLES = {
    "[simulator]": SimulatorSettings,
    "[simulator.team], and [simulator.teams.<id of a call target>]": SimulatedTeam,
    "[[simulator.team.shifts]]": Shift,
}


def page() -> str:
    """The page."""
    variables = _table(Settings, "variable", lambda name: f"RINGBACK_{name.upper()}")
    parts = [_SIMULATOR]
    for place, model in _TABLES.items():
        parts += [f"### {code(place)}", _table(model, "key", str)]
    return document("Settings", _INTRODUCTION, variables, *parts)


def _table(model: type[BaseModel], heading: str, named: Callable[[str], str]) -> str:
    schema = model.model_json_schema(mode="serialization")
    rows = [
        (
            code(named(name)),
            kinds.kind(schema["properties"][name], schema.get("$defs", {})),
            kinds.default(field),
            meanings.of(model, name),
        )
        for name, field in model.model_fields.items()
    ]
    return table((heading, "type", "default", "meaning"), rows)
