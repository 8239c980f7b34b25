import argon2
import pytest

from ringback.identity import passwords
from ringback.identity.passwords import COMMONEST, LONGEST, NOBODYS, SHORTEST, hash_password, is_right, renewed
from ringback.kernel.errors import InvalidParameters

EMAIL = "ann@example.com"
GOOD = "four words nobody joins"


@pytest.fixture
def quick(monkeypatch):
    """Parameters that cost nothing, where it is not the parameters that a test is about."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    return hasher


def test_they_are_kept_as_the_rfc_recommends():
    kept = hash_password(GOOD, email=EMAIL)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_right(GOOD, kept)
    assert renewed(GOOD, kept) is None


def test_an_unknown_user_costs_as_much_as_a_known_one():
    assert not argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY).check_needs_rehash(NOBODYS)
    assert not is_right(GOOD, NOBODYS)


def test_each_has_its_own_salt(quick):
    assert hash_password(GOOD, email=EMAIL) != hash_password(GOOD, email=EMAIL)


def test_one_kept_with_other_parameters_is_kept_anew(quick, monkeypatch):
    old = hash_password(GOOD, email=EMAIL)
    monkeypatch.setattr(passwords, "_hasher", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert is_right(GOOD, old)
    new = renewed(GOOD, old)
    assert new is not None
    assert "m=16,t=2" in new
    assert is_right(GOOD, new)


def test_letters_put_together_in_another_way_are_the_same(quick):
    kept = hash_password("café au lait, please", email=EMAIL)
    assert is_right("cafe\u0301 au lait, please", kept)
    assert not is_right("cafe au lait, please", kept)


@pytest.mark.parametrize("typed", ["", " ", GOOD.upper(), f"{GOOD} ", "\ud800", "x" * (LONGEST + 1), "\0"])
def test_wrong_ones(typed, quick):
    assert not is_right(typed, hash_password(GOOD, email=EMAIL))


def test_what_is_no_hash_is_never_right():
    assert not is_right(GOOD, passwords.PasswordHash("nonsense"))


@pytest.mark.parametrize("length", [SHORTEST, LONGEST])
def test_the_shortest_and_the_longest(length, quick):
    assert is_right(("abcdefgz" * 40)[:length], hash_password(("abcdefgz" * 40)[:length], email=EMAIL))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "at least 12"),
        ("x1y2z3a4b5c", "at least 12"),
        ("abcdefgz" * 33, "at most 256"),
        ("Ann@Example.com ", "e-mail address"),
        ("PasswordPassword", "first that anybody would try"),
        ("aaaaaaaaaaaaaaaa", "first that anybody would try"),
        ("abababababababab", "first that anybody would try"),
        ("enough letters \ud800", "not valid Unicode"),
    ],
)
def test_what_is_not_good_enough_is_told_beside_its_field(typed, why, quick):
    with pytest.raises(InvalidParameters, match=why) as refused:
        hash_password(typed, email=EMAIL)
    assert refused.value.details == {"field": "password"}
    assert not typed or typed not in refused.value.message


def test_the_list_of_common_ones_holds_only_what_would_pass_otherwise():
    assert {
        each for each in COMMONEST if len(each) < SHORTEST or each != each.casefold() or len(set(each)) < 5
    } == set()


def test_a_generated_one_is_good_enough_and_never_the_same(quick):
    made = {passwords.generated_password() for _ in range(50)}
    assert len(made) == 50
    assert all(hash_password(each, email=EMAIL) for each in made)
