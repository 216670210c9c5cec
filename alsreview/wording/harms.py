"""Says in sentences what trials report of harm, computed from the rows of ``harms.csv``."""

from collections.abc import Collection

from alsreview.certainty import APART, Harm, compared, harm_trials, harms
from alsreview.evidence import load_evidence
from alsreview.formats import in_words, listed

HARM_WORDS = {
    "serious_adverse_events": "serious adverse events",
    "adverse_events": "adverse events",
    "related_adverse_events": "adverse events related to the intervention",
    "falls": "falls",
    "seizures": "seizures",
    "deaths": "deaths",
    "withdrawals": "withdrawals",
}
STATEMENT_WORDS = {
    "none_stated": "none stated",
    "none_related_stated": "none related stated",
    "judged_safe": "judged safe by the authors",
    "no_counts": "mentioned without usable counts",
    "not_mentioned": "not mentioned in the available reports",
    "results_not_seen": "results not seen",
}
# How a sentence counts a trial: by the first of these that holds. {harm} and {what} stand for both names.
_SAID = (
    ("none_stated", "reported no {harm}"),
    ("none_related_stated", "reported none linked to {what}"),
    ("judged_safe", "judged {what} safe"),
    ("no_counts", "mentioned {harm} without usable numbers"),
)


def harm_sentences(question: str, *, trials: Collection[str] | None = None, root=None) -> str:
    """Say how many trials mentioned harm, what they said of it, and how many did not mention it.

    Parameters
    ----------
    question, trials, root : as for `alsreview.certainty.harms`
    """
    evidence = load_evidence(root)
    chosen = [each for each in harm_trials(question, evidence) if trials is None or each in trials]
    found = [harm for harm in harms(question, trials=trials, root=root).values() if harm.harm not in APART]
    if not chosen:
        return "No trial was found that could tell of harm."
    said = _said(chosen, found, evidence.protocol["questions"][question]["intervention"])
    if not said:
        return _rest(chosen, found)
    of = f"{in_words(sum(said.values())).capitalize()} of {in_words(len(chosen))} trials"
    parts = [f"{'it' if len(chosen) == 1 else in_words(n)} {words}" for words, n in said.items()]
    first = f"{'The only trial' if len(chosen) == 1 else of} mentioned harm: {listed(parts)}."
    return " ".join(filter(None, [first, _counts(found, root), _rest(chosen, found)]))


def _said(trials: list[str], found: list[Harm], what: str) -> dict[str, int]:
    """Count the trials that speak of harm by what they say, each of them once, the most definite first."""
    phrases = {
        "gave counts": {trial_id for harm in found for trial_id in harm.counts.trial_id},
    }
    for statement, words in _SAID:
        for harm in found:
            phrase = words.format(harm=HARM_WORDS[harm.harm], what=what)
            phrases[phrase] = phrases.get(phrase, set()) | set(harm.statements.get(statement, ()))
    said, left = {}, set(trials)
    for phrase, ids in phrases.items():
        said |= {phrase: len(left & ids)} if left & ids else {}
        left -= ids
    return said


def _counts(found: list[Harm], root) -> str:
    """Say how many trials count a harm in both arms."""
    both = {trial_id for harm in found for trial_id in compared(harm, root=root).trial_id}
    if both:
        return f"{in_words(len(both)).capitalize()} gave numbers for both arms."
    some = any(len(harm.counts) for harm in found)
    return "None gave numbers for both arms." if some else "None gave numbers that we could use."


def _rest(trials: list[str], found: list[Harm]) -> str:
    """Say why the other trials say nothing; that they do not is no sign of safety."""
    mentioned = {trial_id for harm in found for trial_id in harm.reported}
    left = [trial_id for trial_id in trials if trial_id not in mentioned]
    unseen = {each for harm in found for each in harm.statements.get("results_not_seen", ())} & set(left)
    silent = {each for harm in found for each in harm.statements.get("not_mentioned", ())} & set(
        left
    ) - unseen
    none = "The available reports do not mention harm." if silent and not mentioned else ""
    unrecorded = set(left) - unseen - silent
    more = " more" if mentioned or silent else ""
    sentences = (
        (silent, none),
        (unseen, f"The results on harm of {in_words(len(unseen))}{more} were not available to us."),
        (unrecorded, f"Nothing on harm has been recorded yet for {in_words(len(unrecorded))} of them."),
        (silent, "Trials that do not mention harm may still have caused some."),
    )
    return " ".join(words for chosen, words in sentences if chosen and words)
