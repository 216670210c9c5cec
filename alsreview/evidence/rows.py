"""Checks what a rule for a single cell cannot say: ranges, pairs of cells, order and repeats."""

from alsreview.schema import Fault, Place

# The rows that must be unique, and the order they are kept in so that a new row is a one-line change.
ROW_KEYS = {
    "arms.csv": ("outcome", "timepoint_weeks", "arm"),
    "reported.csv": ("outcome", "timepoint_weeks", "contrast"),
    "harms.csv": ("harm", "timepoint_weeks", "arm"),
}


RATIOS = ("HR", "RR", "OR")


def row_faults(table: str, row: dict, place: Place, outcomes: dict, *, whole: bool) -> list[Fault]:
    """List what is wrong between the cells of a row; ``whole`` says that each cell is well by itself."""
    faults = _range_faults(row, place, outcomes) if table == "arms.csv" else []
    # Next to a cell that is at fault, a second cell would be blamed for the first.
    pairs = {"arms.csv": _arm_faults, "reported.csv": _reported_faults, "harms.csv": _harm_faults}.get(table)
    return faults + pairs(row, place) if whole and pairs else faults


def _range_faults(row: dict, place: Place, outcomes: dict) -> list[Fault]:
    known = outcomes.get("outcomes")
    outcome = known.get(row["outcome"]) if isinstance(known, dict) else None
    scale = outcome.get("range") if isinstance(outcome, dict) else None
    if row["mean"] is None or not _is_scale(scale) or scale[0] <= row["mean"] <= scale[1]:
        return []
    message = f"expected {scale[0]} to {scale[1]}, the range of {row['outcome']}, found {row['mean']:g}"
    return [place.fault("mean", message)]


def _is_scale(scale) -> bool:
    """Say whether a range can be used; one that cannot has its fault in ``outcomes.yml``."""
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
    if row["measure"] in RATIOS and estimate is not None and estimate <= 0:
        faults.append(("estimate", f"expected a ratio above 0, found {estimate:g}"))
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
