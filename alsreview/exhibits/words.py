"""Names, in plain words, what the data and the protocol code."""

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
INTERVAL_WORDS = {"hk_guarded": "guarded HK", "hk": "HK", "wald": "Wald"}
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


def contrast_words(arms: dict, contrast: dict) -> str:
    """Name the two arms of a comparison, the second as it stands within a sentence."""
    first, second = (arms[contrast[side]]["label"] for side in ("intervention", "comparator"))
    # A capital after the first letter, as in TENS, belongs to the name.
    inside = second[:1].lower() + second[1:] if second[1:2].islower() else second
    return f"{first} against {inside}"
