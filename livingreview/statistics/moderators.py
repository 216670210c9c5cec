"""Relates the effects of trials to what may explain their differences, as the protocol declares it."""

from dataclasses import dataclass

import pandas as pd

from livingreview.statistics.regression import Regression, Subgroups, meta_regression, subgroups


@dataclass(frozen=True, eq=False)
class Moderator:
    """A characteristic of trials and how far the effects depend on it.

    Attributes
    ----------
    name : key of the trials' cards
    label, unit : in words; the unit is empty for a category
    values : (k,), one per trial pooled, in the order of the result's trials
    found : a regression on numbers, or subgroups by category; None where they cannot be had
    why : the reason where ``found`` is None
    """

    name: str
    label: str
    unit: str
    values: pd.Series
    found: Regression | Subgroups | None
    why: str = ""

    @property
    def is_number(self) -> bool:
        return pd.api.types.is_numeric_dtype(self.values)


def moderators(analysis) -> dict[str, Moderator]:
    """Run the moderator analyses that the protocol declares for an analysis.

    Parameters
    ----------
    analysis : `Analysis`
        Its ``moderators`` name keys of the trials' cards. Numbers are regressed on, words make subgroups.

    Notes
    -----
    A trial without the value leaves the moderator without a result: leaving the trial out instead would
    compare other trials than those that were pooled.
    """
    trials, choice = analysis.result.trials, analysis.choice
    found = {}
    for name, declared in choice.get("moderators", {}).items():
        values = trials.trial_id.map(lambda trial_id, name=name: analysis.evidence.cards[trial_id].get(name))
        compute = _regression if pd.api.types.is_numeric_dtype(values) else _subgroups
        lacking = list(trials.label[values.isna()])
        result, why = None, f"no {declared['label'].lower()} for {', '.join(lacking)}" if lacking else ""
        if not lacking:
            try:
                result = compute(name, trials, values, choice)
            except ValueError as error:  # too few trials, or all alike
                why = str(error)
        found[name] = Moderator(name, declared["label"], declared.get("unit", ""), values, result, why)
    return found


def _regression(name: str, trials: pd.DataFrame, values: pd.Series, choice: dict) -> Regression:
    options = {key: choice[key] for key in ("method", "interval", "level")}
    return meta_regression(trials.yi, trials.vi, values.rename(name).to_frame(), **options)


def _subgroups(name: str, trials: pd.DataFrame, values: pd.Series, choice: dict) -> Subgroups:
    options = {key: choice[key] for key in ("method", "interval", "level")}
    return subgroups(trials.yi, trials.vi, values, **options)
