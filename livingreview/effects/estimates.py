"""Turns rows of eligible contrasts into estimates, which a synthesis pools and a direction is the sign of."""

from collections.abc import Iterable
from math import inf, isfinite, nan

import pandas as pd

from livingreview.effects.effect_sizes import se_from_ci
from livingreview.effects.measures import (
    KIND_OF_FORM,
    KINDS,
    MEASURES,
    Arm,
    Effect,
    Measure,
    completed,
    measure_of,
)
from livingreview.effects.sources import (
    BASIS_STEPS,
    SOURCE_KINDS,
    basis_of,
    people_of,
    steps_of_arms,
    weakest,
)

COLUMNS = [
    "trial_id", "label", "kind", "contrast", "estimate_kind", "outcome", "timepoint_weeks", "yi", "vi",
    "n_intervention", "n_comparator", "events_intervention", "events_comparator",
    "people", "n_basis", "source_kind", "source", "locator", "steps",
    "rows",
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
        ``yi`` and ``vi`` in the unit of the analysis (ratios as logs), intervention minus comparator;
        ``steps`` lists each conversion in words; ``rows`` are the places of the rows used.
    """
    rows = estimate_rows(evidence, choice, eligible_contrasts(evidence, choice))
    return pd.DataFrame(rows, columns=COLUMNS)


def estimate_rows(evidence, choice: dict, contrasts: list[dict]) -> list[dict]:
    """Do `trial_estimates` for given contrasts, one mapping per estimate."""

    def inside(row: dict) -> bool:
        return row["outcome"] in choice["outcomes"] and isfinite(
            weeks_from_preferred(row["timepoint_weeks"], choice)
        )

    return [
        estimate
        for contrast in contrasts
        for estimate in contrast_estimates(evidence, contrast, choice, inside)
        if can_pool(estimate, choice)
    ]


def contrast_estimates(evidence, contrast: dict, choice: dict, wanted) -> list[dict]:
    """Compute every estimate of a contrast, whether or not it can be pooled.

    Parameters
    ----------
    contrast : a contrast with its trial, as from `eligible_contrasts`
    choice : an analysis; one without a measure takes each estimate in the measure that it was printed in
    wanted : tells of a row whether it is asked for

    Returns
    -------
    one mapping per estimate, those of arms first
        `COLUMNS`; ``yi`` and ``vi`` are NaN where the measure of the analysis cannot be had.
        ``difference``, ``ci_low`` and ``ci_high`` are as printed. ``gain`` is positive for a benefit,
        negative for a harm, 0 for neither, and NaN where neither end of the outcome is better.
    """
    arms = [row for row in _rows(evidence, "results", contrast) if wanted(row)]
    reported = [row for row in _rows(evidence, "reported", contrast) if wanted(row)]
    return [
        *_from_arms(evidence, arms, contrast, choice),
        *_from_reported(evidence, reported, contrast, choice),
    ]


def weeks_from_preferred(weeks: float, choice: dict) -> float:
    """Return how far a time lies from the one that an analysis prefers, infinite outside its window.

    Without a window every time counts alike, a time that no source gives too.
    """
    if "window" not in choice:
        return 0.0
    window = choice["window"]
    return abs(weeks - window["nearest"]) if window["from"] <= weeks <= window["to"] else inf


def can_pool(estimate: dict, choice: dict) -> bool:
    """Tell whether the choices of an analysis admit an estimate."""
    return (
        isfinite(estimate["yi"] + estimate["vi"])
        and estimate["estimate_kind"] in kinds_of(choice, estimate["trial_id"])
        and estimate["source_kind"] not in choice.get("source_kinds_left_out", [])
    )


def preference(estimate: dict, choice: dict) -> tuple:
    """Rank the estimates of one contrast, outcome and time; that which a synthesis takes goes first."""
    kinds = kinds_of(choice, estimate["trial_id"])
    kind = estimate["estimate_kind"]
    place = kinds.index(kind) if kind in kinds else len(kinds)
    return not can_pool(estimate, choice), place, SOURCE_KINDS.index(estimate["source_kind"])


def kinds_of(choice: dict, trial_id: str) -> list[str]:
    return choice.get("estimates_of", {}).get(trial_id, choice).get("estimates", KINDS)


def is_result(row: dict) -> bool:
    """Tell a row after randomization from one of the start, or of the time before it."""
    return not isinstance(row.get("phase"), str) and not row["timepoint_weeks"] <= 0


def when(row: dict) -> tuple[str, float | None]:
    """Return the outcome and time of a row; times that no source says count as one."""
    weeks = row["timepoint_weeks"]
    return row["outcome"], weeks if isfinite(weeks) else None


def _rows(evidence, table: str, contrast: dict) -> list[dict]:
    """Select the results that belong to a contrast."""
    rows = [row for row in evidence.rows[table].get(contrast["trial_id"], []) if is_result(row)]
    if table == "reported":
        return [row for row in rows if row["contrast"] == contrast["contrast"]]
    until = contrast["until_weeks"]
    return [row for row in rows if not isfinite(until) or row["timepoint_weeks"] <= until]


def _from_arms(evidence, rows: list[dict], contrast: dict, choice: dict):
    """Yield an estimate for each outcome and time that both arms report."""
    comparators = {when(row): row for row in rows if row["arm"] == contrast["comparator"]}
    for row in rows:
        other = comparators.get(when(row))
        outcome = evidence.outcomes["outcomes"][row["outcome"]]
        measure = _measure_of_arms(outcome["form"], choice)
        if row["arm"] != contrast["intervention"] or other is None or measure is None:
            continue
        arms, bases, steps = _arms(evidence, (row, other), choice)
        difference = _plain_difference(*arms, outcome["form"])
        if not isfinite(difference):
            continue
        yi, vi, more = measure.from_arms(*arms, outcome["form"], row["timepoint_weeks"])
        effect = yi if isfinite(yi) else difference
        # An analysis in another measure, such as of hazards, has no use for these arms.
        pooled = (yi, vi) if measure_of(choice) in (measure, None) else (nan, nan)
        whole = isfinite(arms[0].n + arms[1].n)
        if not whole:
            steps = [*steps, "n not reported with the means, so the number in the study was used"]
        yield _estimate(
            contrast,
            max((row, other), key=lambda each: SOURCE_KINDS.index(each["source_kind"])),
            choice,
            measure.sign(outcome),
            effect,
            pooled,
            steps + more,
            estimate_kind=KIND_OF_FORM[outcome["form"]],
            difference=difference,
            n_intervention=arms[0].n,
            n_comparator=arms[1].n,
            events_intervention=arms[0].events,
            events_comparator=arms[1].events,
            people=nan if whole else contrast["people"],
            n_basis=weakest(bases),
            rows=tuple(f"{each['file']}:{each['line']}" for each in (row, other)),
        )


def _measure_of_arms(form: str, choice: dict) -> Measure | None:
    """Return the measure to compare two arms by: that of the analysis, else the first that they allow."""
    able = [measure for measure in MEASURES.values() if measure.from_arms and form in measure.forms]
    asked = measure_of(choice)
    return asked if asked in able else able[0] if able else None


def _arms(evidence, rows: tuple[dict, dict], choice: dict) -> tuple[list[Arm], list[str], list[str]]:
    """Return the figures of both arms, what their n count, and the steps that took."""
    arms, bases, said = [], [], {}
    for row in rows:
        n, basis, note = people_of(evidence, row, choice)
        arm, more = completed(Arm(n, row["mean"], row["sd"], row["se"], row["events"]))
        arms.append(arm)
        bases.append(basis)
        # What the row says of itself belongs to how the number came about.
        said[row["arm"]] = [note, row["note"], more]
    return arms, bases, steps_of_arms(said)


def _plain_difference(a: Arm, b: Arm, form: str) -> float:
    """Subtract two means, or two risks where people with an event are counted."""
    return a.events / a.n - b.events / b.n if form == "events" else a.mean - b.mean


def _from_reported(evidence, rows: list[dict], contrast: dict, choice: dict):
    """Yield an estimate for each effect that is printed."""
    for row in rows:
        if not isfinite(row["estimate"]):
            continue
        outcome, printed = evidence.outcomes["outcomes"][row["outcome"]], MEASURES[row["measure"]]
        n, basis, count = (
            contrast["people"],
            "assumed",
            "n not reported with the difference, so the number in the study was used",
        )
        if isfinite(row["n"]):
            n, basis = row["n"], basis_of(row)
            count = BASIS_STEPS.get(basis, "")
        se, steps = _reported_se(row, printed)
        *pooled, more = _converted(printed, measure_of(choice), row, se, outcome["form"])
        yield _estimate(
            contrast,
            row,
            choice,
            printed.sign(outcome),
            printed.scaled(row["estimate"]),
            pooled,
            [*filter(None, [count]), *steps, *more],
            estimate_kind="adjusted" if printed.adjusted else KIND_OF_FORM[outcome["form"]],
            difference=row["estimate"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            people=n,
            n_basis=basis,
            rows=(f"{row['file']}:{row['line']}",),
        )


def _reported_se(row: dict, measure: Measure) -> tuple[float, list[str]]:
    """Return the standard error of a printed effect, for a ratio that of its logarithm."""
    if isfinite(row["se"]):
        return row["se"], []
    low, high = measure.scaled(row["ci_low"]), measure.scaled(row["ci_high"])
    if not isfinite(low + high) or low == high:
        return nan, []
    df = row.get("df", nan)
    if isfinite(df):
        return se_from_ci(low, high, df=df), [
            f"SE from the 95% CI, t distribution with {df:g} degrees of freedom"
        ]
    return se_from_ci(low, high), ["SE from the 95% CI"]


def _converted(printed: Measure, asked: Measure | None, row: dict, se: float, form: str) -> Effect:
    """Turn a printed effect into the measure of the analysis; NaN where that cannot be had of it."""
    value = printed.scaled(row["estimate"])
    if asked is None or (asked is printed and not printed.is_difference):
        return value, se**2, ["effect as published"]
    if printed.is_difference and asked.from_difference and form in asked.forms:
        return asked.from_difference(value, se, row["n"], form, row["timepoint_weeks"])
    return nan, nan, []


def _estimate(
    contrast: dict, row: dict, choice: dict, sign: int, effect: float, pooled: Iterable[float], steps, **told
) -> dict:
    """Describe an estimate; one whose better end is not that of the analysis is turned.

    Parameters
    ----------
    row : names the outcome, the time and the source
    sign : 1 where a positive effect is a benefit, -1 where it is a harm, 0 where neither end is better
    effect : on the scale where no difference is 0
    pooled : the same and its variance in the measure of the analysis
    told : the other columns
    """
    yi, vi = pooled
    turned = bool(sign and measure_of(choice)) and (sign > 0) != choice["higher_is_better"]
    return {
        "trial_id": contrast["trial_id"],
        "label": contrast["label"],
        "kind": contrast["trial_kind"],
        "contrast": contrast["contrast"],
        "outcome": row["outcome"],
        "timepoint_weeks": row["timepoint_weeks"],
        "yi": float(-yi if turned else yi),
        "vi": float(vi),
        "gain": effect * sign if sign else nan,
        "ci_low": nan,
        "ci_high": nan,
        "n_intervention": nan,
        "n_comparator": nan,
        "events_intervention": nan,
        "events_comparator": nan,
        "source_kind": row["source_kind"],
        "source": row["source"],
        "locator": row["locator"],
        "steps": (*steps, *(["sign reversed, because a higher value is worse"] if turned else [])),
    } | told


def eligible_contrasts(evidence, choice: dict) -> list[dict]:
    """Select the randomized contrasts that an analysis asks about, composites included when it wants them.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    choice : an analysis of ``protocol.yml``

    Returns
    -------
    one mapping per contrast, of its columns but the kind
        with ``label``, ``people``, ``covers`` and ``trial_kind`` ("trial" or "composite") of its trial
    """
    found = []
    for trial_id, (trial,) in evidence.rows["trials"].items():
        if not _asked(evidence, trial, choice):
            continue
        of_trial = {key: trial[key] for key in ("label", "people", "covers")} | {"trial_kind": trial["unit"]}
        for contrast in evidence.rows["contrasts"].get(trial_id, []):
            if contrast["kind"] in choice["contrast_kinds"]:
                found.append({key: value for key, value in contrast.items() if key != "kind"} | of_trial)
    return found


def _asked(evidence, trial: dict, choice: dict) -> bool:
    return (
        trial["question"] == choice["question"]
        and trial["status"] == "included"
        and trial["trial_id"] not in choice.get("leave_out", [])
        and (trial["unit"] == "trial" or choice.get("composites", False))
    )
