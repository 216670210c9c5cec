"""Turns the choices that the protocol combines into every specification that makes sense."""

from itertools import product

from alsreview.effects.choice import choose_rows
from alsreview.effects.eligible import eligible_contrasts
from alsreview.effects.estimates import estimate_rows
from alsreview.schema import DataError, Fault

NOT_CHOICES = ("label", "only_with")
# These only say which studies enter, so that the estimates of all need to be computed once.
OF_UNITS = ("composites", "leave_out", "risk_of_bias")
OF_ROWS = ("estimates", "estimates_of", "outcomes", "window", "source_kinds_left_out", "n_when_missing")
RESERVED = {"k", "people", "estimate", "ci_low", "ci_high", "specifications", "own", "result"}


def specifications(choice: dict) -> list[tuple[dict[str, str], dict]]:
    """List every coherent combination of the levels of ``choice["multiverse"]``.

    Parameters
    ----------
    choice : an analysis of ``protocol.yml``

    Returns
    -------
    one pair per combination, the protocol's own first
        The level of each dimension, and the analysis changed as they say.

    Raises
    ------
    DataError
        When a first level changes something, or two dimensions change the same thing, so that it
        would be unclear which of them a specification follows.
    """
    dimensions = choice["multiverse"]
    _refuse_unclear(dimensions)
    found = []
    for names in product(*(dimension["levels"] for dimension in dimensions.values())):
        levels = dict(zip(dimensions, names, strict=True))
        chosen = [dimensions[dimension]["levels"][level] for dimension, level in levels.items()]
        if _coherent(levels, chosen):
            found.append((levels, choice | {k: v for level in chosen for k, v in changes(level).items()}))
    return found


def changes(level: dict) -> dict:
    """Give what a level changes in an analysis."""
    return {key: value for key, value in level.items() if key not in NOT_CHOICES}


def _coherent(levels: dict, chosen: list[dict]) -> bool:
    return all(
        levels[dimension] in allowed["levels"]
        for level in chosen
        for dimension, allowed in level.get("only_with", {}).items()
    )


def _refuse_unclear(dimensions: dict) -> None:
    faults, taken = [], {}
    for name, dimension in dimensions.items():
        first, *others = dimension["levels"].items()
        if name in RESERVED:
            faults.append(_fault(name, "expected a name that is not one of the results"))
        if changes(first[1]):
            faults.append(_fault(name, f"expected the protocol's own choice first, {first[0]} changes it"))
        for key in {key for _, level in others for key in changes(level)}:
            if taken.setdefault(key, name) != name:
                faults.append(_fault(name, f"expected a key of its own, found {key} of {taken[key]}"))
    if faults:
        raise DataError(faults)


def _fault(name: str, message: str) -> Fault:
    return Fault("data/protocol.yml", 1, f"multiverse.{name}", message)


def chosen_units(evidence, choices: list[dict]) -> list[list[dict]]:
    """Pick the estimates of each choice, as `synthesise` does, computing what choices share only once."""
    if not choices:
        return []
    everyone = {key: value for key, value in choices[0].items() if key not in OF_UNITS}
    contrasts = eligible_contrasts(evidence, everyone | {"composites": True})
    wide, units, chosen, found = {}, {}, {}, []
    for choice in choices:
        of_rows, of_units = (repr([choice.get(key) for key in keys]) for keys in (OF_ROWS, OF_UNITS))
        if of_rows not in wide:
            wide[of_rows] = list(enumerate(estimate_rows(evidence, choice, contrasts)))
        if of_units not in units:
            units[of_units] = {row["trial_id"] for row in eligible_contrasts(evidence, choice)}
        if (of_rows, of_units) not in chosen:
            rows = [row for row in wide[of_rows] if row[1]["trial_id"] in units[of_units]]
            chosen[of_rows, of_units] = [row for _, row in choose_rows(rows, evidence, choice)]
        found.append(chosen[of_rows, of_units])
    return found
