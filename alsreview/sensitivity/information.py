"""Computes how many people it takes to show a difference."""

from scipy.special import ndtri

from alsreview.pooling import Pooled


def required_information(result: Pooled, difference: float, sd: float, power: float, diversity=None) -> float:
    """Compute the people, in two equal arms, that one trial or a synthesis needs to show a difference.

    Parameters
    ----------
    difference, sd : in the unit of the synthesis
    power : between 0 and 1
    diversity : between 0 and 1, the share of the pooled variance that lies between trials; by default
        as estimated, which is 0 where tau2 is

    Notes
    -----
    4 SD^2 (z + z_power)^2 / difference^2 / (1 - D^2), at the level of the synthesis, two-sided.

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
