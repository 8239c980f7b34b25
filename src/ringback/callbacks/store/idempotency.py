"""Answers kept under idempotency keys."""

from ringback.callbacks.model import IdempotencyKey
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId, WidgetId


def claim_key(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey, *, expired: Instant, now: Instant) -> bool:
    """Claim an idempotency key for this transaction; False when it was used since ``expired``.

    A simultaneous twin waits here until the first has committed, and then finds its answer.
    """
    claimed = tx.run(
        """
        INSERT INTO idempotency_keys (org_id, widget_id, key_hash, body_hash, answer, created_at)
        VALUES (:org, :widget, :key, :body, '', :now)
        ON CONFLICT (org_id, widget_id, key_hash)
            DO UPDATE SET body_hash = excluded.body_hash, answer = '', created_at = excluded.created_at
            WHERE idempotency_keys.created_at <= :expired
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
        body=key.body_hash,
        expired=expired,
        now=now,
    )
    return claimed == 1


def remember_answer(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey, answer: str) -> None:
    """Store the answer under a key claimed in this transaction."""
    tx.run(
        """
        UPDATE idempotency_keys SET answer = :answer
        WHERE org_id = :org AND widget_id = :widget AND key_hash = :key
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
        answer=answer,
    )


def remembered_answer(tx: Tx, org: OrgId, widget_id: WidgetId, key: IdempotencyKey) -> tuple[str, str]:
    """The body digest and the answer stored under a used key."""
    row = tx.one(
        """
        SELECT body_hash, answer FROM idempotency_keys
        WHERE org_id = :org AND widget_id = :widget AND key_hash = :key
        """,
        org=org,
        widget=widget_id,
        key=key.key_hash,
    )
    return (row["body_hash"], row["answer"]) if row else ("", "")


def forget_answers(tx: Tx, before: Instant, limit: int) -> int:
    """Delete idempotency keys older than ``before``, at most ``limit`` of them."""
    return tx.run(
        """
        DELETE FROM idempotency_keys WHERE (org_id, widget_id, key_hash) IN (
            SELECT org_id, widget_id, key_hash FROM idempotency_keys WHERE created_at < :before LIMIT :limit
        )
        """,
        before=before,
        limit=limit,
    )
