"""What is stored with a promise, so that it can be explained, and scored when the wait is known."""

from typing import Any

import orjson

from ringback.forecast.model import Basis, Estimate


def inputs_of(promise: Estimate) -> str:
    """The inputs of a promise as JSON: the facts, what had been learned, and what came out of them."""
    return orjson.dumps(
        {
            "facts": promise.facts,
            "basis": promise.basis,
            "seconds": promise.seconds,
            "low": promise.low,
            "high": promise.high,
            "undisturbed": promise.undisturbed,
        }
    ).decode()


def scorable(inputs: str) -> Basis | None:
    """The basis of a promise whose error teaches something about the queue.

    None where a minimum delay or a closing time had its part in it, and for what another version wrote.
    """
    try:
        kept: Any = orjson.loads(inputs)
        return Basis(**kept["basis"]) if kept["undisturbed"] else None
    except (ValueError, LookupError, TypeError):
        return None
