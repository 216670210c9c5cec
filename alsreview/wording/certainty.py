"""Says how certain a result is, and who says so."""

from alsreview.certainty import Certainty
from alsreview.formats import count, interval, number, p_value, percent


def certainty_words(found: Certainty) -> str:
    """Say a rating with its standing: proposed by rule, or decided by whom, when and why."""
    if found.status == "not rated":
        return "The certainty is not rated: no trial gave a usable result."
    rated = f"Certainty of the evidence (GRADE): {found.rating}"
    decision = found.decision
    if found.status == "decided":
        how = "as proposed" if decision["decision"] == "accepted" else f"proposed was {decision['proposed']}"
        return f"{rated}, decided by {decision['by']} on {decision['date']} ({how}): {decision['reason']}."
    if found.status == "outdated":
        old = f"the decision of {decision['date']} was on another proposal ({decision['proposed']})"
        return f"{rated}, proposed by rules written after seeing the data; {old} and no longer holds."
    return f"{rated}, proposed by rules written after seeing the data; not yet confirmed."


def standing_words(found: Certainty) -> str:
    """Say a rating and its standing in a table's cell."""
    if found.status == "not rated":
        return "not rated"
    return f"{found.rating}, {'decided' if found.status == 'decided' else 'proposed'}"


def statement(verdict: str, what: str, outcome: str) -> str:
    """Say a verdict in GRADE's own phrases.

    Parameters
    ----------
    verdict : as `alsreview.certainty.verdict` gives it
    what, outcome : the intervention and the outcome, in words
    """
    if verdict == "not rated":
        return f"No study gave a usable result on the effect of {what} on {outcome}."
    if verdict == "very uncertain":
        return f"The evidence is very uncertain about the effect of {what} on {outcome}."
    to = " to" if verdict.endswith("difference") else ""
    return f"{what[0].upper()}{what[1:]} {verdict}{to} {outcome}."


def sign_words(tested, what: str) -> str:
    """Say what the sign test gives."""
    if tested.why_not:
        return tested.why_not
    share = f"{percent(100 * tested.low)} to {percent(100 * tested.high)}"
    limits = f"the exact 95 % interval of the share in favour is {share}"
    return (
        f"Of {count(tested.n, 'estimate')}, {tested.favour} {'lies' if tested.favour == 1 else 'lie'} on the "
        f"side of {what}, whatever the p values; {limits}, and the sign test gives p {p_value(tested.p)}."
    )


def combined_words(combined) -> str:
    """Say the combination of p values, or why there is none."""
    if combined.why_not:
        return f"The p values are not combined: {combined.why_not[0].lower()}{combined.why_not[1:]}"
    return f"Fisher's combination of {combined.k} one-sided p values gives p {p_value(combined.p)}."


def value_words(value: float, unit: str) -> str:
    """Print the value of an input of the rules; "not computed" where it is unknown."""
    if value != value:
        return "not computed"
    return {"percent": percent, "p": p_value}.get(unit, lambda x: number(x, 0))(value)


def cut_words(rule: dict, unit: str) -> str:
    """Print where a rule cuts."""
    words = {"at_least": "{} or more", "at_most": "{} or fewer", "below": "below {}"}
    (test,) = words.keys() & rule.keys()
    plain = f"{rule[test]:g} %" if unit == "percent" else f"{rule[test]:g}"
    said = ("p " if unit == "p" else "") + words[test].format(plain)
    return f"{said}, or unknown" if rule.get("when_unknown") == "met" else said


def decline_words(row) -> str | None:
    """Print how far people differ in what they lose: a standard deviation, or the middle of the people."""
    if row.sd == row.sd:
        return f"SD {number(row.sd)}"
    return f"95 % of people: {interval(row.low, row.high)}" if row.low == row.low else None


def levels_words(domain) -> str:
    """Print the levels that a domain takes off."""
    if domain.levels:
        return f"downgraded {count(domain.levels, 'level')}"
    if domain.capped:
        return "counted once, in another domain"
    return "flagged" if domain.met else "not downgraded"
