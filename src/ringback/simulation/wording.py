"""The figures of simulated days in words: the same rows for the terminal and for the report."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringback.simulation.scenario import Scenario
from ringback.simulation.summary import Promises, Summary, Waits

MAY_BE_MISSED = 0.05
"""The share of promises that may be missed by more than two minutes."""
MAY_BE_LOST = 0.02
"""The share of staffed time that agents may be free while a customer is rung for them."""
MAY_WAIT_FOR_AGENT = 10
"""Seconds within which nine of ten customers who have answered should have an agent."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``good`` says whether it is as it should be; None where nothing is wanted of it."""

    label: str
    value: str
    note: str = ""
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    title: str
    rows: tuple[Row, ...]


def sections(summary: Summary) -> tuple[Section, ...]:
    """All figures."""
    return (
        Section("People", tuple(_people(summary))),
        Section("Waiting", tuple(_waiting(summary))),
        Section("Promises", tuple(_promises(summary.promises))),
        Section("Dispatcher", tuple(_dispatcher(summary))),
    )


def text_of(summary: Summary) -> str:
    """All figures as a table for a terminal."""
    blocks = sections(summary)
    label_width = max(len(row.label) for block in blocks for row in block.rows)
    value_width = max(len(row.value) for block in blocks for row in block.rows)
    lines = []
    for block in blocks:
        lines += ["", block.title]
        for row in block.rows:
            lines.append(f"  {row.label:<{label_width}}  {row.value:>{value_width}}  {row.note}".rstrip())
    return "\n".join(lines[1:])


def in_a_sentence(summary: Summary) -> str:
    """What happened, for somebody who reads nothing else."""
    if not summary.callbacks:
        return f"{summary.calls:,} people called, and nobody was offered a callback or took one."
    words = (
        f"{summary.calls:,} people called. {summary.callbacks:,} of them asked to be called back, and "
        f"{percent(summary.reached / summary.callbacks)} of those talked to an agent"
    )
    if not summary.callback_waits.count:
        return words + "."
    return f"{words}; half of them were called within {duration(summary.callback_waits.p50)}."


def about(scenario: Scenario) -> tuple[Row, ...]:
    """The scenario in short."""
    agents, rates = scenario.staffing.agents.values(), scenario.arrivals.per_hour.values()
    talk = scenario.handle_time
    return (
        Row("Agents", _span(min((each for each in agents if each), default=0), max(agents))),
        Row("Calls an hour", f"up to {max(rates):,g}", scenario.arrivals.pattern.value),
        Row("Handle time", duration(talk.mean), f"spread {talk.spread:g}"),
        Row("Patience on hold", duration(scenario.callers.patience), "mean"),
        Row("Take a callback", percent(scenario.callers.callback_share), "of those offered one"),
        Row("First party", scenario.call_target.first_party.value),
        Row("Staffing", "told" if scenario.staffing_told else "learned"),
        Row("Days", str(scenario.days), f"from {scenario.date:%A}, {scenario.date.day} {scenario.date:%B %Y}"),
        Row("Seed", str(scenario.seed)),
    )


def duration(seconds: float) -> str:
    """Seconds as people say them: ``8 s``, ``2 min 05 s``, ``1 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // 60:02} min"


def percent(share: float) -> str:
    """A share as a percentage, finer where little is left to none or all."""
    return f"{share:.1%}" if 0 < share < 0.1 or 0.99 < share < 1 else f"{share:.0%}"


def _people(summary: Summary) -> Iterator[Row]:
    yield Row("called", f"{summary.calls:,}")
    yield Row(
        "held", f"{summary.held:,}", f"{_share(summary.abandoned, summary.held)} hung up before an agent answered"
    )
    yield Row("asked for a callback", f"{summary.callbacks:,}", f"{_share(summary.callbacks, summary.calls)} of all")
    if not summary.callbacks:
        return
    yield Row(
        "talked to an agent",
        f"{summary.reached:,}",
        f"{_share(summary.reached, summary.callbacks)} of them, with {summary.attempts:,} calls",
    )
    for outcome, count in summary.outcomes.items():
        yield Row(f"  {outcome.replace('_', ' ')}", f"{count:,}")
    if summary.carried_over or summary.told_later:
        yield Row("called on a later day", f"{summary.carried_over:,}", f"{summary.told_later:,} had been told so")


def _waiting(summary: Summary) -> Iterator[Row]:
    if summary.callback_waits.count:
        yield _waited("callback takers, until called", summary.callback_waits)
    yield _waited("on hold", summary.holder_waits)
    if summary.holder_waits_without is not None:
        yield _waited("on hold, without callbacks", summary.holder_waits_without)
        yield Row("hung up, without callbacks", f"{summary.abandoned_without:,}", f"with them {summary.abandoned:,}")
    yield Row("agents occupied", percent(summary.agent_use), f"of {summary.staffed_hours:,.0f} staffed hours")


def _promises(promises: Promises) -> Iterator[Row]:
    yield Row("scored", f"{promises.scored:,}", f"mean wait {duration(promises.mean_wait)}" if promises.scored else "")
    if promises.relative_error is not None and promises.bias is not None:
        yield Row("error / mean wait", f"{promises.relative_error:.2f}", "root mean square")
        side = "expected later than it came" if promises.bias > 0 else "expected sooner than it came"
        yield Row("bias", f"{promises.bias:+.1%}", side if round(promises.bias, 3) else "")
    if promises.coverage is not None and promises.missed is not None:
        yield Row("inside the range", percent(promises.coverage), "80 % are meant to be")
        yield Row(
            "called more than 2 min late",
            percent(promises.missed),
            "at most 5 % are meant to be",
            good=promises.missed <= MAY_BE_MISSED,
        )


def _dispatcher(summary: Summary) -> Iterator[Row]:
    fairness = summary.fairness
    yield Row("overtaken", f"{fairness.overtaken:,}", good=fairness.overtaken == 0)
    yield Row("calls outside hours", f"{fairness.outside_hours:,}", good=fairness.outside_hours == 0)
    yield Row(
        "agent time lost to ringing",
        percent(fairness.idle_share),
        "of staffed time; at most 2 % are meant to be",
        good=fairness.idle_share <= MAY_BE_LOST,
    )
    if fairness.after_answer.count:
        yield Row(
            "from answering to the agent",
            duration(fairness.after_answer.p50),
            f"median; 90 % within {duration(fairness.after_answer.p90)}, within 10 s is meant",
            good=fairness.after_answer.p90 <= MAY_WAIT_FOR_AGENT,
        )
    if summary.ignored_events:
        yield Row("events without meaning", f"{summary.ignored_events:,}", "counted and left aside")
    if summary.legs_alive:
        yield Row("calls never hung up", f"{summary.legs_alive:,}", good=False)


def _waited(label: str, waits: Waits) -> Row:
    note = f"median; 90 % within {duration(waits.p90)}, the longest {duration(waits.longest)}"
    return Row(label, duration(waits.p50), note)


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "0%"


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
