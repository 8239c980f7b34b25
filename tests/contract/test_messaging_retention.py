"""What was texted is kept for as long as the organization says; who wants no texts stays known."""

import pytest
from tests.fakes.organizations import Organization

from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import DAY, Instant, ManualClock
from ringback.messaging import inbox
from ringback.messaging.gateways.port import Inbound, ProviderId
from ringback.messaging.model import MessagingSettings, TextKind, Thread
from ringback.messaging.service import forget_old
from ringback.messaging.store import conversations, opt_outs, outbox

OURS, ANN, BOB = "+12125550199", "+12015550123", "+12015550124"
SETTINGS = MessagingSettings(numbers=(OURS,))


class Desk:
    def __init__(self, db: Database, clock: ManualClock, key: str, days: int) -> None:
        self.db, self.clock = db, clock
        self.organization = Organization(db, clock, key, retention_days=days)
        self.org = self.organization.org

    def texted(self, number: str, sid: str) -> None:
        inbound = Inbound(ProviderId(sid), number, OURS, "hello")
        now = self.clock.now()
        self.db.write_now(inbox.receive, self.org, SETTINGS, inbound, region="US", now=now)

        def handle(tx: Tx) -> None:
            conversations.handled(tx, Thread(self.org, OURS, number), until_place=99, now=now)

        self.db.write_now(handle)

    def left(self) -> list[str]:
        def read(tx: Tx) -> list[str]:
            rows = tx.all("SELECT customer_number FROM texts WHERE org_id = :org ORDER BY place", org=self.org)
            return [row["customer_number"] for row in rows]

        return self.db.read_now(read)

    def conversations(self) -> int:
        def read(tx: Tx) -> int:
            row = tx.one("SELECT COUNT(*) AS n FROM conversations WHERE org_id = :org", org=self.org)
            return int(row["n"]) if row else 0

        return self.db.read_now(read)

    def forget(self) -> None:
        while self.db.write_now(forget_old, now=self.clock.now()):
            pass


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Desk:
    return Desk(database, clock, "acme", 30)


def test_texts_go_after_their_days(acme: Desk) -> None:
    acme.texted(ANN, "SM1")
    acme.clock.advance(20 * 86_400)
    acme.texted(BOB, "SM2")
    acme.forget()
    assert acme.left() == [ANN, BOB]
    acme.clock.advance(11 * 86_400)
    acme.forget()
    assert acme.left() == [BOB]
    assert acme.conversations() == 1
    acme.clock.advance(20 * 86_400)
    acme.forget()
    assert acme.conversations() == 0


def test_of_a_conversation_that_goes_on_the_old_texts_go(acme: Desk) -> None:
    acme.texted(ANN, "SM1")
    acme.clock.advance(31 * 86_400)
    acme.texted(ANN, "SM2")
    acme.forget()
    assert acme.left() == [ANN]
    assert acme.conversations() == 1


def test_what_is_still_to_be_sent_stays(acme: Desk) -> None:
    now = acme.clock.now()
    due_at = Instant(now + 60 * DAY)
    thread = Thread(acme.org, OURS, ANN)
    how = {"segments": 1, "due_at": due_at, "stale_at": due_at, "now": now}
    acme.db.write_now(outbox.put, thread, "We will call you.", TextKind.REMINDER, **how)
    acme.texted(ANN, "SM1")
    acme.clock.advance(31 * 86_400)
    acme.forget()
    assert acme.left() == [ANN]  # the reminder
    assert acme.conversations() == 1


def test_many_go_in_batches_and_each_organization_has_its_days(acme: Desk) -> None:
    other = Desk(acme.db, acme.clock, "globex", 300)
    other.texted(ANN, "SM1")
    for number in range(600):
        acme.texted(f"+1201555{1000 + number}", f"SM{number}")
    acme.clock.advance(31 * 86_400)
    assert acme.db.write_now(forget_old, now=acme.clock.now())
    assert 0 < acme.conversations() < 600
    acme.forget()
    assert acme.conversations() == 0
    assert other.conversations() == 1


def test_that_somebody_wants_no_texts_is_not_forgotten(acme: Desk) -> None:
    acme.texted(ANN, "SM1")
    acme.db.write_now(opt_outs.opt_out, acme.org, ANN, "word", now=acme.clock.now())
    acme.clock.advance(400 * 86_400)
    acme.forget()
    assert acme.conversations() == 0
    assert acme.db.read_now(opt_outs.has_opted_out, acme.org, ANN)
