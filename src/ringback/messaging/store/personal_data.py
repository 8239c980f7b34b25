"""The SQL of all that was texted with a number."""

from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import StoredText
from ringback.messaging.store.columns import text_of


def texts_of_number(tx: Tx, org: OrgId, number: str, *, limit: int) -> list[StoredText]:
    """What was texted with a customer's number, from whichever of ours, oldest first."""
    rows = tx.all(
        """
        SELECT * FROM texts WHERE org_id = :org AND customer_number = :number AND our_number IN (
            SELECT our_number FROM conversations WHERE org_id = :org AND customer_number = :number
        )
        ORDER BY created_at, our_number, place LIMIT :limit
        """,
        org=org,
        number=number,
        limit=limit,
    )
    return [text_of(row) for row in rows]


def is_sending(tx: Tx, org: OrgId, number: str) -> bool:
    """Whether a text to that number is in the hands of a worker just now."""
    found = tx.one(
        """
        SELECT 1 FROM texts WHERE org_id = :org AND customer_number = :number AND state = 'sending' AND our_number IN (
            SELECT our_number FROM conversations WHERE org_id = :org AND customer_number = :number
        )
        LIMIT 1
        """,
        org=org,
        number=number,
    )
    return found is not None


def delete_conversations(tx: Tx, org: OrgId, number: str) -> int:
    """Delete the conversations with a number, and with them their texts; how many texts there were."""
    # In two steps, so that they can be counted.
    texts = tx.run(
        """
        DELETE FROM texts WHERE org_id = :org AND customer_number = :number AND our_number IN (
            SELECT our_number FROM conversations WHERE org_id = :org AND customer_number = :number
        )
        """,
        org=org,
        number=number,
    )
    tx.run("DELETE FROM conversations WHERE org_id = :org AND customer_number = :number", org=org, number=number)
    return texts
