"""Loads the numbers that other programs gave (see reference/README.md), and draws trials to pool."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

REFERENCE = Path(__file__).parent / "reference"
GOLDEN = json.loads((REFERENCE / "metafor_golden.json").read_text())
HARTUNG_KNAPP = json.loads((REFERENCE / "metafor_hartung_knapp.json").read_text())
SETS = GOLDEN["univariate"]
TESTS = {"wald": "z", "hk": "knha", "hk_adhoc": "adhoc"}
FIT = {
    "estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "pval",
    "tau2": "tau2", "i2": "I2", "q": "QE", "q_p": "QEp",
}  # fmt: skip
# Effects on a grid of 1/64, which can be shifted and doubled without rounding, and variances of nine decades.
DRAWN = st.lists(
    st.tuples(
        st.integers(-256, 256).map(lambda n: n / 64),
        st.floats(-9, 0).map(lambda exponent: 10.0**exponent),
    ),
    min_size=2,
    max_size=10,
)


def effects_of(name):
    return np.atleast_1d(SETS[name]["yi"]), np.atleast_1d(SETS[name]["vi"])


def matches(reference, rel=1e-8):
    """Accept a relative deviation only, or an absolute one where the reference is exactly 0."""
    return pytest.approx(reference, rel=rel, abs=1e-12 if reference == 0 else 0.0)


def column(found, reference, rel=1e-8):
    """Compare a column as `matches` does; nulls, which metafor did not compute, are passed over."""
    pairs = list(zip(np.ravel(found), np.ravel(reference), strict=True))
    known = [(ours, theirs) for ours, theirs in pairs if theirs is not None]
    assert known and [ours for ours, _ in known] == [matches(theirs, rel) for _, theirs in known]


def agrees(found, reference, names=FIT, rel=1e-8):
    """Hold each field, or column, of what we found against metafor's of another name."""
    for ours, theirs in names.items():
        column(getattr(found, ours), reference[theirs], rel)


def tables(name):
    """Return the events and totals of both arms of each trial."""
    inputs = GOLDEN["effect_sizes"]["inputs_binary"][name]
    a, b, c, d = (np.array(inputs[cell]) for cell in ("ai", "bi", "ci", "di"))
    return a, a + b, c, c + d
