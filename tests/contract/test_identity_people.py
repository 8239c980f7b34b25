"""Who is at home where: users, roles, invitations, their passwords and codes, and what the audit log tells of it."""

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from tests.fakes.people import ACME, ADDRESS, GLOBEX, NEW_PASSWORD, PASSWORD, QUICK, People, kept

import ringback.identity.service as identity
from ringback.audit.model import Action
from ringback.identity import passwords
from ringback.identity.model import LastAdministrator, Role, SignInRefused
from ringback.kernel.errors import Forbidden, InvalidParameters, NotFound
from ringback.kernel.tenancy import OrgId

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
WEEK = 7 * 86_400


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", QUICK)


@pytest.fixture
def people(database, clock):
    return People(database, clock)


@pytest.fixture
def ann(people):
    """Acme's only administrator."""
    return people.add(ANN, (ACME, Role.ADMINISTRATOR))


def roles(people, org=ACME):
    return {member.user.email: member.role for member in people.db.read_now(identity.members_of, org)}


class TestUsers:
    def test_there_is_one_for_an_address_however_it_is_written(self, people, ann):
        assert people.db.read_now(identity.find_user, " Ann@EXAMPLE.com") == ann
        assert people.db.read_now(identity.find_user, BOB) is None
        with pytest.raises(InvalidParameters, match="already") as refused:
            people.add(" Ann@EXAMPLE.com")
        assert refused.value.details == {"field": "email"}

    def test_of_two_added_at_the_same_time_one_is(self, people):
        def add(_):
            try:
                people.add(ANN)
            except InvalidParameters:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(add, range(4))) == 1

    def test_they_are_listed_with_their_roles(self, people, ann):
        people.add(BOB, (ACME, Role.VIEWER), (GLOBEX, Role.MANAGER))
        listed = people.db.read_now(identity.every_user)
        assert [(user.email, [(each.organization_key, each.role) for each in homes]) for user, homes in listed] == [
            (ANN, [("acme", Role.ADMINISTRATOR)]),
            (BOB, [("acme", Role.VIEWER), ("globex", Role.MANAGER)]),
        ]

    def test_a_member_is_made_once(self, people, ann):
        with pytest.raises(InvalidParameters, match="already"):
            people.write(identity.add_member, ACME, ann, Role.VIEWER, **people.by())
        assert roles(people) == {ANN: Role.ADMINISTRATOR}

    def test_another_name(self, people, ann):
        people.write(identity.rename, ann.id, "  Ann  Smith", **people.by())
        people.write(identity.rename, ann.id, "Ann Smith", **people.by())  # nothing to do, nothing to note
        assert people.db.read_now(identity.find_user, ANN).name == "Ann Smith"
        noted = people.log()[:2]
        assert [(each.before, each.after) for each in noted] == [
            ({"name": "ann"}, {"name": "Ann Smith"}),
            (None, {"name": "ann", "role": "administrator"}),
        ]

    def test_a_stranger_is_not_found(self, people):
        for use_case in (identity.remove_user, identity.disable_user, identity.enable_user):
            with pytest.raises(NotFound):
                people.write(use_case, "nobody", **people.by())
        with pytest.raises(NotFound):
            people.write(identity.set_role, ACME, "nobody", Role.VIEWER, **people.by())
        with pytest.raises(NotFound):
            people.write(identity.set_password, "nobody", kept(PASSWORD), **people.by())


