"""Where and how long to measure: what every row is given."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SERVER_CORES = "0"
LOAD_CORES = "1"

_WITHOUT_A_DISK = {"tmpfs", "ramfs"}

_QUIET_SHARE = 0.1
_LOOK_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 20


@dataclass(frozen=True)
class Setting:
    """The bench: a directory on a disk, the number of rounds and the length of a measurement."""

    scratch: Path
    rounds: int
    seconds: float
    disturbed: list[float] = field(default_factory=list)
    """For each measurement before which the machine did not come to rest: how busy others kept it."""

    def say(self, text: str) -> None:
        """Tell how it goes."""
        print(text, file=sys.stderr, flush=True)

    def wait_for_quiet(self) -> None:
        """Wait until nobody else keeps the machine busy, but not for ever."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while (busy := _busy_share()) > _QUIET_SHARE:
            if time.monotonic() > deadline:
                self.say(f"  others keep {busy:.0%} of this machine busy: the next figure is doubtful")
                self.disturbed.append(busy)
                return

    def doubts(self) -> str:
        """A sentence about measurements that others disturbed; empty when there were none."""
        number = len(self.disturbed)
        return f"Others kept the machine busy during {number} of the measurements." if number else ""


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory that is removed afterwards. It must lie on a disk, or nothing in it is ever durable."""
    directory = Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    try:
        if (kind := _file_system(directory)) in _WITHOUT_A_DISK:
            raise SystemExit(
                f"{directory} is on {kind}, where nothing is durable: set TMPDIR to a directory on a disk."
            )
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def pinned(cores: str) -> list[str]:
    """The beginning of a command that is to run on these cores; nothing where that cannot be had."""
    can_be = shutil.which("taskset") and len(os.sched_getaffinity(0)) > 1
    return ["taskset", "-c", cores] if can_be else []


def described() -> str:
    """This machine, in a line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    return f"{len(os.sched_getaffinity(0))} cores ({model}), Python {sys.version.split()[0]}"


def syncs_per_second(directory: Path) -> float:
    """How often a second this directory's disk makes a few kilobytes durable, which is what durable writes wait for."""
    path = directory / "synced"
    number, begun = 0, time.perf_counter()
    with path.open("wb", buffering=0) as file:
        while (passed := time.perf_counter() - begun) < _LOOK_SECONDS:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            number += 1
    path.unlink()
    return number / passed


def _busy_share() -> float:
    """The share of all cores that was in use, over a moment."""
    before = _ticks()
    time.sleep(_LOOK_SECONDS)
    after = _ticks()
    busy, every = after[0] - before[0], after[1] - before[1]
    return busy / every if every else 0.0


def _ticks() -> tuple[int, int]:
    """Of all cores, since the machine started: clock ticks in use, and all of them."""
    ticks = [int(word) for word in Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def _file_system(directory: Path) -> str:
    device = directory.stat().st_dev
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = line.split()
        try:
            if Path(place).stat().st_dev == device:
                return kind
        except OSError:
            continue
    return "unknown"
