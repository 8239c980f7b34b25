"""The outcome as a table: for the terminal, for ``bench/results/`` and for the documentation."""

from datetime import UTC, datetime
from pathlib import Path

from bench.contest import Outcome
from bench.setting import Setting, described, syncs_per_second

RESULTS = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"


def text_of(outcome: Outcome, setting: Setting) -> str:
    """One row's goals, figures and notes as Markdown."""
    goals = [
        f"| {goal.words} | {'≥' if goal.at_least else '≤'} {goal.wanted:g} | {_short(goal.found)} "
        f"| {goal.verdict if goal.met else f'**{goal.verdict}**'} |"
        for goal in outcome.goals
    ]
    rounds = len(next(iter(outcome.rounds.figures.values())))
    parts = [
        f"### Row {outcome.row}: {outcome.title}",
        "\n".join(["| goal | wanted | found | |", "|---|---|---|---|", *goals]),
        _figures(outcome),
        *outcome.notes,
        (
            f"Medians of {rounds} round{'s' if rounds > 1 else ''} of {setting.seconds:g} seconds, ± half the spread; "
            f"{datetime.now(UTC).date()}, {described()}, a disk that syncs "
            f"{syncs_per_second(setting.scratch):,.0f} times a second. {setting.doubts()}"
        ).strip(),
    ]
    return "\n\n".join(parts) + "\n"


def keep(text: str) -> Path:
    """Write it into ``bench/results/``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    return path


def write_into_document(row: int, text: str) -> None:
    """Put it between the row's markers in ``docs/performance.md``."""
    begin, end = f"<!-- row {row}: begin -->", f"<!-- row {row}: end -->"
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise RuntimeError(f"{DOCUMENT} lacks the markers {begin} and {end}")
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def _figures(outcome: Outcome) -> str:
    names = list(dict.fromkeys(name for rounds in outcome.rounds.figures.values() for name in rounds[0]))
    lines = [
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
    return "\n".join(lines)


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
