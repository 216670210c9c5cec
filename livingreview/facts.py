"""Compute every number and every word of a fixed vocabulary that a chapter may use, by a dotted name.

A fact that is a number is a number whose text is what a page prints, so that one name serves prose and
conditions.  Facts hand out numbers and vocabulary, never phrases: the chapters are written by people.
"""

import hashlib
import os
import pickle
import re
from collections.abc import Iterable, Mapping
from math import ceil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from livingreview.certainty.grade import FEWEST_FOR_FUNNEL
from livingreview.certainty.harms import SILENT, harm_trials
from livingreview.claims import VERDICTS as CLAIM_VERDICTS
from livingreview.claims import claims
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import is_assumed
from livingreview.evidence import arm_details, build_digest, evidence_hash, flow_counts
from livingreview.evidence.citation import CARD, read_card
from livingreview.evidence.load import recorded_results, released_versions
from livingreview.formats import MINUS, count, interval, is_missing, number, p_value
from livingreview.reviews import Analysis, Result, Review
from livingreview.rob2 import JUDGEMENTS, OVERALL, Range, judged
from livingreview.statistics import (
    Pooled,
    dropout_cases,
    leave_one_out,
    meaning,
    months_asked,
    multiverse,
    required_information,
    seen_sd,
    sized_trials,
    what_if_unread,
)
from livingreview.statistics.regression import Regression, Subgroups
from livingreview.statistics.sensitivity import OPPOSITE
from livingreview.statistics.simulation import operating_characteristics
from livingreview.statistics.small_study import begg, egger, one_precision, trim_and_fill
from livingreview.statistics.synthesis import WEEKS_PER_MONTH

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!<>$|~^&\"'-])")
POWER = 0.8
FACTS = ".facts"  # in the folder of the builds
# Counts also come with their noun: "one study", "3 studies".
_NOUNS = {"studies": "study", "participants": "participant", "trials": "trial"}


class Number(float):
    """A number that prints as the page shows it."""

    def __new__(cls, value: float, text: str):
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __getnewargs__(self):
        return float(self), self.text


class Count(int):
    """A whole number that prints with a comma between thousands."""

    def __str__(self) -> str:
        return f"{int(self):,}"

    __repr__ = __str__


class Unknown(str):
    """A fact that cannot be estimated at present; every comparison with it is false."""


NOT_ESTIMABLE = Unknown("not estimable")
_NONE_YET = Unknown("none yet")


class Facts(dict):
    """Dotted name to fact."""

    def tree(self) -> dict[str, SimpleNamespace]:
        """Nest the facts by the parts of their names, as templates read them."""
        tree = SimpleNamespace()
        for name, value in self.items():
            *path, last = name.split(".")
            inner = tree
            for part in path:
                inner = vars(inner).setdefault(part, SimpleNamespace())
            setattr(inner, last, value)
        return vars(tree)


def review_facts(review: Review) -> Facts:
    """Compute every fact of a review."""
    found: dict = {}
    for analysis_id, each in review.items():
        found |= _below(analysis_id, _analysis_facts(each))
    for question in review.questions:
        found |= _below(question, _question_facts(review, question))
    found |= _group_facts(review)
    found |= _below("review", _whole_facts(review) | _standing_facts(review) | _decline_facts(review))
    found |= _below("cutoff", _cutoffs(review.evidence.grade.rules))
    found |= _claim_facts(review) | _flow_facts(review) | _bias_facts(review) | _version_facts(review)
    return Facts(found | _counted(found))


def kept_facts(root: Path, kept: Path) -> Facts:
    """Read the facts that were computed on the present data by the present code, or compute and keep them."""
    references = root / "references.bib"
    cited = hashlib.sha256(references.read_bytes() if references.is_file() else b"").hexdigest()
    key = f"{build_digest(root)} {cited}\n".encode()
    stored = kept.read_bytes() if kept.is_file() else b""
    if stored.startswith(key):
        try:
            return pickle.loads(stored.removeprefix(key))
        except (EOFError, pickle.UnpicklingError):
            pass  # a stopped build had written a part
    facts = review_facts(Review(root))
    # A folder in which nothing was built is only read.
    if kept.parent.is_dir() and os.access(kept.parent, os.W_OK):
        kept.write_bytes(key + pickle.dumps(facts))
    return facts


# ---- values as a page prints them


