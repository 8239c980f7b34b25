"""The SQL of callbacks, by what it is about."""

from ringback.callbacks.store.idempotency import claim_key, forget_answers, remember_answer, remembered_answer
from ringback.callbacks.store.load import count_states, load_of, loads, recount
from ringback.callbacks.store.numbers import is_blocked, never_call
from ringback.callbacks.store.retention import erase_finished
from ringback.callbacks.store.rows import (
    come_due,
    count_before,
    details,
    finish,
    first_in_line,
    get,
    guarding,
    insert,
    live_of_number,
    lock,
    move,
    move_locked,
    requests_since,
)
from ringback.callbacks.store.timeline import note, note_all, timeline
from ringback.callbacks.store.timeslots import release_slot, take_slot, taken_slots

__all__ = [
    "claim_key",
    "come_due",
    "count_before",
    "count_states",
    "details",
    "erase_finished",
    "finish",
    "first_in_line",
    "forget_answers",
    "get",
    "guarding",
    "insert",
    "is_blocked",
    "live_of_number",
    "load_of",
    "loads",
    "lock",
    "move",
    "move_locked",
    "never_call",
    "note",
    "note_all",
    "recount",
    "release_slot",
    "remember_answer",
    "remembered_answer",
    "requests_since",
    "take_slot",
    "taken_slots",
    "timeline",
]
