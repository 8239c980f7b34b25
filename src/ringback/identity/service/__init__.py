"""What may be asked about people: the use cases, by what they are about.

Passwords are hashed and compared outside of transactions, since that is slow on purpose. So signing in takes three
calls: :func:`begin_sign_in` in a transaction, :func:`prove` outside of any, :func:`sign_in` in a second one. Whatever
asks somebody for their password again (changing it, switching codes off) takes the :class:`Proof`, too.
"""

from ringback.identity.service.codes import (
    Enrolment,
    begin_codes,
    disable_codes,
    enable_codes,
    new_recovery_codes,
    renew_codes,
    reset_codes,
)
from ringback.identity.service.invitations import (
    Invited,
    accept_invitation,
    invitation_of,
    invite,
    join,
    open_invitations,
    withdraw_invitation,
)
from ringback.identity.service.passwords import change_password, set_password
from ringback.identity.service.people import (
    add_member,
    create_user,
    disable_user,
    enable_user,
    every_organization,
    every_user,
    find_organization,
    find_user,
    members_of,
    memberships_of,
    remove_member,
    remove_user,
    rename,
    set_role,
)
from ringback.identity.service.sessions import (
    choose_organization,
    forget_expired,
    note_seen,
    session_of,
    sign_out,
    sign_out_everywhere,
)
from ringback.identity.service.signing_in import (
    Challenge,
    Proof,
    SignedIn,
    begin_code,
    begin_sign_in,
    hold,
    prove,
    sign_in,
)

__all__ = [
    "Challenge",
    "Enrolment",
    "Invited",
    "Proof",
    "SignedIn",
    "accept_invitation",
    "add_member",
    "begin_code",
    "begin_codes",
    "begin_sign_in",
    "change_password",
    "choose_organization",
    "create_user",
    "disable_codes",
    "disable_user",
    "enable_codes",
    "enable_user",
    "every_organization",
    "every_user",
    "find_organization",
    "find_user",
    "forget_expired",
    "hold",
    "invitation_of",
    "invite",
    "join",
    "members_of",
    "memberships_of",
    "new_recovery_codes",
    "note_seen",
    "open_invitations",
    "prove",
    "remove_member",
    "remove_user",
    "rename",
    "renew_codes",
    "reset_codes",
    "session_of",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "withdraw_invitation",
]
