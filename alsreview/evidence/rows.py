"""Checks what a rule for a single cell cannot say: ranges, pairs of cells, order and repeats."""

from alsreview.schema import Fault, Place

# The rows that must be unique, and the order they are kept in so that a new row is a one-line change.
ROW_KEYS = {
    "arms.csv": ("outcome", "timepoint_weeks", "arm"),
    "reported.csv": ("outcome", "timepoint_weeks", "contrast"),
}


def row_faults(table: str, row: dict, place: Place, outcomes: dict) -> list[Fault]:
    if table == "arms.csv":
        return _range_faults(row, place, outcomes.get("outcomes", {})) + _arm_faults(row, place)
    return _reported_faults(row, place) if table == "reported.csv" else []


def _range_faults(row: dict, place: Place, outcomes: dict) -> list[Fault]:
    scale = (outcomes.get(row["outcome"]) or {}).get("range")
    if row["mean"] is None or not scale or scale[0] <= row["mean"] <= scale[1]:
        return []
    message = f"expected {scale[0]} to {scale[1]}, the range of {row['outcome']}, got {row['mean']:g}"
    return [place.fault("mean", message)]


def _arm_faults(row: dict, place: Place) -> list[Fault]:
    if row["mean"] is None and row["events"] is None:
        return [place.fault("mean", "expected a mean or events, found neither")]
    if row["events"] is not None and row["n"] is not None and row["events"] > row["n"]:
        return [place.fault("events", f"expected at most n = {row['n']}, got {row['events']}")]
    return []


def _reported_faults(row: dict, place: Place) -> list[Fault]:
    low, high, estimate = row["ci_low"], row["ci_high"], row["estimate"]
    if estimate is None and row["direction"] is None and row["p"] is None:
        return [place.fault("estimate", "expected an estimate, a direction or a p value, found none")]
    if (estimate is None) != (row["measure"] is None):
        return [place.fault("measure", "an estimate and its measure go together")]
    if (low is None) != (high is None):
        return [place.fault("ci_high" if high is None else "ci_low", "expected both limits or none")]
    if low is not None and (estimate is None or not low <= estimate <= high):
        return [place.fault("estimate", f"expected a value between its limits {low:g} and {high:g}")]
    return []


def order_faults(table: str, rows: list[dict], name: str) -> list[Fault]:
    """List rows given twice, and the first row that breaks the order."""
    keys = ROW_KEYS.get(table)
    if keys is None:
        return []
    order = [tuple(-1e9 if row[k] is None else row[k] for k in keys) for row in rows]
    # Two printed estimates of one contrast may stand side by side (all people, completers); arm rows may not.
    identity = (
        order if table == "arms.csv" else [tuple(v for k, v in row.items() if k != "line") for row in rows]
    )
    faults = [
        Fault(name, row["line"], keys[-1], "duplicate row: same " + ", ".join(keys))
        for index, row in enumerate(rows)
        if identity[index] in identity[:index]
    ]
    for before, after, row in zip(order, order[1:], rows[1:], strict=False):
        if after < before:
            return [
                *faults,
                Fault(name, row["line"], keys[0], "expected rows sorted by " + ", ".join(keys)),
            ]
    return faults
