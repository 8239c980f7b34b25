"""What simulated customers and agents do: scripted numbers, fates, and the agents' queue."""

from collections import Counter
from itertools import pairwise
from statistics import fmean, pstdev

import pytest
from pydantic import ValidationError
from tests.fakes.simulated import BILLING, START, Play, originate, seconds_after

from ringback.kernel.clock import SECOND
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator import InboundKind, MemoryLedger, SimulatedTeam, SimulatorSettings
from ringback.telephony.drivers.simulator.fate import agents_fate, customers_fate
from ringback.telephony.port import Cause, EventKind, LegId, Party

RUNG_IN_FIVE = {"ring_seconds": (5, 5)}


def play(settings: dict | None = None, **team: object) -> Play:
    return Play(MemoryLedger(), SimulatorSettings(**(settings or {}), team=SimulatedTeam(**{"agents": 3, **team})))


def pressed(staged: Play, leg: LegId, questions: int) -> list[str | None]:
    """What somebody presses when asked so often, one question after the other."""
    staged.answered(leg)
    for _ in range(questions):
        staged.collect(leg)
        staged.pass_time(30)
    return [event.key for event in staged.told if event.leg == leg and event.kind is EventKind.COLLECTED]


class TestScriptedNumbers:
    @pytest.mark.parametrize(
        ("ending", "cause", "ended_by"),
        [
            ("0001", Cause.BUSY, Party.CUSTOMER),
            ("0002", Cause.NO_ANSWER, Party.CUSTOMER),
            ("0004", Cause.REJECTED, Party.CUSTOMER),
            ("0005", Cause.INVALID_NUMBER, Party.NETWORK),
            ("0006", Cause.CONGESTION, Party.NETWORK),
            ("0008", Cause.FAILED, Party.NETWORK),
        ],
    )
    def test_that_are_not_reached(self, ending: str, cause: Cause, ended_by: Party) -> None:
        staged = play()
        leg = staged.customer(number=f"+1555123{ending}")
        staged.pass_time(60)
        assert staged.kinds(leg) == [EventKind.RINGING, EventKind.ENDED]
        assert (staged.view(leg).cause, staged.view(leg).party) == (cause, ended_by)

    def test_0003_is_a_machine_that_records_for_a_minute(self) -> None:
        staged = play(RUNG_IN_FIVE)
        leg = staged.customer(number="+15551230003")
        staged.pass_time(6)
        staged.collect(leg)
        staged.pass_time(100)
        assert staged.kinds(leg) == [EventKind.RINGING, EventKind.MACHINE, EventKind.COLLECTED, EventKind.ENDED]
        view = staged.view(leg)
        assert (view.machine, view.cause, view.ended_at) == (True, Cause.MACHINE, seconds_after(65))
        assert staged.told_of(leg, EventKind.COLLECTED).key is None

    @pytest.mark.parametrize(
        ("ending", "keys"),
        [
            ("0000", ["1", "1", "1"]),
            ("0009", ["9", "9", "9"]),
            ("0010", ["2", "3", "3"]),
            ("0011", [None, None, None]),
            ("0012", [None, "1", "1"]),
            ("0013", ["7", "7", "7"]),
        ],
    )
    def test_that_answer_press_what_is_documented(self, ending: str, keys: list[str | None]) -> None:
        staged = play({"no_key_share": 1})
        assert pressed(staged, staged.customer(number=f"+1555123{ending}"), 3) == keys

    def test_0007_holds_no_longer_than_eight_seconds(self) -> None:
        staged = play()
        leg = staged.answered(staged.customer(number="+15551230007"))
        staged.collect(leg)
        staged.pass_time(20)
        assert staged.told_of(leg, EventKind.COLLECTED).key == "1"
        staged.hold(leg)
        held_at = staged.clock.now()
        staged.pass_time(20)
        ended = staged.told_of(leg, EventKind.ENDED)
        assert (ended.cause, ended.party) == (Cause.ANSWERED, Party.CUSTOMER)
        assert 2 * SECOND <= ended.at - held_at <= 8 * SECOND

    def test_0007_hangs_up_when_an_agent_comes_nevertheless(self) -> None:
        staged = play()
        agent = staged.answered(staged.agent())
        customer = staged.answered(staged.customer(number="+15551230007"))
        staged.bridge(customer, agent)
        assert staged.kinds(customer)[-1] is EventKind.ENDED
        assert staged.view(customer).bridged_at is None
        assert staged.view(agent).alive

    def test_0014_hangs_up_during_the_first_prompt(self) -> None:
        staged = play()
        leg = staged.answered(staged.customer(number="+15551230014"))
        staged.collect(leg)
        staged.pass_time(2)
        assert staged.kinds(leg) == [EventKind.RINGING, EventKind.ANSWERED, EventKind.ENDED]
        assert staged.view(leg).party is Party.CUSTOMER

    def test_the_extension_does_not_count(self) -> None:
        staged = play()
        busy = staged.customer("busy", number="+15551230001;ext=0000")
        talks = staged.customer("talks", number="+15551230000;ext=0001")
        staged.pass_time(30)
        assert staged.view(busy).cause is Cause.BUSY
        assert staged.view(talks).answered_at is not None

    def test_follow_no_share(self) -> None:
        staged = play({"busy_share": 1})
        leg = staged.customer()
        staged.pass_time(30)
        assert staged.view(leg).answered_at is not None

    def test_of_agents(self) -> None:
        staged = play()
        nobody = staged.agent("nobody", number="+12125550002", timeout=60)
        leaves = staged.agent("leaves", number="sip:0004")
        ignores = staged.agent("ignores", number="+12125550011")
        staged.pass_time(61)
        assert (staged.view(nobody).cause, staged.view(nobody).answered_at) == (Cause.NO_ANSWER, None)
        assert staged.kinds(leaves) == [EventKind.RINGING, EventKind.ANSWERED, EventKind.ENDED]
        assert staged.view(leaves).party is Party.AGENT
        assert staged.kinds(ignores) == [EventKind.RINGING, EventKind.ANSWERED]


