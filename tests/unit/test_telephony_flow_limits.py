"""What comes late, again, or never: nothing is raised, nobody is left on the line, and a stored flow is the same."""

from dataclasses import replace

import pytest
from tests.fakes.calls import AGENT_FIRST, BEGUN_AT, ORDER, Call

from ringback.callbacks.lifecycle import Cause
from ringback.kernel.clock import SECOND, Instant
from ringback.telephony.flow import FlowUnreadable, Stage, from_document, give_up, on_event, on_time, to_document
from ringback.telephony.port import EventKind, HangUp, Originate, Party, VoiceEvent


def told_of(leg, kind, at=BEGUN_AT, **told):
    return VoiceEvent("e", leg, at, kind, **told)


class TestEvents:
    def test_of_another_call_are_ignored(self):
        call = Call()
        assert call.told(told_of("other.customer1", EventKind.ANSWERED)) == ["ignored"]

    def test_of_a_leg_that_was_never_rung_are_ignored(self):
        call = Call()
        assert call.told(told_of("att.agent1", EventKind.ANSWERED)) == ["ignored"]

    def test_that_come_again_are_ignored(self):
        call = Call()
        for happens in (call.rings, call.answers, lambda who: call.presses(who, "1")):
            happens("customer")
            assert call.told(call.events[-1]) == ["ignored"]

    def test_of_the_answers_to_other_questions_are_ignored(self):
        call = Call()
        call.answers("customer")
        for command in (None, "att.1", "other.2"):
            assert call.happens("customer", EventKind.COLLECTED, command=command, key="1") == ["ignored"]

    def test_that_have_no_meaning_yet_are_ignored(self):
        call = Call()
        for kind in (EventKind.ANNOUNCED, EventKind.COLLECTED, EventKind.ACCEPTED, EventKind.BRIDGED):
            assert call.happens("customer", kind) == ["ignored"]

    def test_that_answer_in_the_wrong_kind_are_ignored(self):
        call = Call()
        call.answers("customer")
        question = call.commands[-1].id
        for kind in (EventKind.ANNOUNCED, EventKind.BRIDGED):
            assert call.happens("customer", kind, command=question) == ["ignored"]
        call.presses("customer", "9")
        announcement = call.commands[-1].id
        assert call.happens("customer", EventKind.COLLECTED, command=announcement, key="1") == ["ignored"]

    def test_after_the_end_are_ignored(self):
        call = Call()
        call.ended("customer", Cause.BUSY, Party.CUSTOMER)
        for kind in EventKind:
            assert call.happens("customer", kind) == ["ignored"]

    def test_of_a_customer_who_accepts_like_an_agent_are_ignored(self):
        call = Call()
        call.answers("customer")
        call.presses("customer", "1")
        assert call.happens("customer", EventKind.ACCEPTED) == ["ignored"]

    def test_of_a_customer_who_answers_what_an_agent_was_asked_are_ignored(self):
        call = Call()
        call.answers("customer")
        call.presses("customer", "1")
        call.answers("agent")
        question = call.commands[-1].id
        assert call.happens("customer", EventKind.COLLECTED, command=question, key="1") == ["ignored"]
        assert call.presses("agent", "1") == ["join agent1 customer1"]

    def test_of_ringing_after_we_have_hung_up_change_nothing(self):
        call = Call()
        call.given_up()
        assert call.rings("customer") == ["ignored"]

    def test_of_ringing_after_the_answer_change_nothing(self):
        call = Call()
        call.answers("customer")
        assert call.rings("customer") == ["ignored"]

    def test_told_long_after_have_the_time_limits_of_now(self):
        flow, much_later = Call().flow, Instant(BEGUN_AT + 500 * SECOND)
        step = on_event(flow, told_of("att.customer1", EventKind.ANSWERED), much_later)
        assert step.flow.wake_at > much_later

    def test_told_for_the_future_happen_now(self):
        flow, never = Call().flow, Instant(BEGUN_AT + 10**15)
        step = on_event(flow, told_of("att.customer1", EventKind.RINGING, never), BEGUN_AT)
        assert step.progress[0].at == BEGUN_AT

    def test_of_before_the_call_are_told_as_of_its_beginning(self):
        step = on_event(Call().flow, told_of("att.customer1", EventKind.RINGING, Instant(0)))
        assert step.progress[0].at == BEGUN_AT


