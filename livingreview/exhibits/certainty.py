"""Shows the certainty of each result: summary of findings, domains, rules and decisions."""

import pandas as pd

from livingreview.certainty import Certainty, analysis_of, certainty, rated_analyses
from livingreview.effects.sources import is_assumed
from livingreview.evidence import load_evidence
from livingreview.exhibits.effects import effect_words
from livingreview.exhibits.harms import harm_finding
from livingreview.exhibits.html import numbered
from livingreview.formats import count, in_words, is_missing, number, p_value, percent
from livingreview.statistics import analysis, directions, people_behind, synthesise, tally
from livingreview.tables import Table, html_table

FINDINGS = "lr-table lr-findings"
SIGNS = {"high": "\u2295\u2295\u2295\u2295", "moderate": "\u2295\u2295\u2295\u25cb"}
SIGNS |= {"low": "\u2295\u2295\u25cb\u25cb", "very low": "\u2295\u25cb\u25cb\u25cb"}


def summary_of_findings(question: str, *, root=None) -> Table:
    """Show what was found for each outcome, how certain it is, and in footnotes what lowers the certainty."""
    evidence = load_evidence(root)
    notes: dict[str, int] = {}
    outcomes = evidence.protocol["questions"][question].get("outcomes", ())
    rows = [_finding(entry, question, evidence, notes, root) for entry in outcomes]
    columns = {
        "outcome": "Outcome",
        "trials": "Studies",
        "people": "Participants analysed",
        "effect": "Effect (95% CI)",
        "rating": "Certainty of the evidence",
        "words": "What it means",
    }
    caption = f"Summary of findings: {_asked(evidence, question)}"
    table = html_table(
        pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns, classes=FINDINGS
    )
    return Table(table.html + numbered(list(notes), "lr-notes"))


def domains_table(question: str, *, root=None) -> Table:
    """Show for each rated analysis the inputs of every domain of GRADE and the levels it lowers."""
    evidence = load_evidence(root)
    rules = evidence.grade.rules
    rows = [
        {
            "title": analysis(analysis_id, evidence)["domain"].capitalize(),
            "domain": domain.name,
            "found": ". ".join(_input_words(rules, name, value) for name, value in domain.inputs)
            or "cannot be assessed",
            "taken": _levels(domain),
            "why": _reason(domain, rules) if domain.met else None,
        }
        for analysis_id in _of_question(evidence, question, root)
        for domain in certainty(analysis_id, root=root).proposal.domains
    ]
    columns = {
        "title": "Outcome",
        "domain": "Domain",
        "found": "Inputs",
        "taken": "Downgraded by",
        "why": "Reason",
    }
    caption = f"Reasons for downgrading: {_asked(evidence, question)}"
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns)


def rules_table(*, root=None) -> Table:
    """Print the rules: what they test, their cut-offs, the levels they downgrade by, and why."""
    rules = load_evidence(root).grade.rules
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


def decisions_table(*, root=None) -> Table:
    """List what is proposed for each analysis and what a person decided on it."""
    evidence = load_evidence(root)
    rows = []
    for analysis_id in rated_analyses(root=root):
        found = certainty(analysis_id, root=root)
        said = found.decision or {}
        rows.append(
            {
                "title": analysis(analysis_id, evidence)["title"],
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


def _asked(evidence, question: str) -> str:
    asked = evidence.protocol["questions"][question]
    return f"{asked['intervention']} compared with {asked['comparator']} for {asked['population']}"


def _of_question(evidence, question: str, root) -> list[str]:
    """Order the rated analyses of a question by the importance of their outcomes."""
    outcomes = evidence.protocol["questions"][question].get("outcomes", ())
    ranked = [entry.get("domain") for entry in outcomes]
    choices = {key: analysis(key, evidence) for key in rated_analyses(root=root)}
    rated = [key for key, choice in choices.items() if choice["question"] == question]
    domains = {key: choices[key]["domain"] for key in rated}
    places = {
        key: ranked.index(domain) if domain in ranked else len(ranked) for key, domain in domains.items()
    }
    return sorted(rated, key=places.get)


def _finding(entry: dict, question: str, evidence, notes: dict[str, int], root) -> dict:
    """Return the row of an outcome: that of the analysis that answers it, or of its harms."""
    if "domain" not in entry:
        return harm_finding(entry["label"], entry.get("harms", []), question, root=root)
    analysis_id = analysis_of(question, entry["domain"], root=root)
    if not analysis_id:
        nothing = {"trials": "0", "people": "0", "effect": "No analysis", "rating": "not rated"}
        return {"outcome": entry["label"], **nothing, "words": "The review has no analysis of this outcome."}
    choice, found = analysis(analysis_id, evidence), certainty(analysis_id, root=root)
    trials, people = _counted(analysis_id, root)
    # A domain may point back at a note of an earlier row, so that the numbers come out of order.
    marks = sorted(_mark(domain, evidence, notes) for domain in found.proposal.domains if domain.met)
    return {
        "outcome": choice["domain"].capitalize(),
        "trials": trials,
        "people": people,
        "effect": effect_words(analysis_id, evidence, root),
        "rating": _rating_words(found) + (f" [{', '.join(map(str, marks))}]" if marks else ""),
        "words": statement(found.verdict, choice["intervention"], choice["domain"])
        if evidence.grade.rules
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


def _mark(domain, evidence, notes: dict[str, int]) -> int:
    """Number the footnote of a domain; the same note keeps its number."""
    note = f"{domain.name.capitalize()} ({_levels(domain)}): {_reason(domain, evidence.grade.rules)}"
    return notes.setdefault(note, len(notes) + 1)


def _reason(domain, rules: dict) -> str:
    """Return why a domain lowers the rating; an input that is unknown may have a reason of its own."""
    rule = rules["rules"][domain.met[0]]
    unknown = is_missing(dict(domain.inputs)[rule["input"]].value)
    says = rule.get("says_unknown", rule["says"]) if unknown else rule["says"]
    return says + named(domain)


def _counted(analysis_id: str, root) -> tuple[str, str]:
    """Count the trials and the people analysed behind an estimate, or behind the known directions."""
    result = synthesise(analysis_id, root=root)
    if result.k:
        counts = tally(result.trials, root)
        units = f" ({count(counts['units'], 'estimate')})" if counts["units"] != counts["trials"] else ""
        assumed = result.trials.people[result.trials.n_basis.map(is_assumed).astype(bool)].sum()
        return f"{counts['trials']}{units}", _people_words(counts["people"], assumed)
    known = directions(analysis_id, root=root).query("counted")
    people = people_behind(known)
    randomized = known.n.isna()
    assumed = known.n_basis.map(is_assumed).astype(bool) & ~randomized
    return str(len(known)), _people_words(people.sum(), people[assumed].sum(), people[randomized].sum())


def _people_words(people: float, assumed: float, randomized: float = 0) -> str:
    """Count people, and say how many are assumed to have been analysed or known only as randomised."""
    said = [f"{'all' if assumed == people else number(assumed, 0)} assumed"] if assumed else []
    if randomized:
        share = "" if randomized == people else f"{number(randomized, 0)} "
        said.append(f"{share}randomised, number analysed unknown")
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
