"""Shows the certainty of each result: summary of findings, domains, rules and decisions."""

from livingreview.certainty import RATINGS, Certainty, analysis_of, rated_analyses
from livingreview.charts import DIRECTIONS
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import is_assumed
from livingreview.exhibits.harms import harm_finding
from livingreview.exhibits.words import capital, sized
from livingreview.formats import count, in_words, interval, is_missing, number, p_value, percent
from livingreview.reviews import Analysis, Review
from livingreview.statistics import directions, has_thresholds, people_behind, tally
from livingreview.tables import Table, numbered, table


def summary_of_findings(review: Review, question: str) -> Table:
    """Show what was found for each outcome, how certain it is, and in footnotes what lowers the certainty."""
    notes: dict[str, int] = {}
    outcomes = review.questions[question].get("outcomes", ())
    rows = [_finding(review, entry, question, notes) for entry in outcomes]
    columns = {
        "Outcome": "outcome",
        "Studies": "trials",
        "Participants analysed": "people",
        "Effect (95% CI)": "effect",
        "Certainty of the evidence": "rating",
        "What it means": "words",
    }
    caption = f"Summary of findings: {_asked(review, question)}"
    shown = table(caption, rows, columns, classes="lr-table lr-findings")
    return Table(shown.html + numbered(list(notes), "lr-notes"))


def domains_table(review: Review, question: str) -> Table:
    """Show for each rated analysis the inputs of every domain of GRADE and the levels it lowers."""
    inputs = review.evidence.grade.rules.get("inputs", {})
    domains = [entry.get("domain") for entry in review.questions[question].get("outcomes", ())]
    rated = [review[key] for key in rated_analyses(review.evidence)]
    rated = [analysis for analysis in rated if analysis.choice["question"] == question]
    # In the order of importance of their outcomes.
    rated.sort(key=lambda each: [*domains, each.choice["domain"]].index(each.choice["domain"]))
    rows = [
        {
            "title": capital(analysis.choice["domain"]),
            "domain": domain.name,
            "found": ". ".join(_input_words(inputs[name], found.value) for name, found in domain.inputs)
            or "cannot be assessed",
            "taken": _levels(domain),
            "why": _reason(domain, analysis) if domain.met else None,
        }
        for analysis in rated
        for domain in analysis.certainty.domains
    ]
    columns = {
        "Outcome": "title",
        "Domain": "domain",
        "Inputs": "found",
        "Downgraded by": "taken",
        "Reason": "why",
    }
    return table(f"Reasons for downgrading: {_asked(review, question)}", rows, columns)


def _input_words(entry: dict, value: float) -> str:
    """Print an input of the rules with its value."""
    if is_missing(value):
        said = "not computed" + (f" ({entry['unknown']})" if "unknown" in entry else "")
    else:
        said = {"percent": percent, "p": p_value}.get(entry["unit"], lambda x: number(x, 0))(value)
    return f"{entry['label']}: {said}"


def rules_table(review: Review) -> Table:
    """Print the rules: what they test, their cut-offs, the levels they downgrade by, and why."""
    rules = review.evidence.grade.rules
    rows = [rules["inputs"][rule["input"]] | rule for rule in rules["rules"].values()]
    columns = {
        "Domain": "domain",
        "Quantity computed": "label",
        "Cut-off": _cut,
        "Downgrades by": lambda rule: count(rule["levels"], "level") if rule["levels"] else "flag",
        "Reason": "why",
    }
    return table("Rules that propose the certainty of the evidence", rows, columns)


def _cut(rule: dict) -> str:
    """Print the cut-off of a rule."""
    words = {"at_least": "{} or more", "at_most": "{} or fewer", "below": "below {}"}
    (test,) = words.keys() & rule.keys()
    plain = f"{rule[test]:g}%" if rule["unit"] == "percent" else f"{rule[test]:g}"
    said = ("p " if rule["unit"] == "p" else "") + words[test].format(plain)
    return f"{said}, or unknown" if rule.get("when_unknown") == "met" else said


def decisions_table(review: Review) -> Table:
    """List what is proposed for each analysis and what a person decided on it."""
    rows = []
    for analysis_id in rated_analyses(review.evidence):
        found, said = review[analysis_id].certainty, review[analysis_id].certainty.decision or {}
        rows.append(
            {
                "Analysis": review[analysis_id].choice["title"],
                "Proposed rating": found.proposed or "not rated",
                "Status": "unconfirmed" if found.status in ("proposed", "not rated") else found.status,
                "Decided": said.get("rating"),
            }
            | {name.capitalize(): said.get(name) for name in ("by", "date", "reason")}
        )
    # Until somebody decides, the columns of decisions would hold nothing.
    shown = dict.fromkeys(head for row in rows for head, cell in row.items() if cell is not None)
    columns = {head: head for head in ("Analysis", "Proposed rating", "Status", *shown)}
    return table("Proposed and confirmed ratings", rows, columns)


