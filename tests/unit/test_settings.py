import os
import stat
import threading
from pathlib import Path

import pytest

from ringback.kernel.errors import ConfigurationInvalid
from ringback.settings import Settings, read_settings, sealer, secret_key


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("RINGBACK_")]:
        monkeypatch.delenv(name)


def test_everything_has_a_default():
    settings = read_settings()

    assert settings.database.startswith("sqlite:///")
    assert settings.host == "127.0.0.1"  # nobody else is let in unless asked for
    assert settings.trusted_proxies == ()


def test_a_variable_counts_before_the_file_and_an_argument_before_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "ringback.toml"
    file.write_text('port = 1001\nhost = "::1"\nlog_level = "error"\n')
    monkeypatch.setenv("RINGBACK_SETTINGS", str(file))
    monkeypatch.setenv("RINGBACK_PORT", "1002")
    monkeypatch.setenv("RINGBACK_HOST", "0.0.0.0")

    settings = read_settings(port=1003)

    assert (settings.port, settings.host, settings.log_level) == (1003, "0.0.0.0", "error")


def test_settings_do_not_change():
    with pytest.raises(ValueError):
        read_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RINGBACK_PORT", "eighty"),
        ("RINGBACK_PORT", "65536"),
        ("RINGBACK_PORT", ""),
        ("RINGBACK_LOG_LEVEL", "loud"),
        ("RINGBACK_SECRET_KEY", "short"),
        ("RINGBACK_PUBLIC_URL", "callbacks.example.com"),
        ("RINGBACK_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example.com"),
        ("RINGBACK_LEASE_SECONDS", "0"),
    ],
)
def test_a_wrong_value_is_told_by_the_name_of_its_variable(name: str, value: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    assert [problem.partition(":")[0].partition(".")[0] for problem in caught.value.problems] == [name]


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_PORT", "x")
    monkeypatch.setenv("RINGBACK_LEASE_SECONDS", "x")

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    assert len(caught.value.problems) == 2


def test_a_secret_is_not_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "hunter2")

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    assert "hunter2" not in str(caught.value) + "".join(caught.value.problems)
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "s" * 32)
    assert "s" * 32 not in repr(read_settings())


def test_trusted_proxies_are_networks_with_commas_between_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1")

    assert [str(network) for network in read_settings().trusted_proxies] == ["10.0.0.0/8", "2001:db8::1/128"]


def test_in_the_file_trusted_proxies_are_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "ringback.toml"
    file.write_text('trusted_proxies = ["10.0.0.0/8"]\n')
    monkeypatch.setenv("RINGBACK_SETTINGS", str(file))

    assert [str(network) for network in read_settings().trusted_proxies] == ["10.0.0.0/8"]


def test_the_public_url_ends_without_a_slash(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_PUBLIC_URL", "https://callbacks.example.com/")

    assert read_settings().public_url == "https://callbacks.example.com"


@pytest.mark.parametrize("content", [b"port = = 1", b"\xff", b"unknown = 1", b"port = 'x'"])
def test_a_wrong_file_is_told(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "ringback.toml"
    file.write_bytes(content)
    monkeypatch.setenv("RINGBACK_SETTINGS", str(file))

    with pytest.raises(ConfigurationInvalid):
        read_settings()


def test_a_file_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_SETTINGS", str(tmp_path / "nowhere.toml"))

    with pytest.raises(ConfigurationInvalid, match=r"nowhere\.toml"):
        read_settings()


def test_a_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")

    key = secret_key(settings)

    assert len(key) >= 32
    assert secret_key(settings) == key
    (file,) = settings.data.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_together_make_one_key(tmp_path: Path):
    settings = Settings(data=tmp_path)
    keys: list[bytes] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        keys.append(secret_key(settings))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_key_is_told_and_never_signed_with(tmp_path: Path):
    (tmp_path / "secret.key").write_bytes(b"")

    with pytest.raises(ConfigurationInvalid, match=r"secret\.key"):
        secret_key(Settings(data=tmp_path))


def test_a_place_where_no_key_can_be_kept_is_told(tmp_path: Path):
    (tmp_path / "data").write_text("a file, not a directory")

    with pytest.raises(ConfigurationInvalid, match="data"):
        secret_key(Settings(data=tmp_path / "data"))


def test_a_key_that_is_set_is_used_and_no_file_made(tmp_path: Path):
    settings = Settings(data=tmp_path, secret_key="s" * 32)

    assert secret_key(settings) == b"s" * 32
    assert not list(tmp_path.iterdir())


def test_machines_that_share_a_database_must_be_given_a_key(tmp_path: Path):
    with pytest.raises(ConfigurationInvalid, match="RINGBACK_SECRET_KEY"):
        secret_key(Settings(data=tmp_path, database="postgresql://ringback@db/ringback"))


def test_what_was_sealed_with_a_key_of_before_still_opens(monkeypatch: pytest.MonkeyPatch):
    before = Settings(secret_key="o" * 32)
    sealed = sealer(before).seal("secret", "purpose")
    monkeypatch.setenv("RINGBACK_PREVIOUS_SECRET_KEYS", f"{'x' * 32}, {'o' * 32}")

    assert sealer(read_settings(secret_key="n" * 32)).open(sealed, "purpose") == "secret"
    assert "o" * 32 not in repr(read_settings())


def test_keys_of_before_are_long_enough_and_not_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RINGBACK_PREVIOUS_SECRET_KEYS", f"{'x' * 32},hunter2")

    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()

    assert "hunter2" not in str(caught.value) + "".join(caught.value.problems)
