"""The tables of the foundations: organizations with their configuration, callbacks with their attempts, and the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _organizations()
    _policies()
    _access_tokens()
    _organization_access()
    _user_data_sets()
    _call_targets()
    _widgets()
    _blocked_numbers()
    _callbacks()
    _attempts()
    _callback_events()
    _timeslots()
    _call_target_load()
    _handle_times()
    _dispatch_turns()
    _idempotency_keys()
    _audit_log()


def _organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("key", name=op.f("uq_organizations_key")),
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_policies_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_policies")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_policies_org_id_key")),
    )


def _access_tokens() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_on", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "policy_id"],
            ["policies.org_id", "policies.id"],
            name=op.f("fk_access_tokens_org_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("org_id", "policy_id", "name", name=op.f("uq_access_tokens_org_id_policy_id_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_access_tokens_secret_hash")),
    )


def _organization_access() -> None:
    op.create_table(
        "organization_access",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=True),
        sa.Column("public", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("public IN (0, 1)", name=op.f("ck_organization_access_public")),
        sa.ForeignKeyConstraint(
            ["org_id", "policy_id"], ["policies.org_id", "policies.id"], name="fk_organization_access_policy"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_organization_access_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_organization_access")),
    )


def _user_data_sets() -> None:
    op.create_table(
        "user_data_sets",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_user_data_sets_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_user_data_sets")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_user_data_sets_org_id_key")),
    )


def _call_targets() -> None:
    op.create_table(
        "call_targets",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_call_targets_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_call_targets")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_call_targets_org_id_key")),
    )


def _widgets() -> None:
    op.create_table(
        "widgets",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=True),
        sa.Column("user_data_set_id", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(kind = 'convey') = (slug IS NOT NULL)", name=op.f("ck_widgets_convey_has_slug")),
        sa.CheckConstraint("kind IN ('widget', 'convey')", name=op.f("ck_widgets_kind")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], name=op.f("fk_widgets_org_id")
        ),
        sa.ForeignKeyConstraint(["org_id", "policy_id"], ["policies.org_id", "policies.id"], name="fk_widgets_policy"),
        sa.ForeignKeyConstraint(
            ["org_id", "user_data_set_id"],
            ["user_data_sets.org_id", "user_data_sets.id"],
            name="fk_widgets_user_data_set",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_widgets")),
        sa.UniqueConstraint("id", name=op.f("uq_widgets_id")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_widgets_org_id_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_widgets_slug")),
    )


def _blocked_numbers() -> None:
    op.create_table(
        "blocked_numbers",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('number', 'prefix')", name=op.f("ck_blocked_numbers_scope")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_blocked_numbers_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "pattern", "scope", name=op.f("pk_blocked_numbers")),
    )


def _callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("widget_id", sa.Text(), nullable=False),
        sa.Column("contact_number", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("user_data", sa.Text(), nullable=False),
        sa.Column("opt_ins", sa.Text(), nullable=True),
        sa.Column("order_at", sa.BigInteger(), nullable=False),
        sa.Column("appointment_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("duplicate_guard", sa.Text(), nullable=True),
        sa.Column("promised_seconds", sa.Integer(), nullable=True),
        sa.Column("promised_low", sa.Integer(), nullable=True),
        sa.Column("promised_high", sa.Integer(), nullable=True),
        sa.Column("promise_inputs", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)", name=op.f("ck_callbacks_finished_has_time")
        ),
        sa.CheckConstraint(
            "(state = 'finished') = (outcome IS NOT NULL)", name=op.f("ck_callbacks_finished_has_outcome")
        ),
        sa.CheckConstraint(
            "(state IN ('dialing', 'connecting', 'talking')) = (lease_until IS NOT NULL)",
            name=op.f("ck_callbacks_live_call_has_lease"),
        ),
        sa.CheckConstraint(
            "(type = 'scheduled') = (appointment_at IS NOT NULL)", name=op.f("ck_callbacks_appointment")
        ),
        sa.CheckConstraint(
            "outcome IN ('success', 'canceled', 'unavailable', 'not_completed', 'abandoned', 'rescheduled_away', 'expired', 'failure')",
            name=op.f("ck_callbacks_outcome"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'waitlisted', 'dialing', 'connecting', 'talking', 'finished')",
            name=op.f("ck_callbacks_state"),
        ),
        sa.CheckConstraint("type IN ('asap', 'scheduled')", name=op.f("ck_callbacks_type")),
        sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name=op.f("ck_callbacks_lease_has_owner")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_callbacks_attempts")),
        sa.CheckConstraint("erased_at IS NULL OR state = 'finished'", name=op.f("ck_callbacks_erased_is_finished")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], name=op.f("fk_callbacks_org_id")
        ),
        sa.ForeignKeyConstraint(["org_id", "widget_id"], ["widgets.org_id", "widgets.id"], name="fk_callbacks_widget"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_callbacks")),
    )
    op.create_index(
        "ix_callbacks_due",
        "callbacks",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_callbacks_kept",
        "callbacks",
        ["org_id", "finished_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL AND erased_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL AND erased_at IS NULL"),
    )
    op.create_index(
        "ix_callbacks_lease",
        "callbacks",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('dialing', 'connecting', 'talking')"),
        postgresql_where=sa.text("state IN ('dialing', 'connecting', 'talking')"),
    )
    op.create_index(
        "ix_callbacks_line",
        "callbacks",
        ["org_id", "call_target_id", "order_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'waitlisted')"),
        postgresql_where=sa.text("state IN ('pending', 'waitlisted')"),
    )
    op.create_index("ix_callbacks_number", "callbacks", ["org_id", "contact_number", "created_at"], unique=False)
    op.create_index(
        "ux_callbacks_duplicate",
        "callbacks",
        ["org_id", "call_target_id", "duplicate_guard"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL AND duplicate_guard IS NOT NULL"),
        postgresql_where=sa.text("outcome IS NULL AND duplicate_guard IS NOT NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("first_party", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("ringing_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("connected_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('answered', 'busy', 'no_answer', 'machine', 'rejected', 'invalid_number', 'congestion', 'failed', 'canceled')",
            name=op.f("ck_attempts_cause"),
        ),
        sa.CheckConstraint("first_party IN ('customer', 'agent')", name=op.f("ck_attempts_first_party")),
        sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name=op.f("ck_attempts_ended_has_cause")),
        sa.ForeignKeyConstraint(
            ["org_id", "callback_id"],
            ["callbacks.org_id", "callbacks.id"],
            name=op.f("fk_attempts_org_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "callback_id", "number", name=op.f("pk_attempts")),
        sa.UniqueConstraint("id", name=op.f("uq_attempts_id")),
    )
    op.create_index(
        "ux_attempts_live",
        "attempts",
        ["org_id", "callback_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _callback_events() -> None:
    op.create_table(
        "callback_events",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "callback_id"],
            ["callbacks.org_id", "callbacks.id"],
            name=op.f("fk_callback_events_org_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "callback_id", "id", name=op.f("pk_callback_events")),
    )


def _timeslots() -> None:
    op.create_table(
        "timeslots",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_timeslots_taken")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], name=op.f("fk_timeslots_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", "starts_at", name=op.f("pk_timeslots")),
    )


def _call_target_load() -> None:
    op.create_table(
        "call_target_load",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("pending_asap", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("pending_scheduled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waitlisted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("dialing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("connecting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("talking", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_call_target_load_org_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", "shard", name=op.f("pk_call_target_load")),
    )


def _handle_times() -> None:
    op.create_table(
        "handle_times",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("mean_seconds", sa.Float(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_handle_times_org_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", name=op.f("pk_handle_times")),
    )


def _dispatch_turns() -> None:
    op.create_table(
        "dispatch_turns",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("held", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held IN (0, 1)", name=op.f("ck_dispatch_turns_held")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_dispatch_turns_org_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", name=op.f("pk_dispatch_turns")),
    )
    op.create_index(
        "ix_dispatch_turns_held",
        "dispatch_turns",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("held = 1"),
        postgresql_where=sa.text("held = 1"),
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("widget_id", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "widget_id"], ["widgets.org_id", "widgets.id"], name=op.f("fk_idempotency_keys_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "widget_id", "key_hash", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_audit_log_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_audit_log")),
    )
