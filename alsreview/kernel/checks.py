"""Refuses arrays and options that no analysis can be made of, and says which element and why."""

import numpy as np

METHODS = ("EE", "DL", "PM", "REML", "ML")
INTERVALS = ("wald", "hk", "hk_adhoc")
FINITE, POSITIVE = "a finite number", "a finite number above 0"
KEEPS_NONE = "must keep at least one trial, keeps none"


def check_options(method, interval, level):
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {method!r}")
    if interval not in INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(INTERVALS)}, got {interval!r}")
    if not 0 < level < 1:
        raise ValueError(f"level: must lie between 0 and 1, got {level!r}")
    return method, interval, level


def one_shape(yi, vi, least, purpose):
    """Give the effects and variances of one analysis as new arrays (k,), k at least ``least``."""
    yi, vi = np.array(yi, dtype=float), np.array(vi, dtype=float)
    if yi.ndim != 1 or yi.shape != vi.shape:
        raise ValueError(f"yi, vi: must both have shape (k,), got {yi.shape} and {vi.shape}")
    if len(yi) < least:
        wanted = f"{least} trial{'s' * (least > 1)} or more"
        raise ValueError(f"yi: must hold {wanted} to {purpose}, got {len(yi)}")
    return yi, vi


def one_analysis(yi, vi, least, purpose):
    """Do `one_shape`, and refuse elements that no analysis can be made of."""
    yi, vi = one_shape(yi, vi, least, purpose)
    checked(yi, vi, None)
    return yi, vi


def checked(yi, vi, mask):
    yi, vi, mask, full = shaped(yi, vi, mask)
    empty = ~mask.any(axis=-1)
    if empty.any():
        raise ValueError(f"mask[{empty.argmax()}]: {KEEPS_NONE}")
    _refuse("yi", yi, mask, ~np.isfinite(yi), FINITE)
    _refuse("vi", vi, mask, ~(np.isfinite(vi) & (vi > 0)), POSITIVE)
    return np.broadcast_to(yi, full), np.broadcast_to(vi, full), mask


def shaped(yi, vi, mask):
    """Give float arrays, the mask in full, and the shape (B, k) that all three fit."""
    yi, vi = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    shapes = [yi.shape, vi.shape] + ([] if mask is None else [np.shape(mask)])
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        shape = ()
    if len(shape) not in (1, 2) or 0 in shape or {s[-1:] for s in shapes} != {shape[-1:]}:
        raise ValueError(f"yi, vi, mask: must agree as (k,) or (B, k), got shapes {shapes}")
    full = np.atleast_2d(np.empty(shape, dtype=bool)).shape
    mask = np.broadcast_to(True if mask is None else np.asarray(mask, dtype=bool), full)
    return yi, vi, mask, full


def row_faults(yi, vi, mask):
    """Say of each row of (B, k) what no analysis can be made of; empty where nothing is wrong."""
    status = np.full(len(mask), "", dtype=object)
    for name, values, wrong, wanted in (
        ("vi", vi, ~(np.isfinite(vi) & (vi > 0)), POSITIVE),
        ("yi", yi, ~np.isfinite(yi), FINITE),  # last, so that of two faults it is told as in `checked`
    ):
        read = wrong & mask
        for row in np.flatnonzero(read.any(axis=-1)):
            at = read[row].argmax()
            status[row] = f"{name}[{row}, {at}]: must be {wanted}, got {values[row, at]}"
    for row in np.flatnonzero(~mask.any(axis=-1)):
        status[row] = f"mask[{row}]: {KEEPS_NONE}"
    return status


def _refuse(name, values, mask, wrong, wanted):
    if not wrong.any():
        return
    read = wrong & (mask if values.shape == mask.shape else mask.any(axis=0))
    if read.any():
        at = tuple(int(i) for i in np.argwhere(read)[0])
        raise ValueError(f"{name}{list(at)}: must be {wanted}, got {values[at]}")