class TestRoles:
    def test_another_role_holds_at_once_and_is_noted(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER))
        token = people.sign_in(BOB).token
        people.write(identity.set_role, ACME, bob.id, Role.MANAGER, **people.by(ANN))
        assert people.session(token).membership.role is Role.MANAGER
        noted = people.log()[0]
        assert (noted.actor, noted.origin, noted.action, noted.subject_kind, noted.subject_key) == (
            ANN,
            "test",
            Action.CHANGED,
            "user",
            BOB,
        )
        assert (noted.before, noted.after) == ({"role": "viewer"}, {"role": "manager"})

    def test_the_same_role_is_no_change(self, people, ann):
        people.write(identity.set_role, ACME, ann.id, Role.ADMINISTRATOR, **people.by())
        assert len(people.log()) == 1

    def test_in_one_organization_is_not_in_another(self, people, ann):
        with pytest.raises(NotFound):
            people.write(identity.set_role, GLOBEX, ann.id, Role.VIEWER, **people.by())
        with pytest.raises(NotFound):
            people.write(identity.remove_member, GLOBEX, ann.id, **people.by())

    def test_the_last_administrator_stays(self, people, ann):
        people.add(BOB, (ACME, Role.MANAGER), (GLOBEX, Role.ADMINISTRATOR))
        for use_case, rest in (
            (identity.set_role, (ACME, ann.id, Role.MANAGER)),
            (identity.remove_member, (ACME, ann.id)),
            (identity.remove_user, (ann.id,)),
            (identity.disable_user, (ann.id,)),
        ):
            with pytest.raises(LastAdministrator, match="Acme"):
                people.write(use_case, *rest, **people.by())
        assert roles(people) == {ANN: Role.ADMINISTRATOR, BOB: Role.MANAGER}
        assert people.sign_in(ANN)

    def test_one_who_is_disabled_does_not_count(self, people, ann):
        bob = people.add(BOB, (ACME, Role.ADMINISTRATOR))
        people.write(identity.disable_user, bob.id, **people.by())
        with pytest.raises(LastAdministrator):
            people.write(identity.remove_member, ACME, ann.id, **people.by())
        people.write(identity.remove_member, ACME, bob.id, **people.by())

    @pytest.mark.parametrize("how", ["demote", "remove", "disable"])
    def test_of_two_who_would_be_rid_of_each_other_one_stays(self, people, ann, how):
        bob = people.add(BOB, (ACME, Role.ADMINISTRATOR))

        def rid_of(user):
            try:
                if how == "demote":
                    people.write(identity.set_role, ACME, user.id, Role.VIEWER, **people.by())
                elif how == "remove":
                    people.write(identity.remove_member, ACME, user.id, **people.by())
                else:
                    people.write(identity.disable_user, user.id, **people.by())
            except LastAdministrator:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(rid_of, (ann, bob))) == [False, True]


class TestRemoving:
    def test_who_is_at_home_nowhere_else_is_forgotten(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER))
        token = people.sign_in(BOB).token
        people.write(identity.remove_member, ACME, bob.id, **people.by())
        assert people.session(token) is None
        assert people.db.read_now(identity.find_user, BOB) is None
        noted = people.log()[0]
        assert (noted.action, noted.before, noted.after) == (Action.REMOVED, {"name": "bob", "role": "viewer"}, None)
        people.add(BOB, (ACME, Role.VIEWER))  # and may come back

    def test_who_is_keeps_the_rest(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER), (GLOBEX, Role.MANAGER))
        people.write(identity.remove_member, ACME, bob.id, **people.by())
        assert roles(people) == {ANN: Role.ADMINISTRATOR}
        assert roles(people, GLOBEX) == {BOB: Role.MANAGER}
        assert people.sign_in(BOB).session.membership.org == GLOBEX

    def test_out_of_all(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER), (GLOBEX, Role.MANAGER))
        people.write(identity.remove_user, bob.id, **people.by())
        assert people.db.read_now(identity.find_user, BOB) is None
        assert [people.log(org)[0].action for org in (ACME, GLOBEX)] == [Action.REMOVED, Action.REMOVED]

    def test_one_without_any_home(self, people):
        bob = people.add(BOB)
        assert people.sign_in(BOB).session.membership is None
        people.write(identity.remove_user, bob.id, **people.by())
        assert people.db.read_now(identity.find_user, BOB) is None

    def test_who_is_disabled_is_signed_out_until_enabled(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER))
        token = people.sign_in(BOB).token
        for _ in range(2):
            people.write(identity.disable_user, bob.id, **people.by())
        assert people.session(token) is None
        with pytest.raises(SignInRefused):
            people.sign_in(BOB)
        for _ in range(2):
            people.write(identity.enable_user, bob.id, **people.by())
        assert people.session(token) is None
        people.sign_in(BOB)
        assert [each.after for each in people.log()[:2]] == [{"disabled": False}, {"disabled": True}]


