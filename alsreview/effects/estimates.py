"""Turns the rows of trials into the estimates that an analysis may use."""

from math import sqrt

import numpy as np
import pandas as pd

from alsreview.effects.conversions import sd_from_se, se_from_ci, slope_to_points, smd_from_md
from alsreview.effects.eligible import eligible_contrasts
from alsreview.effects.measures import hedges_g, mean_difference
from alsreview.effects.people import people_of, people_steps, steps_of_arms

SOURCE_KINDS = (
    "primary_fulltext", "primary_table", "primary_abstract", "registry",
    "secondary_meta_analysis", "secondary_review", "news",
)  # fmt: skip
KIND_OF_FORM = {
    "score": "end",
    "change": "change",
    "decline": "slope",
    "percent_change": "percent_change",
}
COLUMNS = [
    "trial_id", "label", "kind", "contrast", "estimate_kind", "outcome", "timepoint_weeks", "yi", "vi",
    "n_intervention", "n_comparator", "people", "source_kind", "source", "locator", "steps", "rows",
]  # fmt: skip


def trial_estimates(evidence, choice: dict) -> pd.DataFrame:
    """Compute every estimate that the choices of an analysis allow.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    choice : an analysis of ``protocol.yml``

    Returns
    -------
    one row per estimate
        ``yi`` and ``vi`` in the unit of the analysis, intervention minus comparator; ``steps`` lists each
        conversion in words; ``rows`` are the places of the rows used.
    """
    rows = estimate_rows(evidence, choice, eligible_contrasts(evidence, choice))
    return pd.DataFrame(rows, columns=COLUMNS)


def estimate_rows(evidence, choice: dict, contrasts: list[dict]) -> list[dict]:
    """Do `trial_estimates` for given contrasts, one mapping per estimate."""
    estimates = []
    for contrast in contrasts:
        arms = _usable(evidence, "arms", contrast, choice)
        reported = _usable(evidence, "reported", contrast, choice)
        estimates += [
            *_from_arms(evidence, arms, contrast, choice),
            *_from_reported(evidence, reported, contrast, choice),
        ]
    return estimates


def kinds_of(choice: dict, trial_id: str) -> list[str]:
    return choice.get("estimates_of", {}).get(trial_id, choice)["estimates"]


def _usable(evidence, table: str, contrast: dict, choice: dict) -> list[dict]:
    """Select the rows of a contrast's trial that the protocol admits."""
    window, left_out = choice["window"], choice.get("source_kinds_left_out", [])
    until = contrast["until_weeks"] if table == "arms" else np.nan
    last = np.fmin(window["to"], until)
    return [
        row
        for row in evidence.rows[table].get(contrast["trial_id"], [])
        if row["outcome"] in choice["outcomes"]
        and window["from"] <= row["timepoint_weeks"] <= last
        and row["source_kind"] not in left_out
    ]


def _from_arms(evidence, rows: list[dict], contrast: dict, choice: dict):
    """Yield an estimate for each outcome and time that both arms report."""
    comparators = {_when(row): row for row in rows if row["arm"] == contrast["comparator"]}
    for row in rows:
        other = comparators.get(_when(row))
        kind = KIND_OF_FORM.get(evidence.outcomes["outcomes"][row["outcome"]]["form"])
        if row["arm"] != contrast["intervention"] or other is None:
            continue
        if kind not in kinds_of(choice, contrast["trial_id"]):
            continue
        arms, steps = _complete_arms(evidence, (row, other), choice)
        if arms is None:
            continue
        yi, vi, more = _effect(arms, kind, row["timepoint_weeks"], choice["measure"])
        worst = max((row, other), key=lambda each: SOURCE_KINDS.index(each["source_kind"]))
        yield _estimate(contrast, worst, kind, yi, vi, steps + more) | {
            "n_intervention": arms[0],
            "n_comparator": arms[3],
            "rows": tuple(f"{each['file']}:{each['line']}" for each in (row, other)),
        }


def _when(row: dict) -> tuple[str, float]:
    return row["outcome"], row["timepoint_weeks"]


