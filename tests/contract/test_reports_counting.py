"""Counting what is over: once, whole, by whichever worker; and the same numbers however the time is cut."""

import itertools
import threading
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.fakes.organizations import Organization
from tests.fakes.past import Past, remember

import ringback.callbacks.service as callbacks
import ringback.reports.service as reports
from ringback.callbacks.lifecycle import Outcome
from ringback.callbacks.model import Kind
from ringback.db.database import Database
from ringback.db.sqlite import SqliteDatabase
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, ManualClock, after
from ringback.kernel.localtime import local_date, start_of_day
from ringback.reports import store
from ringback.reports.model import Chosen, Days, Report, Tally, together
from ringback.workers.steps import maintenance_steps

ALL = Chosen()


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Organization:
    return organization(database, clock)


def organization(database: Database, clock: ManualClock, key: str = "acme", zone: str = "UTC") -> Organization:
    made = Organization(database, clock, key, time_zone=zone)
    made.call_target()
    made.call_target("outages")
    made.widget()
    return made


def past(acme: Organization, *listed: Past) -> None:
    acme.db.write_now(remember, acme.org, listed)


def count(acme: Organization) -> bool:
    return acme.db.write_now(reports.count_finished, now=acme.now)


def count_all(acme: Organization) -> int:
    rounds = 0
    while count(acme):
        rounds += 1
    return rounds


def told(acme: Organization, days: Days | None = None, chosen: Chosen = ALL) -> Report:
    today = local_date(acme.now, ZoneInfo("UTC"))
    return acme.db.read_now(reports.report, acme.org, days or Days(today, today), chosen, now=acme.now)


def rows(acme: Organization) -> list[dict[str, Any]]:
    def read(tx: Tx) -> list[dict[str, Any]]:
        return [dict(row) for row in tx.all("SELECT * FROM report_counts ORDER BY org_id, starts_at, channel, type")]

    return acme.db.read_now(read)


def hours_ago(acme: Organization, hours: float) -> Instant:
    return after(acme.now, -3600 * hours)


class TestWhatIsCounted:
    def test_a_callback_counts_when_asked_for_and_when_ended(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 2.1), finished=3600))
        assert count(acme)
        asked, ended = rows(acme)
        assert (asked["starts_at"], asked["requested"], asked["success"]) == (acme.now - 3 * HOUR, 1, 0)
        assert (ended["starts_at"], ended["requested"], ended["success"]) == (acme.now - 2 * HOUR, 0, 1)
        assert not count(acme)

    def test_every_column(self, acme: Organization):
        at = hours_ago(acme, 3)
        past(
            acme,
            Past(at, promised=300, launched=240.9, answered=250, connected=262.5),
            Past(at, promised=300, launched=500, attempts=3, first_party="agent", answered=510, connected=520),
            Past(at, promised=300, launched=None, outcome=Outcome.EXPIRED, attempts=0, finished=9000),
            Past(at, promised=300, launched=None, outcome=Outcome.CANCELED, attempts=0, finished=20),
        )
        assert told(acme).total == Tally(
            requested=4,
            success=2,
            canceled=1,
            expired=1,
            attempts=4,
            retried=1,
            at_first=1,
            on_time=1,
            late_5=1,
            never=1,
            promised_seconds=600,
            waited_seconds=740,
            late_seconds=200,
            spared=2,
            spared_seconds=240 - 12 + 500,
            held=1,
            held_seconds=12,
        )

    @pytest.mark.parametrize(
        ("late", "bucket"),
        [
            (-100, "on_time"),
            (59, "on_time"),
            (60, "late_2"),
            (119, "late_2"),
            (120, "late_5"),
            (300, "late_15"),
            (899, "late_15"),
            (900, "later"),
        ],
    )
    @pytest.mark.parametrize("kind", Kind)
    def test_how_late(self, acme: Organization, kind: Kind, late: int, bucket: str):
        told_for = {"promised": 300} if kind is Kind.ASAP else {"promised": None, "booked": 300}
        past(acme, Past(hours_ago(acme, 2), kind=kind, launched=300 + late, finished=3000, **told_for))
        total = told(acme).of_kind(kind)
        assert getattr(total, bucket) == 1
        assert (total.launched, total.never) == (1, 0)

    def test_who_was_moved_to_a_booked_time_was_asked_for_as_asap(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 2), kind=Kind.SCHEDULED, promised=300, booked=900, launched=900, finished=1200))
        found = told(acme)
        assert found.of_kind(Kind.ASAP) == Tally(requested=1)
        scheduled = found.of_kind(Kind.SCHEDULED)
        assert (scheduled.success, scheduled.on_time, scheduled.spared) == (1, 1, 0)

    def test_nobody_is_spared_more_than_an_hour(self, acme: Organization):
        past(
            acme,
            Past(
                hours_ago(acme, 14), launched=12 * 3600, answered=12 * 3600, connected=12 * 3600 + 30, finished=50_000
            ),
        )
        assert told(acme).total.spared_seconds == 3600 - 30

    def test_who_waited_only_on_the_phone_was_spared_less_than_nothing(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 1), launched=5, answered=10, connected=100))
        assert told(acme).total.spared_seconds == -85

    def test_live_callbacks_are_asked_for_and_nothing_else(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 1), outcome=None))
        assert told(acme).total == Tally(requested=1)


