"""Every table, with the CHECKs and indexes that make wrong rows impossible.

SQLAlchemy describes the schema for the migrations only; requests run the SQL of the stores. Every key starts with the
organization, so that the data can be partitioned by tenant later. Instants are microseconds UTC (BIGINT), settings
documents and other structures JSON text, truth values 0 or 1.

A state's name stands here and in ``callbacks/lifecycle.py``; a test holds the two against each other.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

LIVE_CALL = "state IN ('dialing', 'connecting', 'talking')"
IN_LINE = "state IN ('pending', 'waitlisted')"


def _instant(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _number(name: str, *, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else text(str(default)))


def _sum(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _truth(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN (0, 1)", name=column)


organizations = Table(
    "organizations",
    metadata,
    _text("id"),
    _text("key"),
    _text("name"),
    _text("document"),
    _number("version"),
    _instant("created_at"),
    _instant("updated_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("key"),
)

policies = Table(
    "policies",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("key"),
    _text("document"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "key"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("policy_id"),
    _text("name"),
    _text("secret_hash"),
    _instant("created_at"),
    _instant("expires_at", optional=True),
    _instant("revoked_at", optional=True),
    _text("last_used_on", optional=True),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id", "policy_id"], ["policies.org_id", "policies.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "policy_id", "name"),
    UniqueConstraint("secret_hash"),
)

organization_access = Table(
    "organization_access",
    metadata,
    _text("org_id"),
    _text("policy_id", optional=True),
    _number("public", default=0),
    PrimaryKeyConstraint("org_id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["org_id", "policy_id"], ["policies.org_id", "policies.id"], name="fk_organization_access_policy"
    ),
    _truth("public"),
)

user_data_sets = Table(
    "user_data_sets",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("key"),
    _text("document"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "key"),
)

templates = Table(
    "templates",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("key"),
    _text("document"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "key"),
)

call_targets = Table(
    "call_targets",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("key"),
    _text("document"),
    _instant("updated_at"),
    _instant("removed_at", optional=True),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "key"),
)

# What is being changed about a call target and not in force yet; ``made_from`` is what was in force when it was saved.
call_target_drafts = Table(
    "call_target_drafts",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    _text("document"),
    _text("made_from"),
    _text("saved_by"),
    _instant("saved_at"),
    PrimaryKeyConstraint("org_id", "call_target_id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], ondelete="CASCADE"),
)

widgets = Table(
    "widgets",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("key"),
    _text("kind"),
    _text("slug", optional=True),
    _text("call_target_id"),
    _text("policy_id", optional=True),
    _text("user_data_set_id", optional=True),
    _number("position"),
    _text("document"),
    _instant("updated_at"),
    _instant("removed_at", optional=True),
    # How its page looks; NULL is the standard look.
    _text("template_id", optional=True),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    ForeignKeyConstraint(["org_id", "policy_id"], ["policies.org_id", "policies.id"], name="fk_widgets_policy"),
    ForeignKeyConstraint(
        ["org_id", "user_data_set_id"], ["user_data_sets.org_id", "user_data_sets.id"], name="fk_widgets_user_data_set"
    ),
    ForeignKeyConstraint(["org_id", "template_id"], ["templates.org_id", "templates.id"], name="fk_widgets_template"),
    UniqueConstraint("org_id", "key"),
    UniqueConstraint("id"),
    UniqueConstraint("slug"),
    _one_of("kind", "widget", "convey"),
    CheckConstraint("(kind = 'convey') = (slug IS NOT NULL)", name="convey_has_slug"),
)

blocked_numbers = Table(
    "blocked_numbers",
    metadata,
    _text("org_id"),
    _text("pattern"),
    _text("scope"),
    # file, never_call (the customer's own wish), console (a person's decision, with their words in the note).
    _text("reason"),
    _instant("created_at"),
    _text("note", optional=True),
    _text("blocked_by", optional=True),
    PrimaryKeyConstraint("org_id", "pattern", "scope"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    _one_of("scope", "number", "prefix"),
)

callbacks = Table(
    "callbacks",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("call_target_id"),
    _text("widget_id"),
    _text("contact_number"),
    _text("contact_name", optional=True),
    _text("type"),
    _text("state"),
    _text("outcome", optional=True),
    _text("channel"),
    _text("locale"),
    _text("time_zone"),
    _text("user_data"),
    _text("opt_ins", optional=True),
    # Place in line: the original request time (ASAP) or the appointment (scheduled). Retries keep it.
    _instant("order_at"),
    _instant("appointment_at", optional=True),
    # When it is next to be looked at: after the minimum delay, at its slot, after a retry delay, at the next opening.
    _instant("due_at"),
    # The number itself while the call target's duplicate rule guards it; NULL under the rule 'allow'.
    _text("duplicate_guard", optional=True),
    # The promise made when it was asked for: seconds, and the facts it was made from. NULL for scheduled ones.
    Column("promised_seconds", Integer, nullable=True),
    Column("promised_low", Integer, nullable=True),
    Column("promised_high", Integer, nullable=True),
    _text("promise_inputs", optional=True),
    _number("attempts", default=0),
    _text("lease_owner", optional=True),
    _instant("lease_until", optional=True),
    _instant("created_at"),
    _instant("updated_at"),
    _instant("finished_at", optional=True),
    # When the number, name and user data were replaced, at the end of the organization's retention.
    _instant("erased_at", optional=True),
    # When its first attempt was claimed: the end of the wait that was promised.
    _instant("launched_at", optional=True),
    # 1 from a change until it has been looked at whether the customer is to be told of it by text.
    _number("to_tell", default=0),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    ForeignKeyConstraint(["org_id", "widget_id"], ["widgets.org_id", "widgets.id"], name="fk_callbacks_widget"),
    _one_of("type", "asap", "scheduled"),
    _one_of("state", "pending", "waitlisted", "dialing", "connecting", "talking", "finished"),
    _one_of(
        "outcome",
        "success",
        "canceled",
        "unavailable",
        "not_completed",
        "abandoned",
        "rescheduled_away",
        "expired",
        "failure",
    ),
    CheckConstraint("(type = 'scheduled') = (appointment_at IS NOT NULL)", name="appointment"),
    CheckConstraint("(state = 'finished') = (outcome IS NOT NULL)", name="finished_has_outcome"),
    CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_has_time"),
    CheckConstraint("erased_at IS NULL OR state = 'finished'", name="erased_is_finished"),
    CheckConstraint(f"({LIVE_CALL}) = (lease_until IS NOT NULL)", name="live_call_has_lease"),
    CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease_has_owner"),
    CheckConstraint("attempts >= 0", name="attempts"),
)
Index(
    "ux_callbacks_duplicate",
    callbacks.c.org_id,
    callbacks.c.call_target_id,
    callbacks.c.duplicate_guard,
    unique=True,
    sqlite_where=text("outcome IS NULL AND duplicate_guard IS NOT NULL"),
    postgresql_where=text("outcome IS NULL AND duplicate_guard IS NOT NULL"),
)
Index("ix_callbacks_number", callbacks.c.org_id, callbacks.c.contact_number, callbacks.c.created_at)
# Lists, newest first, since ids grow: of one outcome, of those without one yet, of one call target.
Index("ix_callbacks_outcome", callbacks.c.org_id, callbacks.c.outcome, callbacks.c.id)
Index("ix_callbacks_call_target", callbacks.c.org_id, callbacks.c.call_target_id, callbacks.c.id)
Index(
    "ix_callbacks_due",
    callbacks.c.due_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "ix_callbacks_to_tell",
    callbacks.c.updated_at,
    sqlite_where=text("to_tell = 1"),
    postgresql_where=text("to_tell = 1"),
)
# What finished callbacks still say of people: those that have been erased leave it.
Index(
    "ix_callbacks_kept",
    callbacks.c.org_id,
    callbacks.c.finished_at,
    sqlite_where=text("finished_at IS NOT NULL AND erased_at IS NULL"),
    postgresql_where=text("finished_at IS NOT NULL AND erased_at IS NULL"),
)
# What ended when, and how: an organization's day is one stretch of it.
Index(
    "ix_callbacks_finished",
    callbacks.c.org_id,
    callbacks.c.finished_at,
    callbacks.c.call_target_id,
    callbacks.c.outcome,
    sqlite_where=text("finished_at IS NOT NULL"),
    postgresql_where=text("finished_at IS NOT NULL"),
)
Index(
    "ix_callbacks_line",
    callbacks.c.org_id,
    callbacks.c.call_target_id,
    callbacks.c.order_at,
    callbacks.c.id,
    sqlite_where=text(IN_LINE),
    postgresql_where=text(IN_LINE),
)
Index(
    "ix_callbacks_lease",
    callbacks.c.lease_until,
    sqlite_where=text(LIVE_CALL),
    postgresql_where=text(LIVE_CALL),
)

attempts = Table(
    "attempts",
    metadata,
    _text("org_id"),
    _text("callback_id"),
    _number("number"),
    _text("id"),
    _text("first_party"),
    _instant("claimed_at"),
    _instant("ringing_at", optional=True),
    _instant("answered_at", optional=True),
    _instant("connected_at", optional=True),
    _instant("ended_at", optional=True),
    _text("cause", optional=True),
    # The call flow with the commands not yet carried out, until every leg is hung up: it may outlast the attempt.
    _text("flow", optional=True),
    # When the flow is to be woken: at a time limit, or to carry out commands again.
    _instant("wake_at", optional=True),
    PrimaryKeyConstraint("org_id", "callback_id", "number"),
    ForeignKeyConstraint(["org_id", "callback_id"], ["callbacks.org_id", "callbacks.id"], ondelete="CASCADE"),
    UniqueConstraint("id"),
    _one_of("first_party", "customer", "agent"),
    _one_of(
        "cause",
        "answered",
        "busy",
        "no_answer",
        "machine",
        "rejected",
        "invalid_number",
        "congestion",
        "failed",
        "canceled",
    ),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended_has_cause"),
)
Index(
    "ux_attempts_live",
    attempts.c.org_id,
    attempts.c.callback_id,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_attempts_wake",
    attempts.c.wake_at,
    sqlite_where=text("wake_at IS NOT NULL"),
    postgresql_where=text("wake_at IS NOT NULL"),
)

callback_events = Table(
    "callback_events",
    metadata,
    _text("org_id"),
    _text("callback_id"),
    _text("id"),
    _instant("at"),
    _text("kind"),
    _text("details"),
    PrimaryKeyConstraint("org_id", "callback_id", "id"),
    ForeignKeyConstraint(["org_id", "callback_id"], ["callbacks.org_id", "callbacks.id"], ondelete="CASCADE"),
)
Index("ix_callback_events_at", callback_events.c.org_id, callback_events.c.at)

timeslots = Table(
    "timeslots",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    _instant("starts_at"),
    _number("taken"),
    PrimaryKeyConstraint("org_id", "call_target_id", "starts_at"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    CheckConstraint("taken >= 0", name="taken"),
)

# How many callbacks of a call target are in each state. Kept in the transaction of every move, so that an offer never
# has to count rows; spread over shards, so that simultaneous requests do not queue for one row. A shard alone may be
# negative, their sum never is.
call_target_load = Table(
    "call_target_load",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    _number("shard"),
    _number("pending_asap", default=0),
    _number("pending_scheduled", default=0),
    _number("waitlisted", default=0),
    _number("dialing", default=0),
    _number("connecting", default=0),
    _number("talking", default=0),
    PrimaryKeyConstraint("org_id", "call_target_id", "shard"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
)

# What the forecast has learned of a call target from its calls.
queue_memory = Table(
    "queue_memory",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    _text("document"),
    PrimaryKeyConstraint("org_id", "call_target_id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
)

# The newest report of how the agents' queue stands, from the ACD or the voice driver. NULL is what it did not tell.
queue_stats = Table(
    "queue_stats",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    _instant("at"),
    Column("calls_waiting", Integer, nullable=True),
    Column("oldest_wait", Float, nullable=True),
    Column("agents_staffed", Integer, nullable=True),
    Column("agents_available", Integer, nullable=True),
    Column("handle_time", Float, nullable=True),
    PrimaryKeyConstraint("org_id", "call_target_id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    CheckConstraint("calls_waiting >= 0", name="calls_waiting"),
    CheckConstraint("agents_staffed >= 0", name="agents_staffed"),
    CheckConstraint("agents_available >= 0", name="agents_available"),
)

# How each queue stood at the first look in each minute of the last day, and what was told of it then: NULL, nothing.
estimate_history = Table(
    "estimate_history",
    metadata,
    _text("org_id"),
    _instant("minute"),
    _text("call_target_id"),
    Column("promise", Integer, nullable=True),
    Column("low", Integer, nullable=True),
    Column("high", Integer, nullable=True),
    _number("waiting"),
    _number("dialing"),
    _number("connecting"),
    _number("talking"),
    PrimaryKeyConstraint("org_id", "minute", "call_target_id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], ondelete="CASCADE"),
    CheckConstraint("(promise IS NULL) = (low IS NULL) AND (promise IS NULL) = (high IS NULL)", name="estimate"),
    sqlite_with_rowid=False,
)

# The dispatcher's turn at a call target. Its row is the lock under which callbacks are released, one worker at a time.
dispatch_turns = Table(
    "dispatch_turns",
    metadata,
    _text("org_id"),
    _text("call_target_id"),
    # 1 while due callbacks are held back (waitlisted); then `look_at` says when to look again.
    _number("held", default=0),
    _instant("look_at"),
    PrimaryKeyConstraint("org_id", "call_target_id"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    _truth("held"),
)
Index(
    "ix_dispatch_turns_held",
    dispatch_turns.c.look_at,
    sqlite_where=text("held = 1"),
    postgresql_where=text("held = 1"),
)

# What the callbacks of a stretch of time came to, counted once it was over. A stretch is an hour, or a quarter of one
# where the organization's days do not begin at a full hour (UTC). See reports/model.py for what each column counts.
report_counts = Table(
    "report_counts",
    metadata,
    _text("org_id"),
    _instant("starts_at"),
    _text("call_target_id"),
    _text("channel"),
    _text("type"),
    _sum("requested"),
    _sum("success"),
    _sum("canceled"),
    _sum("unavailable"),
    _sum("not_completed"),
    _sum("abandoned"),
    _sum("rescheduled_away"),
    _sum("expired"),
    _sum("failure"),
    _sum("attempts"),
    _sum("retried"),
    _sum("at_first"),
    _sum("on_time"),
    _sum("late_2"),
    _sum("late_5"),
    _sum("late_15"),
    _sum("later"),
    _sum("never"),
    _sum("promised_seconds"),
    _sum("waited_seconds"),
    _sum("late_seconds"),
    _sum("spared"),
    _sum("spared_seconds"),
    _sum("held"),
    _sum("held_seconds"),
    PrimaryKeyConstraint("org_id", "starts_at", "call_target_id", "channel", "type"),
    ForeignKeyConstraint(["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"]),
    _one_of("type", "asap", "scheduled"),
    sqlite_with_rowid=False,
)

# Up to when each organization's callbacks have been counted. Its row is the lock under which they are.
report_progress = Table(
    "report_progress",
    metadata,
    _text("org_id"),
    _instant("counted_until"),
    PrimaryKeyConstraint("org_id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _text("org_id"),
    _text("widget_id"),
    _text("key_hash"),
    _text("body_hash"),
    _text("answer"),
    _instant("created_at"),
    PrimaryKeyConstraint("org_id", "widget_id", "key_hash"),
    ForeignKeyConstraint(["org_id", "widget_id"], ["widgets.org_id", "widgets.id"]),
)
Index("ix_idempotency_keys_created_at", idempotency_keys.c.created_at)

audit_log = Table(
    "audit_log",
    metadata,
    _text("org_id"),
    _text("id"),
    _instant("at"),
    _text("actor"),
    _text("origin"),
    _text("action"),
    _text("subject_kind"),
    _text("subject_key"),
    _text("before", optional=True),
    _text("after", optional=True),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
)

# Text messages. How an organization's texts are carried; what is secret of it is sealed.
text_accounts = Table(
    "text_accounts",
    metadata,
    _text("org_id"),
    _text("document"),
    _text("secrets_sealed", optional=True),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
)

# A conversation is between one number of the organization and one customer. `flow` is where it stands.
conversations = Table(
    "conversations",
    metadata,
    _text("org_id"),
    _text("our_number"),
    _text("customer_number"),
    _text("flow"),
    # The place of its newest text: texts of a conversation are read, and sent, in order of their places.
    _number("last_place", default=0),
    # When it is to be woken, though nobody texts: a question that was not answered.
    _instant("wake_at", optional=True),
    _instant("created_at"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id", "our_number", "customer_number"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
)
Index(
    "ix_conversations_wake",
    conversations.c.wake_at,
    sqlite_where=text("wake_at IS NOT NULL"),
    postgresql_where=text("wake_at IS NOT NULL"),
)
Index("ix_conversations_customer", conversations.c.org_id, conversations.c.customer_number)
Index("ix_conversations_updated_at", conversations.c.org_id, conversations.c.updated_at)

texts = Table(
    "texts",
    metadata,
    _text("org_id"),
    _text("our_number"),
    _text("customer_number"),
    _number("place"),
    _text("id"),
    _text("direction"),
    _text("kind"),
    _text("state"),
    _text("body"),
    # The gateway's id: a text that comes in is told at least once, and written down once.
    _text("provider_id", optional=True),
    _text("callback_id", optional=True),
    # Which of its attempts or appointments a notification is about: each is told of once.
    _text("occasion", optional=True),
    _text("reason", optional=True),
    _number("segments", default=0),
    # Pictures and the like that came with it, and were not looked at.
    _number("attachments", default=0),
    _number("tries", default=0),
    # When it is to be sent or tried again, and after when it says nothing any more.
    _instant("due_at", optional=True),
    _instant("stale_at", optional=True),
    _instant("tried_at", optional=True),
    _text("lease_owner", optional=True),
    _instant("lease_until", optional=True),
    _instant("created_at"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id", "our_number", "customer_number", "place"),
    ForeignKeyConstraint(
        ["org_id", "our_number", "customer_number"],
        ["conversations.org_id", "conversations.our_number", "conversations.customer_number"],
        ondelete="CASCADE",
        name="fk_texts_conversation",
    ),
    UniqueConstraint("org_id", "id"),
    _one_of("direction", "in", "out"),
    _one_of(
        "kind",
        "inbound",
        "reply",
        "opt_out",
        "confirmation",
        "reminder",
        "calling",
        "missed",
        "final",
        "canceled",
    ),
    _one_of(
        "state",
        "received",
        "handled",
        "pending",
        "sending",
        "unsure",
        "queued",
        "sent",
        "delivered",
        "read",
        "undelivered",
        "failed",
        "dropped",
    ),
    CheckConstraint("(direction = 'in') = (kind = 'inbound')", name="inbound"),
    CheckConstraint("(state IN ('received', 'handled')) = (direction = 'in')", name="direction_has_state"),
    CheckConstraint("(state IN ('pending', 'unsure')) = (due_at IS NOT NULL)", name="waiting_is_due"),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_has_lease"),
    CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease_has_owner"),
)
Index(
    "ux_texts_inbound",
    texts.c.org_id,
    texts.c.provider_id,
    unique=True,
    sqlite_where=text("direction = 'in'"),
    postgresql_where=text("direction = 'in'"),
)
Index(
    "ix_texts_received",
    texts.c.created_at,
    sqlite_where=text("state = 'received'"),
    postgresql_where=text("state = 'received'"),
)
Index(
    "ix_texts_due",
    texts.c.due_at,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
Index(
    "ix_texts_lease",
    texts.c.lease_until,
    sqlite_where=text("state = 'sending'"),
    postgresql_where=text("state = 'sending'"),
)
Index(
    "ux_texts_occasion",
    texts.c.org_id,
    texts.c.callback_id,
    texts.c.kind,
    texts.c.occasion,
    unique=True,
    sqlite_where=text("callback_id IS NOT NULL"),
    postgresql_where=text("callback_id IS NOT NULL"),
)
Index("ix_texts_created_at", texts.c.org_id, texts.c.created_at)

# An organization's own conversations, in place of those that come with Ringback.
automations = Table(
    "automations",
    metadata,
    _text("org_id"),
    _text("document"),
    _instant("updated_at"),
    PrimaryKeyConstraint("org_id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
)

# Who wants no texts from an organization: from any of its numbers, until they say otherwise.
text_opt_outs = Table(
    "text_opt_outs",
    metadata,
    _text("org_id"),
    _text("number"),
    _text("source"),
    _instant("since"),
    PrimaryKeyConstraint("org_id", "number"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    _one_of("source", "word", "gateway", "console"),
)

# People. They belong to no organization, so their keys do not begin with one; memberships say where they are at home.
users = Table(
    "users",
    metadata,
    _text("id"),
    _text("email"),
    _text("name"),
    _text("password_hash"),
    # The secret of one-time codes, sealed; the step of the last code used; what is kept of the recovery codes.
    _text("totp_sealed", optional=True),
    Column("totp_last_step", BigInteger, nullable=True),
    _text("recovery_hashes"),
    _instant("password_changed_at"),
    _instant("created_at"),
    _instant("disabled_at", optional=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("email"),
    CheckConstraint(
        "totp_sealed IS NOT NULL OR (totp_last_step IS NULL AND recovery_hashes = '[]')", name="codes_have_secret"
    ),
)

memberships = Table(
    "memberships",
    metadata,
    _text("org_id"),
    _text("user_id"),
    _text("role"),
    _instant("created_at"),
    PrimaryKeyConstraint("org_id", "user_id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    _one_of("role", "viewer", "supervisor", "manager", "administrator"),
)
Index("ix_memberships_user", memberships.c.user_id)

sessions = Table(
    "sessions",
    metadata,
    _text("token_hash"),
    _text("user_id"),
    _text("csrf"),
    # The organization last chosen by somebody who is at home in several.
    _text("org_id", optional=True),
    _instant("created_at"),
    _instant("last_seen_at"),
    _instant("expires_at"),
    _text("address"),
    _text("agent"),
    PrimaryKeyConstraint("token_hash"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="SET NULL"),
)
Index("ix_sessions_user", sessions.c.user_id)

invitations = Table(
    "invitations",
    metadata,
    _text("org_id"),
    _text("id"),
    _text("email"),
    _text("role"),
    _text("token_hash"),
    _text("invited_by"),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("accepted_at", optional=True),
    PrimaryKeyConstraint("org_id", "id"),
    ForeignKeyConstraint(["org_id"], ["organizations.id"], ondelete="CASCADE"),
    UniqueConstraint("token_hash"),
    _one_of("role", "viewer", "supervisor", "manager", "administrator"),
)
Index(
    "ux_invitations_open",
    invitations.c.org_id,
    invitations.c.email,
    unique=True,
    sqlite_where=text("accepted_at IS NULL"),
    postgresql_where=text("accepted_at IS NULL"),
)

# How often it was tried to sign in as somebody or from somewhere: when each meter will be empty (limits/rate.py).
sign_in_limits = Table(
    "sign_in_limits",
    metadata,
    _text("key_hash"),
    _instant("empty_at"),
    PrimaryKeyConstraint("key_hash"),
)
Index("ix_sign_in_limits_empty_at", sign_in_limits.c.empty_at)
