"""The one table from error codes to HTTP statuses."""

import structlog

from ringback.http.answer import Answer, problem
from ringback.kernel import errors

logger = structlog.get_logger(__name__)

STATUS: dict[type[errors.RingbackError], int] = {
    errors.NotFound: 404,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.TooManyRequests: 429,
    errors.InvalidRequest: 400,
    errors.InvalidParameters: 400,
    errors.ContactRequired: 400,
    errors.InvalidContact: 400,
    errors.InvalidTimeZone: 400,
    errors.RequestRefusedDueToOperationMode: 400,
    errors.DuplicateRequest: 400,
    errors.AppointmentTimeInThePast: 400,
    errors.AppointmentTimeFull: 400,
    errors.AppointmentTimeInvalid: 400,
}
"""Errors a caller can mend. All others are ours, and answer 503."""

UNAVAILABLE = "ServiceUnavailable"


def answer_error(error: Exception) -> Answer:
    """The answer to a request that raised ``error``: the caller's mistakes told plainly, ours without their inside."""
    if not isinstance(error, errors.RingbackError) or type(error) not in STATUS:
        return _ours(error)
    status = STATUS[type(error)]
    if isinstance(error, errors.TooManyRequests):
        seconds = int(error.details.get("retry_after", 1))
        return problem(status, error.code, error.message, (b"retry-after", str(seconds).encode()))
    if isinstance(error, errors.Unauthorized):
        return problem(status, error.code, error.message, (b"www-authenticate", b"Bearer"))
    return problem(status, error.code, error.message)


def _ours(error: Exception) -> Answer:
    if isinstance(error, errors.DatabaseUnavailable):
        logger.error("database unavailable", code=error.code, problem=error.message)
    else:
        logger.error("request failed", exc_info=error)
    return problem(
        503, UNAVAILABLE, "The service is not available at the moment. Please try again later.", (b"retry-after", b"5")
    )
