"""A wrong call of the statistics is refused, and the message names the element and the reason."""

import numpy as np
import pandas as pd
import pytest

from livingreview.effects import (
    hedges_g,
    log_risk_ratio,
    mean_difference,
    months_from_weeks,
    risk_difference,
    sd_from_se,
    se_from_ci,
)
from livingreview.statistics import (
    egger,
    leave_one_out,
    mantel_haenszel,
    meta_regression,
    pool,
    pool_many,
    subgroups,
    subsets,
    trim_and_fill,
)

TWO = ([0.1, 0.2], [1, 1])
THREE = ([0.1, 0.9, 0.4], [0.02, 0.03, 0.05])
FOUR = ([0.1, 0.9, 0.4, 0.2], [0.02, 0.03, 0.05, 0.01])
SOME, NOBODY = ([1, 2], [10, 10]), ([0, 0], [10, 10])  # had the event in an arm
BOTH = "must occur in both arms for a Mantel-Haenszel"
WRONG = [
    (mean_difference, (1, 5, 2, 10, 3, 2), {}, "n_i: must be at least 2, got 1"),
    (hedges_g, ([10, 10], 5, [2, -2], 10, 3, 2), {}, r"sd_i\[1\]: must be above 0, got -2"),
    (log_risk_ratio, (11, 10, 5, 10), {}, "events_i: must be between 0 and n_i, got 11"),
    (risk_difference, (0, 0, 1, 10), {}, "n_i: must be at least 1, got 0"),
    (log_risk_ratio, (1, 10, 1, np.inf), {}, "n_c: must be a finite number, got inf"),
    (sd_from_se, (0, 10), {}, "se: must be above 0"),
    (se_from_ci, (1, 1), {}, "high: must be above low, got 1"),
    (se_from_ci, (1, 2, 95), {}, "level: must be between 0 and 1, got 95"),
    (se_from_ci, (1, 2, 0.95, 0), {}, "df: must be above 0"),
    (months_from_weeks, ([4, -4],), {}, r"weeks\[1\]: must be above 0, got -4"),
    (pool_many, ([0.1, np.nan], [1, 1]), {}, r"yi\[1\]: must be a finite number, got nan"),
    (pool_many, ([0.1, 0.2], [1, -0.5]), {}, r"vi\[1\]: must be a finite number above 0, got -0.5"),
    (pool_many, ([0.1, 0.2], [1, 1, 1]), {}, "must agree as"),
    (pool_many, ([], []), {}, "must agree as"),
    (pool_many, (*TWO, [[1, 1], [0, 0]]), {}, r"mask\[1\]: must keep at least one trial"),
    (pool_many, TWO, {"method": "HE"}, "method: must be one of EE, DL, PM, REML, ML"),
    (pool_many, TWO, {"interval": "z"}, "interval: must be one of wald, hk, hk_adhoc"),
    (pool_many, TWO, {"level": 95}, "level: must lie between 0 and 1, got 95"),
    (pool, ([0.5], [0.04]), {}, "yi: must hold 2 trials or more to pool, got 1"),
    (pool, ([[0.5, 0.6]], [[0.04, 0.04]]), {}, r"must both have shape \(k,\)"),
    (pool, THREE, {"trials": pd.DataFrame({"label": ["a", "b"]})}, r"one row per effect \(3\), got 2"),
    (leave_one_out, ([0.5], [0.04]), {}, "2 trials or more to leave one out, got 1"),
    (leave_one_out, THREE, {"level": np.nan}, "level: must lie between 0 and 1, got nan"),
    (subsets, (np.zeros(21), np.ones(21)), {}, "20 trials or fewer to combine, got 21"),
    (subsets, ([], []), {}, "must hold 1 trial or more to combine, got 0"),
    (subgroups, (*THREE, ["a", "a", "a"]), {}, r"groups: must name 2 groups or more, got \['a'\]"),
    (subgroups, (*THREE, ["a", "b"]), {}, r"one name per trial \(3\), got 2"),
    (subgroups, (*THREE, ["a", None, "b"]), {}, r"groups\[1\]: must name a group"),
    (egger, TWO, {}, "3 trials or more to regress on precision, got 2"),
    (egger, THREE, {"form": "glm"}, "form: must be lm or rma, got 'glm'"),
    (trim_and_fill, TWO, {}, "3 trials or more to trim and fill, got 2"),
    (meta_regression, (*FOUR, [[1, 5], [2, 5], [3, 5], [4, 5]]), {}, "trials, column 1 does not"),
    (meta_regression, (*FOUR, [1, 2, 3]), {}, r"one row per trial \(4\), got 3"),
    (meta_regression, (*FOUR, [1, 2, np.nan, 4]), {}, r"moderators\[2, 0\]: must be a finite number"),
    (meta_regression, (*FOUR, [[1, 2], [2, 4], [3, 6], [4, 8]]), {}, "must not be sums of one another"),
    (meta_regression, (*FOUR, np.zeros((4, 0))), {}, r"must have shape \(k,\) or \(k, m\), got \(4, 0\)"),
    (meta_regression, (*TWO, [1, 2]), {}, "3 trials or more to regress on 1 moderators, got 2"),
    (mantel_haenszel, (5, 4, 2, 20), {}, r"events_i\[0\]: must be between 0 and n_i, got 5"),
    (mantel_haenszel, (*NOBODY, *NOBODY), {}, "some and not all in at least one trial"),
    (mantel_haenszel, (*NOBODY, *SOME), {}, f"{BOTH} odds ratio"),
    (mantel_haenszel, (*SOME, *NOBODY), {"measure": "RR"}, f"{BOTH} risk ratio"),
    (mantel_haenszel, (*SOME, *SOME), {"measure": "HR"}, "measure: must be one of OR, RR, RD, got 'HR'"),
    (mantel_haenszel, (*SOME, *SOME), {"level": 95}, "level: must lie between 0 and 1, got 95"),
]


@pytest.mark.parametrize(("function", "values", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_place_and_reason(function, values, options, message):
    with pytest.raises(ValueError, match=message):
        function(*values, **options)
