"""In whose zone a page tells times."""

import ringback.configuration.service as configurations
from ringback.console.page import Reader
from ringback.db.tx import Tx
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import OrgId


def reader_of(tx: Tx, org: OrgId) -> Reader:
    """Tells times in the organization's zone."""
    return Reader(resolve_zone(configurations.settings_of(tx, org).time_zone))