class TestPasswords:
    def test_changing_ones_own_signs_out_everywhere_else(self, people, ann):
        here, there = people.sign_in(ANN), people.sign_in(ANN)
        people.clock.advance(60)
        people.write(
            identity.change_password, here.session, people.prove(ANN), kept(NEW_PASSWORD), origin=f"console {ADDRESS}"
        )
        assert people.session(here.token)
        assert people.session(there.token) is None
        people.sign_in(ANN, NEW_PASSWORD)
        with pytest.raises(SignInRefused):
            people.sign_in(ANN)
        noted = people.log()[0]
        assert (noted.actor, noted.origin) == (ANN, f"console {ADDRESS}")
        assert noted.after == {"password_changed_at": "2026-03-02T15:01:00+00:00"}

    def test_it_takes_the_old_one_and_ones_own(self, people, ann):
        people.add(BOB, (ACME, Role.VIEWER))
        session, proof = people.sign_in(ANN).session, people.prove(ANN)
        with pytest.raises(SignInRefused):
            people.write(identity.change_password, session, people.prove(BOB), kept(NEW_PASSWORD), origin="test")
        people.write(identity.set_password, ann.id, kept("changed by somebody else"), **people.by())
        with pytest.raises(SignInRefused):
            people.write(identity.change_password, session, proof, kept(NEW_PASSWORD), origin="test")

    def test_a_new_one_from_others_signs_out_everywhere(self, people, ann):
        token = people.sign_in(ANN).token
        people.write(identity.set_password, ann.id, kept(NEW_PASSWORD), **people.by())
        assert people.session(token) is None
        people.sign_in(ANN, NEW_PASSWORD)
        assert people.log()[0].actor == "root"


