"""An agent is rung first, accepts, and then the customer is rung: nobody is called by nobody."""

from dataclasses import replace

import pytest
from tests.fakes.calls import AGENT_FIRST, Call

from ringback.callbacks.lifecycle import Cause
from ringback.telephony.flow import Stage
from ringback.telephony.port import Announce, Originate, Party

ONE_DESTINATION = replace(AGENT_FIRST, agent_destinations=("sip:only@example.com",))


def whispered(order=AGENT_FIRST):
    call = Call(order)
    call.rings("agent")
    call.answers("agent")
    return call


def ringing(order=AGENT_FIRST):
    call = whispered(order)
    call.presses("agent", "1")
    return call


def being_joined(order=AGENT_FIRST):
    call = ringing(order)
    call.rings("customer")
    call.answers("customer")
    return call


class TestTheWholeCall:
    def test_from_the_first_ring_to_the_last_hanging_up(self):
        call = Call(AGENT_FIRST)
        assert [call.flow.stage, call.commands[0].leg] == [Stage.REACHING_AGENT, "att.agent1"]
        assert call.rings("agent") == ["ringing"]
        assert call.answers("agent") == ["ask agent1 whisper"]
        assert call.presses("agent", "1") == ["answered", "tell agent1 calling_customer", "ring customer1"]
        assert call.has_heard("agent") == ["hold agent1"]
        assert call.rings("customer") == []
        assert call.answers("customer") == ["join agent1 customer1"]
        assert call.bridged() == ["connected"]
        assert call.hangs_up("customer") == ["ended answered customer", "hang up agent1"]
        assert call.all_hang_up() == []
        assert call.flow.over

    def test_agents_who_signal_are_asked_nothing(self):
        call = Call(replace(AGENT_FIRST, agents_accept=True))
        assert call.answers("agent") == []
        assert call.accepts() == ["answered", "tell agent1 calling_customer", "ring customer1"]

    def test_the_announcement_is_done_without(self):
        call = ringing()
        assert call.refused(Announce) == ["ignored"]
        assert call.answers("customer") == ["join agent1 customer1"]


class TestNoAgent:
    def test_the_failover_is_tried_and_the_customer_hears_nothing_of_it(self):
        call = Call(AGENT_FIRST)
        call.rings("agent")
        assert call.ended("agent", Cause.BUSY, Party.AGENT) == ["ring agent2"]
        assert call.rings("agent") == []
        assert call.ended("agent", Cause.NO_ANSWER, Party.AGENT) == ["ended no_answer agent"]
        assert call.flow.over

    def test_not_accepted(self):
        call = whispered(ONE_DESTINATION)
        assert call.presses("agent", None) == ["ended no_answer agent", "hang up agent1"]

    def test_gone_during_the_whisper(self):
        call = whispered(ONE_DESTINATION)
        assert call.hangs_up("agent") == ["ring agent2"]
        call.answers("agent")
        assert call.hangs_up("agent") == ["ended rejected agent"]
        assert call.flow.over

    def test_gone_before_anybody_was_asked(self):
        call = Call(ONE_DESTINATION)
        assert call.hangs_up("agent") == ["ended rejected agent"]

    def test_no_such_number(self):
        call = Call(ONE_DESTINATION)
        assert call.refused(Originate, Cause.INVALID_NUMBER) == ["ended invalid_number agent"]
        assert call.flow.over


class TestTheCustomerIsNotReached:
    @pytest.mark.parametrize("cause", [Cause.BUSY, Cause.NO_ANSWER, Cause.REJECTED])
    def test_the_agent_is_told(self, cause):
        call = ringing()
        assert call.ended("customer", cause, Party.CUSTOMER) == ["tell agent1 customer_not_reached"]
        assert call.has_heard("agent") == [f"ended {cause} customer", "hang up agent1"]

    def test_a_machine(self):
        call = ringing()
        assert call.machine("customer") == ["hang up customer1", "tell agent1 customer_not_reached"]
        assert call.hangs_up("agent") == ["ended machine customer"]

    def test_it_rings_too_long(self):
        call = ringing()
        assert call.time_is_up() == ["hang up customer1", "tell agent1 customer_not_reached"]
        assert call.answers("customer") == ["hang up customer1"]
        call.has_heard("agent")
        assert call.ends == ["ended no_answer customer"]

    def test_no_such_number(self):
        call = ringing()
        assert call.refused(Originate, Cause.INVALID_NUMBER) == ["tell agent1 customer_not_reached"]
        assert call.time_is_up() == ["ended invalid_number network", "hang up agent1"]

    def test_hanging_up_on_answering_turns_the_call_down(self):
        call = being_joined()
        assert call.hangs_up("customer") == ["tell agent1 customer_not_reached"]
        call.has_heard("agent")
        assert call.ends == ["ended rejected customer"]


class TestTheAgentGoes:
    def test_while_the_customer_is_rung_who_is_never_called_by_nobody(self):
        call = ringing()
        call.rings("customer")
        assert call.hangs_up("agent") == ["ended canceled agent", "hang up customer1"]
        assert call.answers("customer") == ["hang up customer1"]

    def test_when_the_customer_has_answered_who_is_kept_for_the_failover(self):
        call = being_joined()
        assert call.hangs_up("agent") == ["hold customer1", "ring agent2"]
        call.answers("agent")
        assert call.presses("agent", "1") == ["join agent2 customer1"]
        assert call.bridged() == ["connected"]

    def test_and_so_does_the_failover(self):
        call = being_joined()
        call.hangs_up("agent")
        assert call.ended("agent", Cause.BUSY, Party.AGENT) == ["tell customer1 nobody_free"]
        assert call.has_heard("customer") == ["ended busy agent", "hang up customer1"]

    def test_and_then_the_customer_who_has_waited(self):
        call = being_joined()
        call.hangs_up("agent")
        assert call.hangs_up("customer") == ["ended canceled customer", "hang up agent2"]
