"""Turns trial effects into one pooled result with names, units and guards."""

from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.statistics.kernel import one_shape, pool_many, tau2_interval

SUMMARY_COLUMNS = [
    "trial_id", "label", "kind", "n_intervention", "n_comparator",
    "yi", "ci_low", "ci_high", "weight", "pi_low", "pi_high",
]  # fmt: skip

# With fewer studies a prediction interval says nothing that the confidence interval does not.
FEWEST_FOR_PREDICTION = 5


@dataclass(frozen=True, eq=False)
class Pooled:
    """Hold one meta-analysis: the estimate, its uncertainty, and the trials behind it.

    Attributes
    ----------
    k : trials pooled
    estimate, se, ci_low, ci_high : pooled effect, in the unit of ``yi``; SE and limits are those of
        ``interval``
    p : two-sided, of no effect
    pi_low, pi_high : prediction interval, in the unit of ``yi``: the quantile of ``interval``
        (t on k - 1, or normal) on sqrt(se^2 + tau2); NaN below k = 3 and for equal effects
    tau2 : between-trial variance, unit of yi squared
    tau2_interval : its Q-profile limits at ``level``, computed when first asked for
    i2 : share of the variability that lies between trials, percent, cut at 0
    q, q_p : Cochran's Q and its p on k - 1 degrees of freedom
    method, interval, level : the choices made; see `pool`
    why : why these trials stand together, as a sentence; empty unless `synthesise` filled it
    trials : DataFrame, one row per trial, with ``yi, vi, se, ci_low, ci_high`` (normal limits at
        ``level``) and ``weight`` (percent)
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    pi_low: float
    pi_high: float
    tau2: float
    i2: float
    q: float
    q_p: float
    method: str
    interval: str
    level: float
    why: str = ""
    pooled = True
    _: KW_ONLY
    _yi: np.ndarray = field(repr=False)
    _vi: np.ndarray = field(repr=False)
    _described: pd.DataFrame | None = field(repr=False, default=None)

    @cached_property
    def tau2_interval(self) -> tuple[float, float]:
        return tau2_interval(self._yi, self._vi, self.level)

    @cached_property
    def trials(self) -> pd.DataFrame:
        # Built when first asked for: the table costs more than the arithmetic.
        if self._described is None:
            trials = pd.DataFrame({"trial_id": [str(i) for i in range(1, self.k + 1)]})
        else:
            trials = self._described.copy()
        se, weight = np.sqrt(self._vi), 1 / (self._vi + self.tau2)
        margin = ndtri((1 + self.level) / 2) * se
        return trials.assign(
            yi=self._yi, vi=self._vi, se=se, ci_low=self._yi - margin, ci_high=self._yi + margin,
            weight=100 * weight / weight.sum(),
        )  # fmt: skip

    @property
    def prediction(self) -> tuple[float, float]:
        """Return the prediction interval where it may be shown: NaN below five studies."""
        if self.k < FEWEST_FOR_PREDICTION:
            return np.nan, np.nan
        return self.pi_low, self.pi_high

    def summary_frame(self) -> pd.DataFrame:
        """Return one row per trial and a last one of kind "pooled": what charts and tables take.

        Columns: ``trial_id, label, kind`` ("trial", "composite" or "pooled"), ``n_intervention,
        n_comparator`` (participants; missing where a trial's is), ``yi, ci_low, ci_high`` (unit of
        the measure), ``weight`` (percent), ``pi_low, pi_high`` (pooled row only).
        """
        rows = self.trials.reset_index(drop=True)
        fallback = {"label": rows["trial_id"], "kind": "trial", "n_intervention": np.nan,
                    "n_comparator": np.nan, "pi_low": np.nan, "pi_high": np.nan}  # fmt: skip
        rows = rows.assign(**{c: v for c, v in fallback.items() if c not in rows})
        last = {
            "trial_id": "pooled", "label": "Pooled", "kind": "pooled", "yi": self.estimate,
            "ci_low": self.ci_low, "ci_high": self.ci_high, "weight": 100.0,
            "pi_low": self.pi_low, "pi_high": self.pi_high,
            "n_intervention": rows["n_intervention"].sum(skipna=False),
            "n_comparator": rows["n_comparator"].sum(skipna=False),
        }  # fmt: skip
        both = pd.concat([rows[SUMMARY_COLUMNS], pd.DataFrame([last])], ignore_index=True)
        return both[SUMMARY_COLUMNS]


def pool(yi, vi, *, method="REML", interval="hk_adhoc", level=0.95, trials=None) -> Pooled:
    """Pool the effects of k trials, at least 2, into one estimate.

    Parameters
    ----------
    yi, vi : (k,)
        Effects (ratios as logs), intervention minus comparator, and their sampling variances.
    method : "EE", "DL", "PM", "REML" or "ML"
        Equal effects, or the estimator of tau2.
    interval : "wald", "hk" or "hk_adhoc"
        Normal; Hartung-Knapp; the same with SE never below Wald's.
    level : between 0 and 1
    trials : DataFrame with k rows in the order of yi, optional
        Describes the trials (``trial_id, label, kind, n_intervention, n_comparator``, ...).

    Raises
    ------
    ValueError
        If k is below 2, ``trials`` does not have k rows, or as `livingreview.statistics.kernel.pool_many`
        does, which also holds the references.

    Examples
    --------
    >>> pool([0.1, 0.9], [0.02, 0.03]).estimate
    0.49375
    """
    yi, vi = one_shape(yi, vi, 2, "pool")
    if trials is not None and len(trials) != len(yi):
        raise ValueError(f"trials: must have one row per effect ({len(yi)}), got {len(trials)}")
    fit = pool_many(yi, vi, method=method, interval=interval, level=level)
    names = "estimate se ci_low ci_high p pi_low pi_high tau2 i2 q q_p".split()
    return Pooled(
        k=len(yi), method=method, interval=interval, level=level,
        _yi=yi, _vi=vi, _described=_described(trials),
        **{name: float(getattr(fit, name)[0]) for name in names},
    )  # fmt: skip


def _described(trials):
    if trials is None or "trial_id" in trials:
        return None if trials is None else trials.copy()
    return trials.assign(trial_id=[str(i) for i in range(1, len(trials) + 1)])