class TestFate:
    def test_is_the_same_for_the_same_leg_and_seed(self) -> None:
        settings = SimulatorSettings(seed=7, busy_share=0.3)
        one, two = originate("one.customer1"), originate("two.customer1")
        assert customers_fate(one, settings) == customers_fate(one, settings)
        assert customers_fate(one, settings) != customers_fate(two, settings)
        assert customers_fate(one, settings) != customers_fate(one, SimulatorSettings(seed=8, busy_share=0.3))

    def test_shares_are_kept(self) -> None:
        settings = SimulatorSettings(busy_share=0.1, no_answer_share=0.2, machine_share=0.3, late_key_share=0.2)
        fates = [customers_fate(originate(f"{n}.customer1", number="+15551234567"), settings) for n in range(4000)]
        verdicts = Counter(fate.verdict for fate in fates)
        shares = {Cause.BUSY: 0.1, Cause.NO_ANSWER: 0.2, Cause.MACHINE: 0.3, Cause.ANSWERED: 0.4}
        for cause, share in shares.items():
            assert verdicts[cause] / 4000 == pytest.approx(share, abs=0.03)
        assert fmean(fate.keys == ("", "1") for fate in fates) == pytest.approx(0.2, abs=0.03)

    def test_agents_shares_are_kept(self) -> None:
        settings = SimulatorSettings(team=SimulatedTeam(ignoring_share=0.2, leaving_share=0.3))
        fates = Counter(agents_fate(originate(f"{n}.agent1"), settings).manner for n in range(4000))
        assert fates["ignores"] / 4000 == pytest.approx(0.2, abs=0.03)
        assert fates["leaves"] / 4000 == pytest.approx(0.3, abs=0.03)

    def test_talk_has_the_mean_and_the_spread_that_were_set(self) -> None:
        settings = SimulatorSettings(teams={BILLING: SimulatedTeam(handle_time=200, handle_time_spread=0.4)})
        talks = [customers_fate(originate(f"{n}.customer1"), settings).talk / SECOND for n in range(4000)]
        assert fmean(talks) == pytest.approx(200, rel=0.03)
        assert pstdev(talks) == pytest.approx(80, rel=0.1)

    def test_ring_and_key_keep_to_their_bounds(self) -> None:
        settings = SimulatorSettings(ring_seconds=(3, 5), key_seconds=(1.5, 2))
        fates = [customers_fate(originate(f"{n}.customer1"), settings) for n in range(200)]
        rings, keys = [fate.ring for fate in fates], [fate.key_after for fate in fates]
        assert 3 * SECOND <= min(rings) < max(rings) <= 5 * SECOND
        assert 1.5 * SECOND <= min(keys) < max(keys) <= 2 * SECOND

    @pytest.mark.parametrize("ending", ["0000", "0003"])
    def test_whoever_would_answer_after_the_time_is_up_does_not(self, ending: str) -> None:
        order = originate("one.customer1", number=f"+1555123{ending}", timeout=5)
        fate = customers_fate(order, SimulatorSettings(ring_seconds=(6, 9)))
        assert (fate.verdict, fate.ring) == (Cause.NO_ANSWER, 5 * SECOND)

    def test_speed_shortens_everything(self) -> None:
        slow, fast = (customers_fate(originate("a.customer1"), SimulatorSettings(speed=speed)) for speed in (1, 10))
        for duration in ("ring", "patience", "attention", "talk", "key_after"):
            assert getattr(fast, duration) == pytest.approx(getattr(slow, duration) / 10, abs=1)

    def test_prompts_are_spoken_faster_as_well(self) -> None:
        slow, fast = play({"speed": 1}), play({"speed": 10})
        lasted = []
        for staged in (slow, fast):
            leg = staged.answered(staged.customer())
            begun = staged.clock.now()
            staged.announce(leg, "x" * 150)
            staged.pass_time(60)
            lasted.append(staged.told_of(leg, EventKind.ANNOUNCED).at - begun)
        assert lasted == [11 * SECOND, 1.1 * SECOND]


