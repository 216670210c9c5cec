"""What one further trial would change, by its size and result, and the required information size."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.statistics.kernel import Fits, pool_many
from livingreview.statistics.pooling import Pooled
from livingreview.statistics.synthesis import analysis, measured_meaning, synthesise

SIZES = (25, 50, 100, 200, 400, 800)  # people per arm
LARGEST = 1000  # people per arm that are tried
REACH, STEPS = 5, 501  # standard deviations to either side, and how finely
GOALS = ["above_zero", "above_lower", "above_upper", "below_lower"]


def sized_trials(result: Pooled) -> pd.DataFrame:
    """Select the trials of a synthesis whose arms have a size: only behind their effects is an SD known."""
    return result.trials.dropna(subset=["n_intervention", "n_comparator"])


def seen_sd(result: Pooled) -> float:
    """Pool the standard deviations behind the effects of `sized_trials` by their degrees of freedom.

    An effect's variance is SD^2 (1/n_i + 1/n_c). Raises ValueError when no trial names the sizes of its arms.
    """
    known = sized_trials(result)
    if known.empty:
        raise ValueError("trials: expected one with the sizes of both arms, found none")
    squared = known.vi / (1 / known.n_intervention + 1 / known.n_comparator)
    freedom = known.n_intervention + known.n_comparator - 2
    return float(np.sqrt((squared * freedom).sum() / freedom.sum()))


def add_trial(result: Pooled, difference, n_per_arm, sd: float) -> Fits:
    """Pool once more with one further trial, for each of B differences and sizes of an arm, or for one."""
    difference, n = np.broadcast_arrays(np.atleast_1d(np.asarray(difference, dtype=float)), n_per_arm)
    some = np.ones((len(difference), 1))
    yi = np.hstack([some * result.trials.yi.to_numpy(), difference[:, None]])
    vi = np.hstack([some * result.trials.vi.to_numpy(), (2 * sd**2 / n)[:, None]])
    return pool_many(yi, vi, method=result.method, interval=result.interval, level=result.level)


def _margins(fits: Fits, lower: float, upper: float) -> dict[str, np.ndarray]:
    """Compute by how much intervals of benefit reach each goal; above 0 is reached."""
    return {
        "above_zero": fits.ci_low,
        "above_lower": fits.ci_low - lower,
        "above_upper": fits.ci_low - upper,
        "below_lower": lower - fits.ci_high,
    }


def change_our_mind(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Tabulate which results of one further trial would move the interval off zero or past the thresholds.

    Returns
    -------
    one row per size and goal
        ``goal, n_per_arm, low, high``: the ends of the widest range of differences, five standard
        deviations to either side searched, that reaches it; missing where none does, infinite
        where the range goes on. A very large difference can miss what a smaller one reaches,
        since it makes the trials disagree. Thresholds are those of the time over which the pooled trials
        measured, which the further trial is taken to leave as it is. Empty when the analysis is not pooled,
        or its unit is not points where more is better.
    """
    # Imported here because most chapters do without.
    from scipy.optimize import brentq

    result, thresholds = _in_points(analysis_id, evidence)
    rows = []
    for n in SIZES if thresholds else ():
        sd = seen_sd(result)
        grid = np.linspace(-REACH, REACH, STEPS) * sd + result.estimate
        for goal, margin in _margins(add_trial(result, grid, n, sd), *thresholds).items():

            def beyond(difference, n=n, sd=sd, goal=goal):
                return _margins(add_trial(result, difference, n, sd), *thresholds)[goal][0]

            edges = np.flatnonzero(np.diff(np.concatenate([[False], margin > 0, [False]]))).reshape(-1, 2)
            first, after = max(edges, key=np.ptp, default=(0, 0))
            low = high = np.nan
            if after > first:
                low = brentq(beyond, *grid[first - 1 : first + 1]) if first else -np.inf
                high = brentq(beyond, *grid[after - 1 : after + 1]) if after < STEPS else np.inf
            rows.append({"goal": goal, "n_per_arm": n, "low": low, "high": high})
    return pd.DataFrame(rows, columns=["goal", "n_per_arm", "low", "high"])


def trial_sizes(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Tabulate the smallest further trial that reaches each goal, for a few results it might have.

    Returns
    -------
    one row per result supposed
        ``supposed`` (in words), ``difference``, and for each goal the fewest people per arm from which on it
        is reached at every size up to 1,000; missing where no size suffices. A very small trial can reach a
        goal that larger ones with the same result miss: it adds a degree of freedom to the interval and next
        to nothing else. Empty as in `change_our_mind`.
    """
    result, thresholds = _in_points(analysis_id, evidence)
    supposed = {}
    if thresholds:
        differences = (0.0, *thresholds, result.estimate)
        words = ("no difference", "the lower threshold", "the upper threshold", "the pooled difference")
        supposed = dict(zip(words, differences, strict=True))
    n, rows = np.arange(2, LARGEST + 1), []
    for words, difference in supposed.items():
        margins = _margins(add_trial(result, difference, n, seen_sd(result)), *thresholds)
        missed = {goal: np.flatnonzero(margin <= 0) for goal, margin in margins.items()}
        fewest = {goal: n[0] if not len(at) else at[-1] + n[0] + 1 for goal, at in missed.items()}
        sizes = {goal: size if size <= LARGEST else None for goal, size in fewest.items()}
        rows.append({"supposed": words, "difference": difference} | sizes)
    return pd.DataFrame(rows, columns=["supposed", "difference", *GOALS])


def _in_points(analysis_id: str, evidence: Evidence) -> tuple[Pooled, tuple[float, ...]]:
    """Return a synthesis and its thresholds; none unless it pools points of which more is better."""
    choice, result = analysis(analysis_id, evidence), synthesise(analysis_id, evidence)
    measure, sized = measure_of(choice), result.pooled and len(sized_trials(result)) > 0
    in_points = sized and measure.points and not measure.monthly and choice["higher_is_better"]
    return result, measured_meaning(result, choice, evidence).thresholds if in_points else ()


def required_information(result: Pooled, difference: float, sd: float, power: float, diversity=None) -> float:
    """Compute the people, in two equal arms, that one trial or a synthesis needs to show a difference.

    4 SD^2 (z + z_power)^2 / difference^2 / (1 - D^2), at the level of the synthesis, two-sided.

    Parameters
    ----------
    difference, sd : in the unit of the synthesis
    power : between 0 and 1
    diversity : between 0 and 1, the share of the pooled variance that lies between trials; by default
        as estimated, which is 0 where tau2 is

    References
    ----------
    Wetterslev, Thorlund, Brok & Gluud (2009), doi:10.1186/1471-2288-9-86.
    """
    if diversity is None:
        vi = result.trials.vi
        diversity = 1 - (1 / (1 / vi).sum()) / (1 / (1 / (vi + result.tau2)).sum())
    if not (difference and 0 < power < 1 and 0 <= diversity < 1):
        given = f"{difference}, {power}, {diversity}"
        raise ValueError(
            f"difference, power, diversity: must not be 0, lie in (0, 1) and [0, 1), got {given}"
        )
    quantiles = ndtri((1 + result.level) / 2) + ndtri(power)
    return float(4 * (sd * quantiles / difference) ** 2 / (1 - diversity))
