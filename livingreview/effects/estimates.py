"""Turns rows of eligible contrasts into estimates, and picks one for each trial in the protocol's order."""

from collections.abc import Iterable
from itertools import groupby
from math import inf, isfinite, nan

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
from livingreview.rob2 import allows, trial_bias
from livingreview.schema import DataError, Fault

COLUMNS = [
    "trial_id", "label", "kind", "contrast", "estimate_kind", "outcome", "timepoint_weeks", "yi", "vi",
    "n_intervention", "n_comparator", "events_intervention", "events_comparator",
    "people", "n_basis", "source_kind", "source", "locator", "steps",
    "rows",
]  # fmt: skip


def trial_estimates(evidence, choice: dict) -> list[dict]:
    """Compute every estimate that the choices of an analysis of ``protocol.yml`` allow.

    Returns
    -------
    one mapping per estimate
        ``yi`` and ``vi`` in the unit of the analysis (ratios as logs), intervention minus comparator;
        ``steps`` lists each conversion in words; ``rows`` are the places of the rows used.
    """

    def inside(row: dict) -> bool:
        distance = weeks_from_preferred(row["timepoint_weeks"], choice)
        return row["outcome"] in choice["outcomes"] and isfinite(distance)

    return [
        estimate
        for contrast in eligible_contrasts(evidence, choice)
        for estimate in contrast_estimates(evidence, contrast, choice, inside)
        if can_pool(estimate, choice)
    ]


def choose_estimates(estimates: list[dict], evidence, choice: dict) -> list[dict]:
    """Keep one estimate for each trial, in the protocol's order of preference.

    The order is the kind of estimate, nearness to the preferred time, the outcome, the source. An analysis
    may then leave out estimates by the risk of bias of that very result. A composite and a trial inside it
    never stand together: nobody is counted twice.

    Raises
    ------
    DataError
        When a trial offers two contrasts with the same comparator, whose people would count twice.
    """

    def rank(estimate: dict) -> tuple:
        return (
            estimate["trial_id"],
            kinds_of(choice, estimate["trial_id"]).index(estimate["estimate_kind"]),
            weeks_from_preferred(estimate["timepoint_weeks"], choice),
            choice["outcomes"].index(estimate["outcome"]),
            SOURCE_KINDS.index(estimate["source_kind"]),
        )

    ranked = sorted(estimates, key=rank)
    by_trial = {trial_id: list(own) for trial_id, own in groupby(ranked, key=lambda each: each["trial_id"])}
    shared = [i for i, own in by_trial.items() if len({each["contrast"] for each in own}) > 1]
    if shared:
        said = "two contrasts share people; combine their arms in one"
        raise DataError([Fault(f"data/trials/{i}/trial.yml", 1, "contrasts", said) for i in shared])
    first = {i: own[0] for i, own in by_trial.items() if _allowed(own[0], evidence, choice)}
    dropped = _double_counts({i: each["kind"] for i, each in first.items()}, evidence)
    return [each for i, each in first.items() if i not in dropped]


def _allowed(estimate: dict, evidence, choice: dict) -> bool:
    """Say whether the risk of bias of an estimate is what the analysis asks for."""
    if "risk_of_bias" not in choice:
        return True
    of_result = (estimate[key] for key in ("trial_id", "outcome", "timepoint_weeks"))
    return allows(trial_bias(evidence, *of_result), choice["risk_of_bias"])


