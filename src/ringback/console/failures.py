"""Pages for what cannot be shown or done."""

from urllib.parse import urlencode

from ringback.configuration.call_targets import CallTargetInUse
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.policies import PolicyInUse
from ringback.configuration.templates import TemplateInUse
from ringback.configuration.user_data_sets import UserDataSetInUse
from ringback.console.page import page, see_other
from ringback.console.visit import SignInNeeded, Visit
from ringback.http.answer import JSON, NO_STORE, Answer, Header
from ringback.http.errors import answer_error
from ringback.http.scheduler.exchange import BodyTooLarge
from ringback.identity.model import LastAdministrator, SignInRefused
from ringback.kernel.errors import RingbackError

_TITLES = {
    400: "That cannot be done",
    403: "You may not do this",
    404: "There is nothing here",
    405: "That is not how this page is used",
    413: "That is too much at once",
    429: "Too many tries",
    503: "Something is wrong on our side",
}
_WORDS = {
    404: "The page may have been moved or removed, or it belongs to an organization that you are no member of.",
    503: "Please try again in a moment. If it stays so, tell whoever runs this installation.",
}
_OF_PEOPLE = (
    LastAdministrator,
    SignInRefused,
    CallTargetInUse,
    PolicyInUse,
    TemplateInUse,
    UserDataSetInUse,
    ChangedMeanwhile,
)
"""What a person can bring about here, besides what callers of the API can."""


def failure_page(error: Exception, visit: Visit) -> Answer:
    """The page for a request that raised ``error``; the way to the sign-in page for those who are signed out."""
    if isinstance(error, SignInNeeded):
        asked_for = visit.asked_for()
        return see_other(visit, visit.console("sign-in") + (f"?{urlencode({'next': asked_for})}" if asked_for else ""))
    if isinstance(error, BodyTooLarge):
        return _told(visit, 413, error.message)
    if isinstance(error, _OF_PEOPLE):
        return _told(visit, 400, error.message)
    answer = answer_error(error)
    further = tuple(header for header in answer.headers if header not in {JSON, NO_STORE})
    return _told(visit, answer.status, error.message if isinstance(error, RingbackError) else "", *further)


def method_page(visit: Visit, methods: tuple[str, ...]) -> Answer:
    """The page for a method that the address does not know."""
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
    return _told(visit, 405, "Open the page again and use what it offers.", (b"allow", allowed.encode()))


def _told(visit: Visit, status: int, words: str, *headers: Header) -> Answer:
    title = _TITLES.get(status, _TITLES[400])
    return page(visit, "error.html", title, status=status, headers=headers, words=_WORDS.get(status, words))
