"""Judges the risk of bias of a trial by what was published on it: one rule for every use."""


def trial_bias(evidence, trial_id: str) -> str:
    """Judge a trial by every published reading: "high", "low" or "unclear", which holds what was not seen.

    One judgement of high makes it high; low needs an overall judgement of low and none that differs. A
    composite is as good as the worst trial inside it, and "unclear" unless all of them are low.
    """
    inside = evidence.cards[trial_id].get("covers") or [trial_id]
    each = [_bias(evidence.cards[trial].get("risk_of_bias", [])) for trial in inside]
    return "high" if "high" in each else "low" if set(each) == {"low"} else "unclear"


def _bias(readings: list[dict]) -> str:
    if any(reading["judgement"] == "high" for reading in readings):
        return "high"
    overall = {reading["judgement"] for reading in readings if reading["domain"] == "overall"}
    return "low" if overall == {"low"} else "unclear"
