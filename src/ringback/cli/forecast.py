"""``ringback forecast``."""

import json
import sys
from dataclasses import asdict
from typing import BinaryIO

import click

from ringback.forecast.replay import Replay
from ringback.kernel.errors import ConfigurationInvalid


@click.group()
def forecast() -> None:
    """Estimates, and how good they are."""


@forecast.command()
@click.argument("trace", type=click.File("rb"))
def replay(trace: BinaryIO) -> None:
    """Answer each callback of a TRACE with the estimate it would have been given.

    TRACE is a file of one JSON object a line, in the order of time, or - for the standard input. One JSON object a line
    comes out for each callback: its id, and estimate, low and high in seconds, made from the lines before it alone.

    Exit codes: 0 all lines were used; 1 some could not be, and the errors tell which: the others were used all the
    same; 2 the command itself was wrong.
    """
    played = Replay()
    for line in trace:
        told = played.take(line.decode(errors="replace"))
        if told is not None:
            click.echo(json.dumps(asdict(told), separators=(", ", ": "), ensure_ascii=False))
    for event, times in sorted(played.ignored.items()):
        click.echo(f"Left out: {times} x {event}, of a call that is not known or over.", err=True)
    if played.bad_lines:
        raise ConfigurationInvalid(f"{played.bad_lines} lines of the trace could not be used.", tuple(played.problems))
    sys.stdout.flush()
