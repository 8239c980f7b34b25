"""The vocabulary of errors: one base, stable codes, a plain sentence each.

A domain error knows no HTTP: ``http/errors.py`` holds the one table that maps codes to statuses. The codes of the
Scheduler API are the contract's own words.
"""

from typing import Any, ClassVar


class RingbackError(Exception):
    """Base of every error that Ringback raises on purpose.

    ``code`` is stable and meant for programs; the message is one plain sentence meant for people; ``details`` are
    further fields that the answer may carry.
    """

    code: ClassVar[str] = "Error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(RingbackError):
    """Nothing with that id here: it never existed, or it belongs to somebody else."""

    code = "NotFound"


class Unauthorized(RingbackError):
    """A token is needed and was missing or wrong."""

    code = "Unauthorized"


class Forbidden(RingbackError):
    """The caller's address is not allowed, or nobody's is."""

    code = "Forbidden"


class TooManyRequests(RingbackError):
    """A rate limit was reached. ``details["retry_after"]`` says in how many seconds to come back."""

    code = "TooManyRequests"


class InvalidRequest(RingbackError):
    """The request cannot be read at all."""

    code = "InvalidRequest"


class InvalidParameters(RingbackError):
    """The request was read, but a value in it has the wrong type or meaning."""

    code = "InvalidParameters"


class ContactRequired(RingbackError):
    """``contact_number`` is missing or blank."""

    code = "ContactRequired"


class InvalidContact(RingbackError):
    """The number is not one that may be called. One code for every reason, so that no list can be probed."""

    code = "InvalidContact"


class InvalidTimeZone(RingbackError):
    """The time zone is neither an IANA name nor a number of minutes."""

    code = "InvalidTimeZone"


class RequestRefusedDueToOperationMode(RingbackError):
    """The widget does not now offer this kind of callback."""

    code = "RequestRefusedDueToOperationMode"


class DuplicateRequest(RingbackError):
    """The number already has a live callback on this call target."""

    code = "DuplicateRequest"


class AppointmentTimeInThePast(RingbackError):
    """The booked time has passed."""

    code = "AppointmentTimeInThePast"


class AppointmentTimeFull(RingbackError):
    """The timeslot existed and is taken."""

    code = "AppointmentTimeFull"


class AppointmentTimeInvalid(RingbackError):
    """The time is not one of those offered."""

    code = "AppointmentTimeInvalid"


class ConfigurationInvalid(RingbackError):
    """A setting or a configuration file is wrong. ``problems`` lists all that was found, each naming its place."""

    code = "ConfigurationInvalid"

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class DatabaseUnavailable(RingbackError):
    """The database cannot be used now; the message says why and what to do."""

    code = "DatabaseUnavailable"


class DatabaseMissing(DatabaseUnavailable):
    """The database does not exist or cannot be reached."""

    code = "DatabaseMissing"


class DatabaseLocked(DatabaseUnavailable):
    """Another program holds the database for too long."""

    code = "DatabaseLocked"


class DatabaseFull(DatabaseUnavailable):
    """The disk, or the database's share of it, is full."""

    code = "DatabaseFull"


class DatabaseReadOnly(DatabaseUnavailable):
    """The database may be read but not written."""

    code = "DatabaseReadOnly"


class DatabaseSchemaMismatch(DatabaseUnavailable):
    """The database was made by another version of Ringback."""

    code = "DatabaseSchemaMismatch"
