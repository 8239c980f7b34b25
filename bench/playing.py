"""A simulated day, in a process of its own: ``python -m bench.playing SCENARIO``. It prints how long the day took."""

import json
import sys
import time

from ringback.simulation.play import play
from ringback.simulation.scenario import find

if __name__ == "__main__":
    scenario = find(sys.argv[1]).scenario
    begun = time.perf_counter()
    days = play(scenario)
    seconds = time.perf_counter() - begun
    print(json.dumps({"s": seconds, "calls": len(days.holders) + len(days.callbacks)}))
