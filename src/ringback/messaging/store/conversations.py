"""The SQL of conversations, and of the texts that came in and wait to be answered."""

from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId
from ringback.messaging.gateways.port import Inbound
from ringback.messaging.model import Conversation, StoredText, Thread
from ringback.messaging.store.columns import text_of, thread_of


def next_place(tx: Tx, thread: Thread, *, now: Instant) -> int:
    """The place of the next text of a conversation, which begins with its first."""
    row = tx.one(
        """
        INSERT INTO conversations (
            org_id, our_number, customer_number, flow, last_place, wake_at, created_at, updated_at
        ) VALUES (:org, :ours, :theirs, '', 1, NULL, :now, :now)
        ON CONFLICT (org_id, our_number, customer_number)
        DO UPDATE SET last_place = conversations.last_place + 1, updated_at = excluded.updated_at
        RETURNING last_place
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        now=now,
    )
    if row is None:
        raise RuntimeError("a conversation was neither made nor found")
    return int(row["last_place"])


def receive(tx: Tx, thread: Thread, inbound: Inbound, *, now: Instant) -> bool:
    """Write down a text that came in; False when it was written down before."""
    known = tx.one(
        "SELECT 1 FROM texts WHERE org_id = :org AND provider_id = :provider AND direction = 'in'",
        org=thread.org,
        provider=inbound.provider_id,
    )
    if known is not None:
        return False
    written = tx.run(
        """
        INSERT INTO texts (
            org_id, our_number, customer_number, place, id, direction, kind, state, body, provider_id, reason,
            attachments, created_at, updated_at
        ) VALUES (
            :org, :ours, :theirs, :place, :id, 'in', 'inbound', 'received', :body, :provider, :reason,
            :attachments, :now, :now
        )
        ON CONFLICT (org_id, provider_id) WHERE direction = 'in' DO NOTHING
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        place=next_place(tx, thread, now=now),
        id=new_id(now),
        body=inbound.body,
        provider=inbound.provider_id,
        reason=inbound.answered or None,
        attachments=inbound.attachments,
        now=now,
    )
    return written == 1


def to_answer(tx: Tx, *, limit: int) -> list[Thread]:
    """The conversations with texts that wait to be answered, longest first."""
    # Materialized: SQLite would go through all texts there ever were, since they lie in the order that is grouped by.
    rows = tx.all(
        """
        WITH waiting AS MATERIALIZED (
            SELECT org_id, our_number, customer_number, created_at FROM texts WHERE state = 'received'
        )
        SELECT org_id, our_number, customer_number, MIN(created_at) AS since FROM waiting
        GROUP BY org_id, our_number, customer_number ORDER BY since LIMIT :limit
        """,
        limit=limit,
    )
    return [thread_of(row) for row in rows]


def to_wake(tx: Tx, *, now: Instant, limit: int) -> list[Thread]:
    """The conversations whose question was not answered in time."""
    rows = tx.all(
        """
        SELECT org_id, our_number, customer_number FROM conversations
        WHERE wake_at <= :now ORDER BY wake_at LIMIT :limit
        """,
        now=now,
        limit=limit,
    )
    return [thread_of(row) for row in rows]


def take(tx: Tx, thread: Thread) -> Conversation | None:
    """The conversation, locked until the transaction ends; None when another worker has it, or it is gone."""
    row = tx.one(
        """
        SELECT org_id, our_number, customer_number, flow, wake_at, updated_at FROM conversations
        WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs FOR UPDATE SKIP LOCKED
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
    )
    return _conversation(row) if row else None


def received(tx: Tx, thread: Thread) -> list[StoredText]:
    """The conversation's texts that wait to be answered, in order."""
    rows = tx.all(
        """
        SELECT * FROM texts
        WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs AND state = 'received' ORDER BY place
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
    )
    return [text_of(row) for row in rows]


def save(tx: Tx, thread: Thread, *, flow: str, wake_at: Instant | None, now: Instant) -> None:
    """Where the conversation stands after a turn; what came in until then is handled."""
    tx.run(
        """
        UPDATE conversations SET flow = :flow, wake_at = :wake_at, updated_at = :now
        WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        flow=flow,
        wake_at=wake_at,
        now=now,
    )


def handled(tx: Tx, thread: Thread, *, until_place: int, now: Instant) -> None:
    """What came in up to that place is answered."""
    tx.run(
        """
        UPDATE texts SET state = 'handled', updated_at = :now
        WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs AND state = 'received'
          AND place <= :place
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        place=until_place,
        now=now,
    )


def latest_of(tx: Tx, org: OrgId, customer_number: str) -> Thread | None:
    """The conversation that a customer last had with any of the organization's numbers."""
    row = tx.one(
        """
        SELECT org_id, our_number, customer_number FROM conversations
        WHERE org_id = :org AND customer_number = :number ORDER BY updated_at DESC LIMIT 1
        """,
        org=org,
        number=customer_number,
    )
    return thread_of(row) if row else None


def _conversation(row: Row) -> Conversation:
    wake_at = row["wake_at"]
    return Conversation(
        thread_of(row), row["flow"], None if wake_at is None else Instant(wake_at), Instant(row["updated_at"])
    )
