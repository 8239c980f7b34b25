"""Where and how long to measure: what every row is given."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORES = "0"
LOAD_CORES = "1"

_WITHOUT_A_DISK = {"tmpfs", "ramfs", "overlay-on-tmpfs"}


@dataclass(frozen=True)
class Setting:
    """The bench: a directory on a disk, the number of rounds and the length of a measurement."""

    scratch: Path
    rounds: int
    seconds: float

    def say(self, text: str) -> None:
        """Tell how it goes."""
        print(text, file=sys.stderr, flush=True)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory that is removed afterwards. It must lie on a disk, or nothing in it is ever durable."""
    directory = Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    try:
        if (kind := _file_system(directory)) in _WITHOUT_A_DISK:
            raise SystemExit(f"{directory} is on {kind}, where nothing is durable: set TMPDIR to a directory on a disk.")
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
