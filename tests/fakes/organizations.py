"""Organizations for tests: saved through the stores, one call target and one widget at a time."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import ringback.access.store as access
import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.access.model import PolicySettings
from ringback.availability.snapshot import Facts, take
from ringback.call_targets.model import CallTargetSettings
from ringback.callbacks import service as callbacks
from ringback.callbacks.model import IdempotencyKey, Requested, Wish
from ringback.configuration import service as configurations
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.phone import Number, NumberRules, parse_number
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import UserDataSet, Widget, WidgetKind, WidgetSettings


def customer(count: int = 0) -> Number:
    """One of ten thousand customers' numbers."""
    return parse_number(f"+1201555{count:04}", NumberRules())


class Organization:
    """An organization in a database. What is called twice with the same key is changed."""

    def __init__(self, db: Database, clock: Clock, key: str = "acme", **settings: Any) -> None:
        self.db, self.clock, self.org = db, clock, OrgId(key)
        self.settings: dict[str, Any] = {"name": "Acme", "numbers": {"region": "US"}}
        self.configure(**settings)

    @property
    def now(self) -> Instant:
        return self.clock.now()

    def configure(self, **settings: Any) -> None:
        """Change the organization's own settings."""
        self.settings |= settings
        document = OrganizationSettings.model_validate(self.settings)
        self._write(organizations.save, self.org, self.org, document, now=self.now)

    def call_target(self, key: str = "billing", **settings: Any) -> CallTargetId:
        """Save a call target; without settings it is always open and offers everything."""
        document = CallTargetSettings.model_validate({"name": key.title(), **settings})
        call_target_id = CallTargetId(f"{self.org}-{key}-target")
        self._write(call_targets.save, self.org, call_target_id, key, document, now=self.now)
        return call_target_id

    def widget(
        self,
        key: str = "billing",
        *,
        call_target: str = "billing",
        kind: WidgetKind = WidgetKind.WIDGET,
        position: int = 0,
        policy_id: PolicyId | None = None,
        user_data_set_id: UserDataSetId | None = None,
        template_id: TemplateId | None = None,
        **settings: Any,
    ) -> WidgetId:
        """Save a widget, or a convey whose slug is its key."""
        widget = Widget(
            id=WidgetId(f"{self.org}-{key}"),
            key=key,
            kind=kind,
            slug=key if kind is WidgetKind.CONVEY else None,
            position=position,
            call_target_id=CallTargetId(f"{self.org}-{call_target}-target"),
            policy_id=policy_id,
            user_data_set_id=user_data_set_id,
            settings=WidgetSettings.model_validate({"name": key, **settings}),
            messages=MessageSet(),
            template_id=template_id,
        )
        self._write(widgets.save, self.org, widget, now=self.now)
        return widget.id

    def remove_widget(self, key: str) -> None:
        self._write(widgets.remove, self.org, WidgetId(f"{self.org}-{key}"), now=self.now)

    def user_data_set(self, key: str, document: Mapping[str, Any]) -> UserDataSetId:
        set_id = UserDataSetId(f"{self.org}-{key}-data")
        data_set = UserDataSet.model_validate({"name": key, **document})
        self._write(widgets.save_user_data_set, self.org, set_id, key, data_set, now=self.now)
        return set_id

    def policy(self, key: str = "partners", **settings: Any) -> PolicyId:
        policy_id = PolicyId(f"{self.org}-{key}-policy")
        document = PolicySettings.model_validate({"name": key, **settings})
        self._write(access.save_policy, self.org, policy_id, key, document, now=self.now)
        return policy_id

    def guard(self, policy_id: PolicyId | None, *, public: bool = False) -> None:
        """Put a policy on the organization's endpoints."""
        self._write(organizations.save_access, self.org, policy_id=policy_id, public=public)

    def block(self, pattern: str, scope: str = "number") -> None:
        """Put a number or a prefix on the block list."""
        self.db.write_now(_block, self.org, pattern, scope, self.now)

    @property
    def configuration(self) -> Configuration:
        return self.db.read_now(configurations.load, self.org)

    def request(
        self,
        number: Number | None = None,
        *,
        widget: str = "billing",
        configuration: Configuration | None = None,
        idempotency_key: IdempotencyKey | None = None,
        **wish: Any,
    ) -> Requested:
        """Ask for a callback. An answer that was stored before comes back without its estimate."""
        answered: list[Requested] = []

        def render(requested: Requested) -> str:
            answered.append(requested)
            return requested.callback_id

        answer = self.db.write_now(
            callbacks.request_callback,
            configuration or self.configuration,
            WidgetId(f"{self.org}-{widget}"),
            Wish(number or customer(), **wish),
            render=render,
            idempotency_key=idempotency_key,
            now=self.now,
        )
        if answered:
            return answered[-1]
        return self.db.read_now(_answered_before, self.org, answer)

    def free_slots(self, widget: str = "billing") -> list[Instant]:
        """The times that can be booked now, as the offer lists them."""
        return self.db.read_now(_free_slots, self.configuration, WidgetId(f"{self.org}-{widget}"), self.now)

    def check_books(self) -> None:
        """What is counted beside the callbacks must be what the callbacks themselves say."""
        self.db.read_now(_check_books, self.org, self.now)

    def _write(self, save: Any, *args: Any, **kw: Any) -> None:
        def saved(tx: Tx) -> None:
            save(tx, *args, **kw)
            organizations.mark_changed(tx, self.org, now=self.now)

        self.db.write_now(saved)


def _block(tx: Tx, org: OrgId, pattern: str, scope: str, now: Instant) -> None:
    tx.run(
        "INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at)"
        " VALUES (:org, :pattern, :scope, 'test', :now)",
        org=org,
        pattern=pattern,
        scope=scope,
        now=now,
    )


def _answered_before(tx: Tx, org: OrgId, callback_id: Any) -> Requested:
    callback = callbacks.get(tx, org, callback_id)
    return Requested(callback.id, callback.created_at, callback.appointment_at, None, repeated=True)


def _free_slots(tx: Tx, configuration: Configuration, widget_id: WidgetId, now: Instant) -> list[Instant]:
    facts = Facts(
        callbacks.loads(tx, configuration.org), {}, {}, callbacks.taken_slots(tx, configuration.org, Instant(now))
    )
    return list(take(configuration, facts, {}, now).offers[widget_id].slots)


def _check_books(tx: Tx, org: OrgId, now: Instant) -> None:
    for row in tx.all("SELECT id FROM call_targets WHERE org_id = :org", org=org):
        target = row["id"]
        assert callbacks.load_of(tx, org, target) == callbacks.recount(tx, org, target)
        booked = Counter(
            row["appointment_at"]
            for row in tx.all(
                "SELECT appointment_at FROM callbacks WHERE org_id = :org AND call_target_id = :target"
                " AND outcome IS NULL AND appointment_at > :now",
                org=org,
                target=target,
                now=now,
            )
        )
        taken = callbacks.taken_slots(tx, org, Instant(now + 1)).get(target, {})
        assert taken == dict(booked)
