"""Two of the endpoints of the Scheduler API, with the same checks, facts and answers."""

import hashlib
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import phonenumbers
from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from bench.ordinary_stack.database import reading, writing
from bench.ordinary_stack.schemas import CallbackWish, Requested, RequestedAnswer, WidgetStatus, WidgetStatuses
from bench.ordinary_stack.tables import ApiToken, Callback, CallTarget, Organization, Timeslot, Widget

app = FastAPI()

Reading = Annotated[AsyncSession, Depends(reading)]
Writing = Annotated[AsyncSession, Depends(writing)]


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that requests are answered."""
    return {"status": "ok"}


@app.get("/api/organization/{organization_id}/widget_status")
async def widget_status(
    organization_id: str, session: Reading, authorization: Annotated[str, Header()]
) -> WidgetStatuses:
    """What each widget of the organization offers now."""
    await _check_token(session, organization_id, authorization)
    organization = await session.scalar(
        select(Organization)
        .where(Organization.id == organization_id)
        .options(selectinload(Organization.widgets).joinedload(Widget.call_target))
    )
    if organization is None:
        raise HTTPException(404)
    now = datetime.now(UTC)
    targets = [widget.call_target_id for widget in organization.widgets]
    waiting = await _count_waiting(session, targets)
    taken = await _taken_slots(session, targets, now)
    return WidgetStatuses(
        data=[
            _status_of(organization, widget, waiting[widget.call_target_id], taken[widget.call_target_id], now)
            for widget in organization.widgets
            if widget.active
        ]
    )


@app.post("/api/widget/{widget_id}/request_callback")
async def request_callback(widget_id: str, wish: CallbackWish, session: Writing) -> RequestedAnswer:
    """Register a callback."""
    number = _checked_number(wish.contact_number)
    widget = await session.scalar(select(Widget).where(Widget.id == widget_id).options(joinedload(Widget.call_target)))
    if widget is None:
        raise HTTPException(404)
    target = widget.call_target
    standing = await session.scalar(
        select(Callback.id).where(
            Callback.call_target_id == target.id, Callback.number == number, Callback.state == "pending"
        )
    )
    if standing is not None:
        raise HTTPException(400, "DuplicateRequest")
    wait = _wait(target, (await _count_waiting(session, [target.id]))[target.id])
    now = datetime.now(UTC)
    callback = Callback(
        id=str(uuid.uuid4()),
        call_target_id=target.id,
        widget_id=widget.id,
        number=number,
        name=wish.name,
        channel=wish.channel,
        state="pending",
        promised_seconds=wait,
        created_at=now.replace(tzinfo=None),
    )
    session.add(callback)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(400, "DuplicateRequest") from None
    return RequestedAnswer(
        data=[
            Requested(
                status="Requested",
                message=f"Your callback is confirmed. We will call you in approximately {_minutes(wait)}.",
                callback_request_id=callback.id,
                requested_at=int(now.timestamp()),
                ewt=wait,
                manage_url=f"http://127.0.0.1:8080/m/{callback.id}",
            )
        ]
    )


async def _check_token(session: AsyncSession, organization_id: str, authorization: str) -> None:
    secret = authorization.removeprefix("Bearer ")
    token = await session.scalar(
        select(ApiToken).where(ApiToken.token_hash == hashlib.sha256(secret.encode()).hexdigest())
    )
    if token is None or token.revoked or token.organization_id != organization_id:
        raise HTTPException(401)


async def _count_waiting(session: AsyncSession, targets: list[int]) -> dict[int, int]:
    rows = await session.execute(
        select(Callback.call_target_id, func.count())
        .where(Callback.call_target_id.in_(targets), Callback.state == "pending")
        .group_by(Callback.call_target_id)
    )
    return defaultdict(int, rows.tuples().all())


async def _taken_slots(session: AsyncSession, targets: list[int], now: datetime) -> dict[int, dict[int, int]]:
    slots = await session.scalars(
        select(Timeslot).where(Timeslot.call_target_id.in_(targets), Timeslot.starts_at >= int(now.timestamp()))
    )
    taken: dict[int, dict[int, int]] = defaultdict(dict)
    for slot in slots:
        taken[slot.call_target_id][slot.starts_at] = slot.taken
    return taken


def _status_of(
    organization: Organization, widget: Widget, waiting: int, taken: dict[int, int], now: datetime
) -> WidgetStatus:
    target = widget.call_target
    wait = _wait(target, waiting)
    slots = _free_slots(target, organization.time_zone, taken, now)
    return WidgetStatus(
        widget_state="offer_callback" if slots else "offer_asap_callback",
        message=widget.message.format(ewt=_minutes(wait)),
        offer_asap=True,
        offer_scheduled=bool(slots),
        ewt=wait,
        ewt_range=(wait * 3 // 4, wait * 3 // 2),
        scheduled_timeslots=slots,
        id=widget.id,
        kind="widget",
        name=widget.name,
        call_target_id=str(target.id),
        call_target_name=target.name,
    )


def _free_slots(target: CallTarget, time_zone: str, taken: dict[int, int], now: datetime) -> list[int]:
    earliest = int(now.timestamp()) + target.lead_seconds
    midnight = now.astimezone(ZoneInfo(time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    free = []
    for day in range(target.days_ahead + 1):
        opening = midnight + timedelta(days=day, hours=target.opens)
        closing = midnight + timedelta(days=day, hours=target.closes)
        start = opening
        while start < closing:
            moment = int(start.timestamp())
            if moment >= earliest and taken.get(moment, 0) < target.slot_capacity:
                free.append(moment)
            start += timedelta(minutes=target.slot_minutes)
    return free


def _wait(target: CallTarget, waiting: int) -> int:
    return max(0, waiting + 1 - target.agents) * target.handle_seconds // target.agents


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "less than a minute" if minutes <= 1 else f"{minutes} minutes"


def _checked_number(text: str) -> str:
    try:
        parsed = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        raise HTTPException(400, "InvalidContact") from None
    if not phonenumbers.is_valid_number(parsed):
        raise HTTPException(400, "InvalidContact")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
