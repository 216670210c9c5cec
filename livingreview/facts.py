"""Gives every number and every word of a fixed vocabulary that a chapter may use, by a dotted name.

A fact that is a number is a number whose text is what a page prints, so that one name serves prose and
conditions.  Facts hand out numbers and vocabulary, never phrases: the chapters are written by people.
"""

import hashlib
import os
import pickle
import re
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from livingreview.certainty import RATINGS, VERDICTS
from livingreview.certainty.harms import SILENT, harm_trials
from livingreview.certainty.inputs import FEWEST_FOR_FUNNEL
from livingreview.claims import VERDICTS as CLAIM_VERDICTS
from livingreview.claims import claims
from livingreview.effects.measures import Measure, measure_of
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
from livingreview.statistics.thresholds import WEEKS_PER_MONTH

# What a fact with this last name may be: the self-test of conditions tries them all.
VOCABULARIES = {"verdict": VERDICTS, "certainty": ("not rated", *RATINGS)}
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

    def __reduce__(self):
        return Number, (float(self), self.text)


class Count(int):
    """A whole number that prints with a comma between thousands."""

    def __str__(self) -> str:
        return f"{int(self):,}"

    __repr__ = __str__

    def __reduce__(self):
        return Count, (int(self),)


class Unknown(str):
    """A fact that cannot be estimated at present; every comparison with it is false."""


NOT_ESTIMABLE = Unknown("not estimable")


class Facts(Mapping):
    """Dotted name to fact."""

    def __init__(self, facts: Mapping):
        self._facts = dict(facts)

    def __getitem__(self, name: str):
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def tree(self) -> dict[str, SimpleNamespace]:
        """Nest the facts by the parts of their names, as templates read them."""
        tree: dict = {}
        for name, value in self._facts.items():
            *path, last = name.split(".")
            inner = tree
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = value
        return {key: _space(inner) for key, inner in tree.items()}


def _space(tree):
    if not isinstance(tree, dict):
        return tree
    return SimpleNamespace(**{key: _space(inner) for key, inner in tree.items()})


def escaped(text: str) -> str:
    """Escape a text of the data, so that no page reads markup in it."""
    return _MARKUP.sub(r"\\\1", text)


def review_facts(review: Review) -> Facts:
    """Compute every fact of a review."""
    found: dict = {}
    for analysis_id, each in review.items():
        found |= {f"{analysis_id}.{name}": value for name, value in _analysis_facts(each).items()}
    for question in review.questions:
        found |= {f"{question}.{name}": value for name, value in _question_facts(review, question).items()}
    found |= _group_facts(review)
    found |= {f"review.{name}": value for name, value in _whole_facts(review).items()}
    found |= _claim_facts(review) | _flow_facts(review)
    found |= _sensitivity_facts(review) | _bias_facts(review) | _version_facts(review)
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


def _counted(found: dict) -> dict:
    """Add to each count of studies, participants or trials its text with the noun."""
    counts = ((name, name.rpartition(".")[2].rpartition("_")[2]) for name in found)
    return {
        f"{name}_counted": count(found[name], _NOUNS[last]).replace("1 ", "one ", found[name] == 1)
        for name, last in counts
        if last in _NOUNS and isinstance(found[name], Count)
    }


def _analysis_facts(each: Analysis) -> dict:
    digits = _digits(each)
    counts, unavailable = each.direction_counts, each.unavailable
    signs = ("favours_intervention", "favours_comparator", "no_direction", "mixed")
    measure = measure_of(each.choice)
    found = _result_facts(each.result, digits, measure) | {
        "eligible": Count(int(each.directions.eligible.sum())),
        "silent": Count(counts["silent"]),
        "directions": Count(sum(counts[key] for key in signs)),
        "favours_intervention": Count(counts["favours_intervention"]),
        "favours_comparator": Count(counts["favours_comparator"]),
        "conflicting": Count(counts["mixed"]),
        "no_direction": Count(counts["no_direction"]),
        "unavailable_studies": Count(len(unavailable)),
        "unavailable_participants": Count(int(unavailable.people.sum())),
    }
    # One of each per eligible trial, so that a sentence may name the trials it speaks of.
    for row in each.directions[each.directions.eligible].itertuples():
        found[f"direction.{row.trial_id}"] = row.direction
        found[f"stated.{row.trial_id}"] = "no statement" if is_missing(row.stated) else row.stated
    found |= _weight_facts(each) | _certainty_facts(each) | _moderator_facts(each, digits)
    if each.choice["synthesis"] == "pool" and each.thresholds:
        found |= _meaning_facts(each, digits)
    if each.choice["synthesis"] == "pool":
        for alternative in each.alternatives:
            other = _result_facts(each.under(alternative), digits, measure)
            found |= {f"{alternative}.{name}": value for name, value in other.items()}
    return found