class TestOnceAndForAll:
    def test_an_hour_is_counted_when_it_has_been_over_for_ten_minutes(self, acme: Organization):
        past(acme, Past(Instant(acme.now - HOUR // 2), outcome=None))
        acme.clock.advance(9 * 60)
        count_all(acme)
        assert rows(acme) == []  # up to two o'clock there was nothing
        acme.clock.advance(60)
        assert count(acme)
        assert [row["requested"] for row in rows(acme)] == [1]

    def test_what_is_not_counted_yet_is_told_as_well(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 3)), Past(acme.now, outcome=None))
        uncounted = told(acme)
        assert uncounted.total.requested == 2
        count_all(acme)
        assert told(acme) == uncounted
        assert sum(row["requested"] for row in rows(acme)) == 1

    def test_erasing_people_changes_nothing(self, acme: Organization):
        past(acme, *(Past(Instant(acme.now - DAY + place * HOUR)) for place in range(5)))
        days = Days(date(2026, 3, 1), date(2026, 3, 2))
        before = told(acme, days)
        acme.clock.advance(400 * 86400)
        assert acme.db.write_now(callbacks.erase_expired, now=acme.now)
        count_all(acme)
        assert told(acme, days).counted == before.counted
        acme.db.write_now(lambda tx: tx.run("UPDATE report_progress SET counted_until = 0"))  # count anew
        count_all(acme)
        assert told(acme, days).counted == before.counted

    def test_counting_anew_gives_the_same(self, acme: Organization):
        past(acme, *(Past(Instant(acme.now - 3 * DAY + place * 5 * HOUR)) for place in range(12)))
        count_all(acme)
        counted = rows(acme)
        acme.db.write_now(store.end_turn, acme.org, Instant(acme.now - 3 * DAY))
        assert count_all(acme)
        assert rows(acme) == counted

    def test_a_death_between_counting_and_noting_it_leaves_neither(
        self, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ):
        past(acme, Past(hours_ago(acme, 5)))

        class Dead(Exception):
            pass

        def die(*_args: object) -> None:
            raise Dead

        with monkeypatch.context() as patched:
            patched.setattr(store, "end_turn", die)
            with pytest.raises(Dead):
                count(acme)
        assert rows(acme) == []
        count_all(acme)
        assert sum(row["requested"] for row in rows(acme)) == 1

    def test_two_workers_count_each_hour_once(self, acme: Organization):
        past(acme, *(Past(Instant(acme.now - 20 * DAY + place * 3 * HOUR)) for place in range(150)))
        failures = together_in_threads(4, lambda: count_all(acme))
        count_all(acme)
        assert failures == []
        assert sum(row["requested"] for row in rows(acme)) == 150
        assert sum(row["success"] for row in rows(acme)) == 150

    def test_a_worker_leaves_alone_what_another_counts(
        self, acme: Organization, database: Database, clock: ManualClock
    ):
        globex = organization(database, clock, "globex")
        past(acme, Past(hours_ago(acme, 5)))
        past(globex, Past(hours_ago(globex, 5)))
        count_all(acme)
        clock.advance(7200)
        if isinstance(database, SqliteDatabase):
            pytest.skip("SQLite has one writer at a time")

        def with_acme_taken(tx: Tx) -> None:
            before = store.take_turn(tx, acme.org)
            assert together_in_threads(1, lambda: count_all(globex)) == []
            assert store.counted_until(tx, globex.org) > store.counted_until(tx, acme.org) == before

        database.write_now(with_acme_taken)
        assert count(acme)

    def test_who_is_far_behind_catches_up_in_pieces(self, acme: Organization):
        past(acme, *(Past(Instant(acme.now - 40 * DAY + place * 3 * HOUR)) for place in range(320)))
        assert count_all(acme) > 2
        assert sum(row["requested"] for row in rows(acme)) == 320

    def test_an_organization_without_callbacks_is_counted_at_once(self, acme: Organization):
        assert count_all(acme) == 1
        assert acme.db.read_now(store.counted_until, acme.org) == (acme.now - 10 * MINUTE) // HOUR * HOUR
        assert rows(acme) == []

    async def test_the_worker_counts_every_minute(self, acme: Organization):
        (step,) = (step for step in maintenance_steps(acme.db, acme.clock) if step.name == "count")
        past(acme, Past(hours_ago(acme, 30)))
        assert await step.work()
        assert not await step.work()
        acme.clock.advance(59)
        past(acme, Past(Instant(acme.now - 30 * MINUTE)))
        acme.clock.advance(3600)
        assert await step.work()
        assert sum(row["requested"] for row in rows(acme)) == 2


class TestDaysOfTheOrganization:
    @pytest.mark.parametrize(
        ("zone", "width"),
        [("UTC", HOUR), ("America/New_York", HOUR), ("Asia/Kolkata", 15 * MINUTE), ("Asia/Kathmandu", 15 * MINUTE)],
    )
    def test_a_day_is_that_of_the_wall(self, database: Database, clock: ManualClock, zone: str, width: int):
        acme = organization(database, clock, zone=zone)
        day = date(2026, 2, 27)
        midnight = start_of_day(day, ZoneInfo(zone))
        listed = [Past(Instant(midnight + offset)) for offset in (-1 * SECOND, 0, DAY - 700 * SECOND, DAY)]
        past(acme, *listed)
        days = Days(day, day)
        live = told(acme, days)
        assert live.total.requested == 2
        assert live.total.success == 3  # one ended after midnight that was asked for before
        assert sorted(hour for _, hour, _ in live.asked) == [0, 23]
        count_all(acme)
        assert told(acme, days) == live
        assert {row["starts_at"] % width for row in rows(acme)} == {0}

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
    @pytest.mark.parametrize("day", [date(2026, 3, 29), date(2025, 10, 26), date(2025, 10, 5), date(2026, 4, 5)])
    def test_clocks_that_change(self, database: Database, clock: ManualClock, zone: str, day: date):
        acme = organization(database, clock, zone=zone)
        clock.turn_to(Instant(start_of_day(day, ZoneInfo(zone)) + 4 * DAY))
        begin = start_of_day(day, ZoneInfo(zone))
        end = start_of_day(day + timedelta(days=1), ZoneInfo(zone))
        past(acme, *(Past(Instant(at), outcome=None) for at in range(begin - 5 * HOUR, end + 5 * HOUR, 10 * MINUTE)))
        days = Days(day, day)
        live = told(acme, days)
        assert live.total.requested == (end - begin) // (10 * MINUTE)
        count_all(acme)
        assert told(acme, days) == live

    def test_only_what_was_chosen(self, acme: Organization):
        past(
            acme,
            Past(hours_ago(acme, 2), channel="web"),
            Past(hours_ago(acme, 2), channel="sms", call_target="acme-outages-target"),
            Past(hours_ago(acme, 0.1), channel="web", outcome=None),
        )
        count_all(acme)
        assert told(acme, chosen=Chosen(channel="web")).total.requested == 2
        assert told(acme, chosen=Chosen("acme-outages-target")).total.requested == 1
        assert told(acme, chosen=Chosen("acme-outages-target", "web")).total == Tally()
        assert acme.db.read_now(reports.channels, acme.org, Days(date(2026, 3, 2), date(2026, 3, 2))) == ["sms", "web"]

    def test_another_organization_is_not_told(self, acme: Organization, database: Database, clock: ManualClock):
        globex = organization(database, clock, "globex")
        past(acme, Past(hours_ago(acme, 2)))
        count_all(acme)
        assert told(globex).total == Tally()
        assert told(acme).total.requested == 1


class TestThePeriodBefore:
    def test_as_many_days(self, acme: Organization):
        past(acme, *(Past(Instant(acme.now - each * DAY)) for each in range(1, 15)))
        days = Days(date(2026, 2, 23), date(2026, 3, 1))
        before = told(acme, days).before
        assert before is not None
        assert (before.requested, before.success) == (7, 7)
        count_all(acme)
        assert told(acme, days).before == before

    def test_today_is_held_against_yesterday_up_to_the_last_full_hour(self, acme: Organization):
        """It is 15:20: what has happened since 15:00 is held against nothing, neither of today nor of yesterday."""
        yesterday = Instant(acme.now - DAY)
        past(
            acme,
            Past(Instant(yesterday - 20 * HOUR)),
            *(Past(Instant(yesterday + minutes * MINUTE), outcome=None) for minutes in (-600, -10, -1, 0, 10)),
            *(Past(Instant(acme.now + minutes * MINUTE), outcome=None) for minutes in (-600, -1, 0, 10)),
        )
        acme.clock.advance(20 * 60)
        for _ in range(2):
            found = told(acme)
            assert found.before is not None
            assert (found.before.requested, found.so_far.requested, found.total.requested) == (3, 2, 4)
            count_all(acme)

    def test_there_is_none_where_callbacks_began_later(self, acme: Organization):
        past(acme, Past(hours_ago(acme, 30)))
        assert told(acme).before is not None
        assert told(acme, Days(date(2026, 3, 1), date(2026, 3, 2))).before is None
        assert told(acme, Days(date(2026, 3, 1), date(2026, 3, 1))).before is None


_NUMBERS = itertools.count()
"""An organization for each example."""

pasts = st.builds(
    dict,
    ago=st.integers(0, 9 * 86400),
    outcome=st.sampled_from([*Outcome, None]),
    kind=st.sampled_from(Kind),
    channel=st.sampled_from(["sms", "web", "ivr"]),
    launched=st.one_of(st.none(), st.integers(0, 5000)),
    finished=st.integers(5000, 90_000),
    attempts=st.integers(1, 4),
    connected=st.one_of(st.none(), st.integers(300, 700)),
    first_party=st.sampled_from(["customer", "agent"]),
)


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    listed=st.lists(pasts, max_size=25),
    cuts=st.sets(st.integers(0, 240)),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham"]),
)
def test_however_time_is_cut_the_sums_are_those_of_the_rows(
    database: Database, clock: ManualClock, listed: list[dict[str, Any]], cuts: set[int], zone: str
):
    acme = organization(database, clock, f"acme-{next(_NUMBERS)}", zone)
    end = acme.now
    made = [past_of(end, each) for each in listed]
    past(acme, *made)
    first, last = local_date(Instant(end - 12 * DAY), ZoneInfo(zone)), local_date(end, ZoneInfo(zone))
    expected = together(directly(each, end, acme) for each in made)
    assert told(acme, Days(first, last)).total == expected
    for cut in sorted(cuts):  # counted as far as it was over then, by a worker who was away in between
        acme.db.write_now(reports.count_finished, now=Instant(end - 10 * DAY + cut * HOUR))
    assert told(acme, Days(first, last)).total == expected
    days = Days(first, last).listed()
    split = sorted({0, len(days), *(cut % len(days) for cut in cuts)})
    parts = [told(acme, Days(days[begin], days[stop - 1])).total for begin, stop in itertools.pairwise(split)]
    assert together(parts) == expected
    clock.turn_to(end)


