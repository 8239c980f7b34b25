"""The customer is rung first, asked to press a key, and then connected."""

from dataclasses import replace

import pytest
from tests.fakes.calls import ORDER, Call

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import SECOND
from ringback.telephony.flow import ProgressKind, Stage
from ringback.telephony.port import Announce, Collect, EventKind, Hold, Originate, Party

ONE_DESTINATION = replace(ORDER, agent_destinations=("sip:only@example.com",))
BY_SIGNAL = replace(ORDER, agents_accept=True)


def greeted(order=ORDER):
    call = Call(order)
    call.rings("customer")
    call.answers("customer")
    return call


def on_hold(order=ORDER):
    call = greeted(order)
    call.presses("customer", "1")
    return call


def whispered(order=ORDER):
    call = on_hold(order)
    call.rings("agent")
    call.answers("agent")
    return call


def being_joined(order=ORDER):
    call = whispered(order)
    call.presses("agent", "1")
    return call


def talking(order=ORDER):
    call = being_joined(order)
    call.bridged()
    return call


class TestTheWholeCall:
    def test_from_the_first_ring_to_the_last_hanging_up(self):
        call = Call()
        assert [call.flow.stage, call.commands[0].leg] == [Stage.RINGING_CUSTOMER, "att.customer1"]
        assert call.rings("customer") == ["ringing"]
        assert call.answers("customer") == ["ask customer1 greeting"]
        assert call.presses("customer", "1") == ["answered", "hold customer1", "ring agent1"]
        assert call.rings("agent") == []
        assert call.answers("agent") == ["ask agent1 whisper"]
        assert call.presses("agent", "1") == ["join agent1 customer1"]
        assert call.bridged() == ["connected"]
        assert call.hangs_up("agent") == ["ended answered agent", "hang up customer1"]
        assert not call.flow.over
        assert call.all_hang_up() == []
        assert call.flow.over
        assert call.flow.wake_at is None

    def test_progress_tells_when_it_happened(self):
        call = talking()
        call.hangs_up("customer")
        assert [(each.kind, (each.at - call.events[0].at) // SECOND) for each in call.progress] == [
            (ProgressKind.RINGING, 0),
            (ProgressKind.ANSWERED, 2),
            (ProgressKind.CONNECTED, 6),
            (ProgressKind.ENDED, 7),
        ]

    def test_the_telephones_are_rung_as_ordered(self):
        call = on_hold(replace(ORDER, agent_dial_timeout=90))
        to_customer, to_agent = (each for each in call.commands if isinstance(each, Originate))
        assert (to_customer.party, to_customer.destination, to_customer.timeout) == (Party.CUSTOMER, "+14155550123", 30)
        assert (to_agent.party, to_agent.destination, to_agent.timeout) == (Party.AGENT, "sip:first@example.com", 90)
        for each in (to_customer, to_agent):
            assert (each.org, each.call_target_id) == (ORDER.org, ORDER.call_target_id)
            assert (each.caller_id, each.place) == (ORDER.caller_id, ORDER.place)

    def test_where_the_driver_knows_the_queue_no_destination_is_needed(self):
        for destinations in ((), ("",)):
            call = on_hold(replace(ORDER, agent_destinations=destinations))
            assert call.commands[-1].destination == ""

    def test_commands_have_ids_of_their_own(self):
        call = talking()
        call.hangs_up("customer")
        ids = [each.id for each in call.commands]
        assert ids == [f"att.{number}" for number in range(1, len(ids) + 1)]

    def test_agents_who_signal_are_asked_nothing(self):
        call = on_hold(BY_SIGNAL)
        assert call.answers("agent") == []
        assert call.accepts() == ["join agent1 customer1"]

    def test_a_signal_before_the_answer_counts(self):
        call = on_hold(BY_SIGNAL)
        assert call.accepts() == ["join agent1 customer1"]
        assert call.answers("agent") == ["ignored"]

    @pytest.mark.parametrize("who", ["customer", "agent"])
    def test_whoever_hangs_up_first_ended_it(self, who):
        call = talking()
        call.hangs_up(who)
        assert call.ends == [f"ended answered {who}"]

    def test_a_network_that_breaks_down_ended_it(self):
        call = talking()
        assert call.ended("customer", Cause.FAILED, Party.NETWORK) == ["ended answered network", "hang up agent1"]

    def test_a_network_that_does_not_say_who_leaves_it_to_the_telephone_that_ended(self):
        call = talking()
        assert call.ended("customer", None, None)[0] == "ended answered customer"
        call = talking()
        assert call.ended("agent", None, None)[0] == "ended answered agent"

    def test_a_conversation_ends_after_hours(self):
        call = talking()
        began = call.now
        assert call.time_is_up() == ["ended answered ringback", "hang up customer1", "hang up agent1"]
        assert (call.now - began) / SECOND == 4 * 3600


class TestTheCustomerIsNotReached:
    @pytest.mark.parametrize("cause", [Cause.BUSY, Cause.NO_ANSWER, Cause.REJECTED])
    def test_by_the_customers_doing(self, cause):
        call = Call()
        assert call.ended("customer", cause, Party.CUSTOMER) == [f"ended {cause} customer"]
        assert call.flow.over

    @pytest.mark.parametrize("cause", [Cause.CONGESTION, Cause.INVALID_NUMBER, Cause.FAILED])
    def test_by_the_networks_doing(self, cause):
        call = Call()
        assert call.ended("customer", cause, Party.NETWORK) == [f"ended {cause} network"]

    @pytest.mark.parametrize(
        ("cause", "party", "end"),
        [
            (Cause.NO_ANSWER, Party.RINGBACK, "ended no_answer customer"),
            (Cause.CONGESTION, None, "ended congestion network"),
            (None, None, "ended failed network"),
            (Cause.ANSWERED, Party.CUSTOMER, "ended rejected customer"),
            (Cause.CANCELED, Party.CUSTOMER, "ended rejected customer"),
        ],
    )
    def test_whatever_the_network_says(self, cause, party, end):
        call = Call()
        assert call.ended("customer", cause, party) == [end]

    def test_a_machine(self):
        call = Call()
        call.rings("customer")
        assert call.machine("customer") == ["ended machine customer", "hang up customer1"]
        assert call.all_hang_up() == []
        assert call.flow.over

    def test_a_machine_that_seemed_a_person_at_first(self):
        call = greeted()
        assert call.machine("customer") == ["ended machine customer", "hang up customer1"]

    def test_who_has_pressed_a_key_is_no_machine(self):
        call = on_hold()
        assert call.machine("customer") == ["ignored"]

    def test_it_rings_too_long(self):
        call = Call()
        call.rings("customer")
        began = call.now
        assert call.time_is_up() == ["ended no_answer customer", "hang up customer1"]
        assert 30 <= (call.now - began) / SECOND <= 45

    def test_a_late_answer_is_hung_up_once_more_and_nothing_else(self):
        call = Call()
        call.time_is_up()
        assert call.answers("customer") == ["hang up customer1"]
        assert call.answers("customer") == ["ignored"]
        assert call.ends == ["ended no_answer customer"]

    def test_no_such_number(self):
        call = Call()
        assert call.refused(Originate, Cause.INVALID_NUMBER) == ["ended invalid_number network"]
        assert call.flow.over


class TestTheGreeting:
    def test_asks_for_one_of_four_keys(self):
        question = greeted().commands[-1]
        assert isinstance(question, Collect)
        assert (question.prompt, sorted(question.keys)) == (ORDER.prompts.greeting, ["1", "2", "7", "9"])

    def test_is_said_once_more_without_a_key_and_then_given_up(self):
        call = greeted()
        assert call.presses("customer", None) == ["ask customer1 greeting"]
        assert call.presses("customer", None) == ["ended no_answer customer", "hang up customer1"]

    @pytest.mark.parametrize("key", ["5", "", "*", "12"])
    def test_another_key_is_no_key(self, key):
        call = greeted()
        assert call.presses("customer", key) == ["ask customer1 greeting"]

    def test_the_second_one_is_as_good_as_the_first(self):
        call = greeted()
        call.presses("customer", None)
        assert call.presses("customer", "1") == ["answered", "hold customer1", "ring agent1"]

    def test_a_late_key_to_the_first_still_counts(self):
        call = greeted()
        question = call.commands[-1].id
        call.time_is_up()
        late = replace(call.events[-1], event_id="late", kind=EventKind.COLLECTED, command=question, key=None)
        assert call.told(late) == ["ignored"]
        assert call.told(replace(late, key="1")) == ["answered", "hold customer1", "ring agent1"]

    def test_a_driver_that_never_answers_is_not_waited_for(self):
        call = greeted()
        assert call.time_is_up() == ["ask customer1 greeting"]
        assert call.time_is_up() == ["ended no_answer customer", "hang up customer1"]

    def test_long_texts_have_time_to_be_said(self):
        call, longer = greeted(), replace(ORDER.prompts.greeting, text="word " * 200)
        patient = greeted(replace(ORDER, prompts=replace(ORDER.prompts, greeting=longer)))
        assert patient.flow.wake_at > call.flow.wake_at + 60 * SECOND

    def test_hanging_up_without_a_key_turns_the_call_down(self):
        call = greeted()
        assert call.hangs_up("customer") == ["ended rejected customer"]
        assert call.flow.over

    def test_it_cannot_be_said(self):
        call = greeted()
        assert call.refused(Collect) == ["ended failed network", "hang up customer1"]


class TestWishes:
    @pytest.mark.parametrize(("key", "minutes"), [("1", 10), ("4", 40), ("9", 90), (None, 10), ("0", 10), ("12", 10)])
    def test_later(self, key, minutes):
        call = greeted()
        assert call.presses("customer", "2") == ["ask customer1 ask_minutes"]
        assert call.presses("customer", key) == ["tell customer1 later_confirmed"]
        assert f" {minutes} minutes" in call.commands[-1].prompt.text
        assert call.has_heard("customer") == [f"ended canceled customer later {minutes}", "hang up customer1"]

    @pytest.mark.parametrize(("key", "prompt", "wish"), [("9", "cancel", "cancel"), ("7", "never_call", "never_call")])
    def test_no_call_at_all(self, key, prompt, wish):
        call = greeted()
        assert call.presses("customer", key) == [f"tell customer1 {prompt}_confirmed"]
        assert call.has_heard("customer") == [f"ended canceled customer {wish}", "hang up customer1"]

    def test_stand_when_the_customer_does_not_wait_to_hear_it(self):
        call = greeted()
        call.presses("customer", "7")
        assert call.hangs_up("customer") == ["ended canceled customer never_call"]
        assert call.flow.over

    def test_stand_when_we_give_up_meanwhile(self):
        call = greeted()
        call.presses("customer", "7")
        assert call.given_up() == ["ended canceled customer never_call", "hang up customer1"]

    def test_stand_when_it_cannot_be_said(self):
        call = greeted()
        call.presses("customer", "9")
        assert call.refused(Announce) == ["ended canceled customer cancel", "hang up customer1"]

    def test_stand_when_nothing_is_heard_of_it(self):
        call = greeted()
        call.presses("customer", "9")
        assert call.time_is_up() == ["ended canceled customer cancel", "hang up customer1"]

    def test_later_without_saying_when(self):
        call = greeted()
        call.presses("customer", "2")
        assert call.hangs_up("customer") == ["ended canceled customer later 10"]

    @pytest.mark.parametrize("trouble", [lambda call: call.time_is_up(), lambda call: call.refused(Collect)])
    def test_later_without_being_asked_when(self, trouble):
        call = greeted()
        call.presses("customer", "2")
        assert trouble(call) == ["tell customer1 later_confirmed"]
        call.has_heard("customer")
        assert call.ends == ["ended canceled customer later 10"]


class TestNoAgent:
    @pytest.mark.parametrize("cause", [Cause.BUSY, Cause.NO_ANSWER, Cause.CONGESTION])
    def test_the_failover_is_tried_and_then_the_customer_is_told(self, cause):
        call = on_hold()
        assert call.ended("agent", Cause.BUSY, Party.AGENT) == ["ring agent2"]
        assert call.commands[-1].destination == "sip:failover@example.com"
        assert call.ended("agent", cause, Party.NETWORK) == ["tell customer1 nobody_free"]
        assert call.has_heard("customer") == [f"ended {cause} agent", "hang up customer1"]

    def test_without_failover_the_customer_is_told_at_once(self):
        call = on_hold(ONE_DESTINATION)
        assert call.ended("agent", Cause.NO_ANSWER, Party.AGENT) == ["tell customer1 nobody_free"]

    def test_the_network_refuses_the_number(self):
        call = on_hold(ONE_DESTINATION)
        assert call.refused(Originate, Cause.INVALID_NUMBER) == ["tell customer1 nobody_free"]
        assert call.time_is_up() == ["ended invalid_number agent", "hang up customer1"]

    def test_it_rings_too_long(self):
        call = on_hold()
        assert call.time_is_up() == ["hang up agent1", "ring agent2"]

    def test_a_late_answer_of_the_first_is_hung_up_while_the_second_rings(self):
        call = on_hold()
        call.time_is_up()
        assert call.answers("agent1") == ["hang up agent1"]
        assert call.answers("agent2") == ["ask agent2 whisper"]
        assert call.ended("agent1", Cause.ANSWERED, Party.RINGBACK) == []
        assert call.presses("agent", "1") == ["join agent2 customer1"]

    def test_a_machine_cannot_talk_to_anybody(self):
        call = on_hold()
        assert call.machine("agent") == ["hang up agent1", "ring agent2"]

    @pytest.mark.parametrize("key", [None, "3"])
    def test_whoever_does_not_press_1_does_not_get_the_call(self, key):
        call = whispered(ONE_DESTINATION)
        assert call.presses("agent", key) == ["hang up agent1", "tell customer1 nobody_free"]
        call.has_heard("customer")
        assert call.ends == ["ended no_answer agent"]

    def test_nor_does_who_never_signals(self):
        call = on_hold(BY_SIGNAL)
        call.answers("agent")
        assert call.time_is_up() == ["hang up agent1", "ring agent2"]

    def test_the_whisper_cannot_be_said(self):
        call = whispered()
        assert call.refused(Collect) == ["hang up agent1", "ring agent2"]


class TestRescue:
    def test_an_agent_who_goes_before_talking_is_replaced_by_the_failover(self):
        call = being_joined()
        assert call.hangs_up("agent") == ["hold customer1", "ring agent2"]
        assert call.commands[-1].destination == "sip:failover@example.com"
        call.answers("agent")
        assert call.presses("agent", "1") == ["join agent2 customer1"]
        assert call.bridged() == ["connected"]

    def test_without_failover_the_same_destination_is_tried_once_more(self):
        call = whispered(ONE_DESTINATION)
        assert call.hangs_up("agent") == ["ring agent2"]  # the customer hears hold audio all the time
        assert call.commands[-1].destination == "sip:only@example.com"
        call.answers("agent")
        assert call.hangs_up("agent") == ["tell customer1 nobody_free"]
        call.has_heard("customer")
        assert call.ends == ["ended rejected agent"]

    def test_two_who_cannot_be_joined(self):
        call = being_joined(ONE_DESTINATION)
        assert call.time_is_up() == ["hang up agent1", "hold customer1", "ring agent2"]
        call.answers("agent")
        call.presses("agent", "1")
        assert call.time_is_up() == ["hang up agent2", "tell customer1 nobody_free"]
        call.has_heard("customer")
        assert call.ends == ["ended failed agent"]

    def test_a_bridge_that_is_told_too_late_joins_nobody(self):
        call = being_joined()
        call.time_is_up()
        bridge = next(each for each in call.commands if each.id.endswith(".5"))
        late = replace(
            call.events[-1], event_id="late", kind=EventKind.BRIDGED, command=bridge.id, leg="att.agent1", key=None
        )
        assert call.told(late) == ["ignored"]

    def test_a_bridge_that_is_refused(self):
        call = being_joined()
        assert call.refused(type(call.commands[-1])) == ["hang up agent1", "hold customer1", "ring agent2"]

    def test_a_bridge_that_was_looked_up_has_no_command(self):
        call = being_joined()
        assert call.happens("customer", EventKind.BRIDGED) == ["ignored"]
        assert call.happens("agent", EventKind.BRIDGED) == ["connected"]


class TestTheCustomerDoesNotWait:
    @pytest.mark.parametrize("stage", [on_hold, whispered, being_joined])
    def test_and_nobody_is_left_ringing(self, stage):
        call = stage()
        assert call.hangs_up("customer") == ["ended canceled customer", "hang up agent1"]
        assert call.ended("agent", Cause.CANCELED, Party.RINGBACK) == []
        assert call.flow.over

    def test_while_told_that_nobody_is_free(self):
        call = on_hold(ONE_DESTINATION)
        call.ended("agent", Cause.BUSY, Party.AGENT)
        assert call.hangs_up("customer") == ["ended busy agent"]

    def test_silence_is_borne_where_there_is_no_hold_audio(self):
        assert on_hold().refused(Hold) == ["ignored"]
