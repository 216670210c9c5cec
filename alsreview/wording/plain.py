"""Says a result in plain words for people with ALS and their carers, and never surer than the evidence is."""

from alsreview.certainty import certainty
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.formats import count, number
from alsreview.pooling import Pooled, analysis, synthesise
from alsreview.wording.evidence import evidence_facts
from alsreview.wording.facts import facts
from alsreview.wording.plain_people import people_facts
from alsreview.wording.sentences import assumed_trials
from alsreview.wording.verdicts import plain_answer

TRUST = {
    "high": "We can trust these numbers well (high certainty).",
    "moderate": "We can trust these numbers fairly well (moderate certainty), but the truth may differ.",
    "low": "We can trust these numbers only a little (low certainty): the truth may be quite different.",
    "very low": (
        "We have very little confidence in these results (very low certainty): the truth is likely to be "
        "quite different."
    ),
}
STANDING = {
    "proposed": "This was rated by rules written after seeing the data; it is not yet confirmed.",
    "outdated": "Rules written after seeing the data rated this; a decision on an earlier rating is void.",
    "decided": "A person weighed this and decided so.",
}
POINTS = "The points count everyday abilities, and more points are better."
AVERAGE = "An average does not tell what will happen to you."
ASK = "Talk to your care team before you start, change or stop any of this."


def plain_facts(analysis_id: str, *, root=None) -> dict[str, str]:
    """Give the plain summary of an analysis that is told in points, as sentences.

    Returns
    -------
    name to text
        Names are ``<analysis_id>.plain.<fact>``, the same however many trials there are.

    Raises
    ------
    ValueError
        When the analysis has no difference in points to tell.
    """
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    if not getattr(measure_of(choice), "points", False):
        found = choice.get("measure", "none")
        raise ValueError(
            f"{analysis_id}: measure: expected a difference in points to say it plainly, found {found}"
        )
    said = facts(analysis_id, root=root)
    known = {name.removeprefix(f"{analysis_id}."): text for name, text in said.items()}
    result = synthesise(analysis_id, root=root)
    told = _result_facts(analysis_id, result, choice, known, root)
    told |= {"missing": _missing(known, result.k), "read": _read(root)}
    told |= {"average": AVERAGE, "ask": ASK}
    told |= people_facts(choice, evidence)
    return {f"{analysis_id}.plain.{name}": text for name, text in told.items()}


def share_plain(glue, *analysis_ids: str, root=None) -> None:
    """Hand the plain summaries of analyses to ``myst_nb.glue``."""
    for analysis_id in analysis_ids:
        for name, text in plain_facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def _result_facts(analysis_id: str, result, choice: dict, known: dict, root) -> dict[str, str]:
    what, rated = choice["intervention"], certainty(analysis_id, root=root)
    if not result.k:
        return {
            "answer": plain_answer(rated.verdict, what),
            "numbers": "No study gave a number that we could use.",
            "not_mean": _neither(what),
        } | dict.fromkeys(("points", "scale", "sure"), "")
    effect = result if isinstance(result, Pooled) else result.trials.iloc[0]
    settled = "One result does not settle it: new studies can change it."
    return {
        "answer": plain_answer(rated.verdict, what),
        "numbers": _numbers(effect, choice, known, result.trials),
        "points": POINTS,
        "scale": _scale(choice, known),
        "sure": _sure(rated),
        "not_mean": _neither(what) if rated.verdict == "very uncertain" else settled,
    }


def _neither(what: str) -> str:
    return f"This does not say that {what} works, nor that it does not."


def _sure(rated) -> str:
    if rated.rating is None:
        return "Nobody has rated yet how far to trust these numbers."
    return f"{TRUST[rated.rating]} {STANDING[rated.status]}"


def _numbers(effect, choice: dict, known: dict, trials) -> str:
    """Say what the studies found, and how far off the truth may be."""
    what, other = choice["intervention"], choice["comparator"]
    estimate = effect.estimate if hasattr(effect, "estimate") else effect.yi
    verb = "lost" if measure_of(choice).monthly else "scored"
    studies = count(int(known["trials"].split()[0]), "study")
    return (
        f"In {studies} with {known['people']}, people with {what} {verb} {_points(estimate, choice)} "
        f"on average than people with {other}. "
        f"The results fit anything from {_points(effect.ci_low, choice)} "
        f"to {_points(effect.ci_high, choice)}." + _assumed(trials)
    )


def _assumed(trials) -> str:
    """Say when we assumed how many people the numbers stand for, and for how many of them."""
    assumed = assumed_trials(trials)
    if len(assumed) == len(trials):
        return " How many people the numbers stand for is not told, so we assumed it."
    people = int(assumed.people.sum())
    return f" For {people} of these people we had to assume that they were counted." if people else ""


def _points(value: float, choice: dict) -> str:
    measure = measure_of(choice)
    less, more = ("less", "more") if measure.monthly else ("lower", "higher")
    return f"{number(abs(value), measure.digits)} {measure.unit} {more if value >= 0 else less}"


def _scale(choice: dict, known: dict) -> str:
    if measure_of(choice).monthly:
        return f"People with ALS lose about {known['decline']} points a month."
    one, months = known["trials"] == "1 trial", f"measured this over {known['months']} months"
    time = f"The study {months}." if one else f"The studies {months} on average."
    return f"{time} In that time people with ALS lose about {known['decline_measured']} points."


def _missing(known: dict, k: int) -> str:
    trials, people = int(known["missing_trials"]), int(known["missing_people"])
    if not trials:
        return "No study that fits is missing from this."
    more = f"{trials} more {'study' if trials == 1 else 'studies'}" if k else count(trials, "study")
    return f"{more} with {count(people, 'person')} gave us no number that we could use."


def _read(root) -> str:
    full = evidence_facts(root=root)["evidence.fulltext"]
    return f"We read short summaries and single tables. We read the full paper of {full} reports."
