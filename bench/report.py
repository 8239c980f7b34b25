"""The outcome as a table: for the terminal, for ``bench/results/`` and for the documentation."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.contest import Outcome
from bench.setting import Setting, described, syncs_per_second

RESULTS = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(outcomes: Sequence[Outcome], setting: Setting) -> str:
    """Goals, figures and notes as Markdown."""
    today = datetime.now(UTC).date()
    syncs = syncs_per_second(setting.scratch)
    parts = [
        (
            f"Measured {today}: {described()}, a disk that syncs {syncs:,.0f} times a second; "
            f"medians of {setting.rounds} alternating rounds of {setting.seconds:g} seconds each."
        ),
        "| row | goal | wanted | found | |\n|---|---|---|---|---|\n"
        + "\n".join(
            f"| {outcome.row} | {goal.words} | {'≥' if goal.at_least else '≤'} {goal.wanted:g} | {_short(goal.found)} "
            f"| {goal.verdict if goal.met else f'**{goal.verdict}**'} |"
            for outcome in outcomes
            for goal in outcome.goals
        ),
    ]
    parts += [_figures(outcome) for outcome in outcomes]
    return "\n\n".join(parts) + "\n"


def keep(text: str) -> Path:
    """Write it into ``bench/results/``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    return path


def write_into_document(text: str) -> None:
    """Put it between the markers of ``docs/performance.md``."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise RuntimeError(f"{DOCUMENT} lacks the markers {BEGIN} and {END}")
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _figures(outcome: Outcome) -> str:
    names = list(dict.fromkeys(name for rounds in outcome.rounds.figures.values() for name in rounds[0]))
    lines = [
        f"**Row {outcome.row}. {outcome.title}**\n",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for contestant, rounds in outcome.rounds.figures.items():
        cells = [
            f"{_short(outcome.rounds.median(contestant, name))} ±{outcome.rounds.spread(contestant, name) / 2:.0%}"
            if name in rounds[0]
            else ""
            for name in names
        ]
        lines.append(f"| {contestant} | {' | '.join(cells)} |")
    return "\n".join(lines + [f"\n{note}" for note in outcome.notes])


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
