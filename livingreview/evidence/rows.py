"""Checks what a rule for a single cell cannot say: ranges, pairs of cells, order and repeats."""

from livingreview.effects.measures import MEASURES, measures_of
from livingreview.effects.sources import BASES
from livingreview.schema import Fault, Place

# The rows that must be unique, and the order they are kept in so that a new row is a one-line change.
ROW_KEYS = {
    "arms.csv": ("outcome", "timepoint_weeks", "arm"),
    "reported.csv": ("outcome", "timepoint_weeks", "contrast"),
    "harms.csv": ("harm", "timepoint_weeks", "arm"),
}


def row_faults(table: str, row: dict, place: Place, outcomes: dict, *, whole: bool) -> list[Fault]:
    """List what is wrong between the cells of a row; ``whole`` says that each cell is well by itself."""
    faults = _range_faults(row, place, outcomes) if table == "arms.csv" else []
    # Next to a cell that is at fault, a second cell would be blamed for the first.
    if not whole or table not in ROW_KEYS:
        return faults
    if table == "harms.csv":
        return faults + _harm_faults(row, place)
    if row.get("checked") is None:
        told = [name for name in ("checked_on", "checked_note") if row.get(name) is not None]
        faults += [
            place.fault("checked", f"expected a name with {name}, found an empty cell") for name in told
        ]
    faults += [place.fault(*fault) for fault in [*_phase_faults(row), *_basis_faults(row)]]
    if table == "arms.csv":
        return faults + _arm_faults(row, place)
    return faults + _reported_faults(row, place) + _measure_faults(row, place, outcomes)


def _phase_faults(row: dict) -> list[tuple[str, str]]:
    """A time before randomization is declared; one after it is not."""
    weeks, phase = row["timepoint_weeks"], row.get("phase")
    if weeks is None or "phase" not in row:
        return []
    if weeks < 0 and phase is None:
        return [("phase", f"expected baseline or run_in for week {weeks:g}, found an empty cell")]
    if weeks > 0 and phase is not None:
        return [("phase", f"expected an empty cell for week {weeks:g}, after randomisation, found {phase}")]
    return []


def _basis_faults(row: dict) -> list[tuple[str, str]]:
    if (row["n"] is None) == (row["n_basis"] is None):
        return []
    if row["n"] is None:
        return [("n_basis", f"expected an empty cell where there is no n, found {row['n_basis']}")]
    return [("n_basis", f"expected what n counts ({', '.join(BASES)}), found an empty cell")]


def _measure_faults(row: dict, place: Place, outcomes: dict) -> list[Fault]:
    outcome = _outcome(row, outcomes)
    measure = row["measure"]
    if outcome is None or measure is None or outcome.get("form") in MEASURES[measure].forms:
        return []
    able = measures_of(outcome.get("form"))
    expected = f"one of {', '.join(able)}" if able else "no measure"
    message = f"expected {expected} for an outcome of the form {outcome.get('form')}, found {measure}"
    return [place.fault("measure", message)]


def _outcome(row: dict, outcomes: dict) -> dict | None:
    """Look up a row's outcome; one that cannot be used has its fault in ``outcomes.yml``."""
    known = outcomes.get("outcomes")
    outcome = known.get(row["outcome"]) if isinstance(known, dict) else None
    return outcome if isinstance(outcome, dict) else None


def _range_faults(row: dict, place: Place, outcomes: dict) -> list[Fault]:
    scale = (_outcome(row, outcomes) or {}).get("range")
    if row["mean"] is None or not _is_scale(scale) or scale[0] <= row["mean"] <= scale[1]:
        return []
    message = f"expected {scale[0]} to {scale[1]}, the range of {row['outcome']}, found {row['mean']:g}"
    return [place.fault("mean", message)]


def _is_scale(scale) -> bool:
    """Return whether a range can be used; one that cannot has its fault in ``outcomes.yml``."""
    return isinstance(scale, list) and len(scale) == 2 and all(isinstance(x, int | float) for x in scale)


