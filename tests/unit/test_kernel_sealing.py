import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.errors import RingbackError
from ringback.kernel.sealing import SealBroken, Sealer

OLD, NEW, OTHER = b"o" * 32, b"n" * 40, b"x" * 32


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens(secret):
    sealer = Sealer(NEW)
    sealed = sealer.seal(secret, "purpose")
    assert sealer.open(sealed, "purpose") == secret
    assert len(secret) < 4 or secret not in sealed


def test_the_same_secret_is_sealed_differently_each_time():
    sealer = Sealer(NEW)
    assert sealer.seal("secret", "purpose") != sealer.seal("secret", "purpose")


def test_it_opens_for_its_purpose_only():
    sealer = Sealer(NEW)
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal("secret", "codes of ann"), "codes of bob")


def test_it_opens_under_its_key_only_and_the_error_says_what_to_do():
    with pytest.raises(SealBroken, match="RINGBACK_PREVIOUS_SECRET_KEYS") as broken:
        Sealer(OTHER).open(Sealer(NEW).seal("secret", "purpose"), "purpose")
    assert isinstance(broken.value, RingbackError)


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "A" + text, lambda _: "", lambda _: "\ud800é"])
def test_what_was_changed_does_not_open(change):
    sealer = Sealer(NEW)
    with pytest.raises(SealBroken):
        sealer.open(change(sealer.seal("secret", "purpose")), "purpose")


def test_keys_can_be_changed():
    sealed = Sealer(OLD).seal("secret", "purpose")
    changing = Sealer(NEW, [OTHER, OLD])
    assert changing.open(sealed, "purpose") == "secret"
    renewed = changing.renewed(sealed, "purpose")
    assert Sealer(NEW).open(renewed, "purpose") == "secret"
    assert changing.renewed(renewed, "purpose") == renewed
    with pytest.raises(SealBroken):
        Sealer(NEW).open(sealed, "purpose")


def test_nothing_new_is_sealed_with_a_key_of_before():
    with pytest.raises(SealBroken):
        Sealer(OLD).open(Sealer(NEW, [OLD]).seal("secret", "purpose"), "purpose")
