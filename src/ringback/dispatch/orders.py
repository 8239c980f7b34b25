"""What the call of an attempt is to do, by the settings of the moment it is claimed."""

from ringback.call_targets.model import CallTarget
from ringback.callbacks.model import Callback
from ringback.configuration.model import Configuration
from ringback.db.tx import Tx
from ringback.dispatch import store
from ringback.kernel.tenancy import AttemptId
from ringback.telephony.flow import Order
from ringback.telephony.port import Party
from ringback.telephony.prompts import prompts_for


def order_of(
    tx: Tx,
    configuration: Configuration,
    target: CallTarget,
    callback: Callback,
    attempt_id: AttemptId,
    *,
    agents_accept: bool,
) -> Order:
    """The order that an attempt begins with. ``agents_accept`` is what the voice driver can do."""
    settings = target.settings
    organization = configuration.settings
    prompts = prompts_for(
        callback.locale,
        organization_name=organization.name,
        call_target_name=settings.name,
        customer_number=callback.contact_number,
        customer_name=callback.contact_name,
        user_data=store.user_data_of(tx, callback.org, callback.id),
        agent_language=(settings.languages or (organization.default_language,))[0],
        texts=settings.prompts,
    )
    agent = settings.agent
    return Order(
        attempt_id=attempt_id,
        org=callback.org,
        call_target_id=target.id,
        first_party=Party(settings.first_party.value),
        customer_number=callback.contact_number,
        agent_destinations=(agent.destination, agent.failover) if agent.failover else (agent.destination,),
        caller_id=agent.caller_id,
        place=callback.order_at,
        customer_dial_timeout=settings.customer_dial_timeout,
        prompts=prompts,
        agents_accept=agents_accept,
    )
