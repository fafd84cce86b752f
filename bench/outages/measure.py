"""One case of the protocol, trial by trial: what inference and the two rules answer, held against the truth."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from bench.outages.simulate import World, answer_pings, same_class, simulate
from domain.grid.outages.rules.baselines import common_devices, rolled_up
from domain.grid.outages.rules.device_tree import DeviceTree
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.inference.results import COMMS, MOMENTARY, Inferred
from domain.grid.outages.rules.promotion import PROMOTE, decide, facts_of

SET_FROM = 0.5
PINGS_A_ROUND = 5


@dataclass(frozen=True)
class Setting:
    """What is drawn: K outages, delivery d, false rate f, and what else happens."""

    outages: int = 1
    delivery: float = 0.8
    false_rate: float = 1e-4
    collapse: bool = False
    draw: str = "shares"
    pings: int = 0


@dataclass
class Score:
    """Sums over trials."""

    trials: int = 0
    undetected: int = 0
    rank1: list[float] = field(default_factory=list)
    rank3: list[float] = field(default_factory=list)
    device1: list[float] = field(default_factory=list)
    common: list[float] = field(default_factory=list)
    rolled: list[float] = field(default_factory=list)
    sure: list[tuple[float, float]] = field(default_factory=list)
    truth_log: list[float] = field(default_factory=list)
    iou: list[float] = field(default_factory=list)
    sets: dict[str, list[int]] = field(
        default_factory=lambda: {name: [0, 0, 0] for name in ("ours", "common", "rolled")}
    )
    pings: int = 0

    def note_set(self, name: str, found: set[int], truth: set[int]) -> None:
        """Right, wrong and missing classes."""
        counts = self.sets[name]
        counts[0] += len(found & truth)
        counts[1] += len(found - truth)
        counts[2] += len(truth - found)

    def f1(self, name: str = "ours") -> float:
        """Harmonic mean of precision and recall over all trials."""
        right, wrong, missing = self.sets[name]
        return 2 * right / max(2 * right + wrong + missing, 1)

    def precision(self, name: str = "ours") -> float:
        """Of the classes said, how many were true."""
        right, wrong, _ = self.sets[name]
        return right / max(right + wrong, 1)

    def recall(self, name: str = "ours") -> float:
        """Of the true classes that could be heard, how many were said."""
        right, _, missing = self.sets[name]
        return right / max(right + missing, 1)

    def ece(self, bins: int = 10) -> float:
        """Expected calibration error of the first rank: posterior against how often it was right."""
        if not self.sure:
            return 0.0
        table = np.array(self.sure)
        place = np.minimum((table[:, 0] * bins).astype(int), bins - 1)
        gaps = [
            abs(table[place == own, 0].mean() - table[place == own, 1].mean()) * (place == own).sum()
            for own in range(bins)
            if (place == own).any()
        ]
        return float(sum(gaps) / len(table))


def mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def interval(values: list[float]) -> float:
    """Half the width of the 95 % interval of a share."""
    return 1.96 * float(np.std(values)) / max(len(values), 1) ** 0.5


def ranking(tree: DeviceTree, found: Inferred) -> list[tuple[float, int, str]]:
    """Classes of all sessions, likeliest first: posterior, class, first device."""
    rows = [
        (posterior, same_class(tree, tree.device_at[ids[0]]), ids[0])
        for cluster in found.clusters
        for ids, posterior in cluster.ranking
    ]
    return sorted(rows, key=lambda row: (-row[0], row[1]))


def pinged(
    tree: DeviceTree, world: World, found: Inferred, budget: int, rng: np.random.Generator
) -> tuple[Inferred, int]:
    """Ask the best meters in rounds until nothing is worth asking or the budget is spent."""
    signals, spent, at = list(world.signals), 0, 330.0
    while spent < budget:
        wanted = [pair for one in found.outages for pair in one.next_pings if pair[1] >= 0.02]
        wanted.sort(key=lambda pair: (-pair[1], pair[0]))
        chosen = list(dict.fromkeys(own for own, _ in wanted))[: min(PINGS_A_ROUND, budget - spent)]
        if not chosen:
            break
        signals += answer_pings(world, tree, chosen, rng, at)
        spent, at = spent + len(chosen), at + 20.0
        found = infer_outages(tree, signals, world.as_of)
    return found, spent


def run_case(tree: DeviceTree, setting: Setting, trials: int, seeds: int, first_seed: int) -> Score:
    """Trials spread over seeds; trials in which no outage sent a gasp are counted and not judged."""
    score = Score()
    for seed in range(seeds):
        code = [first_seed + seed, setting.outages, int(1000 * setting.delivery), int(1e6 * setting.false_rate)]
        rng = np.random.default_rng([*code, setting.collapse, setting.draw == "levels", setting.pings])
        for _ in range(trials // seeds):
            _trial(tree, setting, score, rng)
    return score


def _trial(tree: DeviceTree, setting: Setting, score: Score, rng: np.random.Generator) -> None:
    world = simulate(
        tree,
        rng,
        outages=setting.outages,
        delivery=setting.delivery,
        false_rate=setting.false_rate,
        collapse=setting.collapse,
        draw=setting.draw,
    )
    score.trials += 1
    score.undetected += len(world.opened) - len(world.detected)
    if not world.detected:
        return
    found = infer_outages(tree, world.signals, world.as_of)
    if setting.pings:
        found, spent = pinged(tree, world, found, setting.pings, rng)
        score.pings += spent
    truth = {same_class(tree, own) for own in world.detected}
    common, rolled = common_devices(tree, world.gasps), rolled_up(tree, world.gasps)
    if setting.outages == 1:
        _note_ranks(tree, score, world, found, (common, rolled))
    said = [one for one in found.outages if one.posterior >= SET_FROM and one.status not in {MOMENTARY, COMMS}]
    score.note_set("ours", {same_class(tree, tree.device_at[one.device_id]) for one in said}, truth)
    score.note_set("common", {same_class(tree, tree.device_at[own]) for own in common}, truth)
    score.note_set("rolled", {same_class(tree, tree.device_at[own]) for own in rolled}, truth)
    dark = {tree.meter_ids[own] for own in world.dark}
    ours = {own for one in said for own in one.meters_predicted}
    score.iou.append(len(dark & ours) / max(len(dark | ours), 1))


def _note_ranks(
    tree: DeviceTree, score: Score, world: World, found: Inferred, rules: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    truth = same_class(tree, world.opened[0])
    rows = ranking(tree, found)
    first = [own for _, own, _ in rows[:3]]
    score.rank1.append(float(first[:1] == [truth]))
    score.rank3.append(float(truth in first))
    score.device1.append(float(bool(rows) and tree.device_at[rows[0][2]] == world.opened[0]))
    if rows:
        score.sure.append((rows[0][0], float(first[0] == truth)))
    at_truth = sum(posterior for posterior, own, _ in rows if own == truth)
    score.truth_log.append(-float(np.log(min(max(at_truth, 1e-6), 1.0))))
    for answer, kept in zip(rules, (score.common, score.rolled), strict=True):
        kept.append(float(bool(answer) and same_class(tree, tree.device_at[answer[0]]) == truth))


def false_promotions(
    tree: DeviceTree, false_rate: float, windows: int, seed: int, *, pings: int = 0
) -> tuple[float, float]:
    """Outages that would be eligible per 1,000 windows in which nothing happened; and pings per window."""
    rng = np.random.default_rng([seed, 4711, pings])
    promoted = spent = 0
    for _ in range(windows):
        world = simulate(tree, rng, outages=0, false_rate=false_rate)
        if not world.signals:
            continue
        found = infer_outages(tree, world.signals, world.as_of)
        if pings:
            found, asked = pinged(tree, world, found, pings, rng)
            spent += asked
        promoted += sum(eligible(tree, found, world.as_of + timedelta(seconds=1)))
    return 1000 * promoted / windows, spent / windows


def eligible(tree: DeviceTree, found: Inferred, as_of) -> list[bool]:  # type: ignore[no-untyped-def]
    """Which of the outages the decision table would let a person promote."""
    answers = []
    for one in found.outages:
        path = [tree.device_ids[own] for own in tree.path(tree.device_at[one.device_id])] if one.device_id else []
        answers.append(decide(facts_of(one, path), as_of, "BENCH").decision == PROMOTE)
    return answers
