"""Whether the answers of many clients could have been given one after the other: linearizability, by search.

An order is looked for in which each act takes effect at one moment between its question and its answer and every answer
is the one that the model gives there (Wing and Gong 1993, with the states that were visited remembered as Lowe 2017
does). What was never answered may take effect at any moment after its question, or never. Such an order means: at most
one has what one may have, numbers have no gap and no twin, what was acknowledged is seen by every later look, and no
look goes back. Where there is none, the acts that no order explains are named.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.history.models import Model, State
from tests.faults.history.operations import Operation

MOST_STEPS = 2_000_000


@dataclass
class Verdict:
    """What was found out about a history.

    Attributes:
        operations: how many acts were looked at.
        answered: how many of them had an answer.
        faults: per thing that cannot be explained, what was in the way.
    """

    operations: int = 0
    answered: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)


def check(history: Iterable[Operation], model: Model) -> Verdict:
    """Look at each thing by itself: a history is explained when that of each thing is."""
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for one in history:
        by_key[one.key].append(one)
    verdict = Verdict()
    for key, acts in sorted(by_key.items()):
        verdict.operations += len(acts)
        verdict.answered += sum(one.ended is not None for one in acts)
        in_the_way = _Search(acts, model).run()
        if in_the_way:
            verdict.faults[key] = [str(one) for one in in_the_way]
    return verdict


class _Search:
    """Depth first over what can be next; bit n of a mask says that act n has taken effect."""

    def __init__(self, acts: list[Operation], model: Model) -> None:
        self.acts = sorted(acts, key=lambda one: one.began)
        self.model = model
        self.must = sum(1 << number for number, one in enumerate(self.acts) if one.ended is not None)
        self.seen: set[tuple[int, State]] = set()
        self.best: list[Operation] = self.acts[:1]
        self.most = -1

    def run(self) -> list[Operation]:
        """The acts of which one should have been next where the search came furthest; nothing where it came through.

        Raises:
            AssertionError: the search was given up; make the history shorter.
        """
        waiting: list[tuple[int, State]] = [(0, self.model.start)]
        while waiting:
            done, state = waiting.pop()
            if done & self.must == self.must:
                return []
            if (done, state) in self.seen:
                continue
            self.seen.add((done, state))
            assert len(self.seen) < MOST_STEPS, "too many acts at once to be searched"
            here = self._next(done)
            self._note(done, here)
            waiting += self._following(done, state, here)
        return self.best

    def _following(self, done: int, state: State, here: list[int]) -> list[tuple[int, State]]:
        """What is to be searched on from here, the last of it first.

        An answer that changes nothing may be given at once: it is in nobody's way. What was never answered and would
        change nothing need never take effect; where it would, it is tried last, for most of it explains nothing.
        """
        found: list[tuple[int, State]] = []
        for number in sorted(here, key=lambda n: (self.acts[n].ended is not None, -n)):
            is_answered = self.acts[number].ended is not None
            following = [(done | 1 << number, after) for after in self.model.after(state, self.acts[number])]
            if is_answered and [after for _, after in following] == [state]:
                return following
            found += following if is_answered else [one for one in following if one[1] != state]
        return found

    def _next(self, done: int) -> list[int]:
        """The acts that may be next: those that began before any that is still to come was answered."""
        left = [number for number in range(len(self.acts)) if not done >> number & 1]
        ends = [ended for number in left if (ended := self.acts[number].ended) is not None]
        first_end = min(ends)
        return [number for number in left if self.acts[number].began <= first_end]

    def _note(self, done: int, here: list[int]) -> None:
        reached = (done & self.must).bit_count()
        if reached > self.most:
            self.most = reached
            self.best = [self.acts[number] for number in here if self.acts[number].ended is not None]
