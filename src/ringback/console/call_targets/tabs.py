"""The settings of a call target as its pages show them: each with its tab, label, unit and hint.

A table and nothing else. A test holds it against the settings document, so that every setting stands somewhere.
"""

from typing import Any

from ringback.call_targets.model import DuplicateRule, FirstParty
from ringback.console.call_targets.field_kinds import (
    CHOICE,
    DAY,
    DECIMAL,
    DURATION,
    LANGUAGES,
    MINUTES,
    SWITCH,
    TEXT,
    WHOLE,
    Kind,
)
from ringback.console.call_targets.fields import NOTIFICATION_LABELS, Group, Setting, Tab
from ringback.console.call_targets.hours_words import DAY_NAMES
from ringback.hours.model import WEEKDAYS


def _setting(path: str, label: str, hint: str, kind: Kind, **more: Any) -> Setting:
    return Setting(tuple(path.split(".")), label, hint, kind, **more)


_FIRST_PARTIES = (
    (FirstParty.CUSTOMER.value, "Customer first"),
    (FirstParty.AGENT.value, "Agent first"),
)
_DUPLICATE_RULES = (
    (DuplicateRule.REFUSE.value, "Refuse: say that one is on its way"),
    (DuplicateRule.KEEP.value, "Keep: answer with the one there is"),
    (DuplicateRule.REPLACE.value, "Replace: the new one takes the earlier's place in the line"),
    (DuplicateRule.ALLOW.value, "Allow: both are called"),
)

OVERVIEW = Tab(
    "",
    "Overview",
    (
        Group(
            "Name",
            "",
            (_setting("name", "Name", "As agents hear it and messages say it: “Billing”, “Customer Service”.", TEXT),),
        ),
    ),
)

HOURS = Tab(
    "hours",
    "Hours",
    (
        Group(
            "Weekly hours",
            "By the local clock. A comma stands between several openings: 09:00-12:30, 13:30-17:30. "
            "22:00-06:00 runs past midnight, 00:00-24:00 is all day, an empty day is closed.",
            tuple(
                Setting(("hours", "weekly", day), name, "", DAY, empty="closed")
                for day, name in zip(WEEKDAYS, DAY_NAMES, strict=True)
            ),
        ),
        Group(
            "Time zone",
            "",
            (
                _setting(
                    "time_zone",
                    "Time zone",
                    "Hours, timeslots and shifts follow its clock, daylight saving included.",
                    TEXT,
                    empty="the organization's",
                ),
            ),
        ),
    ),
)

OFFERS = Tab(
    "offers",
    "Offers",
    (
        Group(
            "As soon as possible",
            "When a customer may ask to be called as soon as an agent is free.",
            (
                _setting("offer_asap", "Offer callbacks as soon as possible", "", SWITCH),
                _setting(
                    "max_requested_callbacks",
                    "Max requested callbacks",
                    "With so many waiting to be dialled, booked ones included, only times are offered.",
                    WHOLE,
                    unit="callbacks",
                    empty="no limit",
                ),
                _setting(
                    "max_estimate",
                    "Max estimate",
                    "Above this estimated callback time (ECBT) only times are offered; 1 min to 24 h.",
                    DURATION,
                    empty="no limit",
                ),
                _setting(
                    "minimum_delay",
                    "Minimum delay",
                    "No callback is dialled sooner after it was asked for: time to put the phone down.",
                    DURATION,
                ),
                _setting(
                    "closing_margin",
                    "Closing margin",
                    "Stop offering when the estimate comes this close to closing time.",
                    DURATION,
                ),
                _setting(
                    "next_business_day",
                    "Next business day",
                    "Offer it when closed or closing, too, for a call at the next opening.",
                    SWITCH,
                ),
                _setting(
                    "next_business_day_limit",
                    "Next business day limit",
                    "With so many waiting, nobody is put off to the next opening any more.",
                    WHOLE,
                    unit="callbacks",
                ),
            ),
        ),
        Group(
            "At a booked time",
            "When a customer may choose a timeslot instead. Length, capacity and days are on the Slots tab.",
            (
                _setting("offer_scheduled", "Offer times to book", "", SWITCH),
                _setting(
                    "scheduled_after_hours",
                    "Scheduled after hours",
                    "Let customers book a time while it is closed.",
                    SWITCH,
                ),
            ),
        ),
    ),
)

SLOTS = Tab(
    "slots",
    "Slots",
    (
        Group(
            "Timeslots",
            "Slots start with each opening and lie wholly inside it. What is booked stays booked.",
            (
                _setting("slots.length_minutes", "Length", "Whole minutes, 5 min to 2 h.", MINUTES),
                _setting(
                    "slots.capacity",
                    "Capacity",
                    "Callbacks booked into each slot. Agents × length ÷ handle time is the most you can serve.",
                    WHOLE,
                    unit="callbacks a slot",
                ),
                _setting(
                    "slots.days_ahead",
                    "Days ahead",
                    "How far ahead times can be booked.",
                    WHOLE,
                    unit="days",
                ),
                _setting(
                    "slots.lead_time",
                    "Lead time",
                    "The first slot offered is at least so far off.",
                    DURATION,
                ),
                _setting(
                    "scheduled_window",
                    "Scheduled window",
                    "A booked callback that could not be placed within this time after its slot is given up; 5 min to "
                    "24 h.",
                    DURATION,
                ),
            ),
        ),
    ),
)