def _below(name: str, facts: Mapping) -> dict:
    return {f"{name}.{key}": value for key, value in facts.items()}


def _counted(found: dict) -> dict:
    """Add to each count of studies, participants or trials its text with the noun."""
    counts = ((name, name.rpartition(".")[2].rpartition("_")[2]) for name in found)
    return {
        f"{name}_counted": count(found[name], _NOUNS[last]).replace("1 ", "one ", found[name] == 1)
        for name, last in counts
        if last in _NOUNS and isinstance(found[name], Count)
    }


def _counts(**values: float) -> dict:
    return {name: Count(value) for name, value in values.items()}


def _shown(value: float | None, digits: int):
    return NOT_ESTIMABLE if is_missing(value) else Number(value, number(value, digits))


def _interval(low: float, high: float, digits: int) -> str:
    return NOT_ESTIMABLE if is_missing(low) else interval(low, high, digits)


def _p(value: float):
    return NOT_ESTIMABLE if is_missing(value) else Number(value, p_value(value))


def _ends(name: str, values: Iterable[float], digits: int) -> dict:
    """Give the lowest and the highest of some values."""
    known = [value for value in values if not is_missing(value)]
    lowest, highest = (min(known), max(known)) if known else (None, None)
    return {f"{name}_lowest": _shown(lowest, digits), f"{name}_highest": _shown(highest, digits)}


def _day(date) -> str:
    return f"{pd.Timestamp(date):%-d %B %Y}"


def _escaped(text: str) -> str:
    """Escape a text of the data, so that no page reads markup in it."""
    return _MARKUP.sub(r"\\\1", text)


# ---- an analysis


class _Printed:
    """How an analysis prints its values: a ratio is analysed as its logarithm and printed as itself."""

    def __init__(self, each: Analysis):
        self.measure = measure_of(each.choice)
        self.digits = self.measure.digits if self.measure else 1

    def value(self, value: float | None) -> float | None:
        return value if self.measure is None or is_missing(value) else self.measure.printed(value)

    def shown(self, value: float | None):
        return _shown(self.value(value), self.digits)

    def interval(self, low: float, high: float) -> str:
        return _interval(self.value(low), self.value(high), self.digits)


def _analysis_facts(each: Analysis) -> dict:
    printed, signs = _Printed(each), each.direction_counts
    told = ("favours_intervention", "favours_comparator", "no_direction", "mixed")
    found = _result_facts(each.result, printed) | _counts(
        eligible=each.directions.eligible.sum(),
        silent=signs["silent"],
        directions=sum(signs[name] for name in told),
        favours_intervention=signs["favours_intervention"],
        favours_comparator=signs["favours_comparator"],
        conflicting=signs["mixed"],
        no_direction=signs["no_direction"],
        unavailable_studies=len(each.unavailable),
        unavailable_participants=each.unavailable.people.sum(),
    )
    # One of each per eligible trial, so that a sentence may name the trials it speaks of.
    for row in each.directions[each.directions.eligible].itertuples():
        found[f"direction.{row.trial_id}"] = row.direction
        found[f"stated.{row.trial_id}"] = "no statement" if is_missing(row.stated) else row.stated
    found |= _certainty_facts(each)
    for name, moderator in each.moderators.items():
        found |= _below(f"moderator.{name}", _moderator_facts(moderator.found, printed))
    if each.choice["synthesis"] != "pool":
        return found
    for alternative in each.alternatives:
        found |= _below(alternative, _result_facts(each.under(alternative), printed))
    found |= _weight_facts(each) | _left_out_facts(each, printed) | _spread_facts(each)
    found |= _small_study_facts(each, printed) | _imputed_facts(each, printed.digits + 1)
    if each.thresholds:
        found |= _meaning_facts(each, printed.digits)
        if each.choice["role"] == "primary":
            found |= _operating_facts(each)
    if "multiverse" in each.choice:
        found |= _below("multiverse", _multiverse_facts(each, printed.digits))
    return found


