"""The settings of this process: from ``RINGBACK_*`` environment variables and an optional TOML file.

What an organization is and offers is configuration, not settings: see ``configuration/``.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ringback.access.networks import Network
from ringback.kernel.errors import ConfigurationInvalid
from ringback.kernel.sealing import Sealer
from ringback.telephony.drivers.simulator import SimulatorSettings

SETTINGS_FILE_VARIABLE = "RINGBACK_SETTINGS"

_SHORTEST_KEY = 32
"""Characters."""


class Settings(BaseSettings):
    """One frozen value, read once at the start. Each setting is an environment variable: ``RINGBACK_`` and its name."""

    model_config = SettingsConfigDict(env_prefix="RINGBACK_", frozen=True, extra="forbid")

    database: str = "sqlite:///ringback.sqlite3"
    """Where the data is: ``sqlite:///relative.db``, ``sqlite:////absolute/path.db`` or ``postgresql://user@host/name``."""
    data: Path = Path()
    """The directory for files beside the database: the secret key and the simulator's ledger."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(8080, ge=0, le=65535)
    """The port to listen on; 0 takes any free one."""
    public_url: str = ""
    """How the outside reaches this server, for links in answers. Absent: the address it listens on."""
    secret_key: SecretStr = SecretStr("")
    """What links to a customer's own callback are signed with, and secrets in the database sealed: 32 characters at
    least. Absent: a key kept in `data`."""
    previous_secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Secret keys of before, newest first, with commas between them: what was sealed with one of them still opens."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """The networks whose ``X-Forwarded-For`` and ``Forwarded`` headers are believed; with commas between them."""
    log_format: Literal["human", "json"] = "human"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    voice_driver: Literal["simulator"] = "simulator"
    """The telephone network: the simulator, until another driver is set up."""
    simulator: SimulatorSettings = SimulatorSettings()
    """How simulated customers and agents behave: a table in the file, or JSON such as `{"team": {"agents": 20}}`."""
    database_connections: int = Field(16, ge=1, le=200)
    """Connections to PostgreSQL."""
    remembered_organizations: int = Field(1000, ge=1, le=100_000)
    """How many organizations' offers are kept in memory."""
    worker_metrics_port: int = Field(0, ge=0, le=65535)
    """Where `ringback worker` serves its metrics, on `host`; 0 serves none. `ringback serve` has them at `/metrics`."""
    lease_seconds: int = Field(60, ge=5, le=3600)
    """How long a worker may be silent about a call before another looks after it."""

    @field_validator("trusted_proxies", "previous_secret_keys", mode="before")
    @classmethod
    def _between_commas(cls, listed: Any) -> Any:
        if isinstance(listed, str):
            return [each.strip() for each in listed.split(",") if each.strip()]
        return listed

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value() and len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"a secret key has at least {_SHORTEST_KEY} characters")
        return key

    @field_validator("previous_secret_keys")
    @classmethod
    def _each_long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(cls._long_enough(key) for key in keys)

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("a public URL starts with http:// or https://")
        return url.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before the TOML file that ``RINGBACK_SETTINGS`` names."""
        file = os.environ.get(SETTINGS_FILE_VARIABLE)
        chosen = (init_settings, env_settings)
        return (*chosen, TomlConfigSettingsSource(settings_cls, Path(file))) if file else chosen


def read_settings(**given: Any) -> Settings:
    """The settings of this process. Raises ``ConfigurationInvalid`` naming every variable that is wrong."""
    file = os.environ.get(SETTINGS_FILE_VARIABLE)
    if file and not Path(file).is_file():
        raise ConfigurationInvalid(f"{SETTINGS_FILE_VARIABLE} names a file that is not there: {file}")
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = tuple(
            f"RINGBACK_{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationInvalid("The settings are not valid.", problems) from error
    except (ValueError, OSError) as error:  # the TOML file does not parse, or may not be read
        raise ConfigurationInvalid(f"{file or 'The settings'}: {error}") from error


def secret_key(settings: Settings) -> bytes:
    """The key that signs customers' links: the one set, or one made at the first start and kept beside the data.

    Raises ``ConfigurationInvalid`` on PostgreSQL without a key: its several machines must share one.
    """
    if key := settings.secret_key.get_secret_value():
        return key.encode()
    if not settings.database.startswith("sqlite:"):
        raise ConfigurationInvalid(
            "RINGBACK_SECRET_KEY is not set: machines that share a database must share a key. "
            "Set it to the output of: openssl rand -hex 32"
        )
    path = settings.data / "secret.key"
    try:
        if not path.exists():
            settings.data.mkdir(parents=True, exist_ok=True)
            _make_key(path)
        key_kept = path.read_bytes()
    except OSError as error:
        raise ConfigurationInvalid(f"The secret key cannot be kept in {path}: {error.strerror}.") from error
    if len(key_kept) < _SHORTEST_KEY:
        raise ConfigurationInvalid(
            f"The secret key in {path} is damaged: it has fewer than {_SHORTEST_KEY} characters. Put it back from a "
            "backup, or remove the file: a new key is made then, and links given to customers before no longer work."
        )
    return key_kept


def sealer(settings: Settings) -> Sealer:
    """What seals secrets in the database. Raises ``ConfigurationInvalid`` as :func:`secret_key` does."""
    previous = tuple(key.get_secret_value().encode() for key in settings.previous_secret_keys)
    return Sealer(secret_key(settings), previous)


def _make_key(path: Path) -> None:
    """Under a name of its own first: whoever finds the file finds all of it, and of two who make one, one wins."""
    making = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(making)
    finally:
        making.unlink()
