"""Signing in, and what keeps others from doing so."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.people import ACME, ADDRESS, GLOBEX, NEW_PASSWORD, PASSWORD, QUICK, People, kept

import ringback.identity.service as identity
from ringback.identity import passwords
from ringback.identity.model import CodeRequired, Role, SignInRefused
from ringback.kernel.clock import HOUR, MINUTE, Instant
from ringback.kernel.errors import NotFound, TooManyRequests
from ringback.kernel.sealing import Sealer

ANN = "ann@example.com"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    monkeypatch.setattr("ringback.identity.service.signing_in.NOBODYS", kept("what nobody knows"))


@pytest.fixture
def people(database, clock):
    people = People(database, clock)
    people.add(ANN, (ACME, Role.MANAGER), (GLOBEX, Role.VIEWER))
    return people


def refusal(people, email, password=PASSWORD, **how):
    with pytest.raises(SignInRefused) as refused:
        people.sign_in(email, password, **how)
    return refused.value


def test_a_session_begins(people):
    signed_in = people.sign_in(" Ann@Example.com ")
    session = people.session(signed_in.token)
    assert session == signed_in.session
    assert (session.user.email, session.membership.role) == (ANN, Role.MANAGER)
    assert [each.organization_name for each in session.memberships] == ["Acme", "Globex"]
    assert (session.address, session.agent) == (ADDRESS, "a browser")
    assert signed_in.token not in repr(signed_in)


def test_its_token_is_kept_nowhere(people):
    signed_in = people.sign_in(ANN)
    rows = people.db.read_now(lambda tx: [str(dict(row)) for row in tx.all("SELECT * FROM sessions")])
    assert len(rows) == 1
    assert signed_in.token not in rows[0]


def test_an_unknown_person_a_wrong_password_and_a_disabled_one_are_refused_alike(people):
    bob = people.add("bob@example.com", (ACME, Role.VIEWER))
    people.write(identity.disable_user, bob.id, **people.by())
    told = [
        refusal(people, "eve@example.com"),
        refusal(people, ANN, "not the password of Ann"),
        refusal(people, "bob@example.com"),
        refusal(people, "no e-mail address"),
        refusal(people, "\ud800"),
        refusal(people, ANN, ""),
    ]
    assert len({(each.message, each.code) for each in told}) == 1


def test_for_an_unknown_person_as_much_is_computed(people, monkeypatch):
    computed = []
    monkeypatch.setattr(
        "ringback.identity.service.signing_in.is_right", lambda password, kept: computed.append(kept) or False
    )
    for email in (ANN, "eve@example.com"):
        refusal(people, email)
    assert len(computed) == 2


def test_who_had_the_hash_of_nobody_is_still_nobody(people):
    refusal(people, "eve@example.com", "what nobody knows")


def test_a_proof_is_void_once_the_password_has_changed(people):
    proof = people.prove(ANN)
    user = people.db.read_now(identity.find_user, ANN)
    people.write(identity.set_password, user.id, kept(NEW_PASSWORD), **people.by())
    with pytest.raises(SignInRefused):
        people.write(identity.sign_in, proof, code=None, sealer=people.sealer, **people.browser())


def test_a_proof_is_void_once_its_user_is_disabled_or_gone(people):
    proof = people.prove(ANN)
    people.write(identity.remove_user, proof.user_id, **people.by())
    with pytest.raises(SignInRefused):
        people.write(identity.sign_in, proof, code=None, sealer=people.sealer, **people.browser())


def test_a_password_kept_in_an_old_way_is_kept_anew(people, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", type(QUICK)(time_cost=2, memory_cost=16, parallelism=1))
    before = people.sign_in(ANN).session.user.password_changed_at
    row = people.db.read_now(lambda tx: tx.one("SELECT password_hash FROM users"))
    assert "m=16,t=2" in row["password_hash"]
    assert people.sign_in(ANN).session.user.password_changed_at == before


class TestTries:
    def test_ten_wrong_ones_shut_the_door_for_some_minutes_for_the_right_one_too(self, people):
        for _ in range(10):
            refusal(people, ANN, "wrong")
        with pytest.raises(TooManyRequests) as refused:
            people.sign_in(ANN)
        assert refused.value.details["retry_after"] == 360
        people.clock.advance(359)
        with pytest.raises(TooManyRequests):
            people.sign_in(ANN)
        people.clock.advance(1)
        people.sign_in(ANN)

    def test_an_unknown_person_is_shut_out_just_so(self, people):
        for _ in range(10):
            refusal(people, "eve@example.com")
        with pytest.raises(TooManyRequests):
            people.sign_in("Eve@example.com")

    def test_success_forgives(self, people):
        for _ in range(3):
            for _ in range(9):
                refusal(people, ANN, "wrong")
            people.sign_in(ANN)

    def test_a_new_password_forgives(self, people):
        for _ in range(10):
            refusal(people, ANN, "wrong")
        user = people.db.read_now(identity.find_user, ANN)
        people.write(identity.set_password, user.id, kept(NEW_PASSWORD), **people.by())
        people.sign_in(ANN, NEW_PASSWORD)

    def test_an_address_that_tries_many_names_is_shut_out(self, people):
        for count in range(100):
            people.write(identity.begin_sign_in, f"user{count}@example.com", counted_on="198.51.100.1")
        with pytest.raises(TooManyRequests):
            people.write(identity.begin_sign_in, ANN, counted_on="198.51.100.1")
        people.sign_in(ANN)  # from another

    def test_an_office_may_share_an_address(self, people):
        for _ in range(101):
            people.sign_in(ANN)

    def test_they_are_counted_over_processes(self, people):
        def attempt(_):
            try:
                people.write(identity.begin_sign_in, ANN, counted_on=ADDRESS)
            except TooManyRequests:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(24))) == 10

    def test_what_was_typed_is_not_kept(self, people):
        people.write(identity.begin_sign_in, "my-secret-password", counted_on=ADDRESS)
        rows = people.db.read_now(lambda tx: [str(dict(row)) for row in tx.all("SELECT * FROM sign_in_limits")])
        assert len(rows) == 2
        assert not any("secret" in row or ADDRESS in row for row in rows)

    def test_they_are_forgotten(self, people):
        refusal(people, ANN, "wrong")
        people.clock.advance(HOUR // 1_000_000)
        assert people.write(identity.forget_expired) is True
        assert people.write(identity.forget_expired) is False
        assert people.db.read_now(lambda tx: tx.all("SELECT * FROM sign_in_limits")) == []


class TestCodes:
    def test_the_password_alone_is_not_enough(self, people):
        people.use_codes(ANN)
        for nothing in (None, "", "  "):
            with pytest.raises(CodeRequired):
                people.sign_in(ANN, code=nothing)
        refusal(people, ANN, "wrong")  # and who does not know it is not told that codes are used

    def test_a_code_is_good_once(self, people):
        secret, _ = people.use_codes(ANN)
        code = people.code(secret)
        assert people.sign_in(ANN, code=code).session.user.uses_codes
        refusal(people, ANN, code=code)
        people.clock.advance(30)
        people.sign_in(ANN, code=people.code(secret))

    def test_the_code_that_switched_them_on_is_used(self, people):
        secret, _ = people.use_codes(ANN)
        refusal(people, ANN, code=people.code(secret, -1))

    def test_of_two_who_use_one_at_the_same_time_one_gets_in(self, people):
        secret, recovery = people.use_codes(ANN)
        for code in (people.code(secret), recovery[0]):
            proofs = [people.prove(ANN) for _ in range(4)]

            def attempt(proof, code=code):
                try:
                    people.write(identity.sign_in, proof, code=code, sealer=people.sealer, **people.browser())
                except SignInRefused:
                    return False
                return True

            with ThreadPoolExecutor(4) as pool:
                assert sum(pool.map(attempt, proofs)) == 1

    def test_a_recovery_code_is_good_once_and_its_use_is_noted(self, people):
        _, recovery = people.use_codes(ANN)
        assert people.sign_in(ANN, code=recovery[7].upper()).session.user.recovery_codes_left == 9
        refusal(people, ANN, code=recovery[7])
        for org in (ACME, GLOBEX):
            noted = people.log(org)[0]
            assert (noted.actor, noted.subject_key, noted.origin) == (ANN, ANN, f"sign-in from {ADDRESS}")
            assert (noted.before, noted.after) == ({"recovery_codes_left": 10}, {"recovery_codes_left": 9})

    def test_a_wrong_one_costs_a_try_each(self, people):
        people.use_codes(ANN)
        for _ in range(10):
            refusal(people, ANN, code="000000")
        with pytest.raises(TooManyRequests):
            people.sign_in(ANN, code="000000")

    def test_the_code_may_be_asked_for_on_a_page_of_its_own(self, people):
        secret, _ = people.use_codes(ANN)
        held = identity.hold(people.prove(ANN), sealer=people.sealer, now=people.clock.now())
        assert ANN not in held
        proof = people.write(identity.begin_code, held, sealer=people.sealer, counted_on=ADDRESS)
        code = people.code(secret)
        people.write(identity.sign_in, proof, code=code, sealer=people.sealer, **people.browser())

    def test_there_each_try_is_counted_too(self, people):
        people.use_codes(ANN)
        held = identity.hold(people.prove(ANN), sealer=people.sealer, now=people.clock.now())
        for _ in range(9):
            people.write(identity.begin_code, held, sealer=people.sealer, counted_on=ADDRESS)
        with pytest.raises(TooManyRequests):
            people.write(identity.begin_code, held, sealer=people.sealer, counted_on=ADDRESS)

    def test_a_proof_is_not_held_for_long(self, people):
        held = identity.hold(people.prove(ANN), sealer=people.sealer, now=people.clock.now())
        people.clock.advance(5 * MINUTE // 1_000_000)
        with pytest.raises(SignInRefused, match="too long"):
            people.write(identity.begin_code, held, sealer=people.sealer, counted_on=ADDRESS)

    @pytest.mark.parametrize("held", ["", "nonsense", "\ud800"])
    def test_a_proof_cannot_be_made_up(self, people, held):
        forged = Sealer(b"another key").seal("[]", "a proof that waits for its code")
        for text in (held, forged):
            with pytest.raises(SignInRefused):
                people.write(identity.begin_code, text, sealer=people.sealer, counted_on=ADDRESS)

    def test_they_outlive_a_change_of_the_secret_key(self, people):
        secret, _ = people.use_codes(ANN)
        people.sealer = Sealer(b"the new key", [b"a key for tests, long enough to seal with"])
        people.sign_in(ANN, code=people.code(secret))
        people.sealer = Sealer(b"the new key")  # signing in has sealed the secret anew
        people.clock.advance(30)
        people.sign_in(ANN, code=people.code(secret))

    def test_the_secret_is_not_in_the_database(self, people):
        secret, recovery = people.use_codes(ANN)
        row = people.db.read_now(lambda tx: str(dict(tx.one("SELECT * FROM users"))))
        for hidden in (secret, *recovery, *(code.replace("-", "") for code in recovery)):
            assert hidden not in row


class TestSessions:
    def test_it_ends_when_it_is_not_used(self, people):
        token = people.sign_in(ANN).token
        people.clock.advance(12 * 3600 - 1)
        assert people.session(token)
        people.clock.advance(1)
        assert people.session(token) is None

    def test_it_goes_on_while_it_is_used_and_ends_after_thirty_days(self, people):
        token = people.sign_in(ANN).token
        for _ in range(60):
            people.clock.advance(12 * 3600 - 1)
            session = people.session(token)
            assert session.is_to_be_noted(people.clock.now())
            people.write(identity.note_seen, session)
            assert not people.session(token).is_to_be_noted(people.clock.now())
        people.clock.advance(60)
        assert people.session(token) is None

    def test_signing_out_ends_it_and_no_other(self, people):
        first, second = people.sign_in(ANN), people.sign_in(ANN)
        people.db.write_now(identity.sign_out, first.session)
        assert people.session(first.token) is None
        assert people.session(second.token)
        assert people.db.write_now(identity.sign_out_everywhere, second.session.user.id) == 1
        assert people.session(second.token) is None

    def test_no_two_are_alike(self, people):
        first, second = people.sign_in(ANN), people.sign_in(ANN)
        assert first.token != second.token
        assert first.session.csrf != second.session.csrf

    @pytest.mark.parametrize("token", [None, "", "nonsense", "x" * 10_000, "\ud800", "\0"])
    def test_a_token_that_is_none(self, people, token):
        people.sign_in(ANN)
        assert people.session(token) is None

    def test_a_browser_may_call_itself_anything(self, people):
        proof = people.prove(ANN)
        people.write(
            identity.sign_in,
            proof,
            code=None,
            sealer=people.sealer,
            counted_on=ADDRESS,
            address=ADDRESS,
            agent="\0\ud800evil" + "x" * 1000,
        )

    def test_another_organization_is_chosen(self, people):
        signed_in = people.sign_in(ANN)
        chosen = people.db.write_now(identity.choose_organization, signed_in.session, GLOBEX)
        assert chosen == people.session(signed_in.token)
        assert chosen.membership.org == GLOBEX

    def test_only_one_in_which_the_person_is_at_home(self, people):
        bob = people.add("bob@example.com", (ACME, Role.VIEWER))
        session = people.sign_in(bob.email).session
        for org in (GLOBEX, "nowhere"):
            with pytest.raises(NotFound):
                people.db.write_now(identity.choose_organization, session, org)

    def test_who_was_removed_from_the_chosen_one_goes_on_in_the_other(self, people):
        signed_in = people.sign_in(ANN)
        people.db.write_now(identity.choose_organization, signed_in.session, GLOBEX)
        people.write(identity.remove_member, GLOBEX, signed_in.session.user.id, **people.by())
        assert people.session(signed_in.token).membership.org == ACME

    def test_those_that_are_over_are_deleted(self, people):
        people.sign_in(ANN)
        people.clock.advance(12 * 3600)
        token = people.sign_in(ANN).token
        assert people.write(identity.forget_expired)
        assert people.session(token)
        assert len(people.db.read_now(lambda tx: tx.all("SELECT * FROM sessions"))) == 1


def test_a_clock_put_back_does_no_harm(people):
    token = people.sign_in(ANN).token
    people.clock.turn_to(Instant(people.clock.now() - HOUR))
    assert people.session(token)
    people.sign_in(ANN)
