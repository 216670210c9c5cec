"""Names in words what the data and the protocol code."""

from livingreview.evidence import trial_status

ESTIMATE_WORDS = {
    "adjusted": "adjusted scores",
    "slope": "slopes",
    "change": "change",
    "end": "end scores",
    "percent_change": "percentage change",
    "events": "participants with the event",
    "time_to_event": "time to the event",
    "rate": "events over time",
}
INTERVAL_WORDS = {"hk_adhoc": "modified HK", "hk": "HK", "wald": "Wald"}
METHOD_WORDS = {
    "REML": "REML",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "ML": "maximum likelihood",
    "EE": "equal effects",
}
ALLOCATION_WORDS = {
    "randomized": "randomised",
    "unclear": "unclear whether randomised",
    "not_randomized": "not randomised",
}

STATUS_WORDS = {
    "included": "included",
    "excluded": "excluded",
    "awaiting": "awaiting classification",
}
ROB2_WORDS = {
    "randomisation": "Randomisation process",
    "deviations": "Deviations from intended interventions",
    "missing_data": "Missing outcome data",
    "measurement": "Measurement of the outcome",
    "reporting": "Selection of the reported result",
    "overall": "Overall",
}
AT_LEAST = {"some concerns to high": "at least some concerns"}
RISK_WORDS = AT_LEAST | {"low to high": "low to high: not assessable from the available reports"}
ANSWER_WORDS = {
    "Y": "yes",
    "PY": "probably yes",
    "PN": "probably no",
    "N": "no",
    "NI": "no information",
    "NA": "not applicable",
    "not_seen": "unanswered",
}

STATEMENT_WORDS = {
    "none_stated": "none, according to the source",
    "none_related_stated": "no related events, according to the source",
    "judged_safe": "judged safe by the authors",
    "no_counts": "mentioned without usable counts",
    "not_mentioned": "not mentioned in the available reports",
    "results_not_seen": "results not available to us",
}
FOUND_WORDS = {
    "literature": "articles, abstracts and their records",
    "registry": "registry entries",
    "review": "tables of earlier reviews",
    "website": "other websites",
}
STATED_WORDS = {
    "no_difference": "reports no difference",
    "favours_intervention": "reports a difference in favour of the intervention",
    "favours_comparator": "reports a difference against",
    "unclear": "reports an unclear result",
}
SIDE_WORDS = {
    "favours_intervention": "estimate in favour",
    "favours_comparator": "estimate against",
    "no_direction": "estimate exactly zero",
    "mixed": "conflicting estimates",
}


def part_words(protocol: dict) -> dict[str, str]:
    """Return the words for the parts of the boxes of the flow of studies: places, reasons and groups."""
    declared = protocol.get("reasons", {}) | protocol["groups"]
    return FOUND_WORDS | {name: each["words"] for name, each in declared.items()}


def reported_words(row) -> str:
    """Return what a trial reports, in a few words: the authors' statement, then the side of its estimate."""
    stated = STATED_WORDS.get(row.stated, "")
    if row.basis != "estimate":
        return stated or "no result in the available reports"
    side = SIDE_WORDS.get(row.direction, "estimate of unknown direction")
    if row.stated == row.direction:
        return stated
    return f"{stated}; {side}" if stated else side


def status_words(card: dict) -> str:
    """Return the status of a trial in this review, with the reason where it is not included."""
    status = trial_status(card)
    reasons = {"excluded": card.get("excluded"), "awaiting": "allocation not shown to be random"}
    return f"{STATUS_WORDS[status]}: {reasons[status]}" if status in reasons else STATUS_WORDS[status]


def contrast_words(arms: dict, contrast: dict) -> str:
    """Name the two arms of a comparison, the second as it stands within a sentence."""
    first, second = (arms[contrast[side]]["label"] for side in ("intervention", "comparator"))
    # A capital after the first letter, as in TENS, belongs to the name.
    inside = second[:1].lower() + second[1:] if second[1:2].islower() else second
    return f"{first} against {inside}"
