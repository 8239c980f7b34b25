"""A customer's mobile telephone, for text messages: what is typed goes to Ringback's simulated gateway."""

from itertools import count

from tests.running import Running

import ringback.configuration.service as configurations
from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId
from ringback.messaging import inbox
from ringback.messaging.gateways.port import Inbound, ProviderId
from ringback.messaging.model import MessagingSettings
from ringback.messaging.store import accounts

OURS = "+12125550199"

_NUMBERS = count(1)


def set_up_texts(server: Running, org: str, **settings: object) -> MessagingSettings:
    """Let the organization have texts, by the simulated gateway."""
    document = MessagingSettings.model_validate({"numbers": [OURS], "quiet_hours": None, **settings})
    server.app.db.write_now(accounts.save, OrgId(org), document, None, now=server.clock.now())
    return document


class Telephone:
    """One customer's."""

    def __init__(self, server: Running, org: str, number: str = "+12015550123") -> None:
        self.server, self.org, self.number = server, OrgId(org), number

    def text(self, body: str, *, attachments: int = 0) -> list[str]:
        """Send a text, and let Ringback work: what came back."""
        known = len(self.received)
        self.send(body, attachments=attachments)
        self.server.work()
        return self.received[known:]

    def send(self, body: str, *, attachments: int = 0, sid: str = "") -> None:
        """Send a text, and leave it at that."""
        inbound = Inbound(ProviderId(sid or f"sim{next(_NUMBERS)}"), self.number, OURS, body, attachments)
        self.server.app.db.write_now(_receive, self.org, inbound, self.server)

    @property
    def received(self) -> list[str]:
        """Every text that has arrived, oldest first."""

        def read(tx: Tx) -> list[str]:
            rows = tx.all(
                """
                SELECT body FROM texts WHERE org_id = :org AND customer_number = :number AND direction = 'out'
                  AND state = 'delivered' ORDER BY place
                """,
                org=self.org,
                number=self.number,
            )
            return [row["body"] for row in rows]

        return self.server.app.db.read_now(read)


def _receive(tx: Tx, org: OrgId, inbound: Inbound, server: Running) -> None:
    account = accounts.get(tx, org)
    assert account is not None
    region = configurations.settings_of(tx, org).numbers.region
    inbox.receive(tx, org, account.settings, inbound, region=region, now=server.clock.now())
