"""Between the values of the simulated network and the rows of its ledger file."""

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from ringback.telephony.drivers.simulator.fate import Fate, Manner
from ringback.telephony.drivers.simulator.line import InboundEvent, InboundKind, Line, Phase, Side
from ringback.telephony.drivers.simulator.team import Team
from ringback.telephony.port import Cause, EventKind, Party, VoiceEvent


def row_of_line(line: Line) -> dict[str, Any]:
    """A line as its columns, all but the number in order of entry."""
    told = {"next_at": line.next_at, "fate": json.dumps(asdict(line.fate)), "heard": json.dumps(line.heard)}
    return line._asdict() | told


def line_of(row: sqlite3.Row) -> Line:
    """The line of a row."""
    values = {name: row[name] for name in row.keys() if name not in {"number", "next_at"}}  # noqa: SIM118 - a row is no mapping
    return Line(
        **values
        | {
            "side": Side(row["side"]),
            "fate": _fate(row["fate"]),
            "phase": Phase(row["phase"]),
            "has_agent": bool(row["has_agent"]),
            "held": bool(row["held"]),
            "heard": tuple(json.loads(row["heard"])),
            "machine": bool(row["machine"]),
            "cause": row["cause"] and Cause(row["cause"]),
            "ended_by": row["ended_by"] and Party(row["ended_by"]),
        }
    )


def team_of(row: sqlite3.Row) -> Team:
    """The team of a row."""
    return Team(**{name: row[name] for name in row.keys()})  # noqa: SIM118 - a row is no mapping


def event_of(row: sqlite3.Row) -> VoiceEvent:
    """The event of a row."""
    return VoiceEvent(
        event_id=row["event_id"],
        leg=row["leg"],
        at=row["at"],
        kind=EventKind(row["kind"]),
        command=row["command"],
        key=row["key"],
        cause=row["cause"] and Cause(row["cause"]),
        party=row["party"] and Party(row["party"]),
    )


def inbound_event_of(row: sqlite3.Row) -> InboundEvent:
    """The step of an inbound call of a row."""
    return InboundEvent(row["caller"], row["call_target"], row["at"], InboundKind(row["kind"]))


def _fate(text: str) -> Fate:
    values = json.loads(text)
    return Fate(
        **values
        | {
            "verdict": Cause(values["verdict"]),
            "hangs_up": Party(values["hangs_up"]),
            "keys": tuple(values["keys"]),
            "manner": Manner(values["manner"]),
        }
    )
