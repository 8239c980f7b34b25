"""Whenever the demo is started: *billing* and *service* take callbacks at once, *sales* is closed and has times to book."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.api.scheduler import Scheduler, entries
from tests.running import running

from ringback.configuration.apply import apply_file
from ringback.demo import TOKEN_SECRET, demo_document
from ringback.kernel.clock import ManualClock, from_datetime

TOKEN = "the-token-of-a-demo-at-any-hour-of-the-day"

DAYS = {
    "a Monday": datetime(2026, 3, 2, tzinfo=UTC),
    "a Friday": datetime(2026, 6, 5, tzinfo=UTC),
    "a Saturday": datetime(2026, 7, 4, tzinfo=UTC),
    "clocks go forward": datetime(2026, 3, 8, tzinfo=UTC),
    "clocks go back": datetime(2026, 11, 1, tzinfo=UTC),
    "New Year's Eve": datetime(2026, 12, 31, tzinfo=UTC),
    "29 February": datetime(2028, 2, 29, tzinfo=UTC),
}


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Scheduler]:
    with running(sqlite_url, tmp_path, clock) as server:
        yield Scheduler(server, "", TOKEN)


@pytest.mark.parametrize("day", DAYS)
def test_what_is_on_offer_every_hour_of(demo: Scheduler, day: str) -> None:
    for hour in range(26):
        at = from_datetime(DAYS[day] + timedelta(hours=hour, minutes=hour * 7 % 60))
        demo.server.clock.turn_to(at)
        applied = demo.server.app.db.write_now(
            apply_file, demo_document(at), actor="demo", origin="test", secrets={TOKEN_SECRET: TOKEN}, now=at
        )
        demo.id = str(applied.org)
        listed = {entry["name"]: entry for entry in entries(demo.widgets())}
        assert list(listed) == ["billing", "service", "sales", "billing page"]
        for name in ("billing", "service", "billing page"):
            assert (listed[name]["widget_state"], listed[name]["offer_asap"]) == ("offer_callback", True)
        assert listed["sales"]["widget_state"] == "offer_scheduled_callback"
        assert len(listed["sales"]["scheduled_timeslots"]) >= 16
        assert listed["sales"]["scheduled_timeslots"][0] > at / 1_000_000 + 3 * 3600
