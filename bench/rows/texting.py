"""Row 11: conversations by text, from the gateway's webhook to the answer at the gateway."""

import json
import math
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench import cluster, contestants, data
from bench.contest import Contestant, Figures, Goal, Outcome, hold
from bench.processes import free_port, python
from bench.setting import LOAD_CORES, SERVER_CORES, Setting, pinned
from bench.texting import ACCOUNT, AUTH_TOKEN, OUR_NUMBER, WORDS, Found, Talk
from ringback.db.database import open_database
from ringback.kernel.clock import SystemClock
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging.accounts import seal_secrets
from ringback.messaging.model import MessagingSettings
from ringback.messaging.store import accounts

_CONVERSATIONS = 1000
_FEW = 10
_MOST_ROUNDS = 3
_GOAL_MS = 250

WEBHOOK_P99 = "webhook p99 ms"

_NOTES = [
    """Each customer texts as soon as the answer to the text before has arrived. An answer's time is from the webhook's
request to the text at the gateway, a process that takes everything over at once.""",
    """The server has its workers, which meanwhile dial the callbacks that were asked for, on the simulated network. One
organization, one process; nobody is pinned where PostgreSQL takes part.""",
]

Fresh = Callable[[], AbstractContextManager[str]]
"""Makes a database of one's own, and tells its address."""
Cores = tuple[str, str] | None
"""The server's and the load's; None where nobody is pinned."""


def of_conversations(setting: Setting) -> Outcome:
    """Row 11: a server with workers, on both engines; all customers at once, and a few at a time."""
    file = contestants.small_sqlite_database(setting)
    with cluster.running() as server:
        template = server.new_database()
        data.fill(template, contestants.SMALL, scratch=setting.scratch)

        measured = [
            Contestant(f"{at_once:,} at once, {engine}", partial(_measure, setting, fresh, at_once, cores))
            for at_once in (_CONVERSATIONS, _FEW)
            for engine, fresh, cores in (
                ("SQLite", partial(_sqlite, file), (SERVER_CORES, LOAD_CORES)),
                ("PostgreSQL", partial(server.database_like, template), None),
            )
        ]
        rounds = hold(setting, measured, rounds=min(setting.rounds, _MOST_ROUNDS))
    goals = [
        Goal(f"p99 of the webhook, ms ({name})", _GOAL_MS, rounds.median(name, WEBHOOK_P99), at_least=False)
        for name in rounds.figures
    ]
    title = f"{_CONVERSATIONS:,} conversations by text, {', '.join(WORDS)}, through a gateway's signed webhooks"
    return Outcome(11, title, rounds, goals, _NOTES)


@contextmanager
def _sqlite(file: Path) -> Iterator[str]:
    with contestants.copy_of(file) as path:
        yield f"sqlite:///{path}"


def _measure(setting: Setting, fresh: Fresh, at_once: int, cores: Cores) -> Figures:
    with fresh() as url:
        gateway_port = free_port()
        _set_up(url, gateway_port)
        with contestants.ringback(setting, url, cores=cores and cores[0], arguments=()) as (server,):
            webhook = f"{server.url}/v1/texts/{data.organization_id(0)}/inbound"
            before = server.processor_seconds()
            found = _talk(Talk(webhook, gateway_port, _CONVERSATIONS, at_once), cores)
            used = server.processor_seconds() - before
    return {
        "webhook p50 ms": _quantile(found.webhooks, 0.5),
        WEBHOOK_P99: _quantile(found.webhooks, 0.99),
        "answer p50 ms": _quantile(found.answers, 0.5),
        "answer p99 ms": _quantile(found.answers, 0.99),
        "conversations/s": _CONVERSATIONS / found.took,
        "texts out/s": found.texts_out / found.took,
        "server CPU ms/conversation": 1000 * used / _CONVERSATIONS,
    }


def _set_up(url: str, gateway_port: int) -> None:
    """Let the organization's texts be carried by the gateway of the bench."""
    twilio = {"account_sid": ACCOUNT, "base_url": f"http://127.0.0.1:{gateway_port}"}
    document = MessagingSettings.model_validate(
        {"gateway": "twilio", "numbers": [OUR_NUMBER], "twilio": twilio, "quiet_hours": None}
    )
    sealed = seal_secrets(Sealer(contestants.SECRET_KEY.encode()), auth_token=AUTH_TOKEN)
    db = open_database(url)
    try:
        db.write_now(accounts.save, OrgId(data.organization_id(0)), document, sealed, now=SystemClock().now())
    finally:
        db.close()


def _talk(talk: Talk, cores: Cores) -> Found:
    command = python("-m", "bench.texting", json.dumps(asdict(talk)))
    beginning = pinned(cores[1]) if cores else []
    told = subprocess.run([*beginning, *command], stdout=subprocess.PIPE, check=True, text=True).stdout
    return Found(**json.loads(told))


def _quantile(seconds: Sequence[float], share: float) -> float:
    return 1000 * sorted(seconds)[math.ceil(share * len(seconds)) - 1]
