"""Turns a rating and an effect into the verdict that GRADE's phrases express."""

HEDGES = {"high": "", "moderate": "probably ", "low": "may "}
_VERBS = ("improves", "slightly improves", "makes little or no difference", "slightly worsens", "worsens")


def verdict(rating: str | None, gain: float | None, thresholds: tuple[float, ...] = ()) -> str:
    """Return the verdict on one outcome, as a fixed vocabulary and never a sentence.

    Parameters
    ----------
    rating : certainty of the evidence, one of ``RATINGS``; None where it is not rated
    gain : the effect, positive in favour of the intervention; None where only directions are known
    thresholds : every declared threshold of an important effect, in the unit of ``gain``

    Returns
    -------
    str
        "not rated", "very uncertain", or a hedge by the certainty ("", "probably", "may") before "improves",
        "slightly improves", "makes little or no difference", "slightly worsens" or "worsens", such as "may
        improve". An effect that is important under some thresholds and not under others is slight.

    References
    ----------
    Santesso et al. (2020), GRADE guidelines 26, doi:10.1016/j.jclinepi.2019.10.014.
    """
    if rating is None:
        return "not rated"
    if rating == "very low" or gain is None:
        return "very uncertain"
    verb = _verb(gain, thresholds)
    return HEDGES[rating] + (_bare(verb) if rating == "low" else verb)


def _verb(gain: float, thresholds: tuple[float, ...]) -> str:
    if not thresholds or abs(gain) < min(thresholds):
        return "makes little or no difference"
    slight = "slightly " if abs(gain) < max(thresholds) else ""
    return slight + ("improves" if gain > 0 else "worsens")


def _bare(verb: str) -> str:
    """Turn "improves" into "improve", as it stands after "may"."""
    return verb.replace("makes", "make").replace("improves", "improve").replace("worsens", "worsen")


VERDICTS = ("not rated", "very uncertain") + tuple(
    hedge + (_bare(verb) if hedge == "may " else verb) for hedge in HEDGES.values() for verb in _VERBS
)
