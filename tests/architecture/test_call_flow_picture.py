"""The pictures of the call flow in the documentation are the tables in the code."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from ringback.telephony.flow import MOVES, Stage
from ringback.telephony.port import Party

PAGE = (Path(__file__).parents[2] / "docs/call-flow.md").read_text("utf-8")
HEADINGS = {Party.CUSTOMER: "## Customer first", Party.AGENT: "## Agent first"}


def drawn(first_party: Party) -> dict[str, set[str]]:
    """The arrows of the Mermaid diagram under the heading of this first party."""
    picture = PAGE.partition(HEADINGS[first_party])[2].partition("```mermaid")[2].partition("```")[0]
    arrows = defaultdict(set)
    for origin, target in re.findall(r"^\s*(\S+) --> (\S+)$", picture, re.MULTILINE):
        arrows[origin].add(target)
    return dict(arrows)


@pytest.mark.parametrize("first_party", HEADINGS)
def test_exactly_the_legal_moves_are_drawn(first_party):
    moves = {
        "[*]" if origin is Stage.NEW else origin.value: {target.value for target in targets}
        for origin, targets in MOVES[first_party].items()
        if targets
    }
    assert drawn(first_party) == {**moves, Stage.OVER.value: {"[*]"}}


def test_every_stage_is_explained():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {*Stage} - {Stage.NEW}
