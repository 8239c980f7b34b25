from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from ringback.identity import one_time_codes
from ringback.identity.one_time_codes import STEP_SECONDS, looks_like_code, new_recovery_codes, step_of, without
from ringback.kernel.clock import SECOND, Instant, from_unix

# RFC 6238, appendix B: the key "12345678901234567890" and the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
NOW = from_unix(1_800_000_000)
THIS = 1_800_000_000 // STEP_SECONDS


def code(step, secret=RFC_SECRET):
    return pyotp.TOTP(secret).generate_otp(step)


@pytest.mark.parametrize(("at", "told"), RFC_CODES.items())
def test_the_codes_are_those_of_the_rfc(at, told):
    assert step_of(told, RFC_SECRET, after=None, now=from_unix(at)) == at // STEP_SECONDS


@pytest.mark.parametrize(("away", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_may_be_one_step_away(away, good):
    assert (step_of(code(THIS + away), RFC_SECRET, after=None, now=NOW) == THIS + away) is good


def test_a_code_is_good_to_the_end_of_the_next_step():
    last = Instant(from_unix((THIS + 2) * STEP_SECONDS) - 1)
    assert step_of(code(THIS), RFC_SECRET, after=None, now=last) == THIS
    assert step_of(code(THIS), RFC_SECRET, after=None, now=Instant(last + SECOND)) is None


def test_a_code_is_good_once_and_so_are_those_before_it():
    assert step_of(code(THIS), RFC_SECRET, after=THIS, now=NOW) is None
    assert step_of(code(THIS - 1), RFC_SECRET, after=THIS, now=NOW) is None
    assert step_of(code(THIS + 1), RFC_SECRET, after=THIS, now=NOW) == THIS + 1


@pytest.mark.parametrize("typed", ["", "000000", "12345", "abcdef", "١٢٣٤٥٦", "\ud800", "9" * 10_000])
def test_wrong_codes(typed):
    assert step_of(typed, RFC_SECRET, after=None, now=NOW) is None


def test_codes_are_read_as_apps_show_them():
    shown = code(THIS)
    spaced = f" {shown[:3]} {shown[3:]}\n"
    assert looks_like_code(spaced)
    assert step_of(spaced, RFC_SECRET, after=None, now=NOW) == THIS


def test_an_app_can_read_the_address():
    secret = one_time_codes.new_secret()
    address = urlsplit(one_time_codes.provisioning_uri(secret, email="ann+1@example.com"))
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Ringback:ann%2B1%40example.com")
    told = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (told["secret"], told["issuer"]) == (secret, "Ringback")
    assert told.get("period", "30") == "30"
    assert told.get("digits", "6") == "6"
    assert len({one_time_codes.new_secret() for _ in range(20)}) == 20


class TestRecoveryCodes:
    def test_ten_of_them_each_good_once(self):
        recovery = new_recovery_codes()
        assert len(set(recovery.codes)) == len(set(recovery.hashes)) == 10
        left = recovery.hashes
        for used, each in enumerate(recovery.codes, 1):
            remaining = without(each, left)
            assert remaining is not None
            assert len(remaining) == 10 - used
            assert without(each, remaining) is None
            left = remaining

    def test_they_are_read_however_they_are_typed(self):
        recovery = new_recovery_codes()
        typed = recovery.codes[3].replace("-", " ").upper().replace("0", "O").replace("1", "l")
        assert without(typed, recovery.hashes) == recovery.hashes[:3] + recovery.hashes[4:]

    def test_they_do_not_look_like_one_time_codes(self):
        assert not any(looks_like_code(each) for each in new_recovery_codes().codes)

    @pytest.mark.parametrize("typed", ["", "-", "0000-0000-0000-0000", "\ud800"])
    def test_wrong_ones(self, typed):
        recovery = new_recovery_codes()
        assert without(typed, recovery.hashes) is None
        assert without(recovery.hashes[0], recovery.hashes) is None  # what is kept opens nothing

    def test_they_are_not_shown_by_accident(self):
        recovery = new_recovery_codes()
        assert recovery.codes[0] not in repr(recovery)
        assert recovery.hashes[0] not in repr(recovery)