class TestCodes:
    def test_they_are_switched_on_with_the_first_code(self, people, ann):
        secret, recovery = people.use_codes(ANN)
        assert len(recovery) == 10
        user = people.sign_in(ANN, code=people.code(secret)).session.user
        assert (user.uses_codes, user.recovery_codes_left) == (True, 10)
        assert (people.log()[0].before, people.log()[0].after) == ({"uses_codes": False}, {"uses_codes": True})

    def test_a_wrong_code_switches_nothing_on(self, people, ann):
        session = people.sign_in(ANN).session
        enrolment = identity.begin_codes(session.user, sealer=people.sealer)
        how = {"sealer": people.sealer, "origin": "test"}
        with pytest.raises(InvalidParameters) as refused:
            people.write(identity.enable_codes, session, enrolment.sealed, people.code(enrolment.secret, 5), **how)
        assert refused.value.details == {"field": "code"}
        with pytest.raises(InvalidParameters, match="out of date"):
            people.write(identity.enable_codes, session, "nonsense", people.code(enrolment.secret), **how)
        assert not people.sign_in(ANN).session.user.uses_codes

    def test_a_secret_made_for_somebody_else_does_not_open(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER))
        enrolment = identity.begin_codes(bob, sealer=people.sealer)
        with pytest.raises(InvalidParameters, match="out of date"):
            people.write(
                identity.enable_codes,
                people.sign_in(ANN).session,
                enrolment.sealed,
                people.code(enrolment.secret),
                sealer=people.sealer,
                origin="test",
            )

    def test_they_are_not_switched_on_twice(self, people, ann):
        session = people.sign_in(ANN).session
        people.use_codes(ANN)
        enrolment = identity.begin_codes(session.user, sealer=people.sealer)
        with pytest.raises(InvalidParameters, match="in use already"):
            people.write(
                identity.enable_codes,
                session,
                enrolment.sealed,
                people.code(enrolment.secret),
                sealer=people.sealer,
                origin="test",
            )

    def test_switching_them_off_takes_the_password(self, people, ann):
        people.add(BOB, (ACME, Role.VIEWER))
        secret, _ = people.use_codes(ANN)
        session = people.sign_in(ANN, code=people.code(secret)).session
        with pytest.raises(SignInRefused):
            people.write(identity.disable_codes, session, people.prove(BOB), origin="test")
        for _ in range(2):
            people.write(identity.disable_codes, session, people.prove(ANN), origin="test")
        assert not people.sign_in(ANN).session.user.uses_codes
        assert [each.after for each in people.log()[:2]] == [{"uses_codes": False}, {"uses_codes": True}]

    def test_new_recovery_codes_replace_the_old(self, people, ann):
        secret, old = people.use_codes(ANN)
        session = people.sign_in(ANN, code=people.code(secret)).session
        new = people.write(identity.new_recovery_codes, session, people.prove(ANN), origin="test")
        with pytest.raises(SignInRefused):
            people.sign_in(ANN, code=old[0])
        people.sign_in(ANN, code=new[0])

    def test_recovery_codes_need_codes(self, people, ann):
        session = people.sign_in(ANN).session
        with pytest.raises(InvalidParameters, match="not in use"):
            people.write(identity.new_recovery_codes, session, people.prove(ANN), origin="test")

    def test_an_administrator_resets_those_of_members_of_no_other_organization(self, people, ann):
        people.add(EVE, (GLOBEX, Role.ADMINISTRATOR))
        bob = people.add(BOB, (ACME, Role.VIEWER))
        people.use_codes(BOB)
        with pytest.raises(NotFound):
            people.write(identity.reset_codes, bob.id, within=GLOBEX, **people.by(EVE))
        people.write(identity.add_member, GLOBEX, bob, Role.VIEWER, **people.by(EVE))
        with pytest.raises(Forbidden):
            people.write(identity.reset_codes, bob.id, within=GLOBEX, **people.by(EVE))
        people.write(identity.remove_member, GLOBEX, bob.id, **people.by(EVE))
        people.write(identity.reset_codes, bob.id, within=ACME, **people.by(ANN))
        people.sign_in(BOB)

    def test_whoever_runs_the_installation_resets_anybodys(self, people, ann):
        bob = people.add(BOB, (ACME, Role.VIEWER), (GLOBEX, Role.VIEWER))
        people.use_codes(BOB)
        people.write(identity.reset_codes, bob.id, within=None, **people.by())
        people.sign_in(BOB)
        assert [people.log(org)[0].after for org in (ACME, GLOBEX)] == [{"uses_codes": False}] * 2


