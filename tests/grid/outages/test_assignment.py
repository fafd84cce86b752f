"""The joint assignment against the optimum of CP-SAT, and ties that never change."""

import itertools
import random
from collections.abc import Sequence

import pytest
from ortools.sat.python import cp_model

from domain.grid.outages.rules.assignment import FORBIDDEN, assign
from domain.kernel.errors import Invalid

Case = tuple[list[list[int]], list[int]]


def total_cost(costs: Sequence[Sequence[int]], alone: Sequence[int], chosen: Sequence[int | None]) -> int:
    return sum(alone[row] if column is None else costs[row][column] for row, column in enumerate(chosen))


def _case(chance: random.Random, most: int, largest: int) -> Case:
    jobs = chance.randint(1, most)
    crews = chance.randint(jobs, most + 2)
    costs = [
        [FORBIDDEN if chance.random() < 0.15 else chance.randint(0, largest) for _ in range(crews)] for _ in range(jobs)
    ]
    return costs, [largest * 3 + chance.randint(0, largest) for _ in range(jobs)]


def _optimum(costs: list[list[int]], alone: list[int]) -> int:
    model = cp_model.CpModel()
    columns: list[list[cp_model.IntVar]] = [[] for _ in costs[0]]
    terms = []
    for row, (own, left) in enumerate(zip(costs, alone, strict=True)):
        nobody = model.new_bool_var(f"{row}")
        picks = [nobody]
        terms.append(left * nobody)
        for column, cost in enumerate(own):
            if cost != FORBIDDEN:
                pick = model.new_bool_var(f"{row}-{column}")
                picks.append(pick)
                columns[column].append(pick)
                terms.append(cost * pick)
        model.add_exactly_one(picks)
    for picks in columns:
        model.add_at_most_one(picks)
    model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 7
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def test_the_optimum_is_that_of_cp_sat_in_a_thousand_random_cases() -> None:
    chance = random.Random(20260714)  # noqa: S311
    for number in range(1000):
        costs, alone = _case(chance, 8, 9 if number % 2 else 5_000_000)
        assert total_cost(costs, alone, assign(costs, alone)) == _optimum(costs, alone), (costs, alone)


def test_of_all_optima_the_first_is_taken() -> None:
    chance = random.Random(11)  # noqa: S311
    for _ in range(300):
        costs, alone = _case(chance, 3, 3)
        everyone = [*range(len(costs[0])), None]
        best: tuple[int, list[int], list[int | None]] | None = None
        for chosen in itertools.product(everyone, repeat=len(costs)):
            taken = [column for column in chosen if column is not None]
            pairs = [(row, column) for row, column in enumerate(chosen) if column is not None]
            if len(set(taken)) < len(taken) or any(costs[row][column] == FORBIDDEN for row, column in pairs):
                continue
            order = [len(costs[0]) if column is None else column for column in chosen]
            one = (total_cost(costs, alone, chosen), order, list(chosen))
            if best is None or one < best:
                best = one
        assert best is not None
        assert assign(costs, alone) == best[2]


def test_ties_go_to_the_first_crew_and_job() -> None:
    assert assign([[5, 5, 5], [5, 5, 5]], [99, 99]) == [0, 1]
    assert assign([[5, 5], [5, 5]], [5, 5]) == [0, 1]
    assert assign([[FORBIDDEN], [3]], [9, 9]) == [None, 0]
    assert assign([], []) == []
    assert assign([[]], [9]) == [None]


def test_numbers_that_floats_cannot_add_are_refused() -> None:
    large = 2**50
    assert assign([[2**45 + 1, 2**45], [2**45, 2**45 + 1]], [2**46, 2**46]) == [1, 0]
    with pytest.raises(Invalid, match="too large"):
        assign([[large, large + 1]] * 2, [large, large])
