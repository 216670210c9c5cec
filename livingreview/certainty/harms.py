"""Summarises what the trials of a question report on each harm: counts, statements and silence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.effects.estimates import eligible_contrasts
from livingreview.effects.measures import log_risk_ratio, risk_difference
from livingreview.evidence import Evidence

SILENT = ("not_mentioned", "results_not_seen")


@dataclass(frozen=True, eq=False)
class Harm:
    """What trials report on one harm.

    Attributes
    ----------
    harm : name in ``harms.csv``
    counts : one row per trial and arm with counts, at the latest time of the trial
        the columns of ``Evidence.harms`` and ``label`` of the trial
    statements : statement to the trials that make it, in the order of the dictionary, those without left out
    unrecorded : trials of which nobody has recorded anything on this harm
    """

    harm: str
    counts: pd.DataFrame
    statements: dict[str, tuple[str, ...]]
    unrecorded: tuple[str, ...]

    @property
    def reported(self) -> set[str]:
        """The trials that say something on the harm, in counts or in words."""
        said = (ids for statement, ids in self.statements.items() if statement not in SILENT)
        return {*self.counts.trial_id, *(trial_id for ids in said for trial_id in ids)}


def harm_trials(question: str, evidence: Evidence) -> list[str]:
    """List the trials of a question whose harms are summarised: those that its analyses could use."""
    asked = next(each for each in evidence.protocol["analyses"].values() if each["question"] == question)
    contrasts = eligible_contrasts(evidence, asked | {"composites": False})
    return list(dict.fromkeys(row["trial_id"] for row in contrasts))


def harms(question: str, evidence: Evidence) -> dict[str, Harm]:
    """Summarise each harm of the protocol over the trials of a question.

    Returns
    -------
    harm to what is reported on it, in the order of the protocol
        Nothing is pooled, and words are never turned into counts.
    """
    chosen = harm_trials(question, evidence)
    labels = evidence.trials.set_index("trial_id").label
    rows = evidence.harms[evidence.harms.trial_id.isin(chosen)]
    rows = rows.assign(label=rows.trial_id.map(labels))
    statements = evidence.columns["harms.csv"]["statement"]["choices"]
    return {
        harm: _harm(harm, rows[rows.harm == harm], chosen, statements)
        for harm in evidence.protocol.get("harms", {})
    }


def _harm(harm: str, rows: pd.DataFrame, trials: list[str], statements: list[str]) -> Harm:
    counted = rows[rows.events.notna()]
    # Counts up to a later time hold those up to an earlier one.
    latest = counted.timepoint_weeks.fillna(-1).groupby(counted.trial_id).transform("max")
    counts = counted[counted.timepoint_weeks.fillna(-1) == latest]
    by_trial = {statement: set(rows.trial_id[rows.statement == statement]) for statement in statements}
    said = {key: tuple(each for each in trials if each in ids) for key, ids in by_trial.items() if ids}
    told = set(rows.trial_id)
    return Harm(harm, counts.reset_index(drop=True), said, tuple(each for each in trials if each not in told))


def compared(harm: Harm, evidence: Evidence) -> pd.DataFrame:
    """Compare the arms of each trial that counts a harm in both arms of a comparison.

    Returns
    -------
    one row per contrast
        ``trial_id, contrast, events_i, n_i, events_c, n_c``, the risk ratio ``rr`` and the risk difference
        ``rd`` with the limits of their 95% intervals; no trial is pooled with another
    """
    frame, counts = evidence.contrasts, harm.counts[["trial_id", "arm", "events", "n"]]
    for role, suffix in (("intervention", "_i"), ("comparator", "_c")):
        arms = counts.rename(columns={"arm": role, "events": f"events{suffix}", "n": f"n{suffix}"})
        frame = frame.merge(arms, on=["trial_id", role])
    frame = frame[["trial_id", "contrast", "events_i", "n_i", "events_c", "n_c"]]
    cells = frame.iloc[:, 2:].to_numpy(float).T
    ratio, ratio_v = log_risk_ratio(*cells) if len(frame) else ([], [])
    rd, rd_v = risk_difference(*cells) if len(frame) else ([], [])
    reach, rd_reach = (ndtri(0.975) * np.sqrt(variance) for variance in (ratio_v, rd_v))
    return frame.assign(
        rr=np.exp(ratio), rr_low=np.exp(ratio - reach), rr_high=np.exp(ratio + reach),
        rd=rd, rd_low=rd - rd_reach, rd_high=rd + rd_reach,
    )  # fmt: skip