def _result_facts(result: Result, printed: _Printed) -> dict:
    found = _counts(k=result.k, studies=result.studies, participants=result.participants)
    found["includes_no_effect"] = bool(result.ci_low <= 0 <= result.ci_high)
    for name in ("estimate", "ci_low", "ci_high", "gain", "gain_low", "gain_high", "pi_low", "pi_high"):
        found[name] = printed.shown(getattr(result, name))
    for name, value in (("size", "estimate"), ("ci_low_size", "ci_low"), ("ci_high_size", "ci_high")):
        found[name] = _shown(abs(printed.value(getattr(result, value))), printed.digits)
    return found | {
        "ci": printed.interval(result.ci_low, result.ci_high),
        "prediction": printed.interval(result.pi_low, result.pi_high),
        "tau2": _shown(result.tau2, 2),
        "i2": _shown(result.i2, 0),
        "p": _p(result.p),
        "q_p": _p(result.q_p),
    }


def _moderator_facts(found: Regression | Subgroups | object, printed: _Printed) -> dict:
    """Give the slope of a moderator that is a number, or the result of each subgroup of one that is not.

    The slope of a ratio is that of its logarithm.
    """
    if isinstance(found, Regression):
        slope = found.terms.iloc[1]
        return {
            "slope": _shown(slope.estimate, 3),
            "slope_ci": _interval(slope.ci_low, slope.ci_high, 3),
            "p": _p(slope.p),
            "explained": _shown(found.r2, 0),
        }
    if isinstance(found, Subgroups):
        own = {"p": _p(found.p)}
        for group, row in found.table.iterrows():
            own[f"{group}.k"] = Count(row.k)
            own[f"{group}.estimate"] = printed.shown(row.estimate)
            own[f"{group}.ci"] = printed.interval(row.ci_low, row.ci_high)
        return own
    return {"p": NOT_ESTIMABLE}


def _cutoffs(rules: dict) -> dict:
    """Give the value at which each rule of certainty applies."""
    found = {}
    for rule_id, rule in rules.get("rules", {}).items():
        value = next(rule[name] for name in ("at_least", "at_most", "below") if name in rule)
        found[rule_id] = Number(value, f"{value:g}")
    return found


def _certainty_facts(each: Analysis) -> dict:
    # Data of an earlier commit may have no rules that the present code can apply.
    if not each.evidence.grade.rules:
        return dict.fromkeys(("certainty", "certainty_status", "verdict"), Unknown("not rated"))
    rated = each.certainty
    found = {
        "certainty": rated.rating or "not rated",
        "certainty_status": rated.status,
        "verdict": each.verdict,
    }
    for domain in rated.domains:
        found[f"downgraded.{domain.name.replace(' ', '_')}"] = Count(domain.levels)
        found |= {f"inputs.{name}": _shown(each.value, 0) for name, each in domain.inputs}
    information = found.get("inputs.information", NOT_ESTIMABLE)
    if information is not NOT_ESTIMABLE:
        # The input is for the smallest threshold of the time measured.
        scale = (max(each.thresholds) / each.meaning.thresholds[0]) ** 2
        found["information_largest"] = _shown(float(information) * scale, 0)
    return found


def _weight_facts(each: Analysis) -> dict:
    """Give each trial of the question its share of the weight in percent, 0 outside the pool."""
    pooled, weights = each.result.trials, {}
    if each.result.k:
        shares = pooled.weight if "weight" in pooled else pd.Series(1.0, index=pooled.index)
        weights = (100 * shares / shares.sum()).groupby(pooled.trial_id).sum()
    trials = each.evidence.trials
    asked = trials[trials.question.eq(each.choice["question"]) & trials.status.eq("included")].trial_id
    return {f"weight.{trial_id}": _shown(float(weights.get(trial_id, 0)), 0) for trial_id in asked}


