"""The measurements as Markdown tables."""

from collections.abc import Callable, Iterable, Sequence

from bench.quality import ringback
from bench.quality.measure import Measured
from bench.quality.score import Score

AS_GOOD = 1.01
"""Up to this factor of the smallest error somebody counts as good as the best: days differ by more."""

HEADER = ["", "requests", "mean wait", "best of the others"]
FIGURES = ["error", "all days", "worst day", "bias", "coverage", "missed", "quoted", "free"]


def median_day(found: Score) -> float:
    """The error of the median day."""
    return found.rmse


def all_days(found: Score) -> float:
    """The error over all days together."""
    return found.overall


def errors(
    measured: Sequence[Measured],
    scores_of: Callable[[Measured], dict[str, Score]],
    error: Callable[[Score], float] = median_day,
) -> str:
    """Everybody's RMSE / mean wait: a line each, a column for each kind, the sizes in a cell. The best are bold."""
    kinds = list(dict.fromkeys(one.case.kind for one in measured))
    names = list(dict.fromkeys(name for one in measured for name in scores_of(one)))
    lines = [_line(["", *kinds]), _line(["---", *["---:"] * len(kinds)])]
    for name in names:
        cells = [
            " / ".join(_error(name, scores_of(one), error) for one in measured if one.case.kind == kind)
            for kind in kinds
        ]
        lines.append(_line([name, *cells]))
    return "\n".join(lines)


def beside_the_best(measured: Iterable[Measured]) -> str:
    """Ringback, case by case: beside the best of the others, and against the other goals. What is not met is bold."""
    lines = [
        _line([*HEADER, "staffing", *FIGURES]),
        _line(["---", "---:", "---:", "---", "---", *["---:"] * len(FIGURES)]),
    ]
    for one in measured:
        name, best = one.best
        size = f", {one.case.agents} agents" if one.case.agents else ""
        title = [f"{one.case.kind}{size}", f"{best.requests:,}", f"{best.mean_wait:,.0f} s", f"{best.rmse:.3f} {name}"]
        for word, who in (("told", ringback.TOLD), ("learnt", ringback.LEARNT)):
            found = one.scores[who]
            cells = [
                word,
                _marked(f"{found.rmse:.3f}", met=_as_good(found, best)),
                _marked(f"{found.overall:.2f} of {one.best_overall:.2f}", met=_good_overall(one, who)),
                f"{found.worst:.2f} of {one.best_worst:.2f}",
                _marked(f"{found.bias:+.1%}", met=_unbiased(found)),
                _marked(f"{found.coverage or 0.0:.1%}", met=_covering(found)),
                _marked(f"{found.missed:.1%}", met=_keeping(found)),
                f"{found.quoted:.2f}",
                f"{one.told_for_nothing[who]:.0%}" if who in one.told_for_nothing else "",
            ]
            lines.append(_line([*title, *cells]))
            title = ["", "", "", ""]
    return "\n".join(lines)


def promises(measured: Sequence[Measured]) -> str:
    """What everybody's figures would be worth as promises: bias, and the share missed by more than two minutes."""
    kinds = list(dict.fromkeys(one.case.kind for one in measured))
    lines = [_line(["", *kinds]), _line(["---", *["---:"] * len(kinds)])]
    for name in measured[0].scores:
        found = [[one.scores[name] for one in measured if one.case.kind == kind] for kind in kinds]
        cells = [" / ".join(f"{min(score.bias, 100):+.0%} {score.missed:.0%}" for score in sizes) for sizes in found]
        lines.append(_line([name, *cells]))
    return "\n".join(lines)


def summary(measured: Sequence[Measured]) -> str:
    """How often Ringback reaches each goal, in a sentence for each way of knowing the staff."""
    sentences = []
    for word, who in (("told", ringback.TOLD), ("learnt", ringback.LEARNT)):
        found_in = [one.scores[who] for one in measured]
        lost = [one for one in measured if not _as_good(one.scores[who], one.best[1])]
        lost_overall = [one for one in measured if not _good_overall(one, who)]
        behind = [_place(one, one.scores[who].rmse / one.best[1].rmse) for one in lost]
        behind_overall = [_place(one, one.scores[who].overall / one.best_overall) for one in lost_overall]
        both = [one for one in measured if one not in lost and one not in lost_overall]
        sentences.append(
            f"- Staffing {word}: as good as the best of the others (within 1 %) or better on the median day in "
            f"{len(measured) - len(lost)} of {len(measured)}, over all days together in "
            f"{len(measured) - len(lost_overall)}, in both in {len(both)}; "
            f"bias within 5 % in {sum(_unbiased(found) for found in found_in)}; "
            f"coverage of 75 to 85 % in {sum(_covering(found) for found in found_in)}; "
            f"at most 5 % of the promises missed in {sum(_keeping(found) for found in found_in)}. "
            f"Behind on the median day {_places(behind)}; over all days {_places(behind_overall)}."
        )
    return "\n".join(sentences)


def _as_good(found: Score, best: Score) -> bool:
    return found.rmse <= AS_GOOD * best.rmse


def _good_overall(one: Measured, who: str) -> bool:
    return one.scores[who].overall <= AS_GOOD * one.best_overall


def _unbiased(found: Score) -> bool:
    return abs(found.bias) <= 0.05


def _covering(found: Score) -> bool:
    return found.coverage is not None and 0.75 <= found.coverage <= 0.85


def _keeping(found: Score) -> bool:
    return found.missed <= 0.05


def _place(one: Measured, times: float) -> str:
    size = f" {one.case.agents}" if one.case.agents else ""
    return f"{one.case.kind}{size} (+{times - 1:.0%})"


def _places(behind: Sequence[str]) -> str:
    return f"in {', '.join(behind)}" if behind else "nowhere"


def _error(name: str, scores: dict[str, Score], error: Callable[[Score], float]) -> str:
    if name not in scores:
        return "-"
    found, smallest = error(scores[name]), min(error(score) for score in scores.values())
    return _marked(f"{found:.2f}" if found < 100 else "> 100", met=found > AS_GOOD * smallest)


def _marked(text: str, *, met: bool) -> str:
    return text if met else f"**{text}**"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