def _arm_faults(row: dict, place: Place) -> list[Fault]:
    if row["mean"] is None and row["events"] is None:
        return [place.fault("mean", "expected a mean or events, found neither")]
    if row["events"] is not None and row["n"] is not None and row["events"] > row["n"]:
        return [place.fault("events", f"expected at most n = {row['n']}, found {row['events']}")]
    return []


def _reported_faults(row: dict, place: Place) -> list[Fault]:
    estimate, faults = row["estimate"], []
    if estimate is None and row["direction"] is None and row["p"] is None:
        faults.append(("estimate", "expected an estimate, a direction or a p value, found none"))
    if (estimate is None) != (row["measure"] is None):
        faults.append(("measure", "expected an estimate and its measure together, found one of them"))
    ratio = row["measure"] is not None and MEASURES[row["measure"]].ratio
    if ratio and estimate is not None and estimate <= 0:
        faults.append(("estimate", f"expected a ratio above 0, found {estimate:g}"))
    if row.get("df") is not None and row["ci_low"] is None:
        faults.append(("df", "expected an interval with the degrees of freedom, found none"))
    return [place.fault(*fault) for fault in faults + _limit_faults(row["ci_low"], row["ci_high"], estimate)]


def _limit_faults(low: float | None, high: float | None, estimate: float | None) -> list[tuple[str, str]]:
    if (low is None) != (high is None):
        return [("ci_high" if high is None else "ci_low", "expected both limits or none, found one")]
    if low is None:
        return []
    if low > high:
        return [("ci_low", f"expected the lower limit here, found {low:g} above {high:g}")]
    if estimate is None or not low <= estimate <= high:
        found = "none" if estimate is None else f"{estimate:g}"
        return [("estimate", f"expected a value between its limits {low:g} and {high:g}, found {found}")]
    return []


def _harm_faults(row: dict, place: Place) -> list[Fault]:
    counts, statement = [row[key] for key in ("events", "n") if row[key] is not None], row["statement"]
    if len(counts) == 1:
        return [place.fault("events", "expected events and n together, found one of them")]
    if bool(counts) == (statement is not None):
        found = "both" if counts else "neither"
        return [place.fault("statement", f"expected counts or a statement, found {found}")]
    if counts and row["events"] > row["n"]:
        return [place.fault("events", f"expected at most n = {row['n']}, found {row['events']}")]
    # "None related" says nothing of events that have another cause, and the reverse would hide them.
    related = row["harm"] == "related_adverse_events"
    wanted = "none_related_stated" if related else "none_stated"
    if statement in ("none_stated", "none_related_stated") and statement != wanted:
        return [place.fault("statement", f"expected {wanted} for {row['harm']}, found {statement}")]
    return []


def order_faults(table: str, rows: list[dict], name: str) -> list[Fault]:
    """List rows given twice, and the first row that breaks the order."""
    keys = ROW_KEYS.get(table)
    if keys is None:
        return []
    order = [tuple(-1e9 if row[k] is None else row[k] for k in keys) for row in rows]
    # Two printed estimates of a contrast may stand side by side (all people, completers); other rows may not.
    identity = (
        order
        if table in ("arms.csv", "harms.csv")
        else [tuple(v for k, v in row.items() if k not in ("line", "printed")) for row in rows]
    )
    faults = [
        Fault(name, row["line"], keys[-1], _twice(keys, rows[identity.index(identity[index])]["line"]))
        for index, row in enumerate(rows)
        if identity[index] in identity[:index]
    ]
    for before, after, row in zip(order, order[1:], rows[1:], strict=False):
        if after < before:
            message = f"expected rows sorted by {', '.join(keys)}, found one out of place"
            return [*faults, Fault(name, row["line"], keys[0], message)]
    return faults


def _twice(keys: tuple, line: int) -> str:
    return f"expected one row for each {', '.join(keys)}, found a duplicate row of line {line}"
