"""A process whose clock is wrong: `SHIFT_S MODULE ARGUMENTS...` runs a module's `main` at another time.

The product asks the time in one place, and the library that checks tokens in another; both are moved here.
"""

import importlib
import sys
from datetime import datetime, timedelta, tzinfo
from typing import Any

CLOCKS = ("domain.kernel.clock", "jwt.api_jwt")


def main() -> None:
    """Move the clocks, then run the module."""
    shift_s, module, *arguments = sys.argv[1:]
    wrong = wrong_by(timedelta(seconds=float(shift_s)))
    for name in CLOCKS:
        vars(importlib.import_module(name))["datetime"] = wrong
    sys.argv = [module, *arguments]
    importlib.import_module(module).main()


def wrong_by(shift: timedelta) -> type[datetime]:
    """A datetime whose present is another."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + shift

    return Wrong
