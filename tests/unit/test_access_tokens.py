import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.access.tokens import MAX_LENGTH, find, hash_token, issue, presented_token
from ringback.kernel.clock import HOUR, Instant

NOW = Instant(1_800_000_000_000_000)


def test_a_new_token_is_kept_as_its_hash_only():
    issued = issue("pbx", NOW, expires_at=Instant(NOW + HOUR))
    assert issued.token.hash == hashlib.sha256(issued.secret.encode()).hexdigest()
    assert (issued.token.name, issued.token.created_at, issued.token.expires_at) == ("pbx", NOW, NOW + HOUR)
    assert issued.token.revoked_at is None
    assert issued.token.last_used_on is None
    assert len(issued.secret) >= 43
    assert issued.secret not in repr(issued)
    assert issued.token.hash not in repr(issued)


def test_no_two_tokens_are_alike():
    issued = [issue("same", NOW) for _ in range(50)]
    assert len({each.secret for each in issued}) == len({each.token.id for each in issued}) == 50


def test_both_halves_of_a_rotation_are_found():
    old, new = issue("old", NOW), issue("new", NOW)
    tokens = (old.token, new.token)
    assert find(tokens, old.secret, NOW) == old.token
    assert find(tokens, new.secret, NOW) == new.token


def test_revoked_and_expired_tokens_are_not_found():
    issued = issue("pbx", NOW, expires_at=Instant(NOW + HOUR))
    assert find((issued.token,), issued.secret, Instant(NOW + HOUR - 1)) == issued.token
    assert find((issued.token,), issued.secret, Instant(NOW + HOUR)) is None
    revoked = replace(issued.token, revoked_at=NOW)
    assert find((revoked,), issued.secret, NOW) is None
    assert find((revoked,), issued.secret, Instant(NOW - HOUR)) is None  # a clock put back opens nothing again


@pytest.mark.parametrize("presented", [None, "", "wrong", "é", "\ud800", "x" * 10_000])
def test_wrong_tokens_are_not_found(presented):
    assert find((issue("pbx", NOW).token,), presented, NOW) is None


def test_a_token_is_at_most_256_characters_long():
    def token(length):
        return replace(issue("pbx", NOW).token, hash=hash_token("x" * length))

    assert find((token(MAX_LENGTH),), "x" * MAX_LENGTH, NOW) is not None
    assert find((token(MAX_LENGTH + 1),), "x" * (MAX_LENGTH + 1), NOW) is None


def test_the_hash_itself_opens_nothing():
    issued = issue("pbx", NOW)
    assert find((issued.token,), issued.token.hash, NOW) is None


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ([], None),
        ([(b"authorization", b"Bearer abc")], "abc"),
        ([(b"authorization", b"bearer abc")], "abc"),
        ([(b"authorization", b"  BEARER   abc  ")], "abc"),
        ([(b"x-api-token", b" abc ")], "abc"),
        ([(b"x-api-token", b"one"), (b"authorization", b"Bearer two")], "two"),
        ([(b"authorization", b"Basic dTpw"), (b"x-api-token", b"abc")], "abc"),
        ([(b"authorization", b"Bearer one"), (b"authorization", b"Bearer two")], "one"),
        ([(b"x-api-token", b"one"), (b"x-api-token", b"two")], "one"),
        ([(b"authorization", b"Bearer")], None),
        ([(b"authorization", b"Bearer  ")], None),
        ([(b"authorization", b"")], None),
        ([(b"authorization", b"Bearerabc")], None),
        ([(b"authorization", b"abc")], None),
        ([(b"x-api-token", b"")], None),
        ([(b"authorization", b"Bearer \xff\x80")], "\xff\x80"),
        ([(b"cookie", b"token=abc")], None),
    ],
)
def test_where_a_token_is_looked_for(headers, token):
    assert presented_token([(b"host", b"example.org"), *headers]) == token


@given(st.lists(st.tuples(st.sampled_from([b"authorization", b"x-api-token", b"accept"]), st.binary(max_size=400))))
def test_any_headers_give_a_token_that_can_be_looked_up(headers):
    assert find((issue("pbx", NOW).token,), presented_token(headers), NOW) is None
