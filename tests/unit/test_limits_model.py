import tomllib

import pytest
from pydantic import ValidationError

from ringback.limits.model import Limits, Rate


def test_the_defaults_are_those_of_the_contract():
    assert Limits() == Limits(
        per_address=Rate(requests=60, seconds=60),
        status_per_address=Rate(requests=1200, seconds=60),
        per_number=Rate(requests=3, seconds=600),
        per_prefix=Rate(requests=30, seconds=600),
        per_organization=Rate(requests=600, seconds=60),
        calls_per_number_per_day=10,
    )


def test_limits_are_written_in_a_file_and_kept_as_text():
    limits = Limits(**tomllib.loads("per_number = {requests = 5, seconds = 60}\ncalls_per_number_per_day = 3"))
    assert limits.per_number == Rate(requests=5, seconds=60)
    assert limits.calls_per_number_per_day == 3
    assert Limits.from_json(limits.to_json()) == limits


@pytest.mark.parametrize(
    "settings",
    [
        {"per_number": {"requests": 0, "seconds": 60}},
        {"per_number": {"requests": 1, "seconds": 0}},
        {"per_number": {"requests": 1}},
        {"per_number": {"requests": 1, "seconds": 86_401}},
        {"per_number": "3/10m"},
        {"calls_per_number_per_day": 0},
        {"per_planet": {"requests": 1, "seconds": 1}},
    ],
)
def test_limits_that_cannot_be_are_refused(settings):
    with pytest.raises(ValidationError):
        Limits(**settings)
