"""Conversations and notices whose workers are killed at any line: every answer once, in order, and nothing lost."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from tests.fakes.mortal import Died, Process
from tests.fakes.office import LEASE_SECONDS, Carrier, Office, Worker

from ringback.db.database import Database
from ringback.kernel.clock import ManualClock
from ringback.kernel.phone import NumberRules, parse_number

CALL_ME = ("@callme", "billing", "asap")
CALLED = (
    "Reply 1 for billing, 2 for service.",
    "We can call you in",
    "Your callback is confirmed. We will call you in",
)
BOOK = ("@callme", "billing", "2", "tomorrow 3 pm")
BOOKED = (
    "Reply 1 for billing, 2 for service.",
    "We can call you in",
    "Reply 1 for today;",
    "Your callback is booked for Tue, Mar 3, 3:00 PM",
)


def number_of(place: int) -> str:
    return f"+1201555{1000 + place}"


def begin_with(said: Sequence[str], beginnings: Sequence[str]) -> bool:
    return len(said) == len(beginnings) and all(map(str.startswith, said, beginnings))


class Meddling:
    """A database in whose way something comes right before one of its transactions."""

    def __init__(self, db: Database, place: int, meddle: Callable[[], Awaitable[None]]) -> None:
        self._db, self._place, self._meddle = db, place, meddle
        self.writes = 0

    async def write(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        self.writes += 1
        if self.writes == self._place:
            await self._meddle()
        return await self._db.write(use_case, *args, **kw)

    async def read(self, use_case: Any, /, *args: Any, **kw: Any) -> Any:
        return await self._db.read(use_case, *args, **kw)


@pytest.fixture
def office(database: Database, clock: ManualClock) -> Iterator[Office]:
    opened = Office(database, clock)
    yield opened
    opened.acme.check_books()


class TestKilledAtAnyLine:
    async def test_of_asking_for_a_callback(self, office: Office) -> None:
        for words in itertools.count(1):
            number = number_of(words)
            died = await office.converse_dying(number, CALL_ME, words)
            assert begin_with(office.said(number), CALLED), f"after {words} words: {office.said(number)}"
            assert office.history(number) == [], f"after {words} words"
            if not died:
                assert words > 15, "it did not die in the middle of anything"
                return

    async def test_of_canceling(self, office: Office) -> None:
        for words in itertools.count(1):
            number = number_of(words)
            await office.converse(number, *CALL_ME)
            died = await office.converse_dying(number, ("@cancel",), words)
            assert office.history(number) == [], f"canceled without a yes, after {words} words"
            died |= await office.converse_dying(number, ("yes",), words)
            ended = ("You have a callback for billing", "Your callback has been canceled.")
            assert begin_with(office.said(number), CALLED + ended), f"after {words} words: {office.said(number)}"
            assert office.history(number) == ["canceled"], f"after {words} words"
            if not died:
                return

    async def test_of_moving(self, office: Office) -> None:
        for words in itertools.count(1):
            number = number_of(words)
            await office.converse(number, *BOOK)
            died = await office.converse_dying(number, ("@time wed noon",), words)
            assert begin_with(office.said(number)[:-1], BOOKED)
            assert "Wed, Mar 4, 12:00" in office.said(number)[-1], f"after {words} words: {office.said(number)}"
            assert office.history(number) == ["moved"], f"after {words} words"
            if not died:
                return

    async def test_again_and_again(self, office: Office) -> None:
        number = number_of(0)
        deaths = 0
        for body in CALL_ME:
            office.text(number, body)
            for words in itertools.count(1):
                try:
                    await office.worker(Process(words)).work()
                except Died:
                    deaths += 1
                    office.clock.advance(LEASE_SECONDS)
                    continue
                break
        assert deaths > 5
        assert begin_with(office.said(number), CALLED)
        assert office.history(number) == []


class TestSideBySide:
    async def test_two_workers_answer_each_text_once(self, office: Office) -> None:
        workers = [office.worker() for _ in range(2)]
        numbers = [number_of(place) for place in range(10)]
        await asyncio.gather(*(office.converse(number, *CALL_ME, workers=workers) for number in numbers))
        await workers[0].work()
        for number in numbers:
            assert begin_with(office.said(number), CALLED), office.said(number)
            assert office.history(number) == []

    async def test_texts_that_come_faster_than_answers(self, office: Office) -> None:
        number = number_of(0)
        for body in (*CALL_ME, "@cancel", "yes"):
            office.text(number, body)
        workers = [office.worker() for _ in range(3)]
        await asyncio.gather(*(worker.work() for worker in workers))
        await workers[0].work()
        ended = ("You have a callback for billing", "Your callback has been canceled.")
        assert begin_with(office.said(number), CALLED + ended), office.said(number)
        assert office.history(number) == ["canceled"]

    async def test_a_refusal_that_another_worker_has_told_already(self, office: Office) -> None:
        """At every transaction of a worker, the other one does all there is, and the customer texts on."""
        for place in itertools.count(1):
            number = number_of(place)
            await office.converse(number, *CALL_ME, "@callme", "billing")
            known = len(office.said(number))
            other = office.worker()

            async def meddle(number: str = number, other: Worker = other) -> None:
                await other.work()
                await office.converse(number, "@callme", "service", "1", workers=[other])

            meddling = Meddling(office.db, place, meddle)
            slow = Worker(office, cast("Database", meddling), Carrier(office.network, Process()))
            office.text(number, "1")
            with capture_logs() as lines:
                await slow.conversing()
            assert lines == [], f"before transaction {place}"
            if meddling.writes < place:
                await meddle()
            await other.work()
            said = office.said(number)[known:]
            assert begin_with(said, ("You already have a callback for billing", *CALLED)), f"{place}: {said}"
            assert sorted(each.widget_id for each in office.callbacks_of(number)) == ["acme-billing", "acme-service"]
            if meddling.writes < place:
                return

    async def test_a_refusal_that_comes_when_something_else_is_asked(self, office: Office) -> None:
        number = number_of(0)
        await office.converse(number, *CALL_ME, "@callme", "billing")
        known = len(office.said(number))
        other = office.worker()

        async def meddle() -> None:
            await office.converse(number, "@callme", "billing", workers=[other])
            office.text(number, "1")
            with pytest.raises(Died):
                await office.worker(Process(1)).work()  # it has asked for a callback, and not heard the answer

        meddling = Meddling(office.db, 3, meddle)
        slow = Worker(office, cast("Database", meddling), Carrier(office.network, Process()))
        office.text(number, "1")
        with capture_logs() as lines:
            await slow.work()
        assert meddling.writes > 3
        assert lines == []
        refused = "You already have a callback for billing"
        assert begin_with(office.said(number)[known:], (refused, *CALLED[:2], refused))

    async def test_a_configuration_that_changes_while_a_refusal_is_told(self, office: Office) -> None:
        for place in itertools.count(1):
            number = number_of(place)
            await office.converse(number, *CALL_ME, "@callme", "billing")

            async def change(place: int = place) -> None:
                office.acme.call_target(name=f"Billing {place}", slots={"capacity": 1000})

            meddling = Meddling(office.db, place, change)
            slow = Worker(office, cast("Database", meddling), Carrier(office.network, Process()))
            office.text(number, "1")
            with capture_logs() as lines:
                await slow.work()
            assert lines == []
            assert office.said(number)[-1].startswith("You already have a callback for billing")
            if meddling.writes < place:
                return


async def test_a_configuration_that_changes_between_the_question_and_its_answer(office: Office) -> None:
    for place in itertools.count(1):
        number = number_of(place)

        async def change(place: int = place) -> None:
            office.acme.call_target(name=f"Billing {place}", slots={"capacity": 1000})

        meddling = Meddling(office.db, place, change)
        worker = Worker(office, cast("Database", meddling), Carrier(office.network, Process()))
        await office.converse(number, *CALL_ME, workers=[worker])
        assert begin_with(office.said(number), CALLED), f"changed before transaction {place}: {office.said(number)}"
        assert office.history(number) == []
        if meddling.writes < place:
            assert place > 10
            return


class TestNotices:
    """Of callbacks that were asked for elsewhere."""

    async def test_killed_at_any_line(self, office: Office) -> None:
        for words in itertools.count(1):
            number = number_of(words)
            office.acme.request(parse_number(number, NumberRules(region="US")))
            died = await self.work_dying(office, words)
            office.cancel(number)
            died |= await self.work_dying(office, words)
            said = office.said(number)
            assert len(said) == 2, f"after {words} words: {said}"
            assert begin_with(said, ("Acme: we will call you for billing", "Acme: your callback")), said
            if not died:
                assert words > 3
                return

    @staticmethod
    async def work_dying(office: Office, words: int) -> bool:
        process, survivor = Process(words), office.worker()
        try:
            await office.worker(process).work()
        except Died:
            await survivor.work()
            office.clock.advance(LEASE_SECONDS)
            await survivor.work()
        return process.has_died

    async def test_two_workers_tell_once(self, office: Office) -> None:
        numbers = [number_of(place) for place in range(60)]
        for number in numbers:
            office.acme.request(parse_number(number, NumberRules(region="US")))
        workers = [office.worker() for _ in range(3)]
        await asyncio.gather(*(worker.work() for worker in workers))
        assert sorted(text.to for text in office.network.taken) == numbers
