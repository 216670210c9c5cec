"""Shows the certainty of each result: summary of findings, domains, rules and decisions."""

import pandas as pd

from livingreview.certainty import Certainty, analysis_of, rated_analyses
from livingreview.effects.sources import is_assumed
from livingreview.exhibits.effects import effect_words
from livingreview.exhibits.harms import harm_finding
from livingreview.formats import count, in_words, is_missing, number, p_value, percent
from livingreview.reviews import Analysis, Review
from livingreview.statistics import people_behind, tally
from livingreview.tables import Table, html_table, numbered

FINDINGS = "lr-table lr-findings"
SIGNS = {"high": "\u2295\u2295\u2295\u2295", "moderate": "\u2295\u2295\u2295\u25cb"}
SIGNS |= {"low": "\u2295\u2295\u25cb\u25cb", "very low": "\u2295\u25cb\u25cb\u25cb"}


def summary_of_findings(review: Review, question: str) -> Table:
    """Show what was found for each outcome, how certain it is, and in footnotes what lowers the certainty."""
    notes: dict[str, int] = {}
    outcomes = review.questions[question].get("outcomes", ())
    rows = [_finding(review, entry, question, notes) for entry in outcomes]
    columns = {
        "outcome": "Outcome",
        "trials": "Studies",
        "people": "Participants analysed",
        "effect": "Effect (95% CI)",
        "rating": "Certainty of the evidence",
        "words": "What it means",
    }
    caption = f"Summary of findings: {_asked(review, question)}"
    table = html_table(
        pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns, classes=FINDINGS
    )
    return Table(table.html + numbered(list(notes), "lr-notes"))


def domains_table(review: Review, question: str) -> Table:
    """Show for each rated analysis the inputs of every domain of GRADE and the levels it lowers."""
    rules = review.evidence.grade.rules
    rows = [
        {
            "title": analysis.choice["domain"].capitalize(),
            "domain": domain.name,
            "found": ". ".join(_input_words(rules, name, value) for name, value in domain.inputs)
            or "cannot be assessed",
            "taken": _levels(domain),
            "why": _reason(domain, analysis) if domain.met else None,
        }
        for analysis in _of_question(review, question)
        for domain in analysis.certainty.proposal.domains
    ]
    columns = {
        "title": "Outcome",
        "domain": "Domain",
        "found": "Inputs",
        "taken": "Downgraded by",
        "why": "Reason",
    }
    caption = f"Reasons for downgrading: {_asked(review, question)}"
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns)


def rules_table(review: Review) -> Table:
    """Print the rules: what they test, their cut-offs, the levels they downgrade by, and why."""
    rules = review.evidence.grade.rules
    rows = [
        {
            "domain": rules["inputs"][rule["input"]]["domain"],
            "input": rules["inputs"][rule["input"]]["label"],
            "cut": _cut(rule, rules["inputs"][rule["input"]]["unit"]),
            "levels": count(rule["levels"], "level") if rule["levels"] else "flag",
            "why": rule["why"],
        }
        for rule in rules["rules"].values()
    ]
    columns = {
        "domain": "Domain",
        "input": "Quantity computed",
        "cut": "Cut-off",
        "levels": "Downgrades by",
        "why": "Reason",
    }
    return html_table(
        pd.DataFrame(rows), caption="Rules that propose the certainty of the evidence", columns=columns
    )


def decisions_table(review: Review) -> Table:
    """List what is proposed for each analysis and what a person decided on it."""
    rows = []
    for analysis_id in rated_analyses(review.evidence):
        found = review[analysis_id].certainty
        said = found.decision or {}
        rows.append(
            {
                "title": review[analysis_id].choice["title"],
                "proposed": found.proposal.rating or "not rated",
            }
            | {"status": "unconfirmed" if found.status in ("proposed", "not rated") else found.status}
            | {key: said.get(key) for key in ("rating", "by", "date", "reason")}
        )
    columns = {
        "title": "Analysis",
        "proposed": "Proposed rating",
        "status": "Status",
        "rating": "Decided",
        "by": "By",
        "date": "Date",
        "reason": "Reason",
    }
    frame = pd.DataFrame(rows)
    # Until somebody decides, the columns of decisions would hold nothing.
    shown = {key: head for key, head in columns.items() if frame[key].notna().any()}
    return html_table(frame, caption="Proposed and confirmed ratings", columns=shown)


def _asked(review: Review, question: str) -> str:
    asked = review.questions[question]
    return f"{asked['intervention']} compared with {asked['comparator']} for {asked['population']}"


def _of_question(review: Review, question: str) -> list[Analysis]:
    """Order the rated analyses of a question by the importance of their outcomes."""
    domains = [entry.get("domain") for entry in review.questions[question].get("outcomes", ())]
    rated = [review[key] for key in rated_analyses(review.evidence)]
    return sorted(
        (each for each in rated if each.choice["question"] == question),
        key=lambda each: [*domains, each.choice["domain"]].index(each.choice["domain"]),
    )


def _finding(review: Review, entry: dict, question: str, notes: dict[str, int]) -> dict:
    """Return the row of an outcome: that of the analysis that answers it, or of its harms."""
    if "domain" not in entry:
        return harm_finding(review, question, entry["label"], entry.get("harms", []))
    analysis_id = analysis_of(question, entry["domain"], review.evidence)
    if not analysis_id:
        nothing = {"trials": "0", "people": "0", "effect": "No analysis", "rating": "not rated"}
        return {"outcome": entry["label"], **nothing, "words": "The review has no analysis of this outcome."}
    analysis = review[analysis_id]
    choice, found = analysis.choice, analysis.certainty
    trials, people = _counted(analysis)
    rules = review.evidence.grade.rules
    # A domain may point back at a note of an earlier row, so that the numbers come out of order.
    marks = sorted(_mark(domain, analysis, notes) for domain in found.proposal.domains if domain.met)
    return {
        "outcome": choice["domain"].capitalize(),
        "trials": trials,
        "people": people,
        "effect": effect_words(analysis),
        "rating": _rating_words(found) + (f" [{', '.join(map(str, marks))}]" if marks else ""),
        "words": statement(found.verdict, choice["intervention"], choice["domain"])
        if rules
        else "The certainty of the evidence has not been rated.",
    }


