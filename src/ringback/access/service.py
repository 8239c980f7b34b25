"""What others may ask of access control beyond its decision."""

from ringback.access import store

note_use = store.note_use
