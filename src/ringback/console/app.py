"""The console's addresses, and what each of them does the same: who is it, may they, and what if it fails."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.routing import BaseRoute, Route

import ringback.identity.service as identity
from ringback.console.desk import Desk
from ringback.console.entries import Anybody, Entry
from ringback.console.failures import failure_page, method_page
from ringback.console.forms import read_fields
from ringback.console.live import EventStream
from ringback.console.pages import (
    account,
    api,
    api_try,
    audit,
    automations,
    blocked_numbers,
    call_target_dates,
    call_target_forms,
    call_target_overview,
    call_target_publish,
    call_target_texts,
    call_targets,
    callback,
    callback_actions,
    callbacks,
    conversations,
    front,
    gateway,
    invitation,
    now,
    personal_data,
    phone,
    policies,
    policy,
    reports,
    settings,
    sign_in,
    template,
    templates,
    tokens,
    user_data_set,
    user_data_sets,
    users,
    widget,
    widget_embed,
    widget_endpoints,
    widget_messages,
    widgets,
)
from ringback.console.uploads import receive
from ringback.console.visit import SignInNeeded, Visit, guest_cookie, read_cookies, session_cookie
from ringback.http.answer import Answer, Receive, Scope, Send, send_answer
from ringback.http.scheduler.exchange import Disconnected, Exchange
from ringback.kernel.errors import Forbidden, InvalidRequest, NotFound

ENTRIES: tuple[Entry, ...] = (
    *sign_in.ENTRIES,
    *invitation.ENTRIES,
    *account.ENTRIES,
    *front.ENTRIES,
    *now.ENTRIES,
    *callbacks.ENTRIES,
    *callback.ENTRIES,
    *callback_actions.ENTRIES,
    *widgets.ENTRIES,
    *widget.ENTRIES,
    *widget_messages.ENTRIES,
    *widget_endpoints.ENTRIES,
    *widget_embed.ENTRIES,
    *call_targets.ENTRIES,
    *call_target_overview.ENTRIES,
    *call_target_forms.ENTRIES,
    *call_target_dates.ENTRIES,
    *call_target_publish.ENTRIES,
    *call_target_texts.ENTRIES,
    *api.ENTRIES,
    *api_try.ENTRIES,
    *automations.ENTRIES,
    *conversations.ENTRIES,
    *phone.ENTRIES,
    *gateway.ENTRIES,
    *policies.ENTRIES,
    *policy.ENTRIES,
    *tokens.ENTRIES,
    *templates.ENTRIES,
    *template.ENTRIES,
    *user_data_sets.ENTRIES,
    *user_data_set.ENTRIES,
    *settings.ENTRIES,
    *reports.ENTRIES,
    *users.ENTRIES,
    *blocked_numbers.ENTRIES,
    *personal_data.ENTRIES,
    *audit.ENTRIES,
)
"""Everything that can be seen and done."""


def console_routes(desk: Desk) -> list[BaseRoute]:
    """The console under ``/console``."""
    by_path: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in ENTRIES:
        by_path[entry.path][entry.method] = entry
    doors: list[BaseRoute] = [Route(f"/console{path}", _Door(desk, entries)) for path, entries in by_path.items()]
    return [*doors, Route("/console/{rest:path}", _Door(desk, {}))]


@dataclass(frozen=True, slots=True)
class _Door:
    """The ASGI application behind an address."""

    desk: Desk
    entries: Mapping[str, Entry]
    """By method; none where there is nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure becomes a page."""
        visit = self._visit(scope, receive)
        try:
            visit = await self._recognized(visit)
            answer = await self._handled(scope["method"], visit)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - whatever happens, the person sees a page
            answer = failure_page(error, visit)
        if isinstance(answer, EventStream):
            await answer.send(receive, send)
        else:
            await send_answer(send, answer, with_body=scope["method"] != "HEAD")

    def _visit(self, scope: Scope, receive: Receive) -> Visit:
        exchange = Exchange(scope, receive, self.desk.clock.now(), self.desk.trusted_proxies, self.desk.limiter)
        try:
            query = read_fields(scope["query_string"].decode("latin-1"))
        except InvalidRequest:
            query = {}  # no link of ours: the page does without
        cookies = read_cookies(exchange.header(b"cookie"))
        visit = Visit(self.desk, exchange, scope["path_params"], query, cookies)
        guest = cookies.get(guest_cookie(self.desk))
        return replace(visit, guest=guest) if guest else visit

    async def _recognized(self, visit: Visit) -> Visit:
        """The visit with the session that its cookie names, and the membership in the organization of its address."""
        token = visit.cookies.get(session_cookie(self.desk))
        session = await self.desk.db.read(identity.session_of, token, visit.now) if token else None
        if session is None:
            return visit
        if session.is_to_be_noted(visit.now):
            await self.desk.db.write(identity.note_seen, session, now=visit.now)
        if "org" not in visit.path:
            return replace(visit, session=session, membership=session.membership)
        wanted = visit.path["org"]
        membership = next((each for each in session.memberships if each.org == wanted), None)
        return replace(visit, session=session, membership=membership)

    async def _handled(self, method: str, visit: Visit) -> Answer | EventStream:
        if not self.entries:
            raise NotFound("There is no such page.")
        entry = self.entries.get("GET" if method == "HEAD" else method)
        if entry is None:
            return method_page(visit, tuple(self.entries))
        if method == "POST":
            received = await receive(visit.exchange, entry.largest)
            visit = replace(visit, form=received.form, files=received.files)
        _let_in(visit, entry)
        return await entry.handler(visit)


def _let_in(visit: Visit, entry: Entry) -> None:
    """Raises ``SignInNeeded``, ``NotFound`` for somebody else's organization, and ``Forbidden``."""
    if entry.needs is not Anybody.AT_ALL and visit.session is None:
        raise SignInNeeded
    if entry.is_of_organization and visit.membership is None:
        raise NotFound("There is no such page.")
    if entry.method == "POST" and not visit.is_ours(visit.form.get("csrf")):
        raise Forbidden("This form is out of date: go back, load the page again and repeat what you did.")
    if not isinstance(entry.needs, Anybody):
        visit.demand(entry.needs)
