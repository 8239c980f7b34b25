"""``ringback simulate``."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO

import click

from ringback.kernel.clock import Instant
from ringback.kernel.errors import ConfigurationInvalid
from ringback.simulation import report as reports
from ringback.simulation import wording
from ringback.simulation.arrivals import midnight
from ringback.simulation.play import play
from ringback.simulation.scenario import Scenario, find, shipped
from ringback.simulation.summary import Summary, summarise
from ringback.simulation.trace import Trace

_HOURS_A_DAY = 24


@click.command()
@click.argument("scenario", required=False)
@click.option("--seed", type=click.IntRange(min=0), help="Other people on the same days. Absent: the scenario's.")
@click.option("--days", type=click.IntRange(1, 366), help="How many days to play. Absent: the scenario's.")
@click.option("--report", type=click.Path(path_type=Path), help="Write a report with pictures, one HTML file.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write what happened, for `ringback forecast replay`.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--list", "listed", is_flag=True, help="List the scenarios that come with Ringback.")
def simulate(
    scenario: str | None,
    seed: int | None,
    days: int | None,
    report: Path | None,
    trace: Path | None,
    as_json: bool,
    listed: bool,
) -> None:
    """Play days of a contact centre in seconds.

    SCENARIO is a TOML file, or the name of one that comes with Ringback (`--list`). Promises, the order of calls and
    the calls themselves are those of the product; callers, customers, agents and the telephone network are simulated.
    Nothing is called and no database is touched. The same scenario and seed give the same days.

    The days are played a second time with nobody being offered a callback, to compare.
    """
    if listed:
        _list()
        return
    if scenario is None:
        raise click.UsageError("Name a scenario: a TOML file, or one of those that --list shows.")
    written = find(scenario)
    changes = {name: value for name, value in (("seed", seed), ("days", days)) if value is not None}
    wanted = written.scenario.model_copy(update=changes)
    with _progress(wanted) as on_hour:
        with _writing(trace) as out:
            played = play(wanted, trace=Trace(out, midnight(wanted, 1)) if out else None, on_hour=on_hour)
        without = play(_without_callbacks(wanted), on_hour=on_hour)
    summary = summarise(played, without)
    _show(wanted, summary, as_json=as_json)
    if report:
        with _writing(report) as out:
            if out:
                out.write(reports.page(played, summary, written.text))
        _tell(f"Report: {report}")
    if trace:
        _tell(f"Trace: {trace}")


def _list() -> None:
    scenarios = shipped()
    width = max(len(name) for name in scenarios)
    for name, written in scenarios.items():
        click.echo(f"{name:<{width}}  {written.scenario.description}")
    click.echo("\nPlay one with `ringback simulate quiet`, or name a TOML file of your own.")


def _without_callbacks(scenario: Scenario) -> Scenario:
    callers = scenario.callers.model_copy(update={"callback_share": 0.0})
    return scenario.model_copy(update={"callers": callers})


@contextmanager
def _progress(scenario: Scenario) -> Iterator[Callable[[Instant], None] | None]:
    """A bar of the simulated hours, where somebody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    label = f"Playing {scenario.days} day{'s' if scenario.days > 1 else ''}"
    with click.progressbar(length=2 * scenario.days * _HOURS_A_DAY, label=label, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


def _writing(path: Path | None) -> "IO[str] | nullcontext[None]":
    if path is None:
        return nullcontext()
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigurationInvalid(f"{path} cannot be written: {error.strerror}.") from error


def _show(scenario: Scenario, summary: Summary, *, as_json: bool) -> None:
    if as_json:
        about = {"scenario": scenario.name, "seed": scenario.seed, "days": scenario.days}
        click.echo(json.dumps(about | asdict(summary), indent=2))
        return
    click.secho(f"{scenario.name}, seed {scenario.seed}", bold=True)
    click.echo(wording.in_a_sentence(summary) + "\n")
    click.echo(wording.text_of(summary))


def _tell(line: str) -> None:
    """To people, not into the figures."""
    click.echo(line, err=True)
