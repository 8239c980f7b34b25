"""``ringback demo`` as a process: what it writes, prints, keeps, and how it ends."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from tests.process import Process, run, started

STEPS = re.compile(r"^# \d\. .*\n((?:.*\\\n)*.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, dict[str, Any]]]:
    """A demo that is ready, and what its ready file says."""
    directory = tmp_path_factory.mktemp("demo")
    ready = directory / "ready.json"
    with started("demo", "--port", "0", "--ready-file", str(ready), directory=directory) as process:
        yield process, process.read_json(ready)


def test_the_ready_file(demo: tuple[Process, dict[str, Any]]) -> None:
    process, ready = demo
    assert list(ready) == ["url", "organization_id", "token", "widgets", "conveys", "console", "pid"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["url"])
    assert len(ready["token"]) >= 43  # 256 bits
    assert list(ready["console"]) == ["url", "email", "password"]
    assert ready["console"]["url"] == f"{ready['url']}/console"
    assert re.fullmatch(r"(?:[0-9a-z]{4}-){3}[0-9a-z]{4}", ready["console"]["password"])
    assert ready["pid"] == process.pid
    entries = [*ready["widgets"], *ready["conveys"]]
    assert all(set(entry) == {"id", "name", "call_target"} for entry in entries)
    assert [(entry["name"], entry["call_target"]) for entry in entries] == [
        ("billing", "Billing"),
        ("service", "Customer Service"),
        ("sales", "Sales"),
        ("billing page", "Billing"),
    ]


def test_it_answers_from_the_moment_it_says_so(demo: tuple[Process, dict[str, Any]]) -> None:
    _, ready = demo
    headers = {"Authorization": f"Bearer {ready['token']}"}
    path = f"{ready['url']}/api/organization/{ready['organization_id']}/widget_status"
    assert httpx.get(path).status_code == 401
    listed = {entry["name"]: entry for entry in httpx.get(path, headers=headers).json()["data"]}
    assert list(listed) == ["billing", "service", "sales", "billing page"]
    assert listed["billing"]["offer_asap"] is True
    assert listed["service"]["offer_asap"] is True
    assert (listed["sales"]["offer_asap"], listed["sales"]["offer_scheduled"]) == (False, True)
    for name, entry in listed.items():
        (known,) = [one for one in [*ready["widgets"], *ready["conveys"]] if one["name"] == name]
        assert entry["id"] == known["id"]


def test_every_line_that_it_prints_can_be_pasted(demo: tuple[Process, dict[str, Any]]) -> None:
    process, ready = demo
    greeting = process.wait_for(lambda: process.output if "Stop with Ctrl-C" in process.output else None)
    assert "\x1b" not in greeting  # no colours where there is no terminal
    commands = STEPS.findall(greeting)
    assert len(commands) == 5
    answers = []
    for command in commands:
        shell = subprocess.run(
            ["/bin/sh", "-c", command.replace("curl", "curl -sS -w '\\n%{http_code}'", 1)],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        body, _, status = shell.stdout.rpartition("\n")
        assert status == "200", shell.stdout
        answers.append(json.loads(body)["data"])
    assert len(answers[0]) == 4
    assert answers[1][0]["status"] == "Requested"
    assert answers[2][0]["call_request_id"] == answers[1][0]["callback_request_id"]
    assert answers[3][0]["status"] == "Canceled"
    assert answers[4][0]["status"] == "Requested"
    for address in re.findall(r"http://\S+(?:/docs|/openapi\.json|/metrics|/c/[a-z-]+)", greeting):
        assert httpx.get(address).status_code == 200
    assert ready["token"] in greeting


def test_the_console_can_be_signed_in_to_with_what_is_printed(demo: tuple[Process, dict[str, Any]]) -> None:
    process, ready = demo
    console = ready["console"]
    for printed in console.values():
        assert printed in process.output
    with httpx.Client(follow_redirects=True) as browser:
        answer = sign_in(browser, console)
    assert answer.status_code == 200
    assert answer.url.path == f"/console/{ready['organization_id']}/now"


def sign_in(browser: httpx.Client, console: dict[str, str]) -> httpx.Response:
    form = browser.get(console["url"]).text
    fields = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("csrf", "next")}
    fields |= {"email": console["email"], "password": console["password"]}
    return browser.post(f"{console['url']}/sign-in", data=fields)


def test_the_busy_queue_fills_and_tells_its_wait(demo: tuple[Process, dict[str, Any]]) -> None:
    process, ready = demo
    widget = f"{ready['url']}/api/widget/{ready['widgets'][0]['id']}"

    def message() -> str | None:
        told: str = httpx.get(widget).json()["data"][0]["message"]
        return told if "less than" not in told else None

    assert re.fullmatch(r"We can call you in approximately \d+ minutes?\.", process.wait_for(message))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_within_seconds(tmp_path: Path, how: signal.Signals) -> None:
    ready_file = tmp_path / "ready.json"
    with started("demo", "--port", "0", "--ready-file", str(ready_file), directory=tmp_path) as process:
        ready = process.read_json(ready_file)
        host, _, port = ready["url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))), socket.create_connection((host, int(port))) as waiting:
            waiting.sendall(b"POST /api/widget/x/request_callback HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            code, seconds = process.stop(how)
        assert code == 0
        assert seconds < 5
        assert process.output.endswith("Stopped.\n")
        assert "Traceback" not in process.errors
        (place,) = re.findall(r"Setting up in (\S+) \.\.\.", process.output)
        assert not Path(place).exists()  # it was a temporary one


def test_a_page_that_is_open_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with started("demo", "--port", "0", "--ready-file", str(ready_file), directory=tmp_path) as process:
        ready = process.read_json(ready_file)
        with httpx.Client(follow_redirects=True) as browser:
            sign_in(browser, ready["console"])
            with browser.stream("GET", f"{ready['console']['url']}/{ready['organization_id']}/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "retry: 3000"
                process.signal(signal.SIGTERM)
                list(lines)  # ends, and ends well
        code, seconds = process.stop()
        assert code == 0
        assert seconds < 5
        assert "Traceback" not in process.errors


def test_told_to_stop_twice_it_still_ends_well(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with started("demo", "--port", "0", "--ready-file", str(ready_file), directory=tmp_path) as process:
        process.read_json(ready_file)
        process.signal(signal.SIGINT)
        code, seconds = process.stop(signal.SIGINT)
        assert code == 0
        assert seconds < 5


def test_a_second_start_with_the_same_data_keeps_ids_and_token(tmp_path: Path) -> None:
    def begin(ready_file: Path) -> tuple[dict[str, Any], str]:
        arguments = ("--port", "0", "--data", str(tmp_path / "data"), "--ready-file", str(ready_file))
        with started("demo", *arguments, directory=tmp_path) as process:
            ready = process.read_json(ready_file)
            widget = f"{ready['url']}/api/widget/{ready['widgets'][2]['id']}"
            slot = httpx.get(widget).json()["data"][0]["scheduled_timeslots"][-1]
            body = {"contact_number": "+12015550123", "appointment_time": slot}
            word = httpx.post(f"{widget}/request_callback", json=body).json()["data"][0]["status"]
            assert process.stop()[0] == 0
        return ready, word

    first, word = begin(tmp_path / "1.json")
    again, word_again = begin(tmp_path / "2.json")
    for name in ("organization_id", "token", "widgets", "conveys"):
        assert first[name] == again[name]
    assert first["console"]["password"] == again["console"]["password"]
    assert first["pid"] != again["pid"]
    assert (word, word_again) == ("Requested", "DuplicateRequest")
    for kept in ("demo.token", "ringback.sqlite3", "secret.key"):
        assert (tmp_path / "data" / kept).exists()
    assert (tmp_path / "data" / "demo.token").stat().st_mode & 0o077 == 0


def test_a_second_start_takes_nothing_back_that_was_changed_in_the_console(tmp_path: Path) -> None:
    arguments = ("--port", "0", "--data", str(tmp_path / "data"))
    with started("demo", *arguments, "--ready-file", str(tmp_path / "1.json"), directory=tmp_path) as process:
        ready = process.read_json(tmp_path / "1.json")
        with httpx.Client(follow_redirects=True) as browser:
            board = sign_in(browser, ready["console"]).text
            switch = next(each for each in re.findall(r'action="([^"]*/registering)"', board))
            csrf = re.findall(r'name="csrf" value="([^"]*)"', board)[0]
            answer = browser.post(f"{ready['url']}{switch}", data={"csrf": csrf, "on": "no"})
        assert "“Billing” takes no new callbacks" in answer.text
        assert process.stop()[0] == 0
    with started("demo", *arguments, "--ready-file", str(tmp_path / "2.json"), directory=tmp_path) as process:
        again = process.read_json(tmp_path / "2.json")
        widget = f"{again['url']}/api/widget/{again['widgets'][0]['id']}"
        assert httpx.get(widget).json()["data"][0]["widget_state"] == "platform_unavailable"


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("demo", "--port", port, "--data", str(tmp_path / "data"), directory=tmp_path)
    assert ended.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "--port 0" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_data_and_ready_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for data in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing")):
        ended = run("demo", "--port", "0", "--data", str(data), directory=tmp_path)
        assert ended.returncode == 1
        assert str(data) in ended.stderr
        assert "Traceback" not in ended.stderr
    assert (tmp_path / "file").read_text() == "in the way"
    ended = run("demo", "--port", "0", "--ready-file", str(tmp_path / "no" / "ready.json"), directory=tmp_path)
    assert ended.returncode == 1
    assert "ready.json" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [["--port", "65536"], ["--port", "x"], ["--prot", "1"], ["surplus"]])
def test_wrong_arguments(tmp_path: Path, arguments: list[str]) -> None:
    ended = run("demo", *arguments, directory=tmp_path)
    assert ended.returncode == 2
    assert "Usage" in ended.stderr
