"""The contract of queue statistics as data, in the vocabulary of the Scheduler API's.

What serves the endpoint is in ``handlers.py``. ``parse.py`` reads what is sent: each schema here accepts what it
accepts, and refuses what it refuses.
"""

from ringback.http.queue_stats import parse
from ringback.http.scheduler import examples
from ringback.http.scheduler.contract import BODY_ERRORS, COMMON_ERRORS
from ringback.http.scheduler.endpoint import (
    BOOLEAN,
    UNIX_TIME,
    AnswerField,
    Endpoint,
    Entries,
    Parameter,
    Schema,
    Scope,
)
from ringback.http.scheduler.fields import NO_STORE

_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": parse.MOST}
_WAIT: Schema = {"type": "number", "minimum": 0, "maximum": parse.LONGEST}
_DURATION: Schema = {"type": "number", "minimum": parse.SHORTEST_CALL, "maximum": parse.LONGEST}

_FIGURES = (
    Parameter(
        "calls_waiting", _COUNT, "Callers on hold in the agents' queue. Callbacks of Ringback are not counted.", 4
    ),
    Parameter("agents_staffed", _COUNT, "Agents at work on this queue now, busy or free; those on a break not.", 12),
    Parameter(
        "agents_available",
        _COUNT,
        "Those of them who are free to take a call now. Not more than `agents_staffed`.",
        0,
    ),
    Parameter(
        "handle_time",
        _DURATION,
        "The mean of the seconds that a call occupies an agent, after-call work included.",
        245.5,
    ),
    Parameter(
        "oldest_wait", _WAIT, "Seconds that the caller on hold longest has waited; `0` when nobody is on hold.", 95
    ),
)
_AT = Parameter(
    "at",
    UNIX_TIME,
    "When the figures were true, in Unix seconds. Now when absent. A time up to a minute ahead counts as now; one "
    "further ahead, or so old that the figures would no longer count, is `InvalidParameters`.",
    examples.ASKED_AT,
)

ENDPOINTS = (
    Endpoint(
        key="push_queue_stats",
        name="Push Queue Statistics",
        method="POST",
        path="/v1/call-targets/:id/queue-stats",
        definition="Tells how the agents' queue of a call target stands. At least one of the figures must be there. A "
        "report replaces the one before as a whole: what it does not tell is learned from calls again. It counts until "
        "`stale_at`; push the next one before. Always needs a token of the organization's access control policy, also "
        "where the organization is public.",
        scope=Scope.CALL_TARGET,
        entries=Entries.ONE,
        query_parameters=(),
        header_parameters=(),
        body_parameters=(*_FIGURES, _AT),
        answer_fields=(
            AnswerField(
                "taken",
                BOOLEAN,
                "Whether your report counts now. `false` when a newer one is known; then the other fields tell that.",
            ),
            AnswerField("at", UNIX_TIME, "When the figures that count now were true, in Unix seconds."),
            AnswerField("stale_at", UNIX_TIME, "Until when they count, unless a newer report comes, in Unix seconds."),
            *(
                AnswerField(figure.name, figure.schema, "As it counts now; `null` when it was not told.", nullable=True)
                for figure in _FIGURES
            ),
        ),
        answer_headers=(NO_STORE,),
        errors=(*BODY_ERRORS, *COMMON_ERRORS),
        example_body={
            "calls_waiting": 4,
            "agents_staffed": 12,
            "agents_available": 0,
            "handle_time": 245.5,
            "oldest_wait": 95,
        },
        example_answer={
            "data": [
                {
                    "taken": True,
                    "at": examples.ASKED_AT,
                    "stale_at": examples.ASKED_AT + 120,
                    "calls_waiting": 4,
                    "agents_staffed": 12,
                    "agents_available": 0,
                    "handle_time": 245.5,
                    "oldest_wait": 95,
                }
            ]
        },
        one_of=tuple(figure.name for figure in _FIGURES),
    ),
)
