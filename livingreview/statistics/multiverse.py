"""Pools one question under every coherent combination of the protocol's choices."""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd

from livingreview.effects.estimates import choose_estimates, trial_estimates
from livingreview.evidence import Evidence
from livingreview.schema import DataError, Fault
from livingreview.statistics.kernel import pool_many
from livingreview.statistics.synthesis import analysis

RESULT = ["estimate", "ci_low", "ci_high"]
NOT_CHOICES = ("label", "only_with")
OF_MODEL = ("method", "interval", "level")
RESERVED = {"k", "people", *RESULT, "specifications", "own", "result"}
SAME = 1e-9  # results this near, relative to their size, differ by rounding only


@dataclass(frozen=True, eq=False)
class Multiverse:
    """Hold what an analysis would say under every coherent combination of its choices.

    Attributes
    ----------
    table : one row per distinct result, sorted by estimate
        ``k`` (units), ``people``, ``estimate, ci_low, ci_high`` (unit of the analysis),
        ``specifications`` (how many gave it), ``own`` (whether the protocol's own is among them),
        and for each dimension a tuple of the levels that gave it.
    every : one row per specification with two units or more: the level of each dimension, ``k,
        people, estimate, ci_low, ci_high``, ``own`` and ``result`` (row of ``table``)
    moves : one row per dimension, that which moves the estimate most first; see `which_moves`
    dimensions : dimension to its label and levels, as ``protocol.yml`` declares them
    too_few : coherent specifications that leave fewer than two units, and so no result

    Notes
    -----
    Specifications are neither independent nor equally sound: how many of them agree says nothing of
    how likely their answer is.

    References
    ----------
    Voracek, Kossmeier & Tran (2019), Zeitschrift fur Psychologie 227, doi:10.1027/2151-2604/a000357.
    """

    table: pd.DataFrame = field(repr=False)
    every: pd.DataFrame = field(repr=False)
    moves: pd.DataFrame = field(repr=False)
    dimensions: dict = field(repr=False)
    too_few: int


@lru_cache(maxsize=8)
def multiverse(analysis_id: str, evidence: Evidence) -> Multiverse:
    """Run an analysis under every coherent combination of the choices its ``multiverse`` declares.

    Raises
    ------
    ValueError
        When the analysis is unknown or declares no such choices.
    """
    choice = analysis(analysis_id, evidence)
    if "multiverse" not in choice:
        raise ValueError(f"protocol.yml: {analysis_id} declares no multiverse, expected its choices")
    declared = specifications(choice)
    units = _chosen_units(evidence, [changed for _, changed in declared], choice["multiverse"])
    kept = [i for i, rows in enumerate(units) if len(rows) > 1]
    every = pd.DataFrame([declared[i][0] for i in kept], columns=list(choice["multiverse"]))
    every, members = _pooled(every, [declared[i][1] for i in kept], [units[i] for i in kept])
    every["own"] = [i == 0 for i in kept]
    every["result"], table = _collapsed(every, members, list(choice["multiverse"]))
    moves = which_moves(every, choice["multiverse"])
    return Multiverse(table, every, moves, choice["multiverse"], len(declared) - len(kept))


def _pooled(every: pd.DataFrame, choices: list[dict], units: list[list[dict]]):
    """Pool all specifications of one model in one call: the columns are all estimates that any uses."""
    used = {_identity(row): row for rows in units for row in rows}
    place = {identity: i for i, identity in enumerate(used)}
    mask = np.zeros((len(units), len(used)), dtype=bool)
    for i, rows in enumerate(units):
        mask[i, [place[_identity(row)] for row in rows]] = True
    if not len(units):
        return every.assign(k=[], people=[], **dict.fromkeys(RESULT, [])), mask
    yi, vi, people = np.array([(row["yi"], row["vi"], _people(row)) for row in used.values()]).T
    models = pd.DataFrame(choices)[list(OF_MODEL)]
    numbers = pd.DataFrame(index=models.index, columns=RESULT, dtype=float)
    for (method, interval, level), rows in models.groupby(list(models)).groups.items():
        fits = pool_many(yi, vi, mask[rows], method=method, interval=interval, level=level)
        numbers.loc[rows] = np.column_stack([getattr(fits, name) for name in RESULT])
    return every.assign(k=mask.sum(axis=1), people=mask @ people, **numbers), mask


def _identity(row: dict) -> tuple:
    return row["trial_id"], row["rows"], row["yi"], row["vi"]


def _people(row: dict) -> float:
    both = row["n_intervention"] + row["n_comparator"]
    return row["people"] if np.isnan(both) else both


