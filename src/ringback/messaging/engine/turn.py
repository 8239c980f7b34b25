"""One turn of a conversation while it is being worked out: what it says, asks, and comes to know.

The decisions are in ``machine.py``, ``walk.py``, ``choosing.py`` and ``picking.py``; here is what they have in common.
A turn is used once.
"""

from dataclasses import replace
from typing import Any

from ringback.kernel.clock import Instant, after
from ringback.messaging.engine import phrases
from ringback.messaging.engine.model import Ask, Effect, OptIn, OptOut, Send, Setting, State, Turned
from ringback.messaging.flow import Flow, GeneralText, Service
from ringback.messaging.flow.template import render_fitting
from ringback.messaging.flow.wording import Wording, general_template_for, template_for
from ringback.messaging.times import Tongue
from ringback.messaging.words import Vocabulary, vocabulary
from ringback.texts import fits

ANSWER_SECONDS = 60
"""How long a service may take to answer."""


class Turn:
    """A conversation that is about to go on."""

    def __init__(self, setting: Setting, state: State, now: Instant) -> None:
        self.setting = setting
        self.state = state
        self.now = now
        self._effects: list[Effect] = []
        self._texts: list[str] = []

    def turned(self) -> Turned:
        """What has come of it. Texts of one turn are one message where that takes no more than three segments."""
        together = " ".join(self._texts)
        texts = [together] if fits(together) else self._texts
        asks = [effect for effect in self._effects if isinstance(effect, Ask)]
        others = [effect for effect in self._effects if not isinstance(effect, Ask)]
        return Turned(self.state, (*others, *(Send(text) for text in texts if text), *asks))

    @property
    def flow(self) -> Flow | None:
        """The flow that goes on; None where there is none, or it has been edited away."""
        return self.setting.automations.flows.get(self.state.flow or "")

    @property
    def language(self) -> str:
        """The customer's."""
        return self.state.language or self.setting.languages[0]

    @property
    def words(self) -> Vocabulary:
        """The words of all of the organization's languages."""
        return vocabulary((*self.setting.languages, self.language))

    def tongue(self, locale: str) -> Tongue:
        """How the customer reads and writes times that were shown in ``locale``."""
        languages = dict.fromkeys((locale, self.language, *self.setting.languages, "en"))
        return Tongue(self.setting.zone, locale, tuple(languages))

    def know(self, **facts: Any) -> None:
        """Change the state."""
        self.state = replace(self.state, **facts)

    def wording(self, key: str) -> Wording:
        """The present flow's text for the customer."""
        assert self.flow
        return template_for(self.flow, key, self.language)

    def say(self, key: str) -> None:
        """Tell a text of the present flow."""
        self.tell(self.wording(key))

    def say_general(self, key: GeneralText) -> None:
        """Tell a text of no flow."""
        self.tell(general_template_for(self.setting.automations, key, self.language))

    def say_last(self, key: GeneralText) -> None:
        """Tell the one text that may follow an opt-out."""
        text, language = general_template_for(self.setting.automations, key, self.language)
        self._effects.append(Send(render_fitting(text, self.facts(language)), last=True))

    def tell(self, wording: Wording, **facts: str | None) -> None:
        """Tell a text with what is known, and with ``facts`` besides."""
        self._texts.append(self.rendered(wording, **facts))

    def rendered(self, wording: Wording, **facts: str | None) -> str:
        """The text as it would be told."""
        text, language = wording
        return render_fitting(text, {**self.facts(language), **facts})

    def facts(self, locale: str) -> dict[str, str | None]:
        """What is known, put into words of ``locale``."""
        state, zone, now = self.state, self.setting.zone, self.now
        names_zone = not self.setting.zone_is_understood
        name = state.callback.name if state.callback else state.widget.name if state.widget else None
        return {
            "organization_name": self.setting.organization_name,
            "widget_name": name,
            "message": state.message,
            "manage_url": None if state.manage_url in state.message else state.manage_url,
            "when": phrases.when(state.callback, zone, locale, now, names_zone=names_zone) if state.callback else None,
            "callbacks": "; ".join(
                f"{each.name} {phrases.when(each, zone, locale, now, names_zone=names_zone)}"
                for each in state.callbacks
            ),
            "next_open": None
            if state.next_open is None
            else phrases.moment(state.next_open, zone, locale, now, names_zone=True),
        }

    def ask(self, service: Service) -> None:
        """Ask a service; the turn is over, and goes on with the answer."""
        state = self.state
        widget_id = state.widget.id if state.widget else None
        ask = Ask(
            number=state.asked + 1,
            service=service,
            locale=self.language,
            widget_id=state.callback.widget_id if state.callback and service is Service.MOVE else widget_id,
            callback_id=state.callback.id if state.callback else None,
            time=state.time if service in {Service.REQUEST, Service.MOVE} else None,
        )
        self.know(asked=ask.number, asking=ask, wake_at=after(self.now, ANSWER_SECONDS))
        self._effects.append(ask)

    def wait(self) -> None:
        """Wait for the customer, as long as the flow's patience lasts."""
        assert self.flow
        self.know(wake_at=after(self.now, self.flow.patience))

    def opt_out(self) -> None:
        """No more texts."""
        self.rest()
        self.know(opted_out=True)
        self._effects.append(OptOut())

    def opt_in(self) -> None:
        """Texts again."""
        self.know(opted_out=False)
        self._effects.append(OptIn())

    def rest(self) -> None:
        """The flow is over. What outlasts it: the language, the opt-out, and how often was asked and helped."""
        state = self.state
        self.state = State(
            language=state.language, opted_out=state.opted_out, helped_at=state.helped_at, asked=state.asked
        )
