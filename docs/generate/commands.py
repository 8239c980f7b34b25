"""``command-line.md``: the commands, as they describe themselves."""

import inspect
import re
from collections.abc import Iterator

import click
from docs.generate.markdown import block, code, document, table

from ringback.cli.main import main

_INTRODUCTION = """\
All commands read the [settings](settings.md). Messages for people go to standard output, errors and logs to standard
error. Exit code 0: done. 1: it could not be done, and the message says why. 2: the command itself was wrong."""


def page() -> str:
    """The page."""
    context = click.Context(main, info_name="ringback", **main.context_settings)
    parts = [part for name, command in every_command().items() for part in _command(context, name, command)]
    return document("Command line", _INTRODUCTION, *parts)


def _command(parent: click.Context, name: str, command: click.Command) -> Iterator[str]:
    """The parts of the page about a command, and about those inside it."""
    own = click.Context(command, info_name=name, parent=parent)
    inside = command.commands if isinstance(command, click.Group) else {}
    yield f"{'##' if parent.parent is None else '###'} {own.command_path}"
    if not inside:
        yield block("text", " ".join([own.command_path, *command.collect_usage_pieces(own)]))
    yield re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.help or ""))
    options = [record for parameter in command.params if (record := parameter.get_help_record(own))]
    yield table(("option", "meaning"), [(code(option), " ".join(meaning.split())) for option, meaning in options])
    for each, inner in sorted(inside.items()):
        yield from _command(own, each, inner)


def every_command() -> dict[str, click.Command]:
    """The commands by name."""
    context = click.Context(main, info_name="ringback", **main.context_settings)
    named = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in named.items() if command is not None}
