"""Says results in words that follow the numbers: the sentences that chapters and the front page glue in."""

from alsreview.direction import count_directions, directions, unread
from alsreview.evidence import evidence_hash, load_evidence
from alsreview.formats import count, interval, listed, number, percent
from alsreview.pooling import Pooled, analysis, meaning, synthesise, tally

HALF_YEAR = 6
INTERVENTION = {"exercise": "exercise", "nibs": "stimulation"}


def facts(analysis_id: str, *, root=None) -> dict[str, str]:
    """Give every number and sentence that a chapter says about an analysis.

    Returns
    -------
    name to text
        Names are ``<analysis_id>.<fact>``; a test holds each sentence against the computed numbers.
    """
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    found = {"asks": choice["asks"]} | _direction_facts(analysis_id, choice, root)
    if choice["synthesis"] == "pool":
        result = synthesise(analysis_id, root=root)
        found |= _counts(result, root) | _missing_facts(analysis_id, root)
        if isinstance(result, Pooled):
            found |= _pooled_facts(analysis_id, result, choice, root)
        elif len(result.trials) == 1:
            found |= _single_facts(result.trials.iloc[0], choice, root)
        found["why"] = result.why
    return {f"{analysis_id}.{name}": text for name, text in found.items()}


def share_facts(glue, *analysis_ids: str, root=None) -> None:
    """Hand the facts of analyses to ``myst_nb.glue``, which carries them into a chapter's sentences."""
    for analysis_id in analysis_ids:
        for name, text in facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def evidence_facts(*, root=None) -> dict[str, str]:
    """Give what a chapter says about the evidence as a whole."""
    evidence = load_evidence(root)
    trials = evidence.trials[evidence.trials.unit == "trial"]
    named = {"protocol.specified": f"{evidence.protocol['specified']:%-d %B %Y}"}
    named |= {
        "protocol.timing": evidence.protocol["timing"],
        "protocol.last_search": evidence.protocol["last_search"],
    }
    named["evidence.hash"] = evidence_hash(evidence.root)
    for question, rows in trials[trials.allocation.eq("randomized") & trials.excluded.isna()].groupby(
        "question"
    ):
        named[f"{question}.trials"] = str(len(rows))
        named[f"{question}.people"] = f"{rows.people.sum():.0f}"
    full = evidence.sources.kind.eq("primary_fulltext").groupby(evidence.sources.trial_id).any()
    named["evidence.fulltext"] = f"{full.sum() or 'none'} of the {len(trials)}"
    return named


def share_evidence(glue, *, root=None) -> None:
    """Hand the facts about the evidence as a whole to ``myst_nb.glue``."""
    for name, text in evidence_facts(root=root).items():
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
    counts = count_directions(directions(analysis_id, root=root))
    return {name: str(value) for name, value in counts.items()} | {
        "directions": _direction_sentence(counts, INTERVENTION[choice["question"]])
    }


def _direction_sentence(counts: dict[str, int], what: str) -> str:
    """Say how many trials point where, and for how many that cannot be told."""
    known = {
        f"towards {what}": counts["favours_intervention"],
        "away from it": counts["favours_comparator"],
        "to neither side": counts["no_direction"],
        "both ways": counts["mixed"],
    }
    total = sum(known.values())
    unknown = [
        f"for {counts[key]} {why}"
        for key, why in (("unknown", "the direction is unknown"), ("silent", "nothing was seen"))
        if counts[key]
    ]
    if counts["not_counted"]:
        more = counts["not_counted"]
        unknown.append(f"{more} more {'is' if more == 1 else 'are'} shown and not counted")
    if not total:
        return (
            f"The direction of no trial can be told: {listed(unknown)}." if unknown else "There is no trial."
        )
    ways = [f"{n} {'points' if n == 1 else 'point'} {way}" for way, n in known.items() if n]
    rest = f"; {listed(unknown)}" if unknown else ""
    return f"Of {count(total, 'trial')} whose direction can be told, {listed(ways)}{rest}."


def reported_words(row) -> str:
    """Say in a few words what a trial reports: the authors' words first, then the side of an estimate."""
    stated = {
        "no_difference": "reports no difference",
        "favours_intervention": "reports a difference in favour",
        "favours_comparator": "reports a difference against",
    }.get(row.stated, "")
    if row.basis != "estimate":
        return stated or "no result seen"
    side = {
        "favours_intervention": "in favour",
        "favours_comparator": "against",
        "no_direction": "exactly zero",
    }.get(row.direction, "of unknown direction")
    agrees = row.stated == row.direction
    return stated if agrees else f"{stated}, its estimate is {side}" if stated else f"its estimate is {side}"