def _meaning_facts(each: Analysis, digits: int) -> dict:
    """Set the result against the thresholds for importance, and against the expected decline."""
    result, at, half = each.result, each.meaning, meaning(months_asked(each.choice), each.evidence)
    smallest, largest = min(each.thresholds), max(each.thresholds)
    shares = [100 * abs(result.estimate) / points for points in reversed(at.decline)]
    found = {
        "share_measured": _interval(*shares, 0),
        "months": _shown(at.months, 1),
        "threshold_smallest": _shown(smallest, digits),
        "threshold_largest": _shown(largest, digits),
        # Important means under every declared threshold; possibly important under some of them.
        "includes_important_benefit": bool(result.gain_high >= largest),
        "includes_important_harm": bool(result.gain_low <= -largest),
        "includes_possible_harm": bool(result.gain_low <= -smallest),
    }
    for name, when in (("measured", at), ("asked", half)):
        found |= {
            f"decline_{name}": interval(*when.decline, digits),
            f"thresholds_{name}": interval(*when.thresholds, digits),
            f"includes_benefit_{name}": bool(result.gain_high >= when.thresholds[0]),
            f"includes_harm_{name}": bool(result.gain_low <= -when.thresholds[0]),
        }
    pooled = each.synthesis
    known = isinstance(pooled, Pooled) and not sized_trials(pooled).empty
    for name, points in (("smallest", smallest), ("largest", largest)):
        # What one trial needs to show the threshold, by the SD of the trials pooled.
        needed = ceil(required_information(pooled, points, seen_sd(pooled), POWER)) if known else None
        found[f"participants_needed_{name}"] = Count(needed) if known else NOT_ESTIMABLE
    trials = result.trials
    weeks = trials.timepoint_weeks.dropna() if result.k else pd.Series(dtype=float)
    found["months_first"] = _shown(weeks.min() / WEEKS_PER_MONTH, 0)
    found["months_last"] = _shown(weeks.max() / WEEKS_PER_MONTH, 0)
    assumed = trials.people[trials.n_basis.map(is_assumed).astype(bool)].sum() if result.k else 0
    return found | _counts(assumed=assumed, analysed=result.participants - assumed)


def _left_out_facts(each: Analysis, printed: _Printed) -> dict:
    """Give the range of the results without each estimate in turn, and how many of them include no effect."""
    pooled = each.synthesis
    rows = pd.DataFrame(columns=["estimate", "ci_low", "ci_high"], dtype=float)
    if isinstance(pooled, Pooled) and pooled.k > 2:
        options = {"method": pooled.method, "interval": pooled.interval, "level": pooled.level}
        rows = leave_one_out(pooled.trials.yi, pooled.trials.vi, **options)
    include = rows.ci_low.le(0) & rows.ci_high.ge(0)
    found = _counts(results=len(rows), include_no_effect=include.sum())
    found |= _ends("estimate", rows.estimate.map(printed.value), printed.digits)
    return _below("leave_one_out", found)


def _spread_facts(each: Analysis) -> dict:
    """Give the standard deviation behind the effects, of how many studies, and the dropouts to be bounded."""
    pooled = each.synthesis
    known = sized_trials(pooled) if isinstance(pooled, Pooled) else ()
    dropouts = dropout_cases(each.id, each.evidence).trial_id.nunique()
    return {
        "sd": _shown(seen_sd(pooled) if len(known) else None, 1),
        "sd_estimates": Count(len(known)),
        "dropouts_bounded": Count(dropouts),
    }


def _small_study_facts(each: Analysis, printed: _Printed) -> dict:
    """Give the tests of small-study effects and trim and fill, where there are trials enough for them."""
    pooled = each.synthesis
    if not pooled.pooled or pooled.k < FEWEST_FOR_FUNNEL or one_precision(pooled.trials.vi):
        return {}
    yi, vi = pooled.trials.yi.to_numpy(), pooled.trials.vi.to_numpy()
    filled = trim_and_fill(yi, vi, method=pooled.method, interval=pooled.interval, level=pooled.level)
    return {
        "small_study.egger_p": _p(egger(yi, vi).p),
        "small_study.begg_p": _p(begg(yi, vi).p),
        "small_study.filled": Count(filled.k0),
        "small_study.filled_estimate": printed.shown(filled.pooled.estimate),
        "small_study.filled_ci": printed.interval(filled.pooled.ci_low, filled.pooled.ci_high),
    }


def _imputed_facts(each: Analysis, digits: int) -> dict:
    """Give the result had every unavailable trial found the opposite of the pooled effect."""
    found = {}
    rows = what_if_unread(each.id, each.evidence)
    for row in rows[rows.choice.eq(OPPOSITE)].itertuples():
        found["opposite.estimate"] = _shown(row.estimate, digits)
        found["opposite.ci"] = _interval(row.ci_low, row.ci_high, digits)
    return found


