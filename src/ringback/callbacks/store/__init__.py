"""The SQL of callbacks, by what it is about."""

from ringback.callbacks.store.idempotency import claim_key, forget_answers, remember_answer, remembered_answer
from ringback.callbacks.store.load import count_states, load_of, loads, recount
from ringback.callbacks.store.numbers import is_blocked, never_call
from ringback.callbacks.store.retention import erase_finished, erase_number
from ringback.callbacks.store.rows import (
    come_due,
    count_before,
    finish,
    first_in_line,
    front_of_line,
    get,
    guarding,
    insert,
    live_of_number,
    lock,
    move,
    move_locked,
    nothing_to_tell,
    particulars,
    requests_since,
    to_tell,
)
from ringback.callbacks.store.search import channels, of_number, search, search_newer
from ringback.callbacks.store.timeline import note, note_all, note_once, noted, timeline
from ringback.callbacks.store.timeslots import release_slot, take_slot, taken_slots

__all__ = [
    "channels",
    "claim_key",
    "come_due",
    "count_before",
    "count_states",
    "erase_finished",
    "erase_number",
    "finish",
    "first_in_line",
    "forget_answers",
    "front_of_line",
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
    "note_once",
    "noted",
    "nothing_to_tell",
    "of_number",
    "particulars",
    "recount",
    "release_slot",
    "remember_answer",
    "remembered_answer",
    "requests_since",
    "search",
    "search_newer",
    "take_slot",
    "taken_slots",
    "timeline",
    "to_tell",
]
