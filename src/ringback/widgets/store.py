"""The SQL of widgets, conveys, user data sets and templates."""

from ringback.db.tx import Row, Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallTargetId, OrgId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import UserDataSet, Widget, WidgetKind, WidgetSettings
from ringback.widgets.template import Template

_COLUMNS = "id, key, kind, slug, position, call_target_id, policy_id, user_data_set_id, template_id, document"


def all_of(tx: Tx, org: OrgId, *, default_language: str) -> list[Widget]:
    """The organization's widgets and conveys in display order; without a language of their own they speak that one."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM widgets WHERE org_id = :org AND removed_at IS NULL ORDER BY position, key", org=org
    )
    return [_widget(row, default_language) for row in rows]


def removed(tx: Tx, org: OrgId, widget_id: WidgetId, *, default_language: str) -> Widget | None:
    """A widget that has been taken out of use, as far as it was kept."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM widgets WHERE org_id = :org AND id = :id AND removed_at IS NOT NULL",
        org=org,
        id=widget_id,
    )
    return _widget(row, default_language) if row else None


def organization_of(tx: Tx, widget_id: WidgetId) -> OrgId | None:
    """Whose widget this is. With the public id as its proof, this makes the caller's :data:`OrgId`."""
    row = tx.one("SELECT org_id FROM widgets WHERE id = :id AND removed_at IS NULL", id=widget_id)
    return OrgId(row["org_id"]) if row else None


def organization_of_slug(tx: Tx, slug: str) -> tuple[OrgId, WidgetId] | None:
    """Whose convey has this short link."""
    row = tx.one("SELECT org_id, id FROM widgets WHERE slug = :slug AND removed_at IS NULL", slug=slug)
    return (OrgId(row["org_id"]), WidgetId(row["id"])) if row else None


def ids_by_key(tx: Tx, org: OrgId) -> dict[str, WidgetId]:
    """Every key ever used, removed widgets included, so that a returning one keeps its public id."""
    rows = tx.all("SELECT id, key FROM widgets WHERE org_id = :org", org=org)
    return {row["key"]: WidgetId(row["id"]) for row in rows}


def save(tx: Tx, org: OrgId, widget: Widget, *, now: Instant) -> None:
    """Create the widget, replace its settings, or bring a removed one back."""
    tx.run(
        """
        INSERT INTO widgets (
            org_id, id, key, kind, slug, call_target_id, policy_id, user_data_set_id, template_id, position, document,
            updated_at
        ) VALUES (
            :org, :id, :key, :kind, :slug, :target, :policy, :user_data_set, :template, :position, :document, :now
        )
        ON CONFLICT (org_id, id) DO UPDATE SET
            kind = excluded.kind, slug = excluded.slug, call_target_id = excluded.call_target_id,
            policy_id = excluded.policy_id, user_data_set_id = excluded.user_data_set_id,
            template_id = excluded.template_id, position = excluded.position, document = excluded.document,
            updated_at = excluded.updated_at, removed_at = NULL
        """,
        org=org,
        id=widget.id,
        key=widget.key,
        kind=widget.kind.value,
        slug=widget.slug,
        target=widget.call_target_id,
        policy=widget.policy_id,
        user_data_set=widget.user_data_set_id,
        template=widget.template_id,
        position=widget.position,
        document=widget.settings.to_json(),
        now=now,
    )


def place(tx: Tx, org: OrgId, widget_id: WidgetId, position: int, *, now: Instant) -> None:
    """Give the widget another position in the display order."""
    tx.run(
        "UPDATE widgets SET position = :position, updated_at = :now WHERE org_id = :org AND id = :id",
        org=org,
        id=widget_id,
        position=position,
        now=now,
    )


def remove(tx: Tx, org: OrgId, widget_id: WidgetId, *, now: Instant) -> None:
    """Take the widget out of use; its row stays for the callbacks that name it."""
    tx.run(
        """
        UPDATE widgets SET removed_at = :now, policy_id = NULL, user_data_set_id = NULL, template_id = NULL
        WHERE org_id = :org AND id = :id
        """,
        org=org,
        id=widget_id,
        now=now,
    )


def user_data_sets(tx: Tx, org: OrgId) -> dict[UserDataSetId, tuple[str, UserDataSet]]:
    """The organization's user data sets by id, each with its key."""
    rows = tx.all("SELECT id, key, document FROM user_data_sets WHERE org_id = :org ORDER BY key", org=org)
    return {UserDataSetId(row["id"]): (row["key"], UserDataSet.from_json(row["document"])) for row in rows}


def save_user_data_set(
    tx: Tx, org: OrgId, set_id: UserDataSetId, key: str, user_data_set: UserDataSet, *, now: Instant
) -> None:
    """Create the user data set or replace it."""
    tx.run(
        """
        INSERT INTO user_data_sets (org_id, id, key, document, updated_at) VALUES (:org, :id, :key, :document, :now)
        ON CONFLICT (org_id, id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
        """,
        org=org,
        id=set_id,
        key=key,
        document=user_data_set.to_json(),
        now=now,
    )


def remove_user_data_set(tx: Tx, org: OrgId, set_id: UserDataSetId) -> None:
    """Delete a user data set that no widget uses any more."""
    tx.run("DELETE FROM user_data_sets WHERE org_id = :org AND id = :id", org=org, id=set_id)


def templates(tx: Tx, org: OrgId) -> dict[TemplateId, tuple[str, Template]]:
    """The organization's templates by id, each with its key."""
    rows = tx.all("SELECT id, key, document FROM templates WHERE org_id = :org ORDER BY key", org=org)
    return {TemplateId(row["id"]): (row["key"], Template.from_json(row["document"])) for row in rows}


def save_template(tx: Tx, org: OrgId, template_id: TemplateId, key: str, template: Template, *, now: Instant) -> None:
    """Create the template or replace it."""
    tx.run(
        """
        INSERT INTO templates (org_id, id, key, document, updated_at) VALUES (:org, :id, :key, :document, :now)
        ON CONFLICT (org_id, id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
        """,
        org=org,
        id=template_id,
        key=key,
        document=template.to_json(),
        now=now,
    )


def remove_template(tx: Tx, org: OrgId, template_id: TemplateId) -> None:
    """Delete a template that no widget uses any more."""
    tx.run("DELETE FROM templates WHERE org_id = :org AND id = :id", org=org, id=template_id)


def _widget(row: Row, default_language: str) -> Widget:
    settings = WidgetSettings.from_json(row["document"])
    return Widget(
        id=WidgetId(row["id"]),
        key=row["key"],
        kind=WidgetKind(row["kind"]),
        slug=row["slug"],
        position=row["position"],
        call_target_id=CallTargetId(row["call_target_id"]),
        policy_id=PolicyId(row["policy_id"]) if row["policy_id"] else None,
        user_data_set_id=UserDataSetId(row["user_data_set_id"]) if row["user_data_set_id"] else None,
        settings=settings,
        messages=MessageSet(settings.messages, settings.default_language or default_language),
        template_id=TemplateId(row["template_id"]) if row["template_id"] else None,
    )
