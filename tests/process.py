"""``ringback`` as its users run it: a process of its own, with its own environment, output and end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

COMMAND = [sys.executable, "-c", "from ringback.cli.main import main; main()"]
"""The installed program, without the set-up that ``bin/`` does first."""

PATIENCE_SECONDS = 30
_PAUSE_SECONDS = 0.02


def environment(**settings: str) -> dict[str, str]:
    """The environment without any setting of Ringback but these: ``database="..."`` is ``RINGBACK_DATABASE``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    return inherited | {f"RINGBACK_{name.upper()}": value for name, value in settings.items()}


def run(*arguments: str, directory: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a directory of the test's own."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=directory,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Process:
    """A command that runs until it is told to stop."""

    def __init__(self, *arguments: str, directory: Path, settings: Mapping[str, str]) -> None:
        place = len(list(directory.glob("*.out")))
        self._output, self._errors = directory / f"{place}.out", directory / f"{place}.err"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, *arguments], cwd=directory, env=environment(**settings), stdout=output, stderr=errors
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def url(self) -> str:
        """The address that it tells, once it answers."""
        told = self.wait_for(lambda: re.search(r"Listening on (http://\S+)\n", self.output))
        return told[1]

    def wait_for(self, look: Callable[[], T | None]) -> T:
        """Look until there is something to see. It is an error if the process ends before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            ended = self._process.poll() is not None
            if found := look():
                return found
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"ended with {self._process.poll()}: {self.output}{self.errors}")
            time.sleep(_PAUSE_SECONDS)

    def read_json(self, path: Path) -> Any:
        """What the process writes there."""
        return self.wait_for(lambda: json.loads(path.read_text()) if path.exists() else None)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Tell it to stop; its exit code, and how many seconds it took."""
        begun = time.monotonic()
        self._process.send_signal(with_signal)
        return self._process.wait(PATIENCE_SECONDS), time.monotonic() - begun

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a power failure does: without a chance to do anything more."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE_SECONDS)


@contextmanager
def started(*arguments: str, directory: Path, **settings: str) -> Iterator[Process]:
    """Start a command, and leave nothing of it behind."""
    process = Process(*arguments, directory=directory, settings=settings)
    try:
        yield process
    finally:
        process.kill()
