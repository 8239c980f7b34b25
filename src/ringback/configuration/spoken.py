"""What API Messages can speak of: the facts of an organization that stand in for their placeholders."""

from ringback.configuration.model import Configuration
from ringback.forecast.model import Estimate
from ringback.kernel.clock import Instant
from ringback.widgets.messages import MessageValues
from ringback.widgets.model import Widget


def message_values(
    configuration: Configuration,
    widget: Widget,
    estimate: Estimate | None,
    *,
    appointment_at: Instant | None = None,
    next_open: Instant | None = None,
    manage_url: str | None = None,
) -> MessageValues:
    """What the placeholders of a widget's API Messages stand for."""
    return MessageValues(
        widget_name=widget.settings.name,
        call_target_name=configuration.call_target_of(widget).settings.name,
        organization_name=configuration.settings.name,
        ewt=estimate.promise if estimate else None,
        ewt_low=estimate.low if estimate else None,
        ewt_high=estimate.high if estimate else None,
        appointment_at=appointment_at,
        next_open=next_open,
        manage_url=manage_url,
    )
