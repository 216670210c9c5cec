"""Weighs the trials of many analyses at once, and sums what every estimator needs."""

from typing import NamedTuple

import numpy as np

BLOCK = 2**15  # elements of an array that stay in the processor's cache from step to step


def arrange(yi, vi, mask):
    """Put each row's most precise trial first and measure effects from it.

    Next to a trial a billion times more precise than the rest, residuals and traces would drown in
    rounding; measured from that trial, both are sums without cancellation.
    """
    v = np.where(mask, vi, np.inf)  # an absent trial has weight 0
    rows, best = np.arange(len(v)), v.argmin(axis=-1)
    centre = yi[rows, best]
    y = np.where(mask, yi - centre[:, None], 0.0)
    for values in (y, v):
        values[rows, best], values[:, 0] = values[:, 0], values[rows, best]
    return centre, y, v


class Weighed(NamedTuple):
    weights: np.ndarray
    others: np.ndarray  # sum of all weights but the first, and of their squares
    squares: np.ndarray
    total: np.ndarray
    mean: np.ndarray
    scaled: np.ndarray  # Py: weight times residual
    q: np.ndarray  # y'Py
    ypp: np.ndarray  # y'PPy
    trace: np.ndarray  # tr P, where P = W - W11'W / 1'W1


def room_for(v, rows):
    # Fresh pages of memory for each step would cost more than the arithmetic on long rows.
    return np.empty((2, rows, *v.shape[1:])) if v.size > BLOCK else (None, None)


def weigh(y, v, tau2, room=(None, None)):
    weights = np.add(v, tau2[..., None], out=room[0])
    np.reciprocal(weights, out=weights)
    first, rest = weights[..., 0], weights[..., 1:]
    others, squares = rest.sum(axis=-1), np.vecdot(rest, rest)
    total = first + others
    mean = np.vecdot(rest, y[..., 1:]) / total
    scaled = np.subtract(y, mean[..., None], out=room[1])
    scaled *= weights
    trace = (2 * first * others + others**2 - squares) / total
    q, ypp = np.vecdot(scaled, y), np.vecdot(scaled, scaled)
    return Weighed(weights, others, squares, total, mean, scaled, q, ypp, trace)
