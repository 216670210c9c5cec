"""Names, in plain words, what the data and the protocol code."""

from alsreview.evidence import trial_status

ESTIMATE_WORDS = {
    "adjusted": "adjusted scores",
    "slope": "slopes",
    "change": "change",
    "end": "end scores",
    "percent_change": "percentage change",
    "events": "people with the event",
    "time_to_event": "time to the event",
    "rate": "events over time",
}
INTERVAL_WORDS = {"hk_guarded": "modified HK", "hk": "HK", "wald": "Wald"}
METHOD_WORDS = {
    "REML": "REML",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "ML": "maximum likelihood",
    "EE": "equal effects",
}
QUESTION_WORDS = {
    "exercise": "exercise",
    "nibs": "brain stimulation",
    "both": "exercise with brain stimulation",
    "respiratory": "breathing muscles",
}
ALLOCATION_WORDS = {
    "randomized": "randomized",
    "unclear": "unclear whether randomized",
    "not_randomized": "not randomized",
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
RISK_WORDS = {
    "low to high": "low to high: not assessable from the available reports",
    "some concerns to high": "at least some concerns",
}
ANSWER_WORDS = {
    "Y": "yes",
    "PY": "probably yes",
    "PN": "probably no",
    "N": "no",
    "NI": "no information",
    "NA": "not applicable",
    "not_seen": "not seen",
}


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
