"""The picture of the lifecycle in the documentation is the table in the code."""

import re
from collections import defaultdict
from pathlib import Path

from ringback.callbacks.lifecycle import MOVES, State

PAGE = Path(__file__).parents[2] / "docs/reference/lifecycle.md"


def drawn() -> dict[str, set[str]]:
    """The arrows of the Mermaid diagram."""
    arrows = defaultdict(set)
    for origin, target in re.findall(r"^\s*(\S+) --> (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE):
        arrows[origin].add(target)
    return dict(arrows)


def test_exactly_the_legal_moves_are_drawn():
    moves = {origin.value: {target.value for target in targets} for origin, targets in MOVES.items() if targets}
    assert drawn() == {**moves, "[*]": {State.PENDING.value}, State.FINISHED.value: {"[*]"}}