def _moderator_facts(each: Analysis, digits: int) -> dict:
    """Give the slope of each moderator that is a number, and the result of each subgroup of one that is not.

    The slope of a ratio is that of its logarithm.
    """
    found: dict = {}
    for name, moderator in each.moderators.items():
        own: dict = {"p": NOT_ESTIMABLE}
        if isinstance(moderator.found, Regression):
            slope = moderator.found.terms.iloc[1]
            own = {"slope": slope.estimate, "slope_low": slope.ci_low, "slope_high": slope.ci_high}
            own = {key: _shown(value, 3) for key, value in own.items()}
            own |= {"slope_ci": _interval(slope.ci_low, slope.ci_high, 3)}
            own |= {"p": Number(slope.p, p_value(slope.p)), "explained": _shown(moderator.found.r2, 0)}
        elif isinstance(moderator.found, Subgroups):
            printed = measure_of(each.choice).printed
            for group, row in moderator.found.table.iterrows():
                ends = printed(row.ci_low), printed(row.ci_high)
                own |= {f"{group}.k": Count(row.k), f"{group}.ci": _interval(*ends, digits)}
                own |= {f"{group}.estimate": _shown(printed(row.estimate), digits)}
            own["p"] = Number(moderator.found.p, p_value(moderator.found.p))
        found |= {f"moderator.{name}.{key}": value for key, value in own.items()}
    return found


def _certainty_facts(each: Analysis) -> dict:
    # Data of an earlier commit may have no rules that the present code can apply.
    if not each.evidence.grade.rules:
        return dict.fromkeys(("certainty", "certainty_status", "verdict"), Unknown("not rated"))
    rated = each.certainty
    found = {"certainty": rated.rating or "not rated", "certainty_status": rated.status}
    downgraded = {domain.name.replace(" ", "_"): domain.levels for domain in rated.proposal.domains}
    found |= {f"downgraded.{name}": Count(levels) for name, levels in downgraded.items()}
    inputs = {name: each.value for domain in rated.proposal.domains for name, each in domain.inputs}
    found |= {f"inputs.{name}": _shown(value, 0) for name, value in inputs.items()}
    if not is_missing(inputs.get("information")):
        # The input is for the smallest threshold of the time measured.
        scale = (max(each.thresholds) / each.meaning.thresholds[0]) ** 2
        found["information_largest"] = _shown(inputs["information"] * scale, 0)
    return found | {"verdict": each.verdict}


def _weight_facts(each: Analysis) -> dict:
    """Give each trial of the question its share of the weight in percent, 0 outside the pool."""
    if each.choice["synthesis"] != "pool":
        return {}
    pooled, weights = each.result.trials, {}
    if each.result.k:
        shares = pooled.weight if "weight" in pooled else pd.Series(1.0, index=pooled.index)
        weights = (100 * shares / shares.sum()).groupby(pooled.trial_id).sum()
    trials = each.evidence.trials
    asked = trials[trials.question.eq(each.choice["question"]) & trials.status.eq("included")].trial_id
    shares = {trial_id: float(weights.get(trial_id, 0)) for trial_id in asked}
    return {f"weight.{trial_id}": Number(share, number(share, 0)) for trial_id, share in shares.items()}


def _digits(each: Analysis) -> int:
    measure = measure_of(each.choice)
    return measure.digits if measure else 1