def _multiverse_facts(each: Analysis, digits: int) -> dict:
    """Count the specifications, and give the ranges of their results and the most influential choices."""
    found, sign = multiverse(each.id, each.evidence), 1 if each.choice["higher_is_better"] else -1
    table, moves = found.table, found.moves
    named = _counts(
        specifications=len(found.every),
        results=len(table),
        too_few=found.too_few,
        include_no_effect=(table.ci_low.le(0) & table.ci_high.ge(0)).sum(),
        favour_intervention=(sign * table.estimate).gt(0).sum(),
    )
    for name in ("estimate", "ci_low", "ci_high"):
        named |= _ends(name, table[name], digits)
    for name, by in (("own", "range"), ("anywhere", "most"), ("limit", "limit_most")):
        known = moves.dropna(subset=[by])
        top = known.loc[known[by].idxmax()] if len(known) else None
        named[f"most_influential_{name}"] = NOT_ESTIMABLE if top is None else top.dimension
        named[f"largest_range_{name}"] = _shown(None if top is None else top[by], digits)
    for dimension, levels in found.dimensions.items():
        for level in levels["levels"]:
            used = found.every[dimension].eq(level).sum() if len(found.every) else 0
            named[f"{dimension}.{level}"] = Count(used)
    return named


def _operating_facts(each: Analysis) -> dict:
    """Give coverage and power, in percent, of simulated syntheses of few and of many trials.

    ``few`` and ``many`` are the fewest and the most trials. ``coverage_homogeneous`` and
    ``coverage_heterogeneous`` are for the least and the most variability between them; ``power_few`` and
    ``power_many`` are for the upper threshold of the time measured.
    """
    pooled = each.synthesis
    if not isinstance(pooled, Pooled) or pooled.trials.people.isna().any():
        return {}
    table = operating_characteristics(each.id, each.evidence)
    sizes, shares = (sorted(table[name].unique()) for name in ("k", "i2"))
    by = table.set_index(["k", "i2", "interval"])
    named = {
        "replicates": Count(table.replicates.iloc[0]),
        "combinations": Count(len(sizes) * len(shares)),
        "few": Count(sizes[0]),
        "many": Count(sizes[-1]),
        "least_i2": _shown(shares[0], 0),
        "most_i2": _shown(shares[-1], 0),
        "difference": _shown(each.meaning.thresholds[1], 2),
    }
    for way in ("hk_adhoc", "hk", "wald"):
        for name, k, share, column in (
            ("coverage_homogeneous", sizes[0], shares[0], "coverage"),
            ("coverage_heterogeneous", sizes[0], shares[-1], "coverage"),
            ("power_few", sizes[0], shares[0], "power_upper"),
            ("power_many", sizes[-1], shares[0], "power_upper"),
        ):
            named[f"{way}.{name}"] = _shown(100 * by.loc[(k, share, way), column], 1)
    return _below("operating", named)


# ---- a question


def _question_facts(review: Review, question: str) -> dict:
    trials = review.evidence.trials
    rows = trials[trials.question.eq(question) & trials.unit.eq("trial")]
    return _trial_counts(rows) | _harm_facts(review, question) | _people_facts(review, question)


def _trial_counts(rows: pd.DataFrame) -> dict:
    counted = rows[rows.allocation.eq("randomized") & rows.excluded.isna()]
    return _counts(trials=len(counted), participants=counted.people.sum())


def _harm_facts(review: Review, question: str) -> dict:
    """Count the trials that speak of harm, and what each harm's reports are."""
    evidence, asked, told = review.evidence, harm_trials(question, review.evidence), review.harms(question)
    apart = [name for name, harm in evidence.protocol.get("harms", {}).items() if harm.get("apart")]
    people = evidence.trials.set_index("trial_id").people.reindex(asked).sum()
    found = _counts(compared=len(asked), compared_participants=people)
    # Each trial counts once, by the firmest of what it says: the order of the dictionary, with silence last.
    statements = evidence.columns["harms.csv"]["statement"]["choices"]
    spoken = ["counted", *(each for each in statements if each not in SILENT)]
    order = [*spoken, "results_not_seen", "not_mentioned"]
    rows = evidence.harms[evidence.harms.trial_id.isin(asked)]
    rows = rows[~rows.harm.isin(apart)]
    said = rows.statement.where(rows.events.isna(), "counted").map(order.index)
    trials = said.groupby(rows.trial_id).min().value_counts()
    counts = {name: trials.get(rank, 0) for rank, name in enumerate(order)}
    counts["unavailable"] = counts.pop("results_not_seen")
    counts["mentioned"] = sum(counts[name] for name in spoken)
    found |= _below("harms", _counts(**counts))
    for name, harm in told.items():
        found[f"harms.{name}.reported"] = Count(len(harm.reported))
        found[f"harms.{name}.counted"] = Count(harm.counts.trial_id.nunique())
    return found


