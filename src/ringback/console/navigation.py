"""What the console's navigation lists: only pages that exist, and only to those who may see them."""

from dataclasses import dataclass

from ringback.identity.model import Permission, Role


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A link to a page of the organization."""

    title: str
    path: str
    needs: Permission = Permission.SEE


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading; the first group has none."""

    title: str
    entries: tuple[NavigationEntry, ...]


_GROUPS = (
    Group(
        "",
        (
            NavigationEntry("Now", "now"),
            NavigationEntry("Callbacks", "callbacks"),
            NavigationEntry("Call targets", "call-targets"),
        ),
    ),
    Group(
        "Scheduler",
        (
            NavigationEntry("Widgets", "scheduler/widgets"),
            NavigationEntry("Conveys", "scheduler/conveys"),
            NavigationEntry("Templates", "scheduler/templates"),
            NavigationEntry("User data sets", "scheduler/user-data-sets"),
            NavigationEntry("Access control policies", "scheduler/policies"),
            NavigationEntry("API", "scheduler/api"),
        ),
    ),
    Group(
        "Messaging",
        (
            NavigationEntry("Automations", "messaging/automations"),
            NavigationEntry("Conversations", "messaging/conversations", Permission.HANDLE_CALLBACKS),
            NavigationEntry("Opt-outs", "messaging/opt-outs", Permission.HANDLE_CALLBACKS),
            NavigationEntry("Phone", "messaging/phone"),
            NavigationEntry("Text gateway", "messaging/gateway"),
        ),
    ),
    Group("", (NavigationEntry("Reports", "reports"),)),
    Group(
        "Organization",
        (
            NavigationEntry("Settings", "settings"),
            NavigationEntry("Users", "users"),
            NavigationEntry("Blocked numbers", "blocked-numbers"),
            NavigationEntry("Personal data", "personal-data", Permission.HANDLE_PERSONAL_DATA),
            NavigationEntry("Audit log", "audit", Permission.READ_AUDIT_LOG),
        ),
    ),
)

FRONT_PAGE = "now"
"""Where somebody comes who asks for nothing in particular."""


def navigation(role: Role) -> list[Group]:
    """The groups with the entries that somebody with that role may open."""
    allowed = (Group(group.title, tuple(e for e in group.entries if role.allows(e.needs))) for group in _GROUPS)
    return [group for group in allowed if group.entries]