class TestAgents:
    def test_take_who_has_waited_longest(self) -> None:
        staged = play(agents=1)
        staged.answered(staged.agent("first"))
        staged.caller("holds", talk=30)
        staged.pass_time(10)
        legs = [staged.agent(name, place=seconds_after(place)) for name, place in [("c", 7), ("a", -60), ("b", 3)]]
        staged.hang_up(LegId("first.agent1"))
        order = []
        for _ in range(3):
            staged.pass_time(0)
            taken = [leg for leg in legs if EventKind.ANSWERED in staged.kinds(leg) and leg not in order]
            order += taken or ["holds"]
            if taken:
                staged.hang_up(taken[0])
            else:
                staged.pass_time(30)
        assert order == ["a.agent1", "holds", "b.agent1"]

    def test_have_one_call_at_a_time(self) -> None:
        staged = play(agents=1)
        legs = [staged.agent(f"{n}") for n in range(4)]
        for former, latter in pairwise(legs):
            staged.answered(former)
            staged.pass_time(60)
            assert EventKind.ANSWERED not in staged.kinds(latter)
            staged.hang_up(former)
            assert staged.view(latter).answered_at == staged.view(former).ended_at

    def test_accept_after_a_short_think(self) -> None:
        staged = play(agents=50, think_seconds=(1, 1.5))
        for n in range(20):
            view = staged.view(staged.answered(staged.agent(f"{n}")))
            assert view.accepted_at is not None
            assert view.answered_at is not None
            assert 1 * SECOND <= view.accepted_at - view.answered_at <= 1.5 * SECOND

    def test_accept_while_they_hear_a_whisper(self) -> None:
        staged = play(think_seconds=(1, 1))
        leg = staged.agent()
        staged.announce(leg, "Callback for Ada, 555 0100. " * 5)
        staged.pass_time(60)
        assert staged.kinds(leg) == [EventKind.RINGING, EventKind.ANSWERED, EventKind.ACCEPTED, EventKind.ANNOUNCED]

    def test_press_1_where_they_are_asked_to(self) -> None:
        staged = play()
        assert pressed(staged, staged.agent(), 1) == ["1"]
        assert pressed(staged, staged.agent("two"), 1) == ["1"]

    def test_are_free_again_only_when_they_have_wrapped_up(self) -> None:
        staged = play(agents=1, wrap_up=20)
        customer, agent = staged.conversation()
        staged.pass_time(5)
        staged.hang_up(agent)
        waiting = staged.agent("next")
        staged.hang_up(customer)
        staged.pass_time(19)
        assert EventKind.ANSWERED not in staged.kinds(waiting)
        stats = staged.network.queue_stats(BILLING, staged.clock.now())
        assert stats.agents_available == 0
        staged.pass_time(1)
        assert EventKind.ANSWERED in staged.kinds(waiting)

    def test_wrap_up_nothing_where_nobody_talked(self) -> None:
        staged = play(agents=1, wrap_up=20)
        staged.hang_up(staged.answered(staged.agent()))
        assert EventKind.ANSWERED in staged.kinds(staged.agent("next"))

    def test_of_one_call_target_do_not_work_for_another(self) -> None:
        staged = play(agents=0)
        staged.network.staff(CallTargetId("service"), 1, staged.clock.now())
        own = staged.agent("own")
        other = staged.agent("other", call_target=CallTargetId("service"))
        staged.pass_time(60)
        assert EventKind.ANSWERED not in staged.kinds(own)
        assert EventKind.ANSWERED in staged.kinds(other)