def _people_facts(review: Review, question: str) -> dict:
    """Count the compared trials by eligibility criterion, and give the range of each item that was given."""
    evidence = review.evidence
    cards = [evidence.cards[trial_id] for trial_id in harm_trials(question, evidence)]
    asked = [card.get("population", {}).get("asked", []) for card in cards]
    found: dict = {
        f"asked.{name.replace(' ', '_')}": Count(sum(name in each for each in asked))
        for name in evidence.protocol.get("entry_criteria", ())
    }
    found["asked.neither"] = Count(sum(not each for each in asked))
    for item in ("sessions_per_week", "minutes", "weeks"):
        told = [values for card in cards if (values := _item_numbers(card, item))]
        found[f"given.{item}_told"] = Count(len(told))
        for name, pick in (("low", min), ("high", max)):
            value = pick((value for values in told for value in values), default=None)
            found[f"given.{item}_{name}"] = NOT_ESTIMABLE if value is None else Number(value, f"{value:g}")
    return found


def _item_numbers(card: dict, item: str) -> list[float]:
    """Read the numbers that the intervention arms of a trial give for an item, such as "50 to 60"."""
    arms = (arm for arm in card["arms"].values() if arm["role"] == "intervention")
    told = [arm_details(arm).get(item, "") for arm in arms]
    return [float(value) for text in told for value in re.findall(r"\d+(?:\.\d+)?", str(text))]


def _group_facts(review: Review) -> dict:
    """Add up the questions of each group that is no question itself."""
    trials = review.evidence.trials
    trials = trials[trials.unit.eq("trial")]
    labels = {question["group"] for question in review.questions.values()} - set(review.questions)
    found: dict = {}
    for group in sorted(labels):
        found |= _below(group, _trial_counts(trials[trials.group.eq(group)]))
        parts = [_harm_facts(review, q) for q, asked in review.questions.items() if asked["group"] == group]
        found |= {f"{group}.{name}": Count(sum(part[name] for part in parts)) for name in parts[0]}
    return found


# ---- the review as a whole


def _whole_facts(review: Review) -> dict:
    evidence = review.evidence
    trials = evidence.trials[evidence.trials.unit == "trial"]
    tables = (evidence.results, evidence.reported)
    unread = evidence.reports[evidence.reports.retrieved.eq("no")]
    dates = evidence.searches.date
    return _counts(
        trials=(trials.allocation.eq("randomized") & trials.excluded.isna()).sum(),
        cards=len(trials),
        full_articles=evidence.sources[evidence.sources.kind.eq("primary_fulltext")].trial_id.nunique(),
        reports_sought=len(evidence.reports),
        reports_of_studies=evidence.reports.record.isin(evidence.screening.record_id).sum(),
        reports_not_retrieved=len(unread),
        reports_first=unread.priority.eq(1).sum(),
        rows=sum(map(len, tables)),
        rows_checked=sum(table.checked.notna().sum() for table in tables),
        searches=len(evidence.searches),
        ratings_confirmed=len(evidence.grade.decisions),
    ) | {
        "specified": _day(evidence.protocol["specified"]),
        "evidence_hash": evidence_hash(evidence.root),
        "last_search": _day(max(dates)) if len(dates) else _NONE_YET,
    }


def _decline_facts(review: Review) -> dict:
    """Give the decline expected in a month, where the review declares one."""
    if "natural_decline" not in review.evidence.outcomes:
        return {}
    low, high = meaning(1, review.evidence).decline
    return {
        "decline_per_month": interval(low, high, 2),
        "decline_per_month_low": _shown(low, 2),
        "decline_per_month_high": _shown(high, 2),
    }


def _standing_facts(review: Review) -> dict:
    """Give what the status note tells: who did what, and what is registered, declared and published."""
    evidence = review.evidence
    readers = [card["readers"] for card in evidence.cards.values()]
    card = read_card(evidence.root) if (evidence.root / CARD).is_file() else {}
    declared = evidence.protocol.get("declarations", {})
    decided = evidence.screening.date.dropna()
    return {
        "named_authors": Count(sum("family-names" in author for author in card.get("authors", []))),
        "cards_extracted_twice": Count(sum("duplicate" in each for each in readers)),
        "included_up_to": _day(max(decided)) if len(decided) else Unknown("not recorded"),
        "registered": "registration" in evidence.protocol,
        "peer_reviewed": "peer_review" in declared,
        "funding_declared": "funding" in declared,
        "interests_declared": "interests" in declared,
    }