def _result_facts(result: Result, digits: int, measure: Measure | None) -> dict:
    """Give a result as a page prints it; a ratio is analysed as its logarithm and printed as itself."""
    ratio = measure is not None and measure.ratio

    def shown(value: float, places: int = digits):
        return NOT_ESTIMABLE if is_missing(value) else Number(value, number(value, places))

    def printed(value: float) -> float:
        return measure.printed(value) if ratio and not is_missing(value) else value

    found = {
        "k": Count(result.k),
        "studies": Count(result.studies),
        "participants": Count(result.participants),
        "includes_no_effect": bool(result.ci_low <= 0 <= result.ci_high),
    }
    for name in ("estimate", "ci_low", "ci_high", "gain", "gain_low", "gain_high", "pi_low", "pi_high"):
        found[name] = shown(printed(getattr(result, name)))
    for name, value in (("size", "estimate"), ("ci_low_size", "ci_low"), ("ci_high_size", "ci_high")):
        found[name] = shown(abs(printed(getattr(result, value))))
    found["ci"] = _interval(printed(result.ci_low), printed(result.ci_high), digits)
    found["prediction"] = _interval(printed(result.pi_low), printed(result.pi_high), digits)
    found |= {"tau2": shown(result.tau2, 2), "i2": shown(result.i2, 0)}
    for name in ("p", "q_p"):
        value = getattr(result, name)
        found[name] = NOT_ESTIMABLE if is_missing(value) else Number(value, p_value(value))
    return found


def _interval(low: float, high: float, digits: int) -> str:
    return NOT_ESTIMABLE if is_missing(low) else interval(low, high, digits)


def _meaning_facts(each: Analysis, digits: int) -> dict:
    at = each.meaning
    half = meaning(months_asked(each.choice), each.evidence)
    smallest, largest = min(each.thresholds), max(each.thresholds)
    result = each.result
    shares = [100 * abs(result.estimate) / points for points in reversed(at.decline)]
    found = {
        "share_measured": _interval(*shares, 0),
        "months": Number(at.months, number(at.months, 1)),
        "threshold_smallest": Number(smallest, number(smallest, digits)),
        "threshold_largest": Number(largest, number(largest, digits)),
        # Important means under every declared threshold; possibly important under some of them.
        "includes_important_benefit": bool(result.gain_high >= largest),
        "includes_important_harm": bool(result.gain_low <= -largest),
        "includes_possible_harm": bool(result.gain_low <= -smallest),
    }
    for name, when in (("measured", at), ("asked", half)):
        found |= {
            f"decline_{name}": interval(*when.decline, digits),
            f"decline_{name}_low": Number(when.decline[0], number(when.decline[0], digits)),
            f"thresholds_{name}": interval(*when.thresholds, digits),
            f"includes_benefit_{name}": bool(result.gain_high >= when.thresholds[0]),
            f"includes_harm_{name}": bool(result.gain_low <= -when.thresholds[0]),
        }
    for name, pick in (("months_first", min), ("months_last", max)):
        weeks = [each for each in result.trials.timepoint_weeks if not is_missing(each)] if result.k else []
        months = pick(weeks, default=float("nan")) / WEEKS_PER_MONTH
        found[name] = Number(months, number(months, 0)) if weeks else NOT_ESTIMABLE
    found |= _required_facts(each, smallest, largest)
    assumed = result.trials[result.trials.n_basis.map(is_assumed).astype(bool)] if result.k else result.trials
    people = int(assumed.people.sum()) if result.k else 0
    return found | {"assumed": Count(people), "analysed": Count(result.participants - people)}


def _required_facts(each: Analysis, smallest: float, largest: float) -> dict:
    """Count the participants that one trial needs to show each threshold, by the SD of the trials pooled."""
    pooled = each.synthesis
    known = isinstance(pooled, Pooled) and not sized_trials(pooled).empty
    return {
        f"participants_needed_{name}": Count(
            ceil(required_information(pooled, threshold, seen_sd(pooled), POWER))
        )
        if known
        else NOT_ESTIMABLE
        for name, threshold in (("smallest", smallest), ("largest", largest))
    }


