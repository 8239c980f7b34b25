"""``ringback apply`` at the command line: what it prints, and its exit codes."""

import re

import pytest
from click.testing import CliRunner

from ringback.cli.main import main

FILE = """\
[organization]
key = "acme"
name = "Acme"
numbers = { region = "US" }
policy = "crm"
[policies.crm]
name = "CRM"
[policies.crm.tokens.main]
[call_targets.billing]
name = "Billing"
[widgets.billing]
name = "billing"
call_target = "billing"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "acme.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def apply(sqlite_url):
    def run(*arguments):
        return CliRunner().invoke(main, ["apply", "--database", sqlite_url, *map(str, arguments)])

    return run


def test_it_shows_what_was_made_the_ids_and_the_new_token_once(apply, file):
    first = apply(file)
    assert first.exit_code == 0
    assert "  + call_targets.billing (Billing)\n" in first.stdout
    assert "Applied: Acme is at version 1." in first.stdout
    assert re.search(r"widget +billing +[0-9a-z]{16}\n", first.stdout)
    token = re.search(r"crm/main  ([A-Za-z0-9_-]{43})\n", first.stdout)[1]

    again = apply(file)
    assert again.exit_code == 0
    assert "Nothing to do: Acme is as the file says." in again.stdout
    assert token not in again.stdout


def test_a_dry_run_changes_nothing(apply, file):
    for _ in range(2):
        dry = apply("--dry-run", file)
        assert dry.exit_code == 0
        assert "  + organization (Acme)\n" in dry.stdout
        assert "crm/main" not in dry.stdout
    apply(file)
    assert apply("--dry-run", file).stdout == "Nothing would change.\n"


def test_an_invalid_file_ends_in_exit_code_1_with_every_problem(apply, file):
    file.write_text(FILE.replace('"Billing"', "5").replace('"billing"\n', '"biling"\n'), encoding="utf-8")
    result = apply(file)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"{file} is not valid.\n"
        "  line 10: call_targets.billing.name: should be a valid string, not 5\n"
        "  line 13: widgets.billing.call_target: there is no [call_targets.biling]; did you mean 'billing'?\n"
    )


def test_a_missing_file_and_a_missing_database_are_told(apply, file, tmp_path):
    missing = apply(tmp_path / "none.toml")
    assert (missing.exit_code, missing.stderr) == (1, f"There is no file {tmp_path}/none.toml.\n")
    elsewhere = CliRunner().invoke(main, ["apply", "--database", f"sqlite:///{tmp_path}/none.db", str(file)])
    assert elsewhere.exit_code == 1
    assert "ringback migrate" in elsewhere.stderr


def test_wrong_usage_ends_in_exit_code_2(apply, file):
    assert apply().exit_code == 2
    assert apply("--dri", file).exit_code == 2
