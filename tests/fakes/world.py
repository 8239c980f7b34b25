"""A small organization to test with, made directly in the stores, and what a test does with it.

``make_world`` makes an organization with one call target, open around the clock, and one widget on it;
``another_call_target`` adds to it. Settings of the call target are passed by name: ``make_world(db, clock, pacing={...})``.
"""

from dataclasses import dataclass, replace
from typing import Any

import ringback.call_targets.store as call_targets
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.call_targets.model import CallTargetSettings
from ringback.callbacks import service as callbacks
from ringback.callbacks.model import Callback, Wish
from ringback.configuration import service as configurations
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.forecast.model import Load
from ringback.kernel.clock import Clock, Instant
from ringback.kernel.phone import NumberRules, read_number
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId
from ringback.limits.model import Limits, Rate
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings


@dataclass(frozen=True)
class World:
    """An organization and the call target and widget that a test is about."""

    org: OrgId
    call_target: CallTargetId
    widget: WidgetId
    clock: Clock


def make_world(db: Database, clock: Clock, *, key: str = "acme", calls_per_day: int = 1000, **settings: Any) -> World:
    """An organization with one call target, named ``billing``, and one widget on it."""
    org = OrgId(key)

    def make(tx: Tx) -> None:
        own = OrganizationSettings(
            name=key.title(),
            numbers=NumberRules(region="US"),
            limits=Limits(per_number=Rate(requests=1000, seconds=60), calls_per_number_per_day=calls_per_day),
        )
        organizations.save(tx, org, key, own, now=clock.now())

    db.write_now(make)
    return another_call_target(db, World(org, CallTargetId(""), WidgetId(""), clock), "billing", **settings)


def another_call_target(db: Database, world: World, key: str, **settings: Any) -> World:
    """The same organization, seen from a further call target of its own."""
    seen = replace(world, call_target=CallTargetId(f"{world.org}-{key}"), widget=WidgetId(f"{world.org}-{key}-widget"))
    widget = Widget(
        id=seen.widget,
        key=key,
        kind=WidgetKind.WIDGET,
        slug=None,
        position=0,
        call_target_id=seen.call_target,
        policy_id=None,
        user_data_set_id=None,
        settings=WidgetSettings(name=key.title()),
        messages=MessageSet({}, "en"),
    )

    def make(tx: Tx) -> None:
        _save_call_target(tx, seen, key, CallTargetSettings.model_validate({"name": key.title(), **settings}))
        widgets.save(tx, world.org, widget, now=world.clock.now())

    db.write_now(make)
    return seen


def reconfigure(db: Database, world: World, **changes: Any) -> None:
    """Change settings of the call target."""

    def change(tx: Tx) -> None:
        target = configurations.load(tx, world.org).call_targets[world.call_target]
        settings = target.settings.model_dump(mode="json", exclude_defaults=True) | changes
        _save_call_target(tx, world, target.key, CallTargetSettings.model_validate(settings))

    db.write_now(change)


def remove_call_target(db: Database, world: World) -> None:
    """Take the call target and its widget out of use, whatever still waits for it."""

    def remove(tx: Tx) -> None:
        widgets.remove(tx, world.org, world.widget, now=world.clock.now())
        call_targets.remove(tx, world.org, world.call_target, now=world.clock.now())
        organizations.mark_changed(tx, world.org, now=world.clock.now())

    db.write_now(remove)


def block(db: Database, world: World, number: str) -> None:
    """Put a number on the block list."""
    db.write_now(
        lambda tx: tx.run(
            """
            INSERT INTO blocked_numbers (org_id, pattern, scope, reason, created_at)
            VALUES (:org, :number, 'number', 'test', :now)
            """,
            org=world.org,
            number=number,
            now=world.clock.now(),
        )
    )


def configuration_of(db: Database, world: World) -> Configuration:
    """The organization's present configuration."""
    return db.read_now(configurations.load, world.org)


def ask(
    db: Database, world: World, number: str, appointment_at: Instant | None = None, *, time_zone: str = "UTC"
) -> CallbackId:
    """Ask for a callback through the widget, as everybody does; ASAP if no time is named."""
    wish = Wish(number=read_number(number, "US"), appointment_at=appointment_at, channel="test", time_zone=time_zone)
    answer = db.write_now(
        callbacks.request_callback,
        configuration_of(db, world),
        world.widget,
        wish,
        render=lambda requested: requested.callback_id,
        now=world.clock.now(),
    )
    return CallbackId(answer)


def callback_of(db: Database, world: World, callback_id: CallbackId) -> Callback:
    """A callback as it is now."""
    return db.read_now(callbacks.get, world.org, callback_id)


def story_of(db: Database, world: World, callback_id: CallbackId) -> list[str]:
    """The kinds of the lines in a callback's timeline."""
    return [kind for _, kind, _ in db.read_now(callbacks.timeline, world.org, callback_id)]


def counted(db: Database, world: World) -> Load:
    """The counts of the call target as they are kept; it is an error if they are not those of its rows."""
    kept = db.read_now(callbacks.load_of, world.org, world.call_target)
    recounted = db.read_now(callbacks.recount, world.org, world.call_target)
    assert kept == recounted, f"the counts kept are {kept}, those of the rows {recounted}"
    return kept


def _save_call_target(tx: Tx, world: World, key: str, settings: CallTargetSettings) -> None:
    call_targets.save(tx, world.org, world.call_target, key, settings, now=world.clock.now())
    organizations.mark_changed(tx, world.org, now=world.clock.now())