class TestInvitations:
    def test_somebody_new_joins(self, people, ann):
        invited = people.write(identity.invite, ACME, " Bob@Example.com", Role.SUPERVISOR, **people.by(ANN))
        assert invited.token not in repr(invited)
        seen = people.write(identity.invitation_of, invited.token)
        assert seen == invited.invitation
        assert (seen.email, seen.role, seen.organization_name, seen.invited_by) == (BOB, Role.SUPERVISOR, "Acme", ANN)
        people.write(
            identity.accept_invitation, invited.token, name="Bob", password_hash=kept(PASSWORD), origin="console"
        )
        assert people.sign_in(BOB).session.membership.role is Role.SUPERVISOR
        assert people.db.read_now(identity.open_invitations, ACME) == []
        *joined, invitation = [(each.actor, each.subject_kind, each.after) for each in people.log()[:3]]
        assert invitation == (
            ANN,
            "invitation",
            {"role": "supervisor", "expires_at": "2026-03-09T15:00:00+00:00"},
        )
        assert sorted(joined, key=str) == [
            (BOB, "invitation", {"accepted": True}),
            (BOB, "user", {"name": "Bob", "role": "supervisor"}),
        ]

    def test_it_is_good_once(self, people, ann):
        token = people.write(identity.invite, ACME, BOB, Role.VIEWER, **people.by()).token

        def accept(count):
            try:
                people.write(
                    identity.accept_invitation,
                    token,
                    name=f"Bob {count}",
                    password_hash=kept(PASSWORD),
                    origin="console",
                )
            except (NotFound, InvalidParameters):
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(accept, range(4))) == 1
        with pytest.raises(NotFound):
            people.write(identity.invitation_of, token)

    def test_for_seven_days(self, people, ann):
        token = people.write(identity.invite, ACME, BOB, Role.VIEWER, **people.by()).token
        people.clock.advance(WEEK - 1)
        people.write(identity.invitation_of, token)
        people.clock.advance(1)
        with pytest.raises(NotFound, match="expired"):
            people.write(identity.invitation_of, token)
        assert [each.email for each in people.db.read_now(identity.open_invitations, ACME)] == [BOB]
        people.clock.advance(WEEK + 1)
        people.write(identity.forget_expired)
        assert people.db.read_now(identity.open_invitations, ACME) == []

    def test_until_it_is_taken_back(self, people, ann):
        invited = people.write(identity.invite, ACME, BOB, Role.VIEWER, **people.by())
        with pytest.raises(NotFound):
            people.write(identity.withdraw_invitation, GLOBEX, invited.invitation.id, **people.by())
        people.write(identity.withdraw_invitation, ACME, invited.invitation.id, **people.by())
        with pytest.raises(NotFound):
            people.write(identity.invitation_of, invited.token)
        with pytest.raises(NotFound):
            people.write(identity.withdraw_invitation, ACME, invited.invitation.id, **people.by())
        assert people.log()[0].action is Action.REMOVED

    def test_a_second_one_replaces_the_first(self, people, ann):
        first = people.write(identity.invite, ACME, BOB, Role.VIEWER, **people.by())
        second = people.write(identity.invite, ACME, BOB, Role.MANAGER, **people.by())
        with pytest.raises(NotFound):
            people.write(identity.invitation_of, first.token)
        assert people.db.read_now(identity.open_invitations, ACME) == [second.invitation]
        assert (people.log()[0].before["role"], people.log()[0].after["role"]) == ("viewer", "manager")
        people.write(identity.invite, GLOBEX, BOB, Role.VIEWER, **people.by())
        people.write(identity.invitation_of, second.token)  # another organization's is another

    def test_who_is_a_user_already_joins_signed_in(self, people, ann):
        people.add(BOB, (GLOBEX, Role.VIEWER))
        token = people.write(identity.invite, ACME, BOB, Role.MANAGER, **people.by()).token
        with pytest.raises(InvalidParameters, match="already"):
            people.write(
                identity.accept_invitation, token, name="Eve", password_hash=kept(NEW_PASSWORD), origin="console"
            )
        with pytest.raises(Forbidden, match=BOB):
            people.write(identity.join, token, people.sign_in(ANN).session, origin="console")
        signed_in = people.sign_in(BOB)
        assert people.write(identity.join, token, signed_in.session, origin="console") == ACME
        assert [each.org for each in people.session(signed_in.token).memberships] == [GLOBEX, ACME]

    def test_a_member_is_not_invited_nor_what_is_no_address(self, people, ann):
        for wrong in (ANN, "nonsense"):
            with pytest.raises(InvalidParameters) as refused:
                people.write(identity.invite, ACME, wrong, Role.VIEWER, **people.by())
            assert refused.value.details == {"field": "email"}
        with pytest.raises(NotFound):
            people.write(identity.invite, OrgId("nowhere"), BOB, Role.VIEWER, **people.by())

    @pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000, "\ud800"])
    def test_a_token_that_is_none(self, people, token):
        with pytest.raises(NotFound):
            people.write(identity.invitation_of, token)


def test_no_secret_is_in_the_audit_log(people, ann):
    invited = people.write(identity.invite, ACME, BOB, Role.VIEWER, **people.by())
    secret, recovery = people.use_codes(ANN)
    signed_in = people.sign_in(ANN, code=recovery[0])
    people.write(identity.change_password, signed_in.session, people.prove(ANN), kept(NEW_PASSWORD), origin="test")
    log = orjson.dumps([[each.before, each.after, each.subject_key, each.origin] for each in people.log()]).decode()
    assert len(people.log()) == 5
    for hidden in (invited.token, secret, *recovery, signed_in.token, PASSWORD, "$argon2", signed_in.session.csrf):
        assert hidden not in log