def _question_facts(review: Review, question: str) -> dict:
    trials = review.evidence.trials
    rows = trials[trials.question.eq(question) & trials.unit.eq("trial")]
    return _trial_counts(rows) | _harm_facts(review, question) | _people_facts(review, question)


def _trial_counts(rows: pd.DataFrame) -> dict:
    counted = rows[rows.allocation.eq("randomized") & rows.excluded.isna()]
    return {"trials": Count(len(counted)), "participants": Count(int(counted.people.sum()))}


def _harm_facts(review: Review, question: str) -> dict:
    """Count the trials that speak of harm, and what each harm's reports are."""
    asked = harm_trials(question, review.evidence)
    told = review.harms(question)
    declared = review.evidence.protocol.get("harms", {})
    harmful = {name: harm for name, harm in told.items() if not declared[name].get("apart")}
    mentioned = set().union(*(harm.reported for harm in harmful.values())) if harmful else set()
    people = review.evidence.trials.set_index("trial_id").people.reindex(asked)
    found = {"compared": Count(len(asked)), "compared_participants": Count(int(people.sum()))}
    found |= {"harms.mentioned": Count(len(mentioned))}
    counted = {i for harm in harmful.values() for i in harm.counts.trial_id}
    found["harms.counted"] = Count(len(counted))
    before = set(counted)
    # Each trial counts once, by the firmest of what it says: the order of the dictionary.
    for statement in review.evidence.columns["harms.csv"]["statement"]["choices"]:
        if statement not in SILENT:
            ids = {i for harm in harmful.values() for i in harm.statements.get(statement, ())} - before
            found[f"harms.{statement}"] = Count(len(ids))
            before |= ids
    unavailable = {
        i
        for harm in harmful.values()
        for i in harm.statements.get("results_not_seen", ())
        if i not in mentioned
    }
    found["harms.unavailable"] = Count(len(unavailable))
    # Where nobody has entered anything, the reports may mention harms.
    recorded = {i for harm in harmful.values() for i in asked if i not in harm.unrecorded}
    found["harms.not_mentioned"] = Count(len(recorded - mentioned - unavailable))
    for name, harm in told.items():
        found[f"harms.{name}.reported"] = Count(len(harm.reported))
        found[f"harms.{name}.counted"] = Count(harm.counts.trial_id.nunique())
    return found


