"""The SQL of who wants no texts."""

from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import OrgId


def opt_out(tx: Tx, org: OrgId, number: str, source: str, *, now: Instant) -> bool:
    """Nothing more to that number; whether that is new. ``source`` is word, gateway or console."""
    written = tx.run(
        """
        INSERT INTO text_opt_outs (org_id, number, source, since) VALUES (:org, :number, :source, :now)
        ON CONFLICT (org_id, number) DO NOTHING
        """,
        org=org,
        number=number,
        source=source,
        now=now,
    )
    return written == 1


def opt_in(tx: Tx, org: OrgId, number: str) -> bool:
    """Texts again; whether it had opted out."""
    return tx.run("DELETE FROM text_opt_outs WHERE org_id = :org AND number = :number", org=org, number=number) == 1


def has_opted_out(tx: Tx, org: OrgId, number: str) -> bool:
    """Whether that number wants none."""
    row = tx.one("SELECT 1 FROM text_opt_outs WHERE org_id = :org AND number = :number", org=org, number=number)
    return row is not None
