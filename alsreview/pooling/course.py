"""Sets the effect beside the loss that is expected anyway, over the time that the trials measured."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.pooling.meaning import benefit, has_thresholds, mean_months, natural_decline
from alsreview.pooling.pooled import Pooled
from alsreview.pooling.synthesis import analysis, synthesise


@dataclass(frozen=True)
class Course:
    """What people lose over time without the intervention, and with the effect.

    Attributes
    ----------
    months : over which the trials measured, weighted as they were pooled
    cohort : who the expected loss was seen in, the largest cohort: a row of `natural_decline`
    gain, gain_low, gain_high : the effect at the end, as points kept, and its limits
    pooled : whether the effect is a pooled one
    table : one row per time, with ``month``, ``without`` (points lost, as a change from the start, so at
        most 0), ``people_low`` and ``people_high`` (between which 95 % of the people of the cohort lie;
        missing where its source does not say), ``gained``, ``gained_low`` and ``gained_high`` (the same
        change with the effect and with its limits)
    """

    months: float
    cohort: pd.Series
    gain: float
    gain_low: float
    gain_high: float
    pooled: bool
    table: pd.DataFrame


def course(analysis_id: str, *, root=None) -> Course:
    """Compute the expected loss of function over time with and without the effect of an analysis.

    Notes
    -----
    The trials say how far the arms were apart at one time; that the difference grew evenly up to then is
    a supposition.  Nothing is drawn beyond that time.

    Raises
    ------
    ValueError
        When the analysis has no estimate, or one in a unit that is not points.
    """
    choice = analysis(analysis_id, load_evidence(root))
    result = synthesise(analysis_id, root=root)
    measure = measure_of(choice)
    if not has_thresholds(choice):
        raise ValueError(f"{analysis_id}: measure: must be a difference in points, got {choice['measure']!r}")
    if not result.k:
        raise ValueError(f"{analysis_id}: {result.why}")
    decline = natural_decline(root=root)
    cohort = decline.loc[decline.n.idxmax()]
    months = mean_months(result.trials)
    factor = months if measure.monthly else 1
    gains = tuple(factor * gain for gain in benefit(result, choice))
    return Course(months, cohort, *gains, isinstance(result, Pooled), _over_time(months, cohort, gains))


def _over_time(months: float, cohort: pd.Series, gains: tuple[float, float, float]) -> pd.DataFrame:
    month = np.union1d(np.arange(np.ceil(months)), [months])
    without, share = -cohort.points_per_month * month, month / months
    kept = {name: without + gain * share for name, gain in zip(_GAINED, gains, strict=True)}
    people = {"people_low": -cohort.high * month, "people_high": -cohort.low * month}
    return pd.DataFrame({"month": month, "without": without} | people | kept)


_GAINED = ("gained", "gained_low", "gained_high")
