"""Now: how every queue stands, what has just happened, and the two switches of a call target."""

from collections.abc import Callable
from urllib.parse import urlencode

import ringback.board.service as board
from ringback.call_targets.model import CallTarget
from ringback.configuration.switches import switch_processing, switch_registering
from ringback.console.entries import get, post
from ringback.console.now.board import cards_of, silence_of, totals_of
from ringback.console.now.happenings import last_digits, words_of
from ringback.console.page import Notice, Reader, Undo, page, see_other
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import MINUTE
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallTargetId

HERE = "now"
_MANY = 8
"""More call targets than this are better read in a table."""
_VIEWS = ("cards", "table")
_FINE, _COARSE = 2 * MINUTE, 6 * MINUTE
"""The stretches in which the past is drawn: of few call targets, and of many."""

_Switch = Callable[..., CallTarget]


async def show(visit: Visit) -> Answer:
    """The board."""
    snapshot = await visit.desk.availability.of_organization(visit.org)
    configuration = snapshot.configuration
    are_many = len(configuration.call_targets) > _MANY
    view, every = _view(visit) or _VIEWS[are_many], _COARSE if are_many else _FINE
    seen = await visit.desk.db.read(board.look, configuration, every=every, now=visit.now)
    reader = Reader(resolve_zone(configuration.settings.time_zone))
    cards = cards_of(snapshot, seen, reader, every=every, now=visit.now)
    return page(
        visit,
        "now.html",
        "Now",
        here=HERE,
        cards=cards,
        totals=totals_of(cards),
        silence=silence_of(seen, visit.now),
        happenings=seen.happenings,
        words_of=words_of,
        last_digits=last_digits,
        name_of=lambda target_id: (
            configuration.call_targets[target_id].settings.name if target_id in configuration.call_targets else ""
        ),
        moment=lambda instant: reader.near(instant, visit.now),
        view=view,
        chosen=_query(visit),
        may_switch=visit.may(Permission.SWITCH),
        may_configure=visit.may(Permission.CONFIGURE),
    )


async def set_registering(visit: Visit) -> Answer:
    """Take new callbacks, or none any more."""
    return await _set(visit, switch_registering, "registering", ("takes new callbacks", "takes no new callbacks"))


async def set_processing(visit: Visit) -> Answer:
    """Call those who wait, or let them wait."""
    return await _set(visit, switch_processing, "processing", ("calls those who wait", "calls nobody"))


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the board."""
    return see_other(visit, visit.at(HERE) + _query(visit))


async def _set(visit: Visit, switch: _Switch, name: str, words: tuple[str, str]) -> Answer:
    """Switch, say so, and offer to switch back."""
    wanted = visit.form.get("on")
    if wanted not in {"yes", "no"}:
        raise InvalidParameters("A switch is on or off.")
    target_id, on = CallTargetId(visit.path["target"]), wanted == "yes"
    target = await visit.desk.db.write(switch, visit.org, target_id, on=on, by=visit.by, now=visit.now)
    query = _query(visit)
    undo = Undo(visit.at(f"{HERE}/{target_id}/{name}") + query, {"on": "no" if on else "yes"})
    notice = Notice(f"“{target.settings.name}” {words[0] if on else words[1]} from now on.", undo)
    return see_other(visit, visit.at(HERE) + query, notice=notice)


def _view(visit: Visit) -> str:
    """The view that was chosen, if one was."""
    view = visit.query.get("view", "")
    return view if view in _VIEWS else ""


def _query(visit: Visit) -> str:
    """What keeps the chosen view in an address."""
    view = _view(visit)
    return f"?{urlencode({'view': view})}" if view else ""


ENTRIES = (
    get("/{org}/now", show),
    get("/{org}/now/{target}/registering", back),
    post("/{org}/now/{target}/registering", set_registering, Permission.SWITCH),
    get("/{org}/now/{target}/processing", back),
    post("/{org}/now/{target}/processing", set_processing, Permission.SWITCH),
)
