"""Commands reach the method that is for them, and nobody waits for a driver for ever."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ringback.kernel.tenancy import CallTargetId, OrgId
from ringback.telephony import port
from ringback.telephony.execute import Patient, execute
from ringback.telephony.port import (
    Announce,
    Bridge,
    Collect,
    Command,
    CommandId,
    HangUp,
    Hold,
    LegId,
    Originate,
    Party,
    Prompt,
)

ID, LEG, PROMPT = CommandId("attempt.1"), LegId("attempt.customer1"), Prompt("greeting", "Hello.", "en")
COMMANDS: dict[str, Command] = {
    "originate": Originate(
        ID, LEG, Party.CUSTOMER, OrgId("acme"), CallTargetId("billing"), "+12015550100", "", 30, place=port.Instant(0)
    ),
    "announce": Announce(ID, LEG, PROMPT),
    "collect": Collect(ID, LEG, PROMPT, "1", 10),
    "hold": Hold(ID, LEG),
    "bridge": Bridge(ID, LEG, LegId("attempt.agent1")),
    "hang_up": HangUp(ID, LEG),
}


class Driver:
    """Writes down what it is told, does as it is made to, and answers with what it was told."""

    name = "driver"
    capabilities = frozenset({port.Capability.QUEUE_STATS})

    def __init__(self, does: Any = None) -> None:
        self.does = does
        self.told: list[tuple[str, Sequence[Any]]] = []

    def __getattr__(self, method: str) -> Any:
        async def word(*arguments: Any) -> Any:
            self.told.append((method, arguments))
            if self.does is not None:
                await self.does()
            return (method, *arguments)

        return word


@pytest.mark.parametrize("method", COMMANDS)
async def test_a_command_reaches_its_method(method: str) -> None:
    driver: Any = Driver()
    await execute(Patient(driver), COMMANDS[method])
    assert driver.told == [(method, (COMMANDS[method],))]


@pytest.mark.parametrize(
    ("question", "arguments"),
    [("look_up", [LEG]), ("events", []), ("queue_stats", ["billing"]), ("next_event_at", [])],
)
async def test_questions_are_passed_on_and_answered(question: str, arguments: list[Any]) -> None:
    driver: Any = Driver()
    answer = await getattr(Patient(driver), question)(*arguments)
    assert driver.told == [(question, tuple(arguments))]
    assert answer == (question, *arguments)


async def test_what_it_is() -> None:
    driver: Any = Driver()
    patient = Patient(driver)
    assert (patient.name, patient.capabilities) == (driver.name, driver.capabilities)
    await patient.acknowledge([])
    await patient.close()
    assert driver.told == [("acknowledge", ([],)), ("close", ())]


@pytest.mark.parametrize("word", ["originate", "look_up", "events"])
async def test_a_driver_that_hangs_counts_as_unreachable(word: str) -> None:
    driver: Any = Driver(asyncio.Event().wait)
    arguments = {"originate": [COMMANDS["originate"]], "look_up": [LEG]}.get(word, [])
    with pytest.raises(port.Unreachable, match="did not answer within"):
        await getattr(Patient(driver, seconds=0.001), word)(*arguments)


async def test_an_error_of_the_driver_is_its_own() -> None:
    async def fails() -> None:
        raise TimeoutError("one of its own")

    driver: Any = Driver(fails)
    with pytest.raises(TimeoutError, match="one of its own"):
        await execute(Patient(driver), COMMANDS["hold"])
