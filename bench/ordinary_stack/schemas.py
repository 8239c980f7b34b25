"""What is asked and answered."""

from pydantic import BaseModel, Field


class WidgetStatus(BaseModel):
    """One widget, as the Scheduler API lists it."""

    widget_state: str
    message: str
    offer_asap: bool
    offer_scheduled: bool
    ewt: int | None
    ewt_range: tuple[int, int] | None
    scheduled_timeslots: list[int]
    id: str
    kind: str
    name: str
    call_target_id: str
    call_target_name: str


class WidgetStatuses(BaseModel):
    """The answer of Widget Status."""

    data: list[WidgetStatus]


class CallbackWish(BaseModel):
    """The body of Request Callback."""

    contact_number: str
    channel: str = Field("api", max_length=64)
    name: str | None = None


class Requested(BaseModel):
    """An accepted request."""

    status: str
    message: str
    callback_request_id: str
    requested_at: int
    ewt: int
    manage_url: str


class RequestedAnswer(BaseModel):
    """The answer of Request Callback."""

    data: list[Requested]
