"""Row 7: a simulated day, as ``ringback simulate`` plays it."""

import json
import subprocess
import time

from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import python
from bench.setting import SERVER_CORES, Setting, pinned

SCENARIO = "busy"
"""As it is shipped: open for ten hours, 50 agents, about 4,000 calls."""

_NOTE = """The command plays the day twice, with callbacks and without, to compare; its time is that of the process, from
its start to its end. The day alone is the call that plays it once."""

COMMAND, DAY = f"ringback simulate {SCENARIO}", "the day alone"


def of_a_day(setting: Setting) -> Outcome:
    """Row 7: the command as it is typed, and the day without what is around it."""
    rounds = hold(setting, [Contestant(COMMAND, _command), Contestant(DAY, _day)])
    return Outcome(
        7,
        "A simulated 10-hour day, 50 agents, 4,000 calls",
        rounds,
        [Goal("a day, s", 2, rounds.median(DAY, "s"), at_least=False)],
        [_NOTE],
    )


def _command() -> Figures:
    program = "from ringback.cli.main import main; main()"
    begun = time.perf_counter()
    told = _run("-c", program, "simulate", SCENARIO, "--json")
    return {"s": time.perf_counter() - begun, "calls": json.loads(told)["calls"]}


def _day() -> Figures:
    found: Figures = json.loads(_run("-m", "bench.playing", SCENARIO))
    return found


def _run(*arguments: str) -> str:
    command = [*pinned(SERVER_CORES), *python(*arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
