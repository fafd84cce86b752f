"""The checker itself: good histories pass, and every kind of lie in one is found."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from tests.faults.history.checker import check
from tests.faults.history.models import REFUSED, Claim, Model, Once, Revisions, Versions
from tests.faults.history.operations import Operation, Recorder, read


def history(*acts: tuple[str, str, Any, int, int | None, Any]) -> list[Operation]:
    return [Operation(client, "k", act, given, began, ended, told) for client, act, given, began, ended, told in acts]


TOOK, LOOKED = "take", "look"
GOOD: dict[str, tuple[Model, list[Operation]]] = {
    "one of two at once wins": (
        Once(),
        history(("a", TOOK, "a", 0, 9, REFUSED), ("b", TOOK, "b", 1, 8, "b"), ("c", LOOKED, None, 10, 11, "b")),
    ),
    "who has it is told so again": (Once(), history(("a", TOOK, "a", 0, 1, "a"), ("a", TOOK, "a", 2, 3, "a"))),
    "unanswered, and done": (Once(), history(("a", TOOK, "a", 0, None, None), ("b", LOOKED, None, 5, 6, "a"))),
    "unanswered, and not done": (Once(), history(("a", TOOK, "a", 0, None, None), ("b", LOOKED, None, 5, 6, None))),
    "unanswered, and done much later": (
        Once(),
        history(("a", TOOK, "a", 0, None, None), ("b", LOOKED, None, 5, 6, None), ("c", TOOK, "c", 7, 8, REFUSED)),
    ),
    "looks at once may differ": (
        Once(),
        history(("a", TOOK, "a", 0, 9, "a"), ("b", LOOKED, None, 1, 8, "a"), ("c", LOOKED, None, 1, 8, None)),
    ),
    "numbers one after the other": (
        Revisions(),
        history(("a", "change", 1, 0, 5, 2), ("b", "change", 1, 1, 6, REFUSED), ("b", "change", 2, 7, 8, 3)),
    ),
    "a change that nobody was told": (
        Revisions(),
        history(("a", "change", 1, 0, None, None), ("b", "change", 1, 5, 6, REFUSED), ("b", LOOKED, None, 7, 8, 2)),
    ),
    "a claim whose worker died is held by somebody": (
        Claim(),
        history(("a", TOOK, None, 0, None, None), ("b", TOOK, None, 5, 6, REFUSED), ("c", LOOKED, None, 7, 8, "t7")),
    ),
    "a claim that came to nothing was in the way of another": (
        Claim(),
        history(("a", TOOK, None, 0, None, None), ("b", TOOK, None, 1, 2, REFUSED), ("b", TOOK, None, 3, 4, "t1")),
    ),
    "versions in the order of their contents": (
        Versions(),
        history(("a", "publish", "x", 0, 9, 2), ("b", "publish", "y", 0, 8, 1), ("c", "publish", "x", 10, 11, 2)),
    ),
}
BAD: dict[str, tuple[Model, list[Operation]]] = {
    "two have it": (Once(), history(("a", TOOK, "a", 0, 9, "a"), ("b", TOOK, "b", 0, 9, "b"))),
    "an acknowledged act is not seen": (Once(), history(("a", TOOK, "a", 0, 1, "a"), ("b", LOOKED, None, 2, 3, None))),
    "a look goes back": (
        Once(),
        history(("a", TOOK, "a", 0, None, None), ("b", LOOKED, None, 1, 2, "a"), ("c", LOOKED, None, 3, 4, None)),
    ),
    "it is seen before it was asked for": (
        Once(),
        history(("b", LOOKED, None, 0, 1, "a"), ("a", TOOK, "a", 2, 3, "a")),
    ),
    "refused, and nobody has it": (Once(), history(("a", TOOK, "a", 0, 1, REFUSED), ("b", LOOKED, None, 2, 3, None))),
    "told another's name": (Once(), history(("a", TOOK, "a", 0, 1, "b"), ("b", TOOK, "b", 0, 1, "b"))),
    "a job is claimed twice": (Claim(), history(("a", TOOK, None, 0, 1, "t1"), ("b", TOOK, None, 2, 3, "t2"))),
    "a claim changes hands": (
        Claim(),
        history(("a", TOOK, None, 0, None, None), ("b", LOOKED, None, 1, 2, "t1"), ("c", LOOKED, None, 3, 4, "t2")),
    ),
    "both changes start from one number": (
        Revisions(),
        history(("a", "change", 1, 0, 5, 2), ("b", "change", 1, 1, 6, 2)),
    ),
    "a number is left out": (Revisions(), history(("a", "change", 1, 0, 1, 3))),
    "a change is lost": (Revisions(), history(("a", "change", 1, 0, 1, 2), ("b", LOOKED, None, 2, 3, 1))),
    "a change from an old number": (
        Revisions(),
        history(("a", "change", 1, 0, 1, 2), ("b", "change", 2, 2, 3, 3), ("c", "change", 2, 4, 5, 4)),
    ),
    "two contents under one number": (
        Versions(),
        history(("a", "publish", "x", 0, 9, 1), ("b", "publish", "y", 0, 9, 1)),
    ),
    "a version is missing": (Versions(), history(("a", "publish", "x", 0, 1, 1), ("b", "publish", "y", 2, 3, 3))),
    "a version vanishes": (Versions(), history(("a", "publish", "x", 0, 1, 1), ("b", LOOKED, None, 2, 3, 0))),
    "numbers against the order of time": (
        Versions(),
        history(("a", "publish", "x", 0, 1, 2), ("b", "publish", "y", 2, 3, 1)),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_one_order_explains_passes(name: str) -> None:
    model, told = GOOD[name]
    assert check(told, model).faults == {}


@pytest.mark.parametrize("name", BAD)
def test_what_no_order_explains_is_found_and_named(name: str) -> None:
    model, told = BAD[name]
    verdict = check(told, model)
    assert list(verdict.faults) == ["k"]
    assert verdict.faults["k"]


def test_things_are_looked_at_one_by_one() -> None:
    told = history(("a", TOOK, "a", 0, 1, "a"))
    verdict = check([*told, replace(told[0], key="other", client="b", given="b", told="b")], Once())
    assert (verdict.operations, verdict.answered, verdict.faults) == (2, 2, {})


def made(seed: int, clients: int, acts: int) -> list[Operation]:
    """What clients see of a thing with numbers that does one act at a time, within each; some never hear."""
    chance = random.Random(seed)  # noqa: S311
    number, told = 1, []
    free = dict.fromkeys(range(clients), 0)
    for moment in sorted(chance.sample(range(10, 100_000), acts)):
        idle = [own for own, since in free.items() if since < moment]
        if not idle:
            continue
        client = chance.choice(idle)
        given, began = chance.choice([number, number, number - 1]), max(free[client], moment - chance.randrange(1, 900))
        answer = number + 1 if given == number else REFUSED
        number += given == number
        ended = moment + chance.randrange(1, 900)
        free[client] = ended + 1
        is_lost = chance.random() < 0.1
        # One that never heard goes on under another name, as a client that was killed does.
        own = f"{client}-{moment}"
        kept = (None, None) if is_lost else (ended, answer)
        told.append(Operation(own, "k", "change", given, began, *kept))
    return told


@example_settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 40))
def test_whatever_an_orderly_thing_answers_passes(seed: int, clients: int, acts: int) -> None:
    assert check(made(seed, clients, acts), Revisions()).faults == {}


@example_settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_one_number_that_is_told_twice_is_found_wherever_it_stands(seed: int, which: int) -> None:
    told = made(seed, 4, 30)
    done = [number for number, one in enumerate(told) if isinstance(one.told, int)]
    if len(done) < 2:
        return
    twice = done[which % (len(done) - 1) + 1]
    before = told[done[done.index(twice) - 1]]
    told[twice] = replace(told[twice], given=before.given, told=before.told)
    assert check(told, Revisions()).faults


def test_a_client_that_died_leaves_its_act_open(tmp_path: Path) -> None:
    recorder = Recorder("a", tmp_path / "a")
    recorder.end(recorder.begin("k", TOOK, "a"), "a")
    recorder.begin("k", LOOKED)
    first, second = read([tmp_path / "a"])
    assert (first.told, first.ended is not None, second.act, second.ended) == ("a", True, LOOKED, None)
    assert first.began < (first.ended or 0) < second.began