def _double_counts(kinds: dict[str, str], evidence) -> set[str]:
    dropped, held = set(), set()
    for composite in [i for i, kind in kinds.items() if kind == "composite"]:
        inside = set(evidence.cards[composite]["covers"])
        # The parts replace the composite only when all of them can; of two that overlap the first stays.
        if inside <= set(kinds) or inside & held:
            dropped.add(composite)
        else:
            dropped |= inside
            held |= inside
    return dropped


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
        ``yi`` and ``vi`` are NaN where the measure of the analysis cannot be had. ``difference``,
        ``ci_low`` and ``ci_high`` are as printed. ``gain`` is positive for a benefit, negative for a harm,
        0 for neither, and NaN where neither end of the outcome is better.
    """
    results, reported = (
        [row for row in evidence.rows[table].get(contrast["trial_id"], []) if is_result(row) and wanted(row)]
        for table in ("results", "reported")
    )
    until = contrast["until_weeks"]
    arms = [row for row in results if not isfinite(until) or row["timepoint_weeks"] <= until]
    printed = [row for row in reported if row["contrast"] == contrast["contrast"]]
    return [
        *_from_arms(evidence, arms, contrast, choice),
        *_from_reported(evidence, printed, contrast, choice),
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
        a, b = arms
        difference = a.events / a.n - b.events / b.n if outcome["form"] == "events" else a.mean - b.mean
        if not isfinite(difference):
            continue
        yi, vi, more = measure.from_arms(a, b, outcome["form"], row["timepoint_weeks"])
        effect = yi if isfinite(yi) else difference
        # An analysis in another measure, such as of hazards, has no use for these arms.
        pooled = (yi, vi) if measure_of(choice) in (measure, None) else (nan, nan)
        whole = isfinite(a.n + b.n)
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
            n_intervention=a.n,
            n_comparator=b.n,
            events_intervention=a.events,
            events_comparator=b.events,
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


def _from_reported(evidence, rows: list[dict], contrast: dict, choice: dict):
    """Yield an estimate for each effect that is printed."""
    for row in rows:
        if not isfinite(row["estimate"]):
            continue
        outcome, printed = evidence.outcomes["outcomes"][row["outcome"]], MEASURES[row["measure"]]
        if isfinite(row["n"]):
            n, basis = row["n"], basis_of(row)
            count = BASIS_STEPS.get(basis)
        else:
            n, basis = contrast["people"], "assumed"
            count = "n not reported with the difference, so the number in the study was used"
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
    if not isfinite(df):
        return se_from_ci(low, high), ["SE from the 95% CI"]
    step = f"SE from the 95% CI, t distribution with {df:g} degrees of freedom"
    return se_from_ci(low, high, df=df), [step]


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

    ``effect`` is on the scale where no difference is 0, and ``pooled`` the same and its variance in the
    measure of the analysis. ``sign`` is 1 where a positive effect is a benefit, -1 where it is a harm.
    """
    yi, vi = pooled
    turned = bool(sign and measure_of(choice)) and (sign > 0) != choice["higher_is_better"]
    unknown = "ci_low ci_high n_intervention n_comparator events_intervention events_comparator".split()
    return {
        **{key: contrast[key] for key in ("trial_id", "label", "contrast")},
        "kind": contrast["trial_kind"],
        **{key: row[key] for key in ("outcome", "timepoint_weeks", "source_kind", "source", "locator")},
        "yi": float(-yi if turned else yi),
        "vi": float(vi),
        "gain": effect * sign if sign else nan,
        "steps": (*steps, *(["sign reversed, because a higher value is worse"] if turned else [])),
        **dict.fromkeys(unknown, nan),
        **told,
    }


def eligible_contrasts(evidence, choice: dict) -> list[dict]:
    """Select the randomized contrasts that an analysis asks about, composites included when it wants them.

    Returns
    -------
    one mapping per contrast, of its columns but the kind
        with ``label``, ``people``, ``covers`` and ``trial_kind`` ("trial" or "composite") of its trial
    """
    found = []
    for trial_id, (trial,) in evidence.rows["trials"].items():
        asked = trial["question"] == choice["question"] and trial["status"] == "included"
        asked = asked and (trial["unit"] == "trial" or choice.get("composites", False))
        if not asked or trial_id in choice.get("leave_out", []):
            continue
        of_trial = {key: trial[key] for key in ("label", "people", "covers")} | {"trial_kind": trial["unit"]}
        for contrast in evidence.rows["contrasts"].get(trial_id, []):
            if contrast["kind"] in choice["contrast_kinds"]:
                found.append({key: value for key, value in contrast.items() if key != "kind"} | of_trial)
    return found
