"""Says which lines an estimate or its confidence interval crossed between two states of an analysis."""

from alsreview.evidence import load_evidence
from alsreview.formats import is_missing, number
from alsreview.statistics import analysis, has_thresholds, measured_meaning, synthesise


def crossings(analysis_id: str, before: dict, after: dict, *, root=None) -> list[str]:
    """Say how the meaning of a result changed.

    Parameters
    ----------
    analysis_id : key of the present protocol; the thresholds are those of the time that the present
        result was measured over
    before, after : ``estimate``, ``ci_low`` and ``ci_high``, missing where there is none

    Returns
    -------
    a sentence for each line crossed
        no effect, by the interval or by the estimate; and the derived thresholds of what is worthwhile
    """
    choice = analysis(analysis_id, load_evidence(root))
    if choice["synthesis"] != "pool":
        return []
    one, other = (_benefit(state, choice) for state in (before, after))
    if one is None or other is None:
        return _come_or_gone(one, other)
    what = choice["intervention"]
    said = _effect_words(one, other, what)
    if not has_thresholds(choice):
        return said
    thresholds = measured_meaning(synthesise(analysis_id, root=root), choice, root=root).thresholds
    for name, points in zip(("smallest", "largest"), thresholds, strict=True):
        said += _threshold_words(one, other, points, name)
    return said


def _benefit(state: dict, choice: dict) -> tuple[float, float, float] | None:
    """Give estimate and limits, positive in favour of the intervention."""
    if any(is_missing(state.get(name)) for name in ("estimate", "ci_low", "ci_high")):
        return None
    sign = 1 if choice["higher_is_better"] else -1
    return sign * state["estimate"], *sorted((sign * state["ci_low"], sign * state["ci_high"]))


def _come_or_gone(one, other) -> list[str]:
    if one is None and other is None:
        return []
    return ["There is an estimate now." if one is None else "There is no estimate any more."]


def _effect_words(one: tuple, other: tuple, what: str) -> list[str]:
    said = []
    if _side(one[0]) != _side(other[0]):
        now = {1: f"now favours {what}", -1: f"now lies against {what}", 0: "is now exactly zero"}
        said.append(f"The estimate changed sides: it {now[_side(other[0])]}.")
    held = [low <= 0 <= high for _, low, high in (one, other)]
    if held == [True, False]:
        said.append("The confidence interval no longer includes no effect.")
    if held == [False, True]:
        said.append("The confidence interval now includes no effect.")
    return said


def _side(value: float) -> int:
    return (value > 0) - (value < 0)


def _threshold_words(one: tuple, other: tuple, points: float, name: str) -> list[str]:
    """Say what passed a worthwhile benefit, or the harm of the same size."""
    said = []
    for line, kind in ((points, "benefit"), (-points, "harm")):
        told = f"the {name} derived threshold of {kind} ({number(line)} points)"
        for index, who in enumerate(("The estimate", "The lower limit", "The upper limit")):
            was, now = one[index] >= line, other[index] >= line
            if was != now:
                said.append(f"{who} {'rose above' if now else 'fell below'} {told}.")
    return said
