"""Loads the numbers that other programs gave; see reference/README.md."""

import json
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parent / "reference"
GOLDEN = json.loads((REFERENCE / "metafor_golden.json").read_text())
HARTUNG_KNAPP = json.loads((REFERENCE / "metafor_hartung_knapp.json").read_text())
SETS = GOLDEN["univariate"]
TESTS = {"wald": "z", "hk": "knha", "hk_adhoc": "adhoc"}


def effects_of(name):
    return np.atleast_1d(SETS[name]["yi"]), np.atleast_1d(SETS[name]["vi"])


def matches(reference, rel=1e-8):
    """Accept a relative deviation only, or an absolute one where the reference is exactly 0."""
    return pytest.approx(reference, rel=rel, abs=1e-12 if reference == 0 else 0.0)