def _collapsed(every: pd.DataFrame, members: np.ndarray, dimensions: list[str]):
    """Number the distinct results, the smallest estimate first, and give each one row."""
    labels = [_clusters(every[name].to_numpy(float)) for name in RESULT]
    alike = np.column_stack([*labels, members])
    _, first, number = np.unique(alike, axis=0, return_index=True, return_inverse=True)
    grouped = every.groupby(number.ravel(), sort=True)
    table = every.iloc[first][["k", "people", *RESULT]].reset_index(drop=True)
    table["specifications"] = grouped.size().to_numpy()
    table["own"] = grouped["own"].any().to_numpy()
    for name in dimensions:
        table[name] = grouped[name].agg(lambda levels: tuple(dict.fromkeys(levels))).to_numpy()
    return number.ravel(), table


def _clusters(values: np.ndarray) -> np.ndarray:
    """Number values in their order, alike when only rounding parts them."""
    order = np.argsort(values, kind="stable")
    apart = np.diff(values[order]) > SAME * np.abs(values[order][1:]) + 1e-12
    numbers = np.zeros(len(values), dtype=int)
    numbers[order[1:]] = np.cumsum(apart)
    return numbers


def which_moves(every: pd.DataFrame, dimensions: dict) -> pd.DataFrame:
    """Measure how far each choice moves the answer while all others are held.

    Returns
    -------
    one row per dimension, by ``most`` from large to small
        ``dimension, label``, and ``levels`` that leave two units or more while all else is as the
        protocol says. From the lowest to the highest of their estimates: ``estimate_low,
        estimate_high, range``; of their lower limits: ``limit_range``. ``most`` and ``limit_most`` are
        the largest such ranges wherever the other choices are held. Missing where one level is left.
    """
    first = {name: next(iter(dimension["levels"])) for name, dimension in dimensions.items()}
    is_first = pd.DataFrame({name: every[name].eq(first[name]) for name in dimensions})
    rows = [
        {"dimension": name, "label": dimension["label"]}
        | _at_own(every[is_first.drop(columns=name).all(axis=1)])
        | _anywhere(every, [other for other in dimensions if other != name])
        for name, dimension in dimensions.items()
    ]
    return pd.DataFrame(rows).sort_values("most", ascending=False, kind="stable", ignore_index=True)


def _at_own(rows: pd.DataFrame) -> dict:
    low, high = rows[RESULT].min(), rows[RESULT].max()
    spread = high - low if len(rows) > 1 else high * np.nan
    ends = {"estimate_low": low.estimate, "estimate_high": high.estimate}
    return {"levels": len(rows)} | ends | {"range": spread.estimate, "limit_range": spread.ci_low}


def _anywhere(every: pd.DataFrame, others: list[str]) -> dict:
    groups = every.groupby(others or np.zeros(len(every)), sort=False)[RESULT]
    spread = (groups.max() - groups.min())[groups.size() > 1]
    return {"most": spread.estimate.max(), "limit_most": spread.ci_low.max()}


def specifications(choice: dict) -> list[tuple[dict[str, str], dict]]:
    """List every coherent combination of the levels of ``choice["multiverse"]``, the protocol's own first.

    Each is a pair: the level of each dimension, and the analysis changed as they say. Raises DataError
    when a first level changes something, or two dimensions change the same thing, so that it would be
    unclear which of them a specification follows.
    """
    dimensions = choice["multiverse"]
    _refuse_unclear(dimensions)
    found = []
    for names in product(*(dimension["levels"] for dimension in dimensions.values())):
        levels = dict(zip(dimensions, names, strict=True))
        chosen = [dimensions[dimension]["levels"][level] for dimension, level in levels.items()]
        wanted = [needed for level in chosen for needed in level.get("only_with", {}).items()]
        if all(levels[dimension] in allowed["levels"] for dimension, allowed in wanted):
            found.append((levels, choice | {k: v for level in chosen for k, v in changes(level).items()}))
    return found


def changes(level: dict) -> dict:
    """Return what a level changes in an analysis."""
    return {key: value for key, value in level.items() if key not in NOT_CHOICES}


def _refuse_unclear(dimensions: dict) -> None:
    found, taken = [], {}
    for name, dimension in dimensions.items():
        first, *others = dimension["levels"].items()
        if name in RESERVED:
            found.append((name, "expected a name that is not one of the results"))
        if changes(first[1]):
            found.append((name, f"expected the protocol's own choice first, {first[0]} changes it"))
        for key in {key for _, level in others for key in changes(level)}:
            if taken.setdefault(key, name) != name:
                found.append((name, f"expected a key of its own, found {key} of {taken[key]}"))
    if found:
        raise DataError([Fault("data/protocol.yml", 1, f"multiverse.{name}", said) for name, said in found])


def _chosen_units(evidence, choices: list[dict], dimensions: dict) -> list[list[dict]]:
    """Pick the estimates of each choice as `synthesise` does, once for those that differ by model only."""
    levels = [level for dimension in dimensions.values() for level in dimension["levels"].values()]
    keys = sorted({key for level in levels for key in changes(level)} - set(OF_MODEL))
    chosen, found = {}, []
    for choice in choices:
        units = repr([choice.get(key) for key in keys])
        if units not in chosen:
            chosen[units] = choose_estimates(trial_estimates(evidence, choice), evidence, choice)
        found.append(chosen[units])
    return found
