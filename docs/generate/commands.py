"""``command-line.md``: the commands, as they describe themselves."""

import inspect
import re

import click
from docs.generate.markdown import block, code, document, table

from ringback.cli.main import main

_INTRODUCTION = """\
All commands read the [settings](settings.md). Messages for people go to standard output, errors and logs to standard
error. Exit code 0: done. 1: it could not be done, and the message says why. 2: the command itself was wrong."""


def page() -> str:
    """The page."""
    context = click.Context(main, info_name="ringback")
    parts = [part for name in main.list_commands(context) for part in _command(context, name)]
    return document("Command line", _INTRODUCTION, *parts)


def _command(context: click.Context, name: str) -> tuple[str, ...]:
    command = every_command()[name]
    own = click.Context(command, info_name=name, parent=context)
    usage = " ".join(["ringback", name, *command.collect_usage_pieces(own)])
    about = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.help or ""))
    options = [record for parameter in command.params if (record := parameter.get_help_record(own))]
    return (
        f"## ringback {name}",
        block("text", usage),
        about,
        table(("option", "meaning"), [(code(option), " ".join(meaning.split())) for option, meaning in options]),
    )


def every_command() -> dict[str, click.Command]:
    """The commands by name."""
    context = click.Context(main, info_name="ringback")
    named = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in named.items() if command is not None}
