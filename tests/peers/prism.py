"""Prism: a server made from an OpenAPI description, which refuses what the description does not allow."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_PEERS = Path(__file__).parent
_DESCRIPTION = "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
_SECONDS = 60


@contextlib.contextmanager
def twilio_by_its_description() -> Iterator[str]:
    """The address of a Twilio made from the vendor's own description of its API."""
    program = _installed()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "mock", "--port", str(port), _DESCRIPTION]
    with subprocess.Popen(command, cwd=_PEERS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as peer:
        try:
            _wait_for(port, peer)
            yield f"http://127.0.0.1:{port}"
        finally:
            peer.terminate()


def _installed() -> str:
    program = _PEERS / "node_modules/.bin/prism"
    if not program.exists():
        pytest.fail("The tests' peers are not installed: run bin/test, which does it.")
    return str(program)


def _wait_for(port: int, peer: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and peer.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("Prism did not start.")
