"""The configurations that the dispatcher works by, each loaded once for each of its versions."""

import threading
from collections import OrderedDict

from ringback.configuration import service
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId


class Configurations:
    """A memory of configurations, safe to use from any thread; ``capacity`` organizations are kept."""

    def __init__(self, *, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._known: OrderedDict[OrgId, Configuration] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, tx: Tx, org: OrgId) -> Configuration:
        """The organization's present configuration. Raises ``NotFound``."""
        version = service.version(tx, org)
        with self._lock:
            known = self._known.get(org)
            if known is not None and known.version == version:
                self._known.move_to_end(org)
                return known
        loaded = service.load(tx, org)
        with self._lock:
            self._known[org] = loaded
            self._known.move_to_end(org)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return loaded