def _missing_facts(analysis_id: str, root) -> dict[str, str]:
    absent = unread(analysis_id, root=root)
    people = absent.people.sum()
    parts = [
        f"{row.label} ({count(row.people, 'person')}, {reported_words(row)})" for row in absent.itertuples()
    ]
    if absent.empty:
        return {
            "missing": "No eligible trial is missing from this.",
            "missing_trials": "0",
            "missing_people": "0",
        }
    verb = "is" if len(absent) == 1 else "are"
    sentence = (
        f"{count(len(absent), 'trial')} with {count(people, 'person')} {verb} not in this: {listed(parts)}."
    )
    return {
        "missing": sentence,
        "missing_trials": str(len(absent)),
        "missing_people": f"{people:.0f}",
    }


def _pooled_facts(analysis_id: str, result: Pooled, choice: dict, root) -> dict[str, str]:
    named = {
        "estimate": number(result.estimate, 1),
        "interval": interval(result.ci_low, result.ci_high, 1),
        "prediction": interval(result.pi_low, result.pi_high, 1),
        "i2": percent(result.i2),
        "tau2": number(result.tau2, 2),
        "q_p": number(result.q_p, 2),
    }
    for key in ("wald", "hk"):
        other = (
            synthesise(analysis_id, alternative=key, root=root)
            if key in choice.get("alternatives", {})
            else None
        )
        if isinstance(other, Pooled):
            named[f"interval_{key}"] = interval(other.ci_low, other.ci_high, 1)
    if choice["measure"] == "MD":
        named |= _meaning_facts(result.estimate, result.ci_low, result.ci_high, choice, root)
    return named


def _meaning_facts(estimate: float, low: float, high: float, choice: dict, root) -> dict[str, str]:
    at = meaning(HALF_YEAR, root=root)
    what = INTERVENTION[choice["question"]]
    return {
        "decline": interval(*at.decline, 1),
        "thresholds": interval(*at.thresholds, 1),
        "share": f"{number(at.percent(estimate)[0], 0)} to {percent(at.percent(estimate)[1])}",
        "verdict": verdict(low, high, at.thresholds[0], what),
        "verdict_plain": verdict_plain(low, high, at.thresholds[0], what),
    }


def verdict(low: float, high: float, worthwhile: float, what: str) -> str:
    """Say what an interval of benefit allows, with words that follow certainty and not significance.

    Parameters
    ----------
    low, high : limits of the benefit, positive in favour of the intervention
    worthwhile : smallest benefit that counts as worthwhile, in the same unit
    what : name of the intervention
    """
    if low <= 0 <= high:
        if high >= worthwhile and low <= -worthwhile:
            return (
                "The interval holds an important benefit, no effect and an important harm: "
                f"the effect of {what} is unknown."
            )
        if high >= worthwhile:
            return (
                "The interval holds both no effect and an important benefit: "
                f"it does not tell whether {what} helps."
            )
        return f"The interval holds no effect and only small benefits of {what}."
    if high < 0:
        return f"The interval lies wholly on the side of harm from {what}."
    if low >= worthwhile:
        return f"The whole interval lies above the smallest benefit of {what} that surveys call worthwhile."
    return f"The interval excludes no effect of {what}, but not one too small to matter."


def verdict_plain(low: float, high: float, worthwhile: float, what: str) -> str:
    """Say the same in plain words."""
    if low <= 0 <= high and high >= worthwhile:
        return f"We do not know yet whether {what} slows the loss of function."
    if low <= 0 <= high:
        return f"If {what} slows the loss of function at all, it does so only a little."
    if high < 0:
        return f"People who had {what} lost function faster."
    sure = "clearly" if low >= worthwhile else "perhaps only a little"
    return f"People who had {what} lost function more slowly, {sure}."


def _single_facts(trial, choice: dict, root) -> dict[str, str]:
    """Describe a single estimate; a monthly loss is said as points lost less or more."""
    at = meaning(1, root=root)
    gain = 1 if choice["higher_is_better"] else -1
    low, high = sorted((gain * trial.ci_low, gain * trial.ci_high))
    what = INTERVENTION[choice["question"]]
    return {
        "label": trial.label,
        "estimate": number(trial.yi, 2),
        "interval": interval(trial.ci_low, trial.ci_high, 2),
        "change": f"{number(abs(trial.yi), 2)} points a month {_side(gain * trial.yi)}",
        "change_interval": f"{number(abs(high), 2)} {_side(high)} to {number(abs(low), 2)} {_side(low)}",
        "steps": "; ".join(trial.steps),
        "thresholds": interval(*at.thresholds, 2),
        "decline": interval(*at.decline, 2),
        "verdict": verdict(low, high, at.thresholds[0], what),
        "verdict_plain": verdict_plain(low, high, at.thresholds[0], what),
    }


def _side(gain: float) -> str:
    return "less" if gain >= 0 else "more"