class TestTalking:
    def test_lasts_from_the_bridge_on_as_is_the_customers_fate(self) -> None:
        staged = play(handle_time=100, handle_time_spread=0)
        customer, agent = staged.conversation()
        bridged_at = staged.clock.now()
        staged.pass_time(200)
        first = min(staged.view(customer), staged.view(agent), key=lambda view: view.ended_at or 0)
        assert first.ended_at == bridged_at + 100 * SECOND
        assert first.party is (Party.CUSTOMER if first.leg == customer else Party.AGENT)

    def test_ends_by_either(self) -> None:
        staged = play(agents=100)
        ended_by = Counter(self._first_to_hang_up(staged, f"{n}") for n in range(40))
        assert min(ended_by[Party.CUSTOMER], ended_by[Party.AGENT]) > 5

    def _first_to_hang_up(self, staged: Play, attempt: str) -> Party | None:
        customer, agent = staged.conversation(attempt)
        staged.pass_time(7200)
        return min(staged.view(customer), staged.view(agent), key=lambda view: view.ended_at or 0).party

    def test_holding_customers_give_up(self) -> None:
        staged = play({"patience": 60})
        leg = staged.answered(staged.customer())
        staged.pass_time(30)
        staged.hold(leg)
        staged.pass_time(50)
        staged.hold(leg)
        staged.pass_time(10)
        assert staged.view(leg).ended_at == staged.clock.now(), "patience is not renewed by holding again"


class TestInbound:
    def test_are_answered_and_finish(self) -> None:
        staged = play(agents=1)
        staged.caller("a", talk=60)
        staged.caller("b", talk=30)
        staged.caller("b", talk=1)
        staged.pass_time(200)
        assert [(event.caller, event.kind, event.at) for event in staged.inbound] == [
            ("a", InboundKind.ANSWERED, START),
            ("a", InboundKind.FINISHED, seconds_after(60)),
            ("b", InboundKind.ANSWERED, seconds_after(60)),
            ("b", InboundKind.FINISHED, seconds_after(90)),
        ]
        assert staged.told == [], "they are no legs of ours"

    def test_abandon_when_their_patience_ends(self) -> None:
        staged = play(agents=0)
        staged.caller("a", patience=45)
        staged.pass_time(100)
        assert [(event.kind, event.at) for event in staged.inbound] == [(InboundKind.ABANDONED, seconds_after(45))]

    def test_show_in_the_statistics(self) -> None:
        staged = play(agents=1)
        now = staged.clock.now
        empty = staged.network.queue_stats(BILLING, now())
        assert (empty.calls_waiting, empty.oldest_wait, empty.agents_staffed, empty.agents_available) == (0, 0, 1, 1)
        assert empty.handle_time is None
        for name in "abc":
            staged.caller(name, talk=60)
            staged.pass_time(10)
        staged.agent()
        busy = staged.network.queue_stats(BILLING, now())
        assert (busy.calls_waiting, busy.oldest_wait, busy.agents_staffed, busy.agents_available) == (2, 20, 1, 0)
        staged.pass_time(100)
        later = staged.network.queue_stats(BILLING, now())
        assert later.handle_time == 60
        assert later.at == now()


@pytest.mark.parametrize(
    "wrong",
    [
        {"busy_share": 0.6, "machine_share": 0.6},
        {"late_key_share": 0.6, "no_key_share": 0.6},
        {"busy_share": -0.1},
        {"ring_seconds": (8, 2)},
        {"ring_seconds": (0, 2)},
        {"key_seconds": (0, 2)},
        {"speed": 0},
        {"patience": 0},
        {"teams": {"billing": {"agents": -1}}},
        {"team": {"agents": 3, "shifts": [{"hours": "08:00-12:00", "agents": 3}]}},
        {"team": {"shifts": [{"hours": "8 to 12", "agents": 3}]}},
        {"team": {"time_zone": "Atlantis"}},
        {"team": {"handle_time": 0}},
        {"team": {"think_seconds": (2, 1)}},
        {"team": {"ignoring_share": 0.6, "leaving_share": 0.6}},
        {"team": {"inbound_per_hour": [10, 20]}},
        {"team": {"inbound_per_hour": -1}},
        {"unknown": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        SimulatorSettings.model_validate(wrong)