def past_of(end: Instant, drawn: dict[str, Any]) -> Past:
    """A callback that is not of the future."""
    asked_at = Instant(end - drawn["ago"] * SECOND)
    fields = {name: value for name, value in drawn.items() if name != "ago"}
    if after(asked_at, drawn["finished"]) >= end:
        fields["outcome"] = None
    booked = {"promised": None, "booked": 1000} if drawn["kind"] is Kind.SCHEDULED else {}
    return Past(asked_at, **fields, **booked, answered=drawn["connected"] and drawn["connected"] - 50)


def directly(past: Past, end: Instant, acme: Organization) -> Tally:
    """What one callback counts, said once more in other words."""
    if past.outcome is None:
        return Tally(requested=1)
    counts = {"requested": 1, past.outcome.value: 1, "attempts": past.attempts, "retried": int(past.attempts > 1)}
    success = past.outcome is Outcome.SUCCESS
    counts["at_first"] = int(success and past.attempts == 1)
    held = 50 if past.connected is not None and past.first_party == "customer" else None
    if held is not None:
        counts |= {"held": 1, "held_seconds": held}
    told_for = past.promised if past.kind is Kind.ASAP else past.booked
    if past.launched is not None:
        late = past.launched - told_for
        limits = [(60, "on_time"), (120, "late_2"), (300, "late_5"), (900, "late_15"), (10**9, "later")]
        counts[next(name for limit, name in limits if late < limit)] = 1
        counts |= {"promised_seconds": told_for, "waited_seconds": past.launched, "late_seconds": max(0, late)}
        if success and past.kind is Kind.ASAP:
            counts |= {"spared": 1, "spared_seconds": min(3600, past.launched) - (held or 0)}
    elif past.outcome not in {Outcome.CANCELED, Outcome.RESCHEDULED_AWAY}:
        counts["never"] = 1
    return Tally(**counts)


def together_in_threads(number: int, work: Callable[[], object]) -> list[BaseException]:
    """Do it several times at once; what went wrong."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads: Iterable[threading.Thread] = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
