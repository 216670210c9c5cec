"""Names, in plain words, what the data and the protocol code."""

from alsreview.evidence import trial_status

ESTIMATE_WORDS = {
    "adjusted": "adjusted scores",
    "slope": "slopes",
    "change": "change",
    "end": "end scores",
    "percent_change": "percentage change",
}
INTERVAL_WORDS = {"hk_guarded": "guarded HK", "hk": "HK", "wald": "Wald"}
METHOD_WORDS = {
    "REML": "REML",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "ML": "maximum likelihood",
    "EE": "equal effects",
}
MEASURE_WORDS = {
    "MD": "mean difference",
    "SMD": "Hedges' g",
    "MD_per_month": "mean difference per month",
}
UNIT_WORDS = {"MD": "points", "SMD": "Hedges' g", "MD_per_month": "points a month"}
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
