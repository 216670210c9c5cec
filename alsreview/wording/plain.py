"""Says a result in plain words for people with ALS and their carers, and never surer than the evidence is."""

from alsreview.certainty import certainty
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.formats import count, number
from alsreview.pooling import Pooled, analysis, measured_meaning, synthesise
from alsreview.wording.evidence import evidence_facts
from alsreview.wording.facts import facts
from alsreview.wording.plain_people import people_facts
from alsreview.wording.sentences import assumed_trials
from alsreview.wording.verdicts import is_undecided, verdict_plain

NAME = {"exercise": "exercise", "nibs": "brain stimulation"}
# As sure as the rating: the verbs that GRADE asks for, made plain; each follows what is done.
SLOWS = {"high": "slows", "moderate": "probably slows", "low": "may slow"}
HASTENS = {"high": "hastens", "moderate": "probably hastens", "low": "may hasten"}
LEAVES = {"high": "changes", "moderate": "probably changes", "low": "may change"}
TRUST = {
    "high": "We can trust these numbers well (high certainty).",
    "moderate": "We can trust these numbers fairly well (moderate certainty), but the truth may differ.",
    "low": "We can trust these numbers only a little (low certainty): the truth may be quite different.",
    "very low": (
        "We can hardly trust these numbers (very low certainty): the truth is likely to be quite different."
    ),
}
STANDING = {
    "proposed": "Fixed rules say so, and no person has confirmed it yet.",
    "outdated": "Fixed rules say so, and what a person said before no longer fits them.",
    "decided": "A person weighed this and said so.",
}
POINTS = "The points count everyday abilities, and more points are better."
AVERAGE = "An average does not tell what will happen to you."
ASK = {
    "exercise": "Talk with your own care team before you start, change or stop a programme.",
    "nibs": "Talk with your own care team before you try brain stimulation.",
}


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
    result, question = synthesise(analysis_id, root=root), choice["question"]
    told = _result_facts(analysis_id, result, choice, known, root)
    told |= {"missing": _missing(known, result.k), "read": _read(root)}
    told |= {"average": AVERAGE, "ask": ASK[question]}
    told |= people_facts(choice, evidence)
    return {f"{analysis_id}.plain.{name}": text for name, text in told.items()}


def share_plain(glue, *analysis_ids: str, root=None) -> None:
    """Hand the plain summaries of analyses to ``myst_nb.glue``."""
    for analysis_id in analysis_ids:
        for name, text in plain_facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def _result_facts(analysis_id: str, result, choice: dict, known: dict, root) -> dict[str, str]:
    what, rated = NAME[choice["question"]], certainty(analysis_id, root=root)
    if not result.k:
        return {
            "answer": f"We do not know yet whether {what} slows the loss of function: no study can tell.",
            "numbers": "No study gave a number that we could use.",
            "not_mean": _neither(what),
        } | dict.fromkeys(("points", "scale", "sure"), "")
    effect = result if isinstance(result, Pooled) else result.trials.iloc[0]
    gain = 1 if choice["higher_is_better"] else -1
    limits = sorted((gain * effect.ci_low, gain * effect.ci_high))
    worthwhile = measured_meaning(result, choice, root=root).thresholds[0]
    settled = "One result does not settle it: new studies can change it."
    return {
        "answer": answer(*limits, worthwhile, what, rated.rating),
        "numbers": _numbers(effect, choice, known, result.trials),
        "points": POINTS,
        "scale": _scale(choice, known),
        "sure": _sure(rated),
        "not_mean": _neither(what) if is_undecided(*limits, worthwhile) else settled,
    }


def answer(low: float, high: float, worthwhile: float, what: str, rating: str | None) -> str:
    """Answer whether an intervention slows the loss of function, no surer than the evidence is.

    Parameters
    ----------
    low, high, worthwhile, what : as for `alsreview.wording.verdict`
    rating : certainty by GRADE; None where nobody could rate it
    """
    if is_undecided(low, high, worthwhile):
        return verdict_plain(low, high, worthwhile, what)
    verbs, seen = (SLOWS, "slower loss") if low > 0 else (HASTENS, "faster loss")
    sure = worthwhile <= low or high <= -worthwhile
    size = "" if sure else ", perhaps only a little"
    if low <= 0 <= high:
        verbs, seen, size = LEAVES, "little change", " only a little, if at all"
    if rating in verbs:
        return f"{what.capitalize()} {verbs[rating]} the loss of function{size}."
    return f"The studies point to {seen} with {what}, but they are too weak to say if it is the cause."


def _neither(what: str) -> str:
    return f"This does not say that {what} works, nor that it does not."


def _sure(rated) -> str:
    if rated.rating is None:
        return "Nobody has rated yet how far to trust these numbers."
    return f"{TRUST[rated.rating]} {STANDING[rated.status]}"


def _numbers(effect, choice: dict, known: dict, trials) -> str:
    """Say what the studies found, and how far off the truth may be."""
    what, other = NAME[choice["question"]], choice.get("comparator_plain", choice["comparator"])
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
