"""The load: ``wrk`` with a script of ours, several of them where there are several servers."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contest import Figures
from bench.processes import Server
from bench.setting import LOAD_CORES, pinned

STATUS = Path(__file__).parent / "load" / "status.lua"
REQUEST = Path(__file__).parent / "load" / "request.lua"

PER_SECOND = "requests/s"
P99 = "p99 ms"
PROCESSOR = "server CPU µs/request"

CONNECTIONS = 32
FIRST_NUMBER = 2_000_000
"""The last seven digits of the first number asked for; all from here to 9,999,999 are valid after +1 212."""
LAST_NUMBER = 9_999_999

_WARMING_SECONDS = 1
_WARMING_NUMBERS = 100_000
"""Set aside for the requests that only warm up."""


@dataclass(frozen=True)
class Load:
    """What servers have borne together. Latencies in seconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def press(
    servers: Sequence[Server], script: Path, asked: Path, *, seconds: float, cores: str | None = LOAD_CORES
) -> Figures:
    """Warm the servers up, then load them together with 32 connections for so long.

    ``asked`` is the file of paths that the script goes round. Raises ``RuntimeError`` when anything but a success
    is answered. The processor time of the servers is told as well: it depends least on who else uses the machine.
    """
    share = (LAST_NUMBER - FIRST_NUMBER) // len(servers)
    starts = [FIRST_NUMBER + share * place for place in range(len(servers))]
    _run(servers, script, asked, starts, seconds=_WARMING_SECONDS, cores=cores)
    before = sum(server.processor_seconds() for server in servers)
    starts = [start + _WARMING_NUMBERS for start in starts]
    load = _run(servers, script, asked, starts, seconds=seconds, cores=cores)
    used = sum(server.processor_seconds() for server in servers) - before
    return {
        PER_SECOND: load.per_second,
        "p50 ms": load.p50 * 1000,
        P99: load.p99 * 1000,
        PROCESSOR: used / load.requests * 1_000_000,
    }


def _run(
    servers: Sequence[Server], script: Path, asked: Path, starts: Sequence[int], *, seconds: float, cores: str | None
) -> Load:
    connections = CONNECTIONS // len(servers)
    running = [
        subprocess.Popen(
            [
                *(pinned(cores) if cores else ()),
                *("wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "10s", "--latency"),
                *("-s", str(script), server.url, "--", str(asked), str(start)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for server, start in zip(servers, starts, strict=True)
    ]
    loads = [_read(process.communicate(timeout=seconds + 60)[0]) for process in running]
    return Load(
        requests=sum(load.requests for load in loads),
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
        requests=found["requests"],
        per_second=found["requests"] / found["microseconds"] * 1_000_000,
        p50=found["p50"] / 1_000_000,
        p99=found["p99"] / 1_000_000,
    )
