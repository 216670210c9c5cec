"""Gives every number and sentence that a chapter glues in, so that words move with the numbers."""

from alsreview.certainty import certainty
from alsreview.direction import combine_p, count_directions, directions, sign_test, unread
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.formats import count, interval, listed, number, percent
from alsreview.pooling import (
    FEWEST_FOR_PREDICTION,
    Pooled,
    analysis,
    declared_thresholds,
    has_thresholds,
    meaning,
    measured_meaning,
    months_asked,
    synthesise,
    tally,
    why_missing,
)
from alsreview.wording.certainty import certainty_words, combined_words, sign_words, statement
from alsreview.wording.origins import origin_words
from alsreview.wording.sentences import (
    assumed_sentence,
    direction_sentence,
    headline,
    missing_words,
)
from alsreview.wording.verdicts import interval_words, plain_answer, recipe_words

NOT_ESTIMABLE = "not estimable"


def facts(analysis_id: str, *, root=None) -> dict[str, str]:
    """Give every number and sentence that a chapter says about an analysis.

    Returns
    -------
    name to text
        Names are ``<analysis_id>.<fact>``. An analysis that is pooled has the same names whatever the
        number of its trials, so that a chapter still builds when trials come and go.
    """
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    found = {"asks": choice["asks"]} | _direction_facts(analysis_id, choice, root)
    if evidence.grade.rules:
        found["certainty"] = certainty_words(certainty(analysis_id, root=root))
    if choice["synthesis"] == "pool":
        result = synthesise(analysis_id, root=root)
        found |= _counts(result, root) | _missing_facts(analysis_id, choice, root)
        found |= _result_facts(analysis_id, result, choice, root)
        rated = certainty(analysis_id, root=root)
        said = statement(rated.verdict, choice["intervention"], choice["domain"])
        found["verdict"] = f"{said} {found['includes']}".strip()
        found["verdict_plain"] = plain_answer(rated.verdict, choice["intervention"])
        found |= {"headline": headline(found, result, choice), "assumed": assumed_sentence(result.trials)}
        found |= {"why": result.why, "origins": origin_words(result)}
    return {f"{analysis_id}.{name}": text for name, text in found.items()}


def share_facts(glue, *analysis_ids: str, root=None) -> None:
    """Hand the facts of analyses to ``myst_nb.glue``, which carries them into a chapter's sentences."""
    for analysis_id in analysis_ids:
        for name, text in facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def _counts(result, root) -> dict[str, str]:
    counts = tally(result.trials, root)
    return {
        "k": str(counts["units"]),
        "units": count(counts["units"], "unit"),
        "trials": count(counts["trials"], "trial"),
        "people": count(counts["people"], "person"),
        "labels": listed(list(result.trials.label)),
    }


def _direction_facts(analysis_id: str, choice: dict, root) -> dict[str, str]:
    trials = directions(analysis_id, root=root)
    counts, what = count_directions(trials), choice["intervention"]
    return {name: str(value) for name, value in counts.items()} | {
        "directions": direction_sentence(counts, what),
        "signs": sign_words(sign_test(trials), what),
        "combined": combined_words(combine_p(trials)),
    }


def _missing_facts(analysis_id: str, choice: dict, root) -> dict[str, str]:
    absent = unread(analysis_id, root=root)
    people = absent.people.sum()
    parts = [f"{row.label} ({missing_words(row, choice)})" for row in absent.itertuples()]
    if absent.empty:
        return {
            "missing": "No eligible trial is missing from this.",
            "missing_trials": "0",
            "missing_people": "0",
            "missing_why": "No result is missing.",
        }
    verb = "is" if len(absent) == 1 else "are"
    sentence = (
        f"{count(len(absent), 'trial')} with {count(people, 'person')} {verb} not in this: {listed(parts)}."
    )
    evidence = load_evidence(root)
    unread_ones = sum(why_missing(evidence, trial_id) == "unread" for trial_id in absent.trial_id)
    return {
        "missing": sentence,
        "missing_trials": str(len(absent)),
        "missing_people": f"{people:.0f}",
        "missing_why": _missing_why(unread_ones, len(absent) - unread_ones),
    }


