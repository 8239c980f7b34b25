import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.identity.model import (
    LEAST_ROLE,
    SEEN_EVERY,
    SESSION_IDLE,
    SESSION_LASTS,
    Membership,
    Permission,
    Role,
    Session,
    TokenHash,
    User,
    UserId,
    canonical_email,
    read_role,
    readable_name,
)
from ringback.kernel.clock import Instant
from ringback.kernel.errors import Forbidden, InvalidParameters
from ringback.kernel.tenancy import OrgId

NOW = Instant(1_800_000_000_000_000)
ACME, GLOBEX = OrgId("acme"), OrgId("globex")


def user(**given):
    return User(UserId("u"), "ann@example.com", "Ann", NOW, NOW, **given)


def membership(org, role=Role.VIEWER):
    return Membership(org, org, org.title(), role, NOW)


def session(*memberships, chosen=None, last_seen_at=NOW, who=None):
    return Session(
        token_hash=TokenHash("0" * 64),
        user=who or user(),
        memberships=memberships,
        chosen=chosen,
        csrf="secret-csrf",
        created_at=NOW,
        last_seen_at=last_seen_at,
        expires_at=Instant(NOW + SESSION_LASTS),
        address="192.0.2.1",
        agent="a browser",
    )


class TestRoles:
    def test_each_may_do_all_that_those_before_it_may_and_something_more(self):
        allowed = [{each for each in Permission if role.allows(each)} for role in Role]
        assert all(less < more for less, more in itertools.pairwise(allowed))
        assert allowed[-1] == {*Permission}

    def test_they_are_ordered(self):
        assert sorted(Role, key=lambda role: role.rank) == [
            "viewer",
            "supervisor",
            "manager",
            "administrator",
        ]

    def test_every_permission_says_whose_it_is(self):
        assert LEAST_ROLE.keys() == {*Permission}

    def test_a_viewer_may_look_and_nothing_else(self):
        assert [each for each in Permission if Role.VIEWER.allows(each)] == [Permission.SEE]

    def test_people_and_tokens_are_the_administrators(self):
        for permission in (Permission.MANAGE_ACCESS, Permission.MANAGE_USERS, Permission.HANDLE_PERSONAL_DATA):
            assert [role for role in Role if role.allows(permission)] == [Role.ADMINISTRATOR]

    def test_an_unknown_one_is_told_with_those_there_are(self):
        assert read_role("manager") is Role.MANAGER
        with pytest.raises(InvalidParameters, match="viewer, supervisor") as refused:
            read_role("king")
        assert refused.value.details == {"field": "role"}


class TestEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ann.Smith@Example.COM\n", "ann.smith@example.com"),
            ("ann+desk@sub.example.co.uk", "ann+desk@sub.example.co.uk"),
            ("JO\u0308RG@exa\u0308mple.de", "jörg@exämple.de"),
            ("o'neil@example.com", "o'neil@example.com"),
        ],
    )
    def test_it_is_kept_in_one_form(self, typed, kept):
        assert canonical_email(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "ann",
            "@example.com",
            "ann@",
            "ann@example",
            "ann@@example.com",
            "ann@exa mple.com",
            "ann smith@example.com",
            "ann@example.c",
            "ann@-example.com",
            "ann@example..com",
            ".ann@example.com",
            "an..n@example.com",
            "Ann <ann@example.com>",
            "ann@example.com,bob@example.com",
            "ann\x00@example.com",
            "ann\u200b@example.com",
            "ann\ud800@example.com",
            f"{'a' * 65}@example.com",
            f"ann@{'a.' * 130}com",
        ],
    )
    def test_what_is_none_is_refused_beside_its_field(self, typed):
        with pytest.raises(InvalidParameters, match=r"name@example\.com") as refused:
            canonical_email(typed)
        assert refused.value.details == {"field": "email"}

    @given(st.text(max_size=20), st.text(max_size=20))
    def test_its_form_is_settled_at_once(self, local, domain):
        try:
            kept = canonical_email(f"{local}@{domain}.example")
        except InvalidParameters:
            return
        assert canonical_email(kept) == kept


def test_a_name_is_trimmed_and_readable():
    assert readable_name("  Ann \t  Smith ") == "Ann Smith"
    for wrong in ("", "  ", "x" * 121, "a\x00b", "\u202eevil", "\ud800"):
        with pytest.raises(InvalidParameters) as refused:
            readable_name(wrong)
        assert refused.value.details == {"field": "name"}


class TestSession:
    def test_it_ends_in_the_end_however_much_it_is_used(self):
        late = Instant(NOW + SESSION_LASTS)
        used = session(last_seen_at=Instant(late - 1))
        assert (used.is_over(Instant(late - 1)), used.is_over(late)) == (False, True)

    def test_it_ends_when_it_is_not_used(self):
        assert not session().is_over(Instant(NOW + SESSION_IDLE - 1))
        assert session().is_over(Instant(NOW + SESSION_IDLE))

    def test_it_ends_with_its_user(self):
        assert session(who=user(disabled_at=NOW)).is_over(NOW)

    def test_its_use_is_noted_now_and_then(self):
        assert not session().is_to_be_noted(Instant(NOW + SEEN_EVERY - 1))
        assert session().is_to_be_noted(Instant(NOW + SEEN_EVERY))

    def test_it_is_in_the_chosen_organization_while_its_user_is_at_home_there(self):
        acme, globex = membership(ACME), membership(GLOBEX)
        assert session(acme, globex, chosen=GLOBEX).membership == globex
        assert session(acme, chosen=GLOBEX).membership == acme
        assert session(chosen=GLOBEX).membership is None

    def test_the_role_in_the_chosen_organization_counts(self):
        both = (membership(ACME, Role.VIEWER), membership(GLOBEX, Role.ADMINISTRATOR))
        assert session(*both, chosen=GLOBEX).demand(Permission.MANAGE_USERS) == GLOBEX
        at_acme = session(*both, chosen=ACME)
        assert not at_acme.allows(Permission.MANAGE_USERS)
        with pytest.raises(Forbidden):
            at_acme.demand(Permission.MANAGE_USERS)

    def test_who_is_at_home_nowhere_may_do_nothing(self):
        assert not any(session().allows(permission) for permission in Permission)
        with pytest.raises(Forbidden):
            session().demand(Permission.SEE)

    @pytest.mark.parametrize("presented", [None, "", "secret", "secret-csrf ", "\ud800", "é"])
    def test_a_form_of_another_site_is_told_from_its_own(self, presented):
        assert session().carries("secret-csrf")
        assert not session().carries(presented)

    def test_it_does_not_show_its_secrets(self):
        assert "secret-csrf" not in repr(session())
        assert "0" * 64 not in repr(session())