CALLING = Tab(
    "calling",
    "Calling",
    (
        Group(
            "Who is dialled first",
            "",
            (
                _setting(
                    "first_party",
                    "First party",
                    "Customer first leaves agents free until somebody answers; agent first spares customers the wait.",
                    CHOICE,
                    choices=_FIRST_PARTIES,
                ),
                _setting(
                    "customer_dial_timeout",
                    "Customer dial timeout",
                    "Ringing longer counts as no answer; 5 s to 2 min. Voicemail often answers after 25 s.",
                    DURATION,
                ),
            ),
        ),
        Group(
            "The agents' side",
            "A telephone number or SIP URI of the queue or hunt group that takes the call.",
            (
                _setting(
                    "agent.destination",
                    "Destination",
                    "Such as sip:billing@pbx.example or +12125550100.",
                    TEXT,
                    empty="the voice driver's own",
                ),
                _setting("agent.failover", "Failover", "Tried when the destination fails.", TEXT, empty="none"),
                _setting(
                    "agent.caller_id",
                    "Caller id",
                    "What the customer's phone shows; your carrier must let you use it.",
                    TEXT,
                    empty="the trunk's own",
                ),
            ),
        ),
        Group(
            "Trying again",
            "When a customer was not reached. The place in the line is kept.",
            (
                _setting("retry.max_attempts", "Max attempts", "The first included.", WHOLE, unit="calls"),
                _setting("retry.delay", "Retry delay", "Before the second attempt; 10 s to 24 h.", DURATION),
                _setting(
                    "retry.growth",
                    "Retry growth",
                    "Each further delay is the one before times this: 1 keeps it, 2 doubles it.",
                    DECIMAL,
                    unit="times the delay before",
                ),
                _setting(
                    "retry.after_hours",
                    "Retry after hours",
                    "Try again though it is closed by then. Booked callbacks spare the customer's night either way.",
                    SWITCH,
                ),
            ),
        ),
        Group(
            "Pacing",
            "How fast callbacks are released to the agents.",
            (
                _setting(
                    "pacing.max_queue_depth",
                    "Max queue depth",
                    "How many callbacks may be dialling or waiting for an agent at once.",
                    WHOLE,
                    unit="callbacks",
                ),
                _setting(
                    "pacing.calls_per_second",
                    "Calls per second",
                    "What your carrier lets you start; up to 100.",
                    DECIMAL,
                    unit="calls a second",
                ),
            ),
        ),
        Group(
            "The same number again",
            "",
            (
                _setting(
                    "duplicate_rule",
                    "Duplicate rule",
                    "When a number that has a live callback here asks for another one.",
                    CHOICE,
                    choices=_DUPLICATE_RULES,
                ),
            ),
        ),
    ),
)

ESTIMATE = Tab(
    "estimate",
    "Estimate",
    (
        Group(
            "Until enough calls were seen",
            "What the estimate begins with. What is observed takes over smoothly, within some dozen calls.",
            (
                _setting(
                    "estimate.default_handle_time",
                    "Default handle time",
                    "How long a call occupies an agent in the mean, wrap-up included; 10 s to 2 h.",
                    DURATION,
                ),
                _setting(
                    "estimate.default_agents",
                    "Default agents",
                    "How many usually take calls of this queue at a time.",
                    WHOLE,
                    unit="agents",
                ),
                _setting(
                    "estimate.stats_stale_after",
                    "Queue statistics go stale after",
                    "What your ACD pushed says nothing any more when it is older; 10 s to 1 h.",
                    DURATION,
                ),
            ),
        ),
    ),
)

PROMPTS = Tab(
    "prompts",
    "Prompts and languages",
    (
        Group(
            "Languages",
            "",
            (
                _setting(
                    "languages",
                    "Languages spoken here",
                    "Tags such as en or pt-BR, a comma between. Who asks in another hears the widget's.",
                    LANGUAGES,
                    empty="the organization's",
                ),
            ),
        ),
    ),
)

TEXTS = Tab(
    "texts",
    "Texts",
    (
        Group(
            "Told without asking",
            "",
            tuple(
                Setting(("notifications", each.value), label, hint, SWITCH)
                for each, (label, hint) in NOTIFICATION_LABELS.items()
            ),
        ),
    ),
)

HISTORY = Tab("history", "History")

TABS = (OVERVIEW, HOURS, OFFERS, SLOTS, CALLING, ESTIMATE, PROMPTS, TEXTS, HISTORY)