def _claim_facts(review: Review) -> dict:
    evidence, found = review.evidence, claims(review.evidence)
    verdicts = {name.replace(" ", "_"): found.verdict.eq(name).sum() for name in CLAIM_VERDICTS}
    # Events of function by arm, which a ratio of risks needs.
    domains = {key: outcome["domain"] for key, outcome in evidence.outcomes["outcomes"].items()}
    events = evidence.results[
        evidence.results.outcome.map(domains).eq("function") & evidence.results.events.notna()
    ]
    named = _below(
        "claims",
        _counts(
            total=len(found),
            reviews=len(evidence.reviews),
            **verdicts,
            queries=verdicts["impossible"] + verdicts["inconsistent"],
            event_trials=events.trial_id.nunique(),
        ),
    )
    for row in found.itertuples():
        printed = "not seen" if is_missing(row.estimate) else row.estimate.replace("-", MINUS)
        named[f"{row.claim_id}.estimate"] = _escaped(printed)
        named[f"{row.claim_id}.verdict"] = row.verdict
    return named


def _flow_facts(review: Review) -> dict:
    evidence = review.evidence
    counts = flow_counts(evidence.screening, evidence.searches, evidence.candidates, evidence.reports)
    return {
        f"flow.{row.box}": Unknown("not recorded") if is_missing(row.total) else Count(row.total)
        for row in counts[counts.part == ""].itertuples()
    }


def _bias_facts(review: Review) -> dict:
    """Count the appraised results by overall judgement, or by the range that unseen answers leave."""
    appraisals = review.evidence.appraisals.values()
    results = [result for appraisal in appraisals for result in appraisal.get("results", [])]
    overall = [str(judged(result)[OVERALL]) for result in results]
    ranges = [str(Range(a, b)) for i, a in enumerate(JUDGEMENTS) for b in JUDGEMENTS[i:]]
    counts = _counts(
        results=len(results),
        confirmed=sum("confirmed" in result for result in results),
        trials=sum("results" in appraisal for appraisal in appraisals),
        trials_not_assessed=sum("not_assessed" in appraisal for appraisal in appraisals),
    )
    return _below("bias", counts | {each.replace(" ", "_"): Count(overall.count(each)) for each in ranges})


def _version_facts(review: Review) -> dict:
    """Say which version is the last one, and how many results differ from those of an earlier one.

    That one is the last whose results are not those of today: the text of a version, and of a draft that has
    changed no result since, tells what changed since the version before.
    """
    evidence = review.evidence
    versions = released_versions(evidence.root)
    compared, changed = _NONE_YET, (0, 0, 0)
    for version in reversed(versions):
        recorded = recorded_results(evidence.root, version)
        changed = _changes(review, recorded)
        if any(changed[1:]) or len(recorded) != len(review):
            compared = version
            break
    kept, estimates, ratings = changed
    latest = versions[-1] if versions else _NONE_YET
    date = _day(recorded_results(evidence.root, latest).date.iloc[0]) if versions else _NONE_YET
    return {
        "versions.released": Count(len(versions)),
        "versions.retrospective": Count(len(evidence.protocol.get("replays", ()))),
        "versions.latest": latest,
        "versions.latest_date": date,
        "versions.compared": compared,
        "versions.kept": Count(kept),
        "versions.changed_estimates": Count(estimates),
        "versions.changed_certainty": Count(ratings),
        "freshness.living": "retired" not in evidence.protocol,
    }


def _changes(review: Review, recorded: pd.DataFrame) -> tuple[int, int, int]:
    """Count the analyses that a version has recorded too, and those whose estimate or rating differs."""
    rows = recorded[recorded.analysis_id.isin(list(review))]
    kept = [review[analysis_id] for analysis_id in rows.analysis_id]
    limits = ["estimate", "ci_low", "ci_high"]
    now = [[getattr(each.result, name) for name in limits] for each in kept]
    alike = np.isclose(rows[limits], np.reshape(now, (-1, 3)), rtol=1e-6, atol=1e-6, equal_nan=True)
    rated = sum(
        (None if is_missing(old) else old) != each.certainty.rating
        for old, each in zip(rows.certainty, kept, strict=True)
    )
    return len(kept), int((~alike).any(axis=1).sum()), rated
