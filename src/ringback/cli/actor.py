"""Who runs a command, for the audit log."""

import getpass


def actor() -> str:
    """The name under which this person is known to the machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "command line"
