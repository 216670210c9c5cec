"""Refuses arrays and options that no analysis can be made of, and says which element and why."""

import numpy as np

METHODS = ("EE", "DL", "PM", "REML", "ML")
INTERVALS = ("wald", "hk", "hk_guarded")


def check_options(method, interval, level):
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {method!r}")
    if interval not in INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(INTERVALS)}, got {interval!r}")
    if not 0 < level < 1:
        raise ValueError(f"level: must lie between 0 and 1, got {level!r}")
    return method, interval, level


def checked(yi, vi, mask):
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
    empty = ~mask.any(axis=-1)
    if empty.any():
        raise ValueError(f"mask[{empty.argmax()}]: must keep at least one trial, keeps none")
    _refuse("yi", yi, mask, ~np.isfinite(yi), "a finite number")
    _refuse("vi", vi, mask, ~(np.isfinite(vi) & (vi > 0)), "a finite number above 0")
    return np.broadcast_to(yi, full), np.broadcast_to(vi, full), mask


def _refuse(name, values, mask, wrong, wanted):
    if not wrong.any():
        return
    read = wrong & (mask if values.shape == mask.shape else mask.any(axis=0))
    if read.any():
        at = tuple(int(i) for i in np.argwhere(read)[0])
        raise ValueError(f"{name}{list(at)}: must be {wanted}, got {values[at]}")
