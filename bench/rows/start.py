"""Row 8: from the start to the first answer, and the memory that the server occupies."""

from pathlib import Path

from bench import contestants, data, wrk
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import Server
from bench.setting import Setting

RINGBACK = "Ringback"
FULL = "Ringback, 1 M pending, 100 organizations polled"
FLOOR = "bare FastAPI application"

_STATUS = f"/api/organization/{data.organization_id(0)}/widget_status"
_START, _STATUS_START, _IDLE, _LOADED = "start s", "start to status s", "idle MB", "polled MB"


def and_memory(setting: Setting) -> Outcome:
    """Row 8: ``ringback serve`` on SQLite."""
    small = contestants.small_sqlite_database(setting)
    large = contestants.large_sqlite_database(setting, 10_000)
    one = data.status_paths([0], setting.scratch / "status.txt")
    hundred = data.status_paths(range(100), setting.scratch / "status-of-100.txt")

    def ours(database: str, asked: Path) -> Figures:
        with contestants.ringback(setting, database) as servers:
            started = servers[0].started_in
        with contestants.ringback(setting, database, first_path=_STATUS) as (server,):
            idle = _megabytes(server)
            wrk.press([server], wrk.STATUS, asked, seconds=setting.seconds)
            return {
                _START: started,
                _STATUS_START: server.started_in,
                _IDLE: idle,
                _LOADED: _megabytes(server),
            }

    def floor() -> Figures:
        with contestants.bare_fastapi(setting) as (server,):
            return {_START: server.started_in, _IDLE: _megabytes(server)}

    rounds = hold(
        setting,
        [
            Contestant(RINGBACK, lambda: ours(f"sqlite:///{small}", one)),
            Contestant(FULL, lambda: ours(f"sqlite:///{large}", hundred)),
            Contestant(FLOOR, floor),
        ],
    )
    return Outcome(
        8,
        "Start to the first answer, and resident memory",
        rounds,
        [
            Goal("start to the first answer, s", 2, rounds.median(RINGBACK, _START), at_least=False),
            Goal(
                "start to the first Widget Status with 1 M pending, s",
                2,
                rounds.median(FULL, _STATUS_START),
                at_least=False,
            ),
            Goal("resident memory idle, MB", 150, rounds.median(RINGBACK, _IDLE), at_least=False),
            Goal("resident memory with 1 M pending, polled, MB", 300, rounds.median(FULL, _LOADED), at_least=False),
        ],
    )


def _megabytes(server: Server) -> float:
    return server.resident_bytes() / 1_000_000
