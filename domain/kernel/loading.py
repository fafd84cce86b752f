"""Loading the house: what is made once, at the start of a process, and stands as long as the process does."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """The collector rests while modules are loaded, and from then on leaves alone what they made.

    Half a million objects come and none goes: to walk them again and again takes a quarter of the time of a start, and
    later a quarter of a second of some request. For the start of a process: what is garbage by then is kept as well.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
