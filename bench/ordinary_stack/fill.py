"""One organization with four widgets, the same as Ringback's, in a database of the ordinary stack."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bench.ordinary_stack.tables import ApiToken, Base, Callback, CallTarget, Organization, Widget

_QUEUES = {
    "Billing": "Billing and payments",
    "Outages": "Outages and emergencies",
    "Moving": "Moving house",
    "Sales": "New contracts",
}


def fill(engine: Engine, *, organization_id: str, token: str, widget_ids: list[str], pending: int) -> None:
    """Make the tables and the organization, with so many callbacks pending in each queue."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        organization = Organization(id=organization_id, name="Example Utilities", time_zone="America/New_York")
        session.add(organization)
        session.flush()
        session.add(ApiToken(organization_id=organization_id, token_hash=hashlib.sha256(token.encode()).hexdigest()))
        for position, (widget_id, (name, target_name)) in enumerate(zip(widget_ids, _QUEUES.items(), strict=True)):
            target = CallTarget(
                organization_id=organization_id,
                name=target_name,
                opens=0,
                closes=24,
                slot_minutes=60,
                slot_capacity=4,
                days_ahead=1,
                lead_seconds=900,
                agents=5,
                handle_seconds=300,
            )
            session.add(target)
            session.flush()
            session.add(
                Widget(
                    id=widget_id,
                    organization_id=organization_id,
                    call_target_id=target.id,
                    position=position,
                    name=name,
                    message="We can call you in approximately {ewt}.",
                )
            )
            session.flush()
            session.add_all(
                Callback(
                    id=f"{widget_id}-{number}",
                    call_target_id=target.id,
                    widget_id=widget_id,
                    number=f"+1213{2_000_000 + number}",
                    name=None,
                    channel="sms",
                    state="pending",
                    promised_seconds=0,
                    created_at=datetime.now(UTC).replace(tzinfo=None),
                )
                for number in range(pending)
            )
        session.commit()
