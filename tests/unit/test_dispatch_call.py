"""The call of an attempt as it is stored: which commands are left, and whose they are."""

import pytest

from ringback.db.claims import Lease
from ringback.dispatch.call import Call, from_document, to_document
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import AttemptId, CallTargetId, OrgId
from ringback.telephony import flow
from ringback.telephony.flow import Flow, Order, Stage, Step
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    CommandId,
    HangUp,
    Hold,
    Originate,
    Party,
    Prompt,
    leg_id,
)
from ringback.telephony.prompts import prompts_for

ATTEMPT = AttemptId("attempt")
CUSTOMER, AGENT = leg_id(ATTEMPT, Party.CUSTOMER), leg_id(ATTEMPT, Party.AGENT)
PROMPT = Prompt("greeting", "Hello.", "en")
MINE, THEIRS = Lease("me", Instant(20)), Lease("them", Instant(20))
NOW = Instant(10)

ORDER = Order(
    attempt_id=ATTEMPT,
    org=OrgId("acme"),
    call_target_id=CallTargetId("billing"),
    first_party=Party.CUSTOMER,
    customer_number="+12015550100",
    agent_destinations=("",),
    caller_id="",
    place=Instant(0),
    customer_dial_timeout=30,
    prompts=prompts_for("en", organization_name="Acme", call_target_name="Billing", customer_number="+12015550100"),
    agents_accept=True,
)


def ringing(*todo: Command, lease: Lease | None = MINE) -> Call:
    return Call(flow.begin(ORDER, NOW).flow, todo, lease)


def command_id(number: int) -> CommandId:
    return CommandId(f"{ATTEMPT}.{number}")


(RING_CUSTOMER,) = flow.begin(ORDER, NOW).commands
RING_AGENT = Originate(
    command_id(3), AGENT, Party.AGENT, ORDER.org, ORDER.call_target_id, "", "", 300, place=ORDER.place
)
HOLD = Hold(command_id(2), CUSTOMER)
BRIDGE = Bridge(command_id(4), AGENT, CUSTOMER)
HANG_UP_CUSTOMER, HANG_UP_AGENT = HangUp(command_id(5), CUSTOMER), HangUp(command_id(6), AGENT)
OVER = Flow(ORDER, Stage.OVER, wake_at=None, told_at=NOW)


@pytest.mark.parametrize(
    "todo",
    [
        (),
        (RING_CUSTOMER,),
        (HOLD, RING_AGENT, BRIDGE),
        (Announce(command_id(7), CUSTOMER, PROMPT), Collect(command_id(8), AGENT, PROMPT, "12", 10)),
        (HANG_UP_CUSTOMER, Hold(command_id(9), AGENT)),
    ],
)
@pytest.mark.parametrize("tried", [False, True])
def test_what_is_stored_is_what_is_read(todo: tuple[Command, ...], tried: bool) -> None:
    call = Call(flow.begin(ORDER, NOW).flow, todo, MINE if todo else None, tried)
    assert from_document(to_document(call)) == call


@pytest.mark.parametrize("text", ["", "null", "{}", '{"flow": {}, "todo": [], "lease": null, "tried": false}'])
def test_what_another_version_wrote_is_not_read(text: str) -> None:
    assert from_document(text) is None


def test_new_commands_come_after_those_that_wait() -> None:
    call = ringing(HOLD).after(Step(ringing().flow, (RING_AGENT,)))
    assert (call.todo, call.lease) == ((HOLD, RING_AGENT), MINE)


def test_whoever_is_hung_up_is_told_nothing_before() -> None:
    call = ringing(HOLD, RING_AGENT, BRIDGE).after(Step(ringing().flow, (HANG_UP_CUSTOMER,)))
    assert call.todo == (RING_AGENT, HANG_UP_CUSTOMER)
    assert call.after(Step(call.flow, (HANG_UP_AGENT,))).todo == (HANG_UP_CUSTOMER, HANG_UP_AGENT)


def test_when_all_is_over_there_may_still_be_somebody_to_hang_up() -> None:
    call = ringing(HOLD, HANG_UP_AGENT).after(Step(OVER))
    assert (call.todo, call.over) == ((HANG_UP_AGENT,), False)
    assert call.without(frozenset({HANG_UP_AGENT.id})).over


def test_whose_commands_they_are() -> None:
    mine = ringing(HOLD, lease=MINE)
    assert ringing(HOLD, lease=None).in_hands_of(MINE, NOW) == mine
    assert mine.in_hands_of(MINE, NOW) == mine
    assert ringing(HOLD, lease=THEIRS).in_hands_of(MINE, NOW) is None
    assert ringing(HOLD, lease=THEIRS).in_hands_of(MINE, Instant(20)) == mine
    assert ringing(lease=None).in_hands_of(MINE, NOW) is None


def test_once_nothing_is_left_to_do_they_are_nobodys() -> None:
    call = ringing(HOLD).put_off(Instant(15)).without(frozenset({HOLD.id}))
    assert (call.todo, call.lease, call.tried, call.act) == ((), None, False, None)


def test_put_off_it_is_left_alone_until_then() -> None:
    call = ringing(HOLD).put_off(Instant(15))
    assert (call.lease, call.tried, call.wake_at) == (Lease("me", Instant(15)), True, Instant(15))
    assert call.in_hands_of(THEIRS, Instant(14)) is None
    assert call.in_hands_of(THEIRS, Instant(15))


def test_when_it_is_woken() -> None:
    limit = ringing().flow.wake_at
    assert limit is not None
    assert ringing(lease=None).wake_at == limit
    assert ringing(HOLD, lease=Lease("me", Instant(limit - 1))).wake_at == limit - 1
    assert ringing(HOLD, lease=Lease("me", Instant(limit + 1))).wake_at == limit
    assert Call(OVER).wake_at is None


def test_what_the_driver_may_never_have_heard_of() -> None:
    begun = ringing(RING_CUSTOMER)
    assert begun.in_doubt
    assert begun.beginning == RING_CUSTOMER
    assert begun.act is not None
    assert begun.act.begins
    assert not begun.heard_of(CUSTOMER).in_doubt
    assert begun.heard_of(AGENT) is begun
    reaching = ringing(HOLD, RING_AGENT)
    assert not reaching.in_doubt
    assert reaching.to_be_rung == {AGENT}
    assert reaching.heard_of(AGENT).todo == (HOLD,)
    assert begun.legs == (CUSTOMER,)
