"""``ringback reseal``."""

import click

import ringback.identity.service as identity
import ringback.messaging.service as messaging
from ringback.bootstrap import open_checked
from ringback.settings import read_settings, sealer


@click.command()
def reseal() -> None:
    """Seal every stored secret under the present secret key.

    After it has been changed: RINGBACK_SECRET_KEY is the new one, RINGBACK_PREVIOUS_SECRET_KEYS has the old one. When
    this is done, the old one can go.
    """
    settings = read_settings()
    keys = sealer(settings)
    db = open_checked(settings)
    try:
        codes = db.write_now(identity.renew_codes, keys)
        gateways = db.write_now(messaging.renew_secrets, keys)
    finally:
        db.close()
    click.echo(f"Sealed anew: the one-time codes of {codes} people, the secrets of {gateways} text gateways.")
