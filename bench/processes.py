"""Starting a server, waiting until it answers, and ending it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.setting import SERVER_CORES, pinned

_READY_SECONDS = 60
_END_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A server that answers. ``started_in`` is the time from its start to its first answer, in seconds."""

    url: str
    pid: int
    started_in: float

    def resident_bytes(self) -> int:
        """The memory that the process occupies."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"process {self.pid} has no memory")

    def processor_seconds(self) -> float:
        """The processor time that the process has used so far, in all its threads."""
        words = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    *,
    environment: Mapping[str, str],
    log: Path,
    cores: str | None = SERVER_CORES,
    first_path: str = "/healthz",
    headers: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server on ``port`` as long as the block lasts, from when ``first_path`` answers 200."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("RINGBACK_", "DATABASE_"))}
    with log.open("ab", buffering=0) as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*(pinned(cores) if cores else ()), *command],
            env={**ours, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for_answer(f"http://127.0.0.1:{port}{first_path}", headers or {}, process, log)
        yield Server(f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - begun)
        if process.poll() is not None:
            raise RuntimeError(f"a server ended under load: {_last_words(log)}")
    finally:
        _end(process)


def fetch(url: str, headers: Mapping[str, str] | None = None) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer. Anything but a 200 is an error."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    with urllib.request.urlopen(request, timeout=10) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{url} answered {answer.status}")
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def _wait_for_answer(url: str, headers: Mapping[str, str], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            fetch(url, headers)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url} answered {error.code}: {error.read().decode()[:300]}") from None
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"a server does not start: {_last_words(log)}") from None
            if time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer: {_last_words(log)}") from None
            time.sleep(0.005)
        else:
            return


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
