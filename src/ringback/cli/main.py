"""``ringback``: the group of commands, and how their errors are told.

Commands are imported when they are called, so that ``ringback version`` need not load a web server.
"""

import importlib
import sys
from typing import Any

import click

from ringback.kernel.errors import ConfigurationInvalid, RingbackError

_COMMANDS = {
    "apply": "Create or update an organization from a TOML file.",
    "demo": "A running Ringback with an example organization.",
    "doctor": "Check settings, database, clock and zones, and say what to do.",
    "forecast": "Estimates, and how good they are: replay a trace.",
    "migrate": "Create the database or bring it up to this version.",
    "reseal": "Seal stored secrets under the present secret key, after it was changed.",
    "serve": "Answer requests and work callbacks.",
    "simulate": "Play days of a contact centre in seconds.",
    "user": "People who may sign in to the console.",
    "version": "Print the version.",
    "worker": "Work callbacks without answering requests.",
}


class Commands(click.Group):
    """The commands, each in a module of its name. Errors of ours end in one plain message and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"ringback.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List them without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; tell what went wrong in words."""
        try:
            return super().invoke(ctx)
        except RingbackError as error:
            click.secho(error.message, fg="red", err=True)
            if isinstance(error, ConfigurationInvalid):
                for problem in error.problems:
                    click.echo(f"  {problem}", err=True)
            sys.exit(1)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Ringback: an open, self-hosted callback scheduler for contact centres."""
