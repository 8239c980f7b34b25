"""What a report found, each in a sentence for somebody who reads nothing else; and numbers as people write them."""

from dataclasses import dataclass
from functools import lru_cache

from babel.numbers import format_decimal

from ringback.callbacks.model import Kind
from ringback.reports.model import Report, Tally

_SAME = 0.005
"""A change of less than half a percent is none."""

_CHANNELS = {"api": "API", "convey": "convey", "ivr": "IVR", "sms": "SMS", "web": "web"}
_NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Wording:
    """Writes numbers for readers of a locale, and says what is compared with what."""

    locale: str = "en"
    running: bool = False
    """Whether the days of the report are not over yet."""

    def number(self, value: float) -> str:
        """A number, to one place at most."""
        return _written(round(value, 1), self.locale)

    def percent(self, share: float) -> str:
        """A share of 1, to whole percents; but neither 0 nor 100 where it is not quite that."""
        percents = round(100 * share)
        if percents == 0 and share > 0:
            return f"<{_NBSP}1{_NBSP}%"
        if percents == 100 and share < 1:
            return f">{_NBSP}99{_NBSP}%"
        return f"{self.number(percents)}{_NBSP}%"

    def duration(self, seconds: float) -> str:
        """A duration in its two largest units: "1,204 h", "2 h 5 min", "4 min 10 s", "12 s"."""
        whole = abs(round(seconds))
        sign = "-" if seconds <= -0.5 else ""
        hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
        if hours >= 10:
            words = f"{self.number(round(whole / 3600))} h"
        elif hours:
            words = f"{hours} h" + (f" {minutes} min" if minutes else "")
        elif minutes:
            words = f"{minutes} min" + (f" {rest} s" if rest and minutes < 10 else "")
        else:
            words = f"{rest} s"
        return sign + words.replace(" ", _NBSP)

    def channel(self, channel: str) -> str:
        """A channel as it is called."""
        return _CHANNELS.get(channel, channel)

    def volumes(self, report: Report) -> str:
        """How many were asked for, how, and when."""
        total = report.total.requested
        if not total:
            return "Nobody asked for a callback."
        words = f"{self._callbacks(total)} asked for{self._more(report, 'requested')}"
        if len(report.by_hour) > 1:
            channel, numbers = next(iter(report.by_hour.items()))
            words += f"; most over {self.channel(channel)} ({self.percent(sum(numbers) / total)})"
        hours = [sum(numbers) for numbers in zip(*report.by_hour.values(), strict=True)]
        busiest = max(range(24), key=lambda hour: hours[hour])
        return f"{words}; the busiest hour was {busiest:02}:00 to {busiest + 1:02}:00."

    def outcomes(self, report: Report) -> str:
        """How those that ended did."""
        total = report.total
        if not total.finished:
            return "No callback has ended."
        before = report.before
        words = f"{self.percent(total.success / total.finished)} of {self._ended(total)} successful"
        if before and before.finished:
            words += self._points(total.success / total.finished, before.success / before.finished, report)
        others = {outcome: total[outcome] for outcome in _BECAUSE}
        most = max(others, key=lambda outcome: others[outcome])
        if not others[most]:
            return f"{words}."
        return f"{words}. Of the others most {_BECAUSE[most]} ({self.number(others[most])})."

    def punctuality(self, report: Report) -> str:
        """How well what was told was kept."""
        total = report.total
        if not total.promised:
            return "No call was to come at a time that had been told."
        before = report.before
        words = f"{self.percent(total.on_time / total.promised)} of the calls came on time"
        if before and before.promised:
            words += self._points(total.on_time / total.promised, before.on_time / before.promised, report)
        asap = report.of_kind(Kind.ASAP)
        if not asap.launched:
            return f"{words}."
        told, waited = asap.promised_seconds / asap.launched, asap.waited_seconds / asap.launched
        return (
            f"{words}. Who asked for a call as soon as possible was told {self.duration(_minutes(told))} on average "
            f"and called after {self.duration(_minutes(waited))}."
        )

    def spared(self, report: Report) -> str:
        """What customers were spared."""
        total = report.total
        if not total.spared:
            return "Nobody was spared waiting on hold."
        if total.spared_seconds <= 0:
            return "Customers were called at once, and waited on the phone instead: nobody was spared anything."
        each = total.spared_seconds / total.spared
        words = f"Customers were spared about {self.duration(total.spared_seconds)} on hold"
        words += f"{self._more(report, 'spared_seconds')}: {self.duration(each)} each."
        if total.held:
            held = total.held_seconds / total.held
            words += f" Once they had answered, an agent was there after {self.duration(held)}."
        return words

    def retries(self, report: Report) -> str:
        """What calling again brought."""
        total = report.total
        if not total.success:
            return "Nobody was reached."
        words = f"{self.percent(total.at_first / total.success)} of those who were reached were so with the first call"
        if not total.retried:
            return f"{words}; nobody was called twice."
        again = f"{self.number(total.retried)} {'was' if total.retried == 1 else 'were'} called again"
        if not total.after_retry:
            return f"{words}; {again} in vain."
        reached = f"{self.number(total.after_retry)} of them reached"
        return f"{words}. {again}, and {reached} ({self.percent(total.after_retry / total.retried)})."

    def _callbacks(self, number: int) -> str:
        return "1 callback was" if number == 1 else f"{self.number(number)} callbacks were"

    def _ended(self, total: Tally) -> str:
        if total.finished == 1:
            return "the 1 callback that ended was"
        return f"the {self.number(total.finished)} callbacks that ended were"

    def _more(self, report: Report, count: str) -> str:
        now, before = report.so_far[count], report.before[count] if report.before else 0
        if before <= 0 or now < 0:
            return ""
        change = now / before - 1
        if abs(change) < _SAME:
            return f", as {_MANY[count]} as {self._then(report)}"
        if change >= 1:
            return f", {self.number(now / before)} times as {_MANY[count]} as {self._then(report)}"
        return f", {self.percent(abs(change))} {'more' if change > 0 else 'less'} than {self._then(report)}"

    def _points(self, now: float, before: float, report: Report) -> str:
        points = round(100 * now) - round(100 * before)
        if points == 0:
            return f", as {self._then(report)}"
        unit = "point" if abs(points) == 1 else "points"
        return f", {abs(points)} {unit} {'more' if points > 0 else 'less'} than {self._then(report)}"

    def _then(self, report: Report) -> str:
        words = "on the day before" if report.days.count == 1 else f"in the {report.days.count} days before"
        return f"{words} by this time" if self.running else words


_MANY = {"requested": "many", "spared_seconds": "much"}
_BECAUSE = {
    "unavailable": "were not reached",
    "abandoned": "hung up while waiting for an agent",
    "canceled": "were cancelled",
    "not_completed": "found no agent",
    "expired": "could not be made in time",
    "failure": "failed for a fault",
}


def _minutes(seconds: float) -> float:
    """To whole minutes, as people are told; but what is less than one stays as it is."""
    return seconds if seconds < 60 else round(seconds / 60) * 60


@lru_cache(4096)
def _written(value: float, locale: str) -> str:
    """Remembered: tables are full of the same small numbers."""
    return str(format_decimal(value, locale=locale))