def _asked(review: Review, question: str) -> str:
    asked = review.questions[question]
    return f"{asked['intervention']} compared with {asked['comparator']} for {asked['population']}"


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
    # The same note keeps its number, so a domain may point back at that of an earlier row.
    said = [
        f"{domain.name.capitalize()} ({'downgraded ' if domain.levels else ''}{_levels(domain)}): "
        f"{_reason(domain, analysis)}"
        for domain in found.domains
        if domain.met
    ]
    marks = sorted(notes.setdefault(note, len(notes) + 1) for note in said)
    return {
        "outcome": capital(choice["domain"]),
        "trials": trials,
        "people": people,
        "effect": _effect_words(analysis),
        "rating": _rating_words(found) + (f" [{', '.join(map(str, marks))}]" if marks else ""),
        "words": statement(found.verdict, choice["intervention"], choice["domain"])
        if review.evidence.grade.rules
        else "The certainty of the evidence has not been rated.",
    }


def _rating_words(found: Certainty) -> str:
    """Return a rating and whether a person decided it."""
    if found.status == "not rated":
        return "not rated"
    status = "decided" if found.status == "decided" else "proposed"
    filled = RATINGS.index(found.rating) + 1
    signs = "\u2295" * filled + "\u25cb" * (len(RATINGS) - filled)
    return f"{signs} {found.rating}, {status}"


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
    if verdict == "not judged":
        return (
            f"The size of the effect of {what} on {outcome} is not judged: no threshold of importance is set."
        )
    to = " to" if verdict.endswith("difference") else ""
    return f"{capital(what)} {verdict}{to} {outcome}."


def _levels(domain) -> str:
    """Print the levels by which a domain lowers the rating."""
    if domain.levels:
        return f"{in_words(domain.levels)} level{'s' if domain.levels > 1 else ''}"
    if domain.capped:
        return "no level again for missing information"
    return "flagged" if domain.met else "no level"


def _reason(domain, analysis: Analysis) -> str:
    """Return why a domain lowers the rating; an input that is unknown may have a reason of its own."""
    rule = analysis.evidence.grade.rules["rules"][domain.met[0]]
    unknown = is_missing(dict(domain.inputs)[rule["input"]].value)
    says = rule.get("says_unknown", rule["says"]) if unknown else rule["says"]
    studies = f" ({', '.join(domain.studies)})" if domain.studies else ""
    return _with_sides(says, analysis) + studies


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


def _effect_words(analysis: Analysis) -> str:
    """Return the absolute effect of an analysis, or in how many trials which direction was found."""
    choice, result = analysis.choice, analysis.result
    if not result.k:
        return _direction_words(analysis)
    measure, what = measure_of(choice), choice["intervention"]
    if measure.risk is not None or measure.ratio:
        return _risk_words(analysis)
    ci = result.ci_low, result.ci_high
    if not has_thresholds(choice):
        # No expected decline is known either.
        better = f"{'higher' if choice['higher_is_better'] else 'lower'} is better"
        size = f"{number(result.estimate, measure.digits)} {choice['unit']}"
        return f"{size} (95% CI {interval(*ci, measure.digits)}; {better})"
    at = analysis.meaning
    decline = interval(*at.decline, measure.digits)
    way = "less" if result.gain >= 0 else "more"
    reach = [_amount(each, "less", measure.digits) for each in (result.gain_high, result.gain_low)]
    size = f"{number(abs(result.gain), measure.digits)} {measure.unit} {way}"
    change = f"with {what} {size} (95% CI {' to '.join(reach)})"
    if measure.monthly:
        return f"Expected loss {decline} points a month; {change}"
    time = f"{number(at.months, 1)} months (the average time of measurement)"
    return f"Expected loss over {time}: {decline} points; {change}"


def _amount(gain: float, positive: str, digits: int) -> str:
    return f"{number(abs(gain), digits)} {positive if gain >= 0 else 'more'}"


def _risk_words(analysis: Analysis) -> str:
    """Write a relative effect and, where events were counted, the absolute effect per 1,000."""
    choice, measure, result = analysis.choice, measure_of(analysis.choice), analysis.result
    scaled = result.estimate, result.ci_low, result.ci_high
    estimate, *limits = map(measure.printed, scaled)
    size = f"{number(estimate, measure.digits)} (95% CI {interval(*limits, measure.digits)})"
    words, trials = f"{capital(measure.label)} {size}", result.trials
    # The Cochrane Handbook (chapter 14) takes the risk in the comparator arms of the included studies.
    risk = trials.events_comparator.sum(skipna=False) / trials.n_comparator.sum(skipna=False)
    if measure.risk is None or is_missing(risk):
        return words
    changes = [-measure.absolute_difference(value, risk) for value in scaled]
    estimate, *limits = (_amount(change, "fewer", 0) for change in changes)
    return (
        f"{words}. With {choice['comparator']} {number(1000 * risk, 0)} per 1,000; "
        f"with {choice['intervention']} {estimate} (95% CI {limits[0]} to {limits[1]})"
    )


def _direction_words(analysis: Analysis) -> str:
    """Count the directions of effect, with what a composite printed that covers some of the trials."""
    counts = analysis.direction_counts | {"unknown": 0}
    told = [f"{counts[key]} {words}" for key, (_, _, words) in DIRECTIONS.items() if counts.get(key)]
    said = [f"Directions of effect: {', '.join(told)}" if told else "No estimate or direction"]
    units = analysis.evidence.trials.set_index("trial_id").unit
    every = directions(analysis.id, analysis.evidence, every_outcome=True)
    pooled = every[every.trial_id.map(units).eq("composite") & every.difference.notna()]
    said += [
        f"{row.label}, {row.outcome_label}: {sized(row.difference, row.ci_low, row.ci_high)}"
        for row in pooled.itertuples()
    ]
    return ". ".join(said)
