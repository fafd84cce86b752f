"""The decisions R-01 to R-13 and R-16, each a test named after it, on the source's examples and their corrections."""

from typing import Any

import pytest

from tests.stairs.rules.cases import ALL, result


@pytest.mark.parametrize("make", ALL)
def test_a_full_proof_passes(make: Any) -> None:
    found = result(make())

    assert (found["verdict"], found["is_compliant"], found["flags"]) == ("compliant", True, [])
