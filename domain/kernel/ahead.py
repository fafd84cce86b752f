"""Work one step ahead: the next item is made while the one before it is being used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order; each is made in a thread while its forerunner is used.

    Worth it where making is numpy and using waits for the database: neither holds the interpreter for long. At most
    one item is held beside the one in use. An error in making is raised where its item would have come.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, source, _END)
            yield cast("T", item)
