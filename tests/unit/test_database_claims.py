"""Leases and their owners."""

from ringback.db.claims import Lease, lease, new_owner
from ringback.kernel.clock import SECOND, Instant


def test_a_lease_holds_until_its_end():
    held = lease("me", Instant(1000 * SECOND), 30)
    assert held == Lease("me", Instant(1030 * SECOND))
    assert held.held_at(Instant(1030 * SECOND - 1))
    assert not held.held_at(Instant(1030 * SECOND))


def test_no_two_owners_have_one_name():
    assert new_owner() != new_owner()