def _complete_arms(evidence, rows: tuple[dict, dict], choice: dict):
    """Give n, mean and sd of both arms with the conversions that took, or None when one cannot be had."""
    numbers, said = [], {}
    for row in rows:
        n, note = people_of(evidence, row, choice)
        sd, more = _spread(row, n)
        if not np.isfinite([n, row["mean"], sd]).all():
            return None, []
        numbers += [n, row["mean"], sd]
        # What the row says of itself ("n as randomized") belongs to how the number came about.
        said[row["arm"]] = [row["note"], note, more]
    return numbers, steps_of_arms(said)


def _spread(row: dict, n: float) -> tuple[float, str]:
    if np.isnan(row["sd"]) and np.isfinite([row["se"], n]).all():
        return sd_from_se(row["se"], n), "SD = SE × √n"
    return row["sd"], ""


def _effect(arms: list[float], kind: str, weeks: float, measure: str) -> tuple[float, float, list[str]]:
    """Compute yi and vi of one contrast from n, mean and sd of its arms."""
    if measure == "SMD":
        return *hedges_g(*arms), ["Hedges' g"]
    yi, vi = mean_difference(*arms)
    if kind == "slope" and measure == "MD":
        # A decline counts points lost, so fewer lost is a positive difference in points.
        points, se = slope_to_points(-yi, sqrt(vi), weeks)
        return points, se**2, [f"difference in points lost per month × {weeks:g} weeks"]
    return yi, vi, ["difference of means"]


def _from_reported(evidence, rows: list[dict], contrast: dict, choice: dict):
    """Yield an estimate for each reported difference that has a standard error or an interval."""
    for row in rows:
        if row["contrast"] != contrast["contrast"] or row["measure"] not in ("MD", "adjusted_MD"):
            continue
        form = evidence.outcomes["outcomes"][row["outcome"]]["form"]
        kind = "adjusted" if row["measure"] == "adjusted_MD" else KIND_OF_FORM.get(form)
        se, steps = _reported_se(row)
        if kind not in kinds_of(choice, contrast["trial_id"]) or se is None:
            continue
        effect = _reported_effect(row, form, se, choice["measure"])
        if effect is not None:
            yi, vi, more = effect
            yield _estimate(contrast, row, kind, yi, vi, people_steps(row) + steps + more) | {
                "people": row["n"] if np.isfinite(row["n"]) else contrast["people"],
                "rows": (f"{row['file']}:{row['line']}",),
            }


def _reported_se(row: dict) -> tuple[float | None, list[str]]:
    if np.isfinite(row["se"]):
        return row["se"], []
    if np.isfinite([row["ci_low"], row["ci_high"]]).all():
        return se_from_ci(row["ci_low"], row["ci_high"]), ["SE from the 95 % interval"]
    return None, []


def _reported_effect(row: dict, form: str, se: float, measure: str) -> tuple[float, float, list[str]] | None:
    estimate = row["estimate"]
    if measure == "SMD":
        if not np.isfinite(row["n"]):
            return None
        half = row["n"] / 2
        return *smd_from_md(estimate, se, half, half), [
            "g from the difference and its SE, arms taken as equal"
        ]
    if form == "decline" and measure == "MD":
        points, se = slope_to_points(-estimate, se, row["timepoint_weeks"])
        return (
            points,
            se**2,
            [f"difference in points lost per month × {row['timepoint_weeks']:g} weeks"],
        )
    return estimate, se**2, ["difference as printed"]


def _estimate(contrast: dict, row: dict, kind: str, yi: float, vi: float, steps: list[str]) -> dict:
    return {
        "trial_id": contrast["trial_id"],
        "label": contrast["label"],
        "kind": contrast["trial_kind"],
        "contrast": contrast["contrast"],
        "estimate_kind": kind,
        "outcome": row["outcome"],
        "timepoint_weeks": row["timepoint_weeks"],
        "yi": float(yi),
        "vi": float(vi),
        "n_intervention": np.nan,
        "n_comparator": np.nan,
        "people": np.nan,
        "source_kind": row["source_kind"],
        "source": row["source"],
        "locator": row["locator"],
        "steps": tuple(steps),
    }
