"""The SQL of how organizations' texts are carried."""

from dataclasses import dataclass, field

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import MessagingSettings


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An organization's way of carrying texts."""

    settings: MessagingSettings
    secrets_sealed: str | None = field(repr=False)
    updated_at: Instant


def get(tx: Tx, org: OrgId) -> StoredAccount | None:
    """How the organization's texts are carried; None when it sends none."""
    row = tx.one("SELECT document, secrets_sealed, updated_at FROM text_accounts WHERE org_id = :org", org=org)
    if row is None:
        return None
    return StoredAccount(
        MessagingSettings.from_json(row["document"]), row["secrets_sealed"], Instant(row["updated_at"])
    )


def save(tx: Tx, org: OrgId, settings: MessagingSettings, secrets_sealed: str | None, *, now: Instant) -> None:
    """Carry the organization's texts like this from now on."""
    tx.run(
        """
        INSERT INTO text_accounts (org_id, document, secrets_sealed, updated_at)
        VALUES (:org, :document, :sealed, :now)
        ON CONFLICT (org_id) DO UPDATE SET
            document = excluded.document, secrets_sealed = excluded.secrets_sealed, updated_at = excluded.updated_at
        """,
        org=org,
        document=settings.to_json(),
        sealed=secrets_sealed,
        now=now,
    )


def sealed(tx: Tx) -> list[tuple[OrgId, str]]:
    """Every sealed secret, to be sealed anew under another key."""
    rows = tx.all("SELECT org_id, secrets_sealed FROM text_accounts WHERE secrets_sealed IS NOT NULL ORDER BY org_id")
    return [(OrgId(row["org_id"]), row["secrets_sealed"]) for row in rows]


def reseal(tx: Tx, org: OrgId, secrets_sealed: str) -> None:
    """The same secrets under another key."""
    tx.run("UPDATE text_accounts SET secrets_sealed = :sealed WHERE org_id = :org", org=org, sealed=secrets_sealed)