class TestTime:
    def test_nothing_happens_before_the_limit(self):
        flow = Call().flow
        assert on_time(flow, Instant(flow.wake_at - 1)).ignored
        assert not on_time(flow, flow.wake_at).ignored

    def test_an_end_that_is_not_told_is_asked_for_once_more_and_then_left(self):
        call = Call()
        assert call.time_is_up() == ["ended no_answer customer", "hang up customer1"]
        assert call.time_is_up() == ["hang up customer1"]
        assert not call.flow.over
        assert call.time_is_up() == []
        assert call.flow.over
        assert on_time(call.flow, Instant(call.now + 10**12)).ignored

    def test_only_those_are_hung_up_once_more_whose_end_was_not_told(self):
        call = Call(AGENT_FIRST)
        call.accepts()
        call.answers("customer")
        call.given_up()
        call.ended("customer", Cause.CANCELED, Party.RINGBACK)
        assert call.time_is_up() == ["hang up agent1"]

    def test_hanging_up_that_is_refused_is_tried_once_more(self):
        call = Call()
        call.time_is_up()
        assert call.refused(HangUp) == ["ignored"]
        assert call.time_is_up() == ["hang up customer1"]


class TestRefusals:
    def test_of_a_call_that_was_heard_ringing_cannot_be(self):
        call = Call()
        call.rings("customer")
        assert call.refused(Originate) == ["ignored"]

    def test_of_a_call_that_was_hung_up_meanwhile_are_its_end(self):
        call = Call()
        call.given_up()
        assert call.refused(Originate) == []
        assert call.flow.over

    def test_of_an_old_question_change_nothing(self):
        call = Call()
        call.answers("customer")
        call.presses("customer", "1")
        question = next(each for each in call.commands if each.id == "att.2")
        assert call.refused(type(question)) == ["ignored"]


class TestGivingUp:
    @pytest.mark.parametrize("order", [ORDER, AGENT_FIRST])
    def test_while_somebody_is_rung(self, order):
        call = Call(order)
        [ended, *hung_up] = call.given_up()
        assert ended == "ended canceled ringback"
        assert len(hung_up) == 1
        call.all_hang_up()
        assert call.flow.over

    def test_on_hold_hangs_everybody_up(self):
        call = Call()
        call.answers("customer")
        call.presses("customer", "1")
        assert call.given_up() == ["ended canceled ringback", "hang up customer1", "hang up agent1"]

    def test_in_a_conversation_does_not_undo_that_they_talked(self):
        call = Call(AGENT_FIRST)
        call.accepts()
        call.answers("customer")
        call.bridged()
        assert call.given_up() == ["ended answered ringback", "hang up agent1", "hang up customer1"]

    def test_after_the_end_changes_nothing(self):
        call = Call()
        call.given_up()
        assert call.given_up() == ["ignored"]
        call.all_hang_up()
        assert give_up(call.flow, call.now).ignored


class TestTheDocument:
    def test_holds_everything(self):
        call = Call()
        call.answers("customer")
        call.presses("customer", "2")
        call.presses("customer", "3")
        assert call.flow.stage is Stage.SAYING_GOODBYE
        assert call.flow.ending is not None
        assert from_document(to_document(call.flow)) == call.flow
        call.has_heard("customer")
        assert call.flow.ending is None

    @pytest.mark.parametrize("text", ["", "null", "{}", '{"stage": "dancing"}'])
    def test_that_cannot_be_read_is_an_error_of_ours(self, text):
        with pytest.raises(FlowUnreadable, match="given up"):
            from_document(text)

    def test_of_another_version_is_read_as_far_as_it_is_known(self):
        flow = replace(Call().flow, repeated=False)
        older = to_document(flow).replace(',"repeated":false', "")
        assert older != to_document(flow)
        assert from_document(older) == flow
