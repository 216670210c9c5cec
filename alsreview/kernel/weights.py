"""Weighs the trials of many analyses at once, and sums what every estimator needs."""

from threading import local
from typing import NamedTuple

import numpy as np

BLOCK = 2**15  # elements of an array that stay in the processor's cache from step to step
FEWEST_ABREAST = 16
MOST_KEPT = 2**22  # elements of memory kept between calls: 32 MB
PANEL = 2**13  # elements that BLAS multiplies on one thread; for more it starts threads and waits


def dot(a, b):
    """Multiply and add up over trials, on this thread and in the same order every time."""
    long = len(a) - len(a) % PANEL
    if not long or a[0].size > 1:
        return np.einsum("i...,i...->...", a, b)
    panels = [x[:long].reshape(-1, PANEL) for x in (a, b)]
    return np.vecdot(*panels).sum() + np.einsum("i...,i...->...", a[long:], b[long:])


def abreast(size):
    """Say how many arrays of a size to work on at once: few abreast are slower than one by one."""
    return BLOCK // size if BLOCK // size >= FEWEST_ABREAST else 1


def arrange(yi, vi, mask):
    """Turn rows of trials into columns, the most precise trial first and effects measured from it.

    Next to a trial a billion times more precise than the rest, residuals and traces would drown in
    rounding; measured from that trial, both are sums without cancellation. Columns, because numpy
    broadcasts and adds along many short rows several times more slowly.
    """
    v = np.where(mask, vi, np.inf).T.copy()  # an absent trial has weight 0
    best, column = v.argmin(axis=0), np.arange(v.shape[1])
    centre = yi[column, best]
    y = np.where(mask, yi - centre[:, None], 0.0).T.copy()
    for values in (y, v):
        values[best, column], values[0] = values[0], values[best, column]
    return centre, y, v


class Weighed(NamedTuple):
    weights: np.ndarray
    others: np.ndarray  # sum of all weights but the first, and of their squares
    squares: np.ndarray
    total: np.ndarray
    mean: np.ndarray
    scaled: np.ndarray  # Py: weight times residual
    q: np.ndarray | None  # y'Py
    ypp: np.ndarray  # y'PPy
    trace: np.ndarray  # tr P, where P = W - W11'W / 1'W1


class _Rooms(local):
    """Keep one piece of memory for each thread: fresh pages cost long rows more than the arithmetic."""

    kept = np.empty(0)

    def for_shape(self, shape):
        size = 2 * int(np.prod(shape))
        if size <= BLOCK or size > MOST_KEPT:
            return None, None
        if self.kept.size < size:
            self.kept = np.empty(size)
        return self.kept[:size].reshape(2, *shape)


_rooms = _Rooms()


def weigh(y, v, tau2, with_q=True):
    """Weigh each trial by 1 / (v + tau2); the arrays of long columns last until the next call."""
    room = _rooms.for_shape((len(v), *tau2.shape))
    weights = np.add(v, tau2, out=room[0])
    np.reciprocal(weights, out=weights)
    first, rest = weights[0], weights[1:]
    others, squares = rest.sum(axis=0), dot(rest, rest)
    total = first + others
    mean = dot(rest, y[1:]) / total
    scaled = np.subtract(y, mean, out=room[1])
    scaled *= weights
    trace = (2 * first * others + others**2 - squares) / total
    q, ypp = dot(scaled, y) if with_q else None, dot(scaled, scaled)
    return Weighed(weights, others, squares, total, mean, scaled, q, ypp, trace)
