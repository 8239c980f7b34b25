"""The load: ``wrk`` with a script of ours, several of them where there are several servers."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.setting import LOAD_CORES, pinned

STATUS = Path(__file__).parent / "load" / "status.lua"
REQUEST = Path(__file__).parent / "load" / "request.lua"

CONNECTIONS = 32
FIRST_NUMBER = 2_000_000
"""The last seven digits of the first number asked for; all from here to 9,999,999 are valid after +1 212."""
LAST_NUMBER = 9_999_999

_WARMING_SECONDS = 1
_WARMING_NUMBERS = 100_000
"""Set aside for the requests that only warm up."""


@dataclass(frozen=True)
class Load:
    """What a server has borne. Latencies in seconds."""

    per_second: float
    p50: float
    p99: float


def press(urls: Sequence[str], script: Path, asked: Path, *, seconds: float, cores: str | None = LOAD_CORES) -> Load:
    """Warm the servers up, then load them together with 32 connections for so long.

    ``asked`` is the file of paths that the script goes round. Raises ``RuntimeError`` when anything but a success
    is answered.
    """
    share = (LAST_NUMBER - FIRST_NUMBER) // len(urls)
    starts = [FIRST_NUMBER + share * place for place in range(len(urls))]
    _run(urls, script, asked, starts, seconds=_WARMING_SECONDS, cores=cores)
    return _run(urls, script, asked, [start + _WARMING_NUMBERS for start in starts], seconds=seconds, cores=cores)


def _run(
    urls: Sequence[str], script: Path, asked: Path, starts: Sequence[int], *, seconds: float, cores: str | None
) -> Load:
    connections = CONNECTIONS // len(urls)
    running = [
        subprocess.Popen(
            [
                *(pinned(cores) if cores else ()),
                *("wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "10s", "--latency"),
                *("-s", str(script), url, "--", str(asked), str(start)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for url, start in zip(urls, starts, strict=True)
    ]
    loads = [_read(process.communicate(timeout=seconds + 60)[0]) for process in running]
    return Load(
        per_second=sum(load.per_second for load in loads),
        p50=max(load.p50 for load in loads),
        p99=max(load.p99 for load in loads),
    )


def _read(output: str) -> Load:
    line = next((line for line in output.splitlines() if line.startswith("MEASURED ")), None)
    if line is None:
        raise RuntimeError(f"wrk failed: {output}")
    found = json.loads(line.removeprefix("MEASURED "))
    if found["refused"] or found["broken"] or not found["requests"]:
        raise RuntimeError(f"not every request was answered with a success: {found}")
    return Load(
        per_second=found["requests"] / found["microseconds"] * 1_000_000,
        p50=found["p50"] / 1_000_000,
        p99=found["p99"] / 1_000_000,
    )