def _people_facts(review: Review, question: str) -> dict:
    """Count the compared trials by eligibility criterion, and give the range of each item that was given."""
    cards = [review.evidence.cards[trial_id] for trial_id in harm_trials(question, review.evidence)]
    asked = [card.get("population", {}).get("asked", []) for card in cards]
    criteria = review.evidence.protocol.get("entry_criteria", ())
    found: dict = {
        f"asked.{name.replace(' ', '_')}": Count(sum(name in each for each in asked)) for name in criteria
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
    trials = review.evidence.trials
    trials = trials[trials.unit.eq("trial")]
    labels = {question["group"] for question in review.questions.values()} - set(review.questions)
    found: dict = {}
    for group in sorted(labels):
        rows = trials[trials.group.eq(group)]
        found |= {f"{group}.{name}": value for name, value in _trial_counts(rows).items()}
        parts = [_harm_facts(review, q) for q, asked in review.questions.items() if asked["group"] == group]
        for name in parts[0]:
            found[f"{group}.{name}"] = Count(sum(part[name] for part in parts))
    return found


def _whole_facts(review: Review) -> dict:
    evidence = review.evidence
    trials = evidence.trials[evidence.trials.unit == "trial"]
    full = evidence.sources[evidence.sources.kind.eq("primary_fulltext")].trial_id.nunique()
    tables = (evidence.results, evidence.reported)
    unread = evidence.reports[evidence.reports.retrieved.eq("no")]
    last = max(evidence.searches.date) if len(evidence.searches) else None
    return (
        _standing_facts(review)
        | _decline_facts(evidence)
        | {
            "specified": f"{evidence.protocol['specified']:%-d %B %Y}",
            "evidence_hash": evidence_hash(evidence.root),
            "trials": Count(len(trials[trials.allocation.eq("randomized") & trials.excluded.isna()])),
            "cards": Count(len(trials)),
            "full_articles": Count(full),
            "reports_sought": Count(len(evidence.reports)),
            "reports_of_studies": Count(evidence.reports.record.isin(evidence.screening.record_id).sum()),
            "reports_not_retrieved": Count(len(unread)),
            "reports_first": Count(int(unread.priority.eq(1).sum())),
            "rows": Count(sum(map(len, tables))),
            "rows_checked": Count(sum(int(table.checked.notna().sum()) for table in tables)),
            "searches": Count(len(evidence.searches)),
            "last_search": f"{last:%-d %B %Y}" if last else Unknown("none yet"),
            "ratings_confirmed": Count(len(evidence.grade.decisions)),
        }
    )


def _decline_facts(evidence) -> dict:
    """Give the decline expected in a month, where the review declares one."""
    if "natural_decline" not in evidence.outcomes:
        return {}
    decline = meaning(1, evidence).decline
    return {
        "decline_per_month": interval(*decline, 2),
        "decline_per_month_low": Number(decline[0], number(decline[0], 2)),
        "decline_per_month_high": Number(decline[1], number(decline[1], 2)),
    }


def _standing_facts(review: Review) -> dict:
    """Give what the status note tells: who did what, and what is registered, declared and published."""
    evidence = review.evidence
    readers = [card["readers"] for card in evidence.cards.values()]
    card = read_card(evidence.root) if (evidence.root / CARD).is_file() else {}
    declared = evidence.protocol.get("declarations", {})
    decided = evidence.screening.date.dropna()
    return {
        "version": card.get("version", Unknown("not numbered")),
        "named_authors": Count(sum("family-names" in author for author in card.get("authors", []))),
        "extracted_by": escaped(", ".join(sorted({each["extracted"] for each in readers}))),
        "cards_extracted_twice": Count(sum("duplicate" in each for each in readers)),
        "included_up_to": f"{max(decided):%-d %B %Y}" if len(decided) else Unknown("not recorded"),
        "registered": "registration" in evidence.protocol,
        "peer_reviewed": "peer_review" in declared,
        "funding_declared": "funding" in declared,
        "interests_declared": "interests" in declared,
    }


def _claim_facts(review: Review) -> dict:
    found = claims(review.evidence)
    named: dict = {"claims.total": Count(len(found)), "claims.reviews": Count(len(review.evidence.reviews))}
    for verdict in CLAIM_VERDICTS:
        named[f"claims.{verdict.replace(' ', '_')}"] = Count(int(found.verdict.eq(verdict).sum()))
    named["claims.queries"] = Count(named["claims.impossible"] + named["claims.inconsistent"])
    named["claims.event_trials"] = Count(_event_trials(review))
    for row in found.itertuples():
        printed = "not seen" if is_missing(row.estimate) else row.estimate.replace("-", MINUS)
        named[f"{row.claim_id}.estimate"] = escaped(printed)
        named[f"{row.claim_id}.verdict"] = row.verdict
    return named


def _flow_facts(review: Review) -> dict:
    evidence = review.evidence
    counts = flow_counts(evidence.screening, evidence.searches, evidence.candidates)
    whole = counts[counts.part == ""]
    return {
        f"flow.{row.box}": Unknown("not recorded") if is_missing(row.total) else Count(int(row.total))
        for row in whole.itertuples()
    }


def _event_trials(review: Review) -> int:
    """Count the trials with events of function by arm, which a ratio of risks needs."""
    evidence = review.evidence
    domains = {key: outcome["domain"] for key, outcome in evidence.outcomes["outcomes"].items()}
    function = evidence.results.outcome.map(domains).eq("function")
    return evidence.results[function & evidence.results.events.notna()].trial_id.nunique()


def _sensitivity_facts(review: Review) -> dict:
    """Give, for each pooled analysis, the results of its sensitivity analyses."""
    found: dict = {}
    for analysis_id, each in review.items():
        if each.choice["synthesis"] != "pool":
            continue
        named = _left_out_facts(each) | _spread_facts(each) | _small_study_facts(each)
        named |= _imputed_facts(each)
        if each.choice["role"] == "primary" and each.thresholds:
            named |= _operating_facts(each)
        if "multiverse" in each.choice:
            named |= {f"multiverse.{name}": value for name, value in _multiverse_facts(each).items()}
        found |= {f"{analysis_id}.{name}": value for name, value in named.items()}
    return found


def _shown(value: float, digits: int):
    return NOT_ESTIMABLE if is_missing(value) else Number(value, number(value, digits))


def _ends(name: str, values, digits: int) -> dict:
    """Give the lowest and the highest of some values."""
    known = [value for value in values if not is_missing(value)]
    lowest, highest = (min(known), max(known)) if known else (None, None)
    return {f"{name}_lowest": _shown(lowest, digits), f"{name}_highest": _shown(highest, digits)}


def _left_out_facts(each: Analysis) -> dict:
    """Give the range of the results without each estimate in turn, and how many of them include no effect."""
    pooled, digits = each.synthesis, _digits(each)
    rows = pd.DataFrame(columns=["estimate", "ci_low", "ci_high"], dtype=float)
    if isinstance(pooled, Pooled) and pooled.k > 2:
        options = {"method": pooled.method, "interval": pooled.interval, "level": pooled.level}
        rows = leave_one_out(pooled.trials.yi, pooled.trials.vi, **options)
    include = rows.ci_low.le(0) & rows.ci_high.ge(0)
    found = {
        "leave_one_out.results": Count(len(rows)),
        "leave_one_out.include_no_effect": Count(include.sum()),
    }
    printed = rows.estimate.map(measure_of(each.choice).printed)
    return found | _ends("leave_one_out.estimate", printed, digits)


def _imputed_facts(each: Analysis) -> dict:
    """Give the result had every unavailable trial found the opposite of the pooled effect."""
    rows = what_if_unread(each.id, each.evidence)
    row = rows[rows.choice.eq(OPPOSITE)]
    if row.empty:
        return {}
    digits = _digits(each) + 1
    estimate, low, high = row[["estimate", "ci_low", "ci_high"]].iloc[0]
    return {"opposite.estimate": _shown(estimate, digits), "opposite.ci": _interval(low, high, digits)}


def _small_study_facts(each: Analysis) -> dict:
    """Give the tests of small-study effects and trim and fill, where there are trials enough for them."""
    pooled, measure = each.synthesis, measure_of(each.choice)
    if not pooled.pooled or pooled.k < FEWEST_FOR_FUNNEL or one_precision(pooled.trials.vi):
        return {}
    yi, vi = pooled.trials.yi.to_numpy(), pooled.trials.vi.to_numpy()
    filled = trim_and_fill(yi, vi, method=pooled.method, interval=pooled.interval, level=pooled.level)
    values = (filled.pooled.estimate, filled.pooled.ci_low, filled.pooled.ci_high)
    estimate, *ends = map(measure.printed, values)
    tests = {"egger_p": egger(yi, vi).p, "begg_p": begg(yi, vi).p}
    found = {name: Number(p, p_value(p)) for name, p in tests.items()}
    found |= {"filled": Count(filled.k0), "filled_estimate": _shown(estimate, measure.digits)}
    found["filled_ci"] = _interval(*ends, measure.digits)
    return {f"small_study.{name}": value for name, value in found.items()}


def _spread_facts(each: Analysis) -> dict:
    """Give the standard deviation behind the effects, of how many studies, and the dropouts to be bounded."""
    pooled = each.synthesis
    known = sized_trials(pooled) if isinstance(pooled, Pooled) else ()
    cases = dropout_cases(each.id, each.evidence)
    return {
        "sd": _shown(seen_sd(pooled) if len(known) else None, 1),
        "sd_estimates": Count(len(known)),
        "dropouts_bounded": Count(cases.trial_id.nunique()),
    }


def _multiverse_facts(each: Analysis) -> dict:
    """Count the specifications, and give the ranges of their results and the most influential choices."""
    found, digits = multiverse(each.id, each.evidence), _digits(each)
    table, moves = found.table, found.moves
    include = table.ci_low.le(0) & table.ci_high.ge(0)
    named = {
        "specifications": Count(len(found.every)),
        "results": Count(len(table)),
        "too_few": Count(found.too_few),
        "include_no_effect": Count(include.sum()),
        "favour_intervention": Count(
            (table.estimate * (1 if each.choice["higher_is_better"] else -1)).gt(0).sum()
        ),
    }
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

    ``few`` and ``many`` are the fewest and the most trials, ``homogeneous`` and ``heterogeneous`` the least
    and the most variability between them; power is for the upper threshold of the time measured.
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
    return {f"operating.{name}": value for name, value in named.items()}


def _bias_facts(review: Review) -> dict:
    """Count the appraised results by overall judgement, or by the range that unseen answers leave."""
    appraisals = review.evidence.appraisals.values()
    results = [result for appraisal in appraisals for result in appraisal.get("results", [])]
    overall = [str(judged(result)[OVERALL]) for result in results]
    ranges = [Range(a, b) for i, a in enumerate(JUDGEMENTS) for b in JUDGEMENTS[i:]]
    return {
        "bias.results": Count(len(results)),
        "bias.confirmed": Count(sum("confirmed" in result for result in results)),
        "bias.trials": Count(sum("results" in appraisal for appraisal in appraisals)),
        "bias.trials_not_assessed": Count(sum("not_assessed" in appraisal for appraisal in appraisals)),
    } | {f"bias.{str(each).replace(' ', '_')}": Count(overall.count(str(each))) for each in ranges}


def _version_facts(review: Review) -> dict:
    """Say which version is the last one, and how many results differ from those of an earlier one.

    That one is the last whose results are not those of today: the text of a version, and of a draft that has
    changed no result since, tells what changed since the version before.
    """
    evidence = review.evidence
    versions = released_versions(evidence.root)
    found = {
        "versions.released": Count(len(versions)),
        "versions.retrospective": Count(len(evidence.protocol.get("replays", ()))),
        "versions.latest": Unknown("none yet"),
        "versions.latest_date": Unknown("none yet"),
        "versions.compared": Unknown("none yet"),
        "freshness.living": "retired" not in evidence.protocol,
        "freshness.waiting": Count(len(evidence.candidates)),
    }
    changed = dict.fromkeys(("kept", "changed_estimates", "changed_certainty"), 0)
    for version in reversed(versions):
        recorded = recorded_results(evidence.root, version)
        if version == versions[-1]:
            found["versions.latest"] = version
            found["versions.latest_date"] = f"{pd.Timestamp(recorded.date.iloc[0]):%-d %B %Y}"
        changed = _changes(review, recorded)
        if changed["changed_estimates"] or changed["changed_certainty"] or len(recorded) != len(review):
            found["versions.compared"] = version
            break
    return found | {f"versions.{name}": Count(n) for name, n in changed.items()}


def _changes(review: Review, recorded: pd.DataFrame) -> dict[str, int]:
    """Count the analyses that a version has recorded too, and those that differ from it."""
    kept = list(recorded[recorded.analysis_id.isin(list(review))].itertuples())
    moved = [row for row in kept if _moved(row, review[row.analysis_id].result)]
    rated = [None if is_missing(row.certainty) else row.certainty for row in kept]
    other = [
        row for row, then in zip(kept, rated, strict=True) if then != review[row.analysis_id].certainty.rating
    ]
    return {"kept": len(kept), "changed_estimates": len(moved), "changed_certainty": len(other)}


def _moved(row, now: Result) -> bool:
    """Say whether a pooled or single result differs from the recorded one by more than rounding."""
    pairs = [(getattr(row, name), getattr(now, name)) for name in ("estimate", "ci_low", "ci_high")]
    if any(is_missing(old) != is_missing(new) for old, new in pairs):
        return True
    return any(not is_missing(old) and abs(old - new) > 1e-6 * max(1, abs(new)) for old, new in pairs)