def _missing_why(unread_ones: int, unreported: int) -> str:
    """Keep apart what we did not read and what a full paper leaves out."""
    parts = (
        [f"for {count(unread_ones, 'trial')} because we did not read the full paper"] if unread_ones else []
    )
    parts += [f"for {count(unreported, 'trial')} because the full paper leaves it out"] if unreported else []
    return f"A usable result is missing {listed(parts)}."


def _result_facts(analysis_id: str, result, choice: dict, root) -> dict[str, str]:
    """Give the numbers of a result, pooled or single, under the same names."""
    named = dict.fromkeys(("prediction", "i2", "tau2", "q_p", "composite_weight"), NOT_ESTIMABLE)
    at = measured_meaning(result, choice, root=root)
    limits = declared_thresholds(result, choice, root=root)
    if isinstance(result, Pooled):
        named |= _effect_facts(result.estimate, result.ci_low, result.ci_high, choice, at, limits)
        named |= {
            "prediction": interval(*result.prediction, 1)
            if result.k >= FEWEST_FOR_PREDICTION
            else NOT_ESTIMABLE,
            "i2": percent(result.i2),
            "tau2": number(result.tau2, 2),
            "q_p": number(result.q_p, 2),
            "composite_weight": percent(_composite_weight(result)),
        }
    elif len(result.trials):
        only = result.trials.iloc[0]
        named |= _effect_facts(only.yi, only.ci_low, only.ci_high, choice, at, limits)
    else:
        named |= dict.fromkeys(("estimate", "interval", "change", "change_interval"), NOT_ESTIMABLE)
        named |= dict.fromkeys(("share", "share_interval"), NOT_ESTIMABLE) | {"includes": ""}
    if has_thresholds(choice):
        named |= _times(choice, at, root) | {"months": number(at.months, 1) if result.k else NOT_ESTIMABLE}
    recipes = [result] if isinstance(result, Pooled) else []
    for key in ("wald", "hk"):
        known = key in choice.get("alternatives", {})
        other = synthesise(analysis_id, alternative=key, root=root) if known else None
        pooled = isinstance(other, Pooled)
        named[f"interval_{key}"] = interval(other.ci_low, other.ci_high, 1) if pooled else NOT_ESTIMABLE
        recipes += [other] if pooled else []
    return named | {"recipes": recipe_words([(each.ci_low, each.ci_high) for each in recipes])}


def _composite_weight(result: Pooled) -> float:
    trials = result.trials
    return float(trials.weight[trials.kind == "composite"].sum())


def _effect_facts(estimate, low, high, choice: dict, at, thresholds) -> dict[str, str]:
    """Say an effect as it is, and as a benefit beside what people lose and what surveys call worthwhile."""
    measure = measure_of(choice)
    digits = measure.digits
    named = {"estimate": number(estimate, digits), "interval": interval(low, high, digits)}
    gain = 1 if choice["higher_is_better"] else -1
    worst, best = sorted((gain * low, gain * high))
    if not has_thresholds(choice):
        return named | {"includes": interval_words(worst, best, ())}
    share = at.percent(gain * estimate)
    limits = at.percent(worst)[0], at.percent(best)[1]
    return named | {
        "change": f"{number(abs(estimate), digits)} {measure.unit} {_side(gain * estimate)}",
        "change_interval": f"{_amount(best, digits)} to {_amount(worst, digits)}",
        "share": f"{number(share[0], 0)} to {percent(share[1])}",
        "share_interval": f"{number(limits[0], 0)} to {percent(limits[1])}",
        "includes": interval_words(worst, best, thresholds),
    }


def _times(choice: dict, measured, root) -> dict[str, str]:
    """Give the expected decline and the derived thresholds at the times a chapter speaks of."""
    times = {"": months_asked(choice), "_measured": measured.months}
    measure = measure_of(choice)
    times |= {} if measure.monthly else {"_3": 3}
    digits = measure.digits
    named = {}
    for suffix, months in times.items():
        at = meaning(months, root=root)
        named[f"decline{suffix}"] = interval(*at.decline, digits)
        named[f"thresholds{suffix}"] = interval(*at.thresholds, digits)
    return named


def _amount(gain: float, digits: int) -> str:
    return f"{number(abs(gain), digits)} {_side(gain)}"


def _side(gain: float) -> str:
    return "less" if gain >= 0 else "more"
