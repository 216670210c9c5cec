"""Turns the rows of trials into the estimates that an analysis may use."""

from math import sqrt

import numpy as np
import pandas as pd

from alsreview.effects.conversions import sd_from_se, se_from_ci, slope_to_points, smd_from_md
from alsreview.effects.measures import hedges_g, mean_difference

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
    arms, reported = _usable(evidence.arms, choice), _usable(evidence.reported, choice)
    estimates = []
    for contrast in eligible_contrasts(evidence, choice).to_dict("records"):
        own = arms[arms.trial_id == contrast["trial_id"]]
        if np.isfinite(contrast["until_weeks"]):
            own = own[own.timepoint_weeks <= contrast["until_weeks"]]
        if len(own):
            estimates += _from_arms(evidence, own, contrast, choice)
        own = reported[reported.trial_id == contrast["trial_id"]]
        if len(own):
            estimates += _from_reported(evidence, own, contrast, choice)
    return pd.DataFrame(estimates, columns=COLUMNS)


def eligible_contrasts(evidence, choice: dict) -> pd.DataFrame:
    """Select the randomized contrasts that an analysis asks about, composites included when it wants them."""
    trials = evidence.trials
    wanted = (
        (trials.question == choice["question"]) & (trials.allocation == "randomized") & trials.excluded.isna()
    )
    wanted &= ~trials.trial_id.isin(choice.get("leave_out", []))
    if not choice.get("composites", False):
        wanted &= trials.unit == "trial"
    kept = trials[wanted].rename(columns={"unit": "trial_kind"})[
        ["trial_id", "label", "trial_kind", "people", "covers"]
    ]
    contrasts = evidence.contrasts[evidence.contrasts.kind.isin(choice["contrast_kinds"])]
    return contrasts.drop(columns="kind").merge(kept, on="trial_id")


def kinds_of(choice: dict, trial_id: str) -> list[str]:
    return choice.get("estimates_of", {}).get(trial_id, choice)["estimates"]


def _usable(rows: pd.DataFrame, choice: dict) -> pd.DataFrame:
    window = choice["window"]
    return rows[
        rows.outcome.isin(choice["outcomes"])
        & rows.timepoint_weeks.between(window["from"], window["to"])
        & ~rows.source_kind.isin(choice.get("source_kinds_left_out", []))
    ]


def _from_arms(evidence, rows: pd.DataFrame, contrast: dict, choice: dict):
    """Yield an estimate for each outcome and time that both arms report."""
    sides = [rows[rows.arm == contrast[role]] for role in ("intervention", "comparator")]
    if sides[0].empty or sides[1].empty:
        return
    pairs = sides[0].merge(sides[1], on=["outcome", "timepoint_weeks"], suffixes=("_i", "_c"))
    for pair in pairs.to_dict("records"):
        kind = KIND_OF_FORM.get(evidence.outcomes["outcomes"][pair["outcome"]]["form"])
        if kind not in kinds_of(choice, contrast["trial_id"]):
            continue
        arms, steps = _complete_arms(evidence, contrast, pair, choice)
        if arms is None:
            continue
        yi, vi, more = _effect(arms, kind, pair["timepoint_weeks"], choice["measure"])
        yield _estimate(contrast, pair | _worst_source(pair), kind, yi, vi, steps + more) | {
            "n_intervention": arms[0],
            "n_comparator": arms[3],
            "rows": tuple(f"{pair['file_' + s]}:{pair['line_' + s]}" for s in "ic"),
        }


def _worst_source(pair: dict) -> dict:
    worst = max("ic", key=lambda s: SOURCE_KINDS.index(pair[f"source_kind_{s}"]))
    return {key: pair[f"{key}_{worst}"] for key in ("source_kind", "source", "locator")}


def _complete_arms(evidence, contrast: dict, pair: dict, choice: dict):
    """Give n, mean and sd of both arms with the conversions that took, or None when one cannot be had."""
    numbers, steps = [], []
    for side, role in (("i", "intervention"), ("c", "comparator")):
        n, note = _count(evidence, contrast["trial_id"], contrast[role], pair, side, choice)
        sd, more = _spread(pair, side, n)
        if not np.isfinite([n, pair[f"mean_{side}"], sd]).all():
            return None, []
        numbers += [n, pair[f"mean_{side}"], sd]
        # What the row says of itself ("n as randomized") belongs to how the number came about.
        steps += [step for step in (pair[f"note_{side}"], note, more) if isinstance(step, str) and step]
    return numbers, list(dict.fromkeys(steps))


def _count(evidence, trial_id: str, arm: str, pair: dict, side: str, choice: dict) -> tuple[float, str]:
    n = pair[f"n_{side}"]
    rule = choice.get("n_when_missing", "none")
    if np.isfinite(n) or rule == "none":
        return n, ""
    group = evidence.groups[(evidence.groups.trial_id == trial_id) & (evidence.groups.arm == arm)].iloc[0]
    if rule == "completed" and group.completed_weeks != pair["timepoint_weeks"]:
        return np.nan, ""
    return group[rule], f"no n beside the rates: people {rule} taken"


def _spread(pair: dict, side: str, n: float) -> tuple[float, str]:
    sd, se = pair[f"sd_{side}"], pair[f"se_{side}"]
    if np.isnan(sd) and np.isfinite([se, n]).all():
        return sd_from_se(se, n), "SD = SE x sqrt(n)"
    return sd, ""


def _effect(arms: list[float], kind: str, weeks: float, measure: str) -> tuple[float, float, list[str]]:
    """Compute yi and vi of one contrast from n, mean and sd of its arms."""
    if measure == "SMD":
        return *hedges_g(*arms), ["Hedges' g"]
    yi, vi = mean_difference(*arms)
    if kind == "slope" and measure == "MD":
        # A decline counts points lost, so fewer lost is a positive difference in points.
        points, se = slope_to_points(-yi, sqrt(vi), weeks)
        return points, se**2, [f"difference in points lost per month x {weeks:g} weeks"]
    return yi, vi, ["difference of means"]


def _from_reported(evidence, rows: pd.DataFrame, contrast: dict, choice: dict):
    """Yield an estimate for each reported difference that has a standard error or an interval."""
    rows = rows[(rows.contrast == contrast["contrast"]) & rows.measure.isin(["MD", "adjusted_MD"])]
    for row in rows.to_dict("records"):
        form = evidence.outcomes["outcomes"][row["outcome"]]["form"]
        kind = "adjusted" if row["measure"] == "adjusted_MD" else KIND_OF_FORM.get(form)
        se, steps = _reported_se(row)
        if kind not in kinds_of(choice, contrast["trial_id"]) or se is None:
            continue
        effect = _reported_effect(row, form, se, choice["measure"])
        if effect is not None:
            yi, vi, more = effect
            yield _estimate(contrast, row, kind, yi, vi, steps + more) | {
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
            [f"difference in points lost per month x {row['timepoint_weeks']:g} weeks"],
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
