"""The SQL of texts that are to be sent: in order within a conversation, by one worker at a time, and told of later."""

from ringback.db.claims import Lease
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import CallbackId, OrgId
from ringback.messaging.gateways.port import Delivery, DeliveryState, TextId, later
from ringback.messaging.model import StoredText, TextKind, TextState, Thread
from ringback.messaging.store.columns import text_of
from ringback.messaging.store.conversations import next_place

_NEVER_SENT = {TextState.DROPPED.value, TextState.RECEIVED.value, TextState.HANDLED.value}
_TOLD = {state.value for state in DeliveryState}


def put(
    tx: Tx,
    thread: Thread,
    body: str,
    kind: TextKind,
    *,
    segments: int,
    due_at: Instant,
    stale_at: Instant,
    callback_id: CallbackId | None = None,
    occasion: str | None = None,
    now: Instant,
) -> TextId:
    """A text to be sent when it is due, unless it is stale by then.

    Of a callback there is one of each kind and occasion: make sure before that there is none.
    """
    text_id = TextId(new_id(now))
    tx.run(
        """
        INSERT INTO texts (
            org_id, our_number, customer_number, place, id, direction, kind, state, body, callback_id, occasion,
            segments, due_at, stale_at, created_at, updated_at
        ) VALUES (
            :org, :ours, :theirs, :place, :id, 'out', :kind, 'pending', :body, :callback, :occasion,
            :segments, :due_at, :stale_at, :now, :now
        )
        """,
        org=thread.org,
        ours=thread.our_number,
        theirs=thread.customer_number,
        place=next_place(tx, thread, now=now),
        id=text_id,
        kind=kind,
        body=body,
        callback=callback_id,
        occasion=occasion,
        segments=segments,
        due_at=due_at,
        stale_at=stale_at,
        now=now,
    )
    return text_id


def occasions(tx: Tx, org: OrgId, callback_id: CallbackId) -> set[tuple[TextKind, str | None]]:
    """What has been told of a callback, or will be."""
    rows = tx.all(
        "SELECT kind, occasion FROM texts WHERE org_id = :org AND callback_id = :callback",
        org=org,
        callback=callback_id,
    )
    return {(TextKind(row["kind"]), row["occasion"]) for row in rows}


def due(tx: Tx, *, now: Instant, limit: int) -> list[StoredText]:
    """Texts that are due, locked until the transaction ends: of each conversation the first one alone.

    One that waits for its first time holds nobody up; one that is being sent, or tried again, holds up those after it.
    """
    # Counted, conversation by conversation: of NOT EXISTS PostgreSQL makes a join with all texts there ever were.
    rows = tx.all(
        """
        SELECT * FROM texts
        WHERE due_at <= :now AND 0 = (
            SELECT COUNT(*) FROM texts AS before
            WHERE before.org_id = texts.org_id AND before.our_number = texts.our_number
              AND before.customer_number = texts.customer_number AND before.place < texts.place
              AND (before.state = 'sending'
                   OR (before.state IN ('pending', 'unsure') AND (before.due_at <= :now OR before.tries > 0)))
        )
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
        """,
        now=now,
        limit=limit,
    )
    return [text_of(row) for row in rows]


def begin(tx: Tx, text: StoredText, lease: Lease, *, now: Instant) -> None:
    """A worker hands the text over from now on."""
    tx.run(
        """
        UPDATE texts SET state = 'sending', due_at = NULL, tries = tries + 1, tried_at = :now, updated_at = :now,
            lease_owner = :owner, lease_until = :until
        WHERE org_id = :org AND id = :id
        """,
        org=text.thread.org,
        id=text.id,
        owner=lease.owner,
        until=lease.until,
        now=now,
    )


def take_over_lost(tx: Tx, *, now: Instant) -> int:
    """Texts whose worker has fallen silent: whether they were sent is not known. How many there were."""
    return tx.run(
        """
        UPDATE texts SET state = 'unsure', due_at = :now, lease_owner = NULL, lease_until = NULL, updated_at = :now
        WHERE state = 'sending' AND lease_until <= :now
        """,
        now=now,
    )


def put_off(tx: Tx, text: StoredText, owner: str, *, until: Instant, is_unsure: bool, now: Instant) -> None:
    """Look at the text again then."""
    _change(tx, text, owner, TextState.UNSURE if is_unsure else TextState.PENDING, None, due_at=until, now=now)


def end(tx: Tx, text: StoredText, owner: str, state: TextState, reason: str, *, now: Instant) -> None:
    """The text is not sent: it ``failed``, or was ``dropped``."""
    _change(tx, text, owner, state, reason, due_at=None, now=now)


def told(tx: Tx, org: OrgId, text_id: TextId, delivery: Delivery, *, now: Instant) -> bool:
    """What the gateway says of a text, by answer or by webhook, in any order; whether that was news."""
    row = tx.one("SELECT state FROM texts WHERE org_id = :org AND id = :id FOR UPDATE", org=org, id=text_id)
    if row is None or row["state"] in _NEVER_SENT:
        return False
    known = row["state"]
    merged = later(DeliveryState(known), delivery.state) if known in _TOLD else delivery.state
    if merged.value == known:
        return False
    tx.run(
        """
        UPDATE texts SET state = :state, provider_id = :provider, reason = :reason, due_at = NULL, lease_owner = NULL,
            lease_until = NULL, updated_at = :now
        WHERE org_id = :org AND id = :id
        """,
        org=org,
        id=text_id,
        state=merged,
        provider=delivery.provider_id,
        reason=delivery.reason,
        now=now,
    )
    return True


def _change(
    tx: Tx,
    text: StoredText,
    owner: str,
    state: TextState,
    reason: str | None,
    *,
    due_at: Instant | None,
    now: Instant,
) -> None:
    """Only while it is the owner's, or nobody's: a webhook may have been quicker, and another worker has it then."""
    tx.run(
        """
        UPDATE texts SET state = :state, reason = :reason, due_at = :due_at, lease_owner = NULL, lease_until = NULL,
            updated_at = :now
        WHERE org_id = :org AND id = :id
          AND (state IN ('pending', 'unsure') OR (state = 'sending' AND lease_owner = :owner))
        """,
        org=text.thread.org,
        id=text.id,
        owner=owner,
        state=state,
        reason=reason,
        due_at=due_at,
        now=now,
    )