def _rating_words(found: Certainty) -> str:
    """Return a rating and whether a person decided it."""
    if found.status == "not rated":
        return "not rated"
    status = "decided" if found.status == "decided" else "proposed"
    return f"{SIGNS[found.rating]} {found.rating}, {status}"


def statement(verdict: str, what: str, outcome: str) -> str:
    """Return a verdict in GRADE's standard phrases.

    Parameters
    ----------
    verdict : as `livingreview.certainty.grade` gives it
    what, outcome : the intervention and the outcome, in words
    """
    if verdict == "not rated":
        return f"No study gave a usable result on the effect of {what} on {outcome}."
    if verdict == "very uncertain":
        return f"The evidence is very uncertain about the effect of {what} on {outcome}."
    to = " to" if verdict.endswith("difference") else ""
    return f"{what[0].upper()}{what[1:]} {verdict}{to} {outcome}."


def _mark(domain, analysis: Analysis, notes: dict[str, int]) -> int:
    """Number the footnote of a domain; the same note keeps its number."""
    note = f"{domain.name.capitalize()} ({_levels(domain)}): {_reason(domain, analysis)}"
    return notes.setdefault(note, len(notes) + 1)


def _reason(domain, analysis: Analysis) -> str:
    """Return why a domain lowers the rating; an input that is unknown may have a reason of its own."""
    rule = analysis.evidence.grade.rules["rules"][domain.met[0]]
    unknown = is_missing(dict(domain.inputs)[rule["input"]].value)
    says = rule.get("says_unknown", rule["says"]) if unknown else rule["says"]
    return _with_sides(says, analysis) + named(domain)


def _with_sides(says: str, analysis: Analysis) -> str:
    """Put into a reason how far the confidence interval reaches for ``{benefit}`` and ``{harm}``."""
    thresholds, result = analysis.certainty.thresholds, analysis.result
    if not thresholds:
        return says
    for name, what, reach in (
        ("{benefit}", "benefit", result.gain_high),
        ("{harm}", "worsening", -result.gain_low),
    ):
        every = f"an important {what} (by every threshold)"
        some = f"a {what} that reaches the smallest but not the largest threshold"
        says = says.replace(name, every if reach >= max(thresholds) else some)
    return says


def _counted(analysis: Analysis) -> tuple[str, str]:
    """Count the trials and the people analysed behind an estimate, or behind the known directions."""
    result = analysis.result
    if result.k:
        counts = tally(result.trials, analysis.evidence)
        units = f" ({count(counts['units'], 'estimate')})" if counts["units"] != counts["trials"] else ""
        assumed = result.trials.people[result.trials.n_basis.map(is_assumed).astype(bool)].sum()
        return f"{counts['trials']}{units}", _people_words(counts["people"], assumed)
    known = analysis.directions.query("counted")
    people = people_behind(known)
    randomized = known.n.isna()
    assumed = known.n_basis.map(is_assumed).astype(bool) & ~randomized
    return str(len(known)), _people_words(people.sum(), people[assumed].sum(), people[randomized].sum())


def _people_words(people: float, assumed: float, randomized: float = 0) -> str:
    """Count people, and say how many are assumed to have been analysed or known only as randomised."""
    said = [f"{'all' if assumed == people else number(assumed, 0)} assumed"] if assumed else []
    if randomized:
        share = "" if randomized == people else f"{number(randomized, 0)} "
        said.append(f"{share}randomised, number analysed not given with the result")
    return number(people, 0) + (f" ({'; '.join(said)})" if said else "")


def named(domain) -> str:
    """Name the studies behind a reason."""
    return f" ({', '.join(domain.studies)})" if domain.studies else ""


def _input_words(rules: dict, name: str, found) -> str:
    entry = rules["inputs"][name]
    why = f" ({entry['unknown']})" if is_missing(found.value) and "unknown" in entry else ""
    return f"{entry['label']}: {_value(found.value, entry['unit'])}{why}"


def _value(value: float, unit: str) -> str:
    """Print the value of an input of the rules."""
    if is_missing(value):
        return "not computed"
    return {"percent": percent, "p": p_value}.get(unit, lambda x: number(x, 0))(value)


def _cut(rule: dict, unit: str) -> str:
    """Print the cut-off of a rule."""
    words = {"at_least": "{} or more", "at_most": "{} or fewer", "below": "below {}"}
    (test,) = words.keys() & rule.keys()
    plain = f"{rule[test]:g}%" if unit == "percent" else f"{rule[test]:g}"
    said = ("p " if unit == "p" else "") + words[test].format(plain)
    return f"{said}, or unknown" if rule.get("when_unknown") == "met" else said


def _levels(domain) -> str:
    """Print the levels by which a domain lowers the rating."""
    if domain.levels:
        return f"downgraded {in_words(domain.levels)} level{'s' if domain.levels > 1 else ''}"
    if domain.capped:
        return (
            "not downgraded again: unavailable information has already lowered the rating in another domain"
        )
    return "flagged" if domain.met else "not downgraded"
