"""Estimates many meta-analyses at once, each by a model and an interval of its own."""

import numpy as np

from alsreview.kernel.checks import checked
from alsreview.kernel.fits import Fits, pool_many


def pool_ways(yi, vi, mask, methods, intervals, *, level=0.95) -> Fits:
    """Estimate one meta-analysis per row, each as its own method and interval say.

    Parameters
    ----------
    yi, vi, mask, level
        As in `pool_many`.
    methods, intervals : (B,)
        The ``method`` and ``interval`` of each row.

    Returns
    -------
    Fits, of arrays of shape (B,)

    Raises
    ------
    ValueError
        As `pool_many` does; and when the methods or intervals are not one per row.
    """
    yi, vi, mask = checked(yi, vi, mask)
    ways = np.array([methods, intervals], dtype=str)
    if ways.shape != (2, len(mask)):
        raise ValueError(f"methods, intervals: must be one per row ({len(mask)}), got shape {ways.shape[1:]}")
    fits = None
    for method, interval in np.unique(ways, axis=1).T:
        rows = np.flatnonzero((ways[0] == method) & (ways[1] == interval))
        part = pool_many(yi[rows], vi[rows], mask[rows], method=method, interval=interval, level=level)
        if fits is None:
            fits = Fits(*(np.empty(len(mask), dtype=values.dtype) for values in part))
        for whole, values in zip(fits, part, strict=True):
            whole[rows] = values
    return fits
