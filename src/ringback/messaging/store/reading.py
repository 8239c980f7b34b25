"""The SQL of reading conversations, for the console."""

from dataclasses import dataclass, field

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import StoredText, Thread
from ringback.messaging.store.columns import text_of, thread_of


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in a list: its newest text."""

    thread: Thread
    updated_at: Instant
    newest: str = field(repr=False)
    is_inbound: bool
    state: str
    opted_out: bool


@dataclass(frozen=True, slots=True)
class OptedOut:
    """A number that wants no texts."""

    number: str = field(repr=False)
    source: str
    since: Instant


def list_conversations(
    tx: Tx, org: OrgId, *, number: str = "", before: Instant | None = None, limit: int
) -> list[Summary]:
    """Conversations, the one that went on last first; of one customer, or begun before some instant."""
    rows = tx.all(
        """
        SELECT c.org_id, c.our_number, c.customer_number, c.updated_at, t.body, t.direction, t.state,
            CASE WHEN EXISTS (
                SELECT 1 FROM text_opt_outs o WHERE o.org_id = c.org_id AND o.number = c.customer_number
            ) THEN 1 ELSE 0 END AS opted_out
        FROM conversations c JOIN texts t ON t.org_id = c.org_id AND t.our_number = c.our_number
            AND t.customer_number = c.customer_number AND t.place = (
                SELECT MAX(place) FROM texts n WHERE n.org_id = c.org_id AND n.our_number = c.our_number
                  AND n.customer_number = c.customer_number
            )
        WHERE c.org_id = :org AND c.updated_at < :before AND (:number = '' OR c.customer_number = :number)
        ORDER BY c.updated_at DESC LIMIT :limit
        """,
        org=org,
        number=number,
        before=before if before is not None else 2**62,
        limit=limit,
    )
    return [
        Summary(
            thread_of(row),
            Instant(row["updated_at"]),
            row["body"],
            row["direction"] == "in",
            row["state"],
            bool(row["opted_out"]),
        )
        for row in rows
    ]


def list_texts(tx: Tx, thread: Thread, *, limit: int) -> list[StoredText]:
    """The newest texts of a conversation, oldest first."""
    rows = tx.all(
        """
        SELECT * FROM texts WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs
        ORDER BY place DESC LIMIT :limit
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        limit=limit,
    )
    return [text_of(row) for row in reversed(rows)]


def list_opt_outs(tx: Tx, org: OrgId, *, limit: int) -> list[OptedOut]:
    """Who wants no texts, newest first."""
    rows = tx.all(
        "SELECT number, source, since FROM text_opt_outs WHERE org_id = :org ORDER BY since DESC LIMIT :limit",
        org=org,
        limit=limit,
    )
    return [OptedOut(row["number"], row["source"], Instant(row["since"])) for row in rows]


def forget_before(tx: Tx, org: OrgId, before: Instant, *, limit: int) -> int:
    """Delete conversations in which nothing was said since then, and texts of before; how many there were.

    What is still to be sent stays, with its conversation.
    """
    rows = tx.all(
        """
        SELECT org_id, our_number, customer_number FROM conversations
        WHERE org_id = :org AND updated_at < :before AND NOT EXISTS (
            SELECT 1 FROM texts
            WHERE texts.org_id = conversations.org_id AND texts.our_number = conversations.our_number
              AND texts.customer_number = conversations.customer_number AND texts.due_at IS NOT NULL
        )
        ORDER BY updated_at LIMIT :limit
        """,
        org=org,
        before=before,
        limit=limit,
    )
    for row in rows:
        thread = thread_of(row)
        tx.run(
            "DELETE FROM conversations WHERE org_id = :org AND our_number = :ours AND customer_number = :theirs",
            org=org,
            ours=thread.our_number,
            theirs=thread.customer_number,
        )
    texts = tx.run(
        """
        DELETE FROM texts WHERE org_id = :org AND id IN (
            SELECT id FROM texts WHERE org_id = :org AND created_at < :before AND due_at IS NULL LIMIT :limit
        )
        """,
        org=org,
        before=before,
        limit=limit - len(rows),
    )
    return len(rows) + texts
