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


def smallest_trial(result: Pooled, difference: float, sd: float, reached) -> int | None:
    """Find the fewest people per arm from which on a difference reaches a goal at every size up to 1,000.

    ``reached`` takes `Fits` and says of each row whether it reaches the goal. None if no size does. A
    very small trial can reach a goal that larger ones with the same result miss: it adds a degree of
    freedom to the interval and next to nothing else.
    """
    n = np.arange(2, LARGEST + 1)
    missed = np.flatnonzero(~reached(add_trial(result, difference, n, sd)))
    if not len(missed):
        return 2
    return None if missed[-1] == len(n) - 1 else int(n[missed[-1] + 1])


def results_needed(result: Pooled, sizes, sd: float, tests: dict) -> pd.DataFrame:
    """Find between which results a further trial of each size reaches each goal.

    ``tests`` names goals; each takes `Fits` and says of each row whether it reaches the goal.

    Returns
    -------
    one row per goal and size
        ``goal, n_per_arm, low, high``: the ends of the widest range of differences, five standard
        deviations to either side searched, that reaches it; missing where none does, infinite
        where the range goes on. A very large difference can miss what a smaller one reaches,
        since it makes the trials disagree.
    """
    # Imported here because most chapters do without.
    from scipy.optimize import bisect

    grid = np.linspace(-REACH, REACH, STEPS) * sd + result.estimate
    fits = add_trial(result, np.tile(grid, len(sizes)), np.repeat(sizes, STEPS), sd)
    rows = []
    for goal, reached in tests.items():
        for n, good in zip(sizes, np.reshape(reached(fits), (len(sizes), STEPS)), strict=True):
            edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]))).reshape(-1, 2)
            first, after = max(edges, key=np.ptp, default=(0, 0))
            low = high = np.nan
            if after > first:

                def misses(difference, n=n, reached=reached):
                    return 0.5 - reached(add_trial(result, difference, n, sd))[0]

                low = bisect(misses, *grid[first - 1 : first + 1]) if first else -np.inf
                high = bisect(misses, *grid[after - 1 : after + 1]) if after < STEPS else np.inf
            rows.append({"goal": goal, "n_per_arm": n, "low": low, "high": high})
    return pd.DataFrame(rows)


def goals(lower: float, upper: float) -> dict:
    """Name what an interval of benefit may come to show, each as a test of `Fits`."""
    return {
        "above_zero": lambda fits: fits.ci_low > 0,
        "above_lower": lambda fits: fits.ci_low > lower,
        "above_upper": lambda fits: fits.ci_low > upper,
        "below_lower": lambda fits: fits.ci_high < lower,
    }


def change_our_mind(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Tabulate which results of one further trial would move the interval off zero or past the thresholds.

    Returns
    -------
    one row per goal and size
        ``goal, n_per_arm, low, high`` as in `results_needed`; thresholds are those of the time over which
        the pooled trials measured, which the further trial is taken to leave as it is. Empty when the
        analysis is not pooled, or its unit is not points where more is better.
    """
    result, thresholds = _in_points(analysis_id, evidence)
    if not thresholds:
        return pd.DataFrame(columns=["goal", "n_per_arm", "low", "high"])
    return results_needed(result, SIZES, seen_sd(result), goals(*thresholds))


def trial_sizes(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Tabulate the smallest further trial that reaches each goal, for a few results it might have.

    Returns
    -------
    one row per result supposed
        ``supposed`` (in words), ``difference``, and for each goal the people per arm, missing where no
        size up to 1,000 per arm suffices. Empty as in `change_our_mind`.
    """
    result, thresholds = _in_points(analysis_id, evidence)
    if not thresholds:
        return pd.DataFrame(columns=["supposed", "difference", *GOALS])
    words = ("no difference", "the lower threshold", "the upper threshold", "the pooled difference")
    sd, found = seen_sd(result), goals(*thresholds)
    return pd.DataFrame(
        {"supposed": supposed, "difference": value}
        | {goal: smallest_trial(result, value, sd, reached) for goal, reached in found.items()}
        for supposed, value in zip(words, (0.0, *thresholds, result.estimate), strict=True)
    )


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
