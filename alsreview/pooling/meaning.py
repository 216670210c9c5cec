"""Sets a difference in points beside what people lose anyway and what surveys call worthwhile."""

from dataclasses import dataclass

from alsreview.evidence import load_evidence


@dataclass(frozen=True)
class Meaning:
    """What ALSFRS-R points mean over a time; every pair is a low and a high value.

    Attributes
    ----------
    decline : points lost without a new treatment
    thresholds : points that correspond to a worthwhile slowing; derived, not anchored in patients' ratings
    """

    months: float
    decline: tuple[float, float]
    thresholds: tuple[float, float]

    def percent(self, points: float) -> tuple[float, float]:
        """Give a difference in percent of the decline, for the faster and the slower decline."""
        shares = [100 * points / lost for lost in self.decline]
        return min(shares), max(shares)


def meaning(months: float, *, root=None) -> Meaning:
    """Compute the expected decline and the derived thresholds over a number of months.

    Notes
    -----
    Slopes and percentages, with their sources, are in ``outcomes.yml``. The lower threshold is the smallest
    percentage of the slowest decline, the upper one the largest percentage of the fastest.
    """
    outcomes = load_evidence(root).outcomes
    slopes = [entry["points_per_month"] for entry in outcomes["natural_decline"]]
    shares = [entry["percent"] / 100 for entry in outcomes["important_slowing"]]
    decline = (min(slopes) * months, max(slopes) * months)
    return Meaning(months, decline, (min(shares) * decline[0], max(shares) * decline[1]))
