"""Puts the declared rules to the inputs of an analysis and proposes a rating."""

from dataclasses import dataclass, replace
from functools import lru_cache

from alsreview.certainty.inputs import INPUTS, Input, certainty_inputs
from alsreview.evidence import load_evidence
from alsreview.formats import is_missing

RATINGS = ("very low", "low", "moderate", "high")
DOMAINS = (
    "risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias", "unavailable results",
    "large effect",
)  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """What the rules found in one domain.

    Attributes
    ----------
    levels : by which the domain lowers the rating
    inputs : name and `Input` of each input that applies; NaN where it could not be computed
    met : the rules that are met, the one that decides first
    studies : labels of the studies behind the rule that decides; empty where it names none
    capped : whether the level that unseen information costs was already taken in another domain
    """

    name: str
    levels: int
    inputs: tuple[tuple[str, Input], ...]
    met: tuple[str, ...]
    studies: tuple[str, ...] = ()
    capped: bool = False


@dataclass(frozen=True)
class Proposal:
    """A rating that the rules propose, with what each domain took off.

    Attributes
    ----------
    rating : one of ``RATINGS``; None where there was nothing to rate
    domains : one per domain of ``DOMAINS``; empty where there was nothing to rate
    """

    analysis_id: str
    rating: str | None
    domains: tuple[Domain, ...]


def propose(analysis_id: str, *, root=None) -> Proposal:
    """Propose the GRADE rating of an analysis by the rules of ``data/certainty/rules.yml``.

    Raises
    ------
    ValueError
        When the analysis is unknown, or the review has no rules.
    """
    evidence = load_evidence(root)
    if not evidence.grade.rules:
        raise ValueError("data/certainty/rules.yml: expected the rules of certainty, found none")
    return _propose(evidence, analysis_id)


@lru_cache(maxsize=64)
def _propose(evidence, analysis_id: str) -> Proposal:
    # Sentences, tables and kept results all ask; the evidence is frozen, so the answer is too.
    rating, domains = judge(certainty_inputs(analysis_id, root=evidence), evidence.grade.rules)
    return Proposal(analysis_id, rating, domains)


def can_judge(rules: dict) -> bool:
    """Tell whether all inputs and domains of rules are known, as those of an earlier commit may not be."""
    domains = {entry["domain"] for entry in rules["inputs"].values()}
    return domains <= set(DOMAINS) and set(rules["inputs"]) <= set(INPUTS)


def judge(inputs: dict[str, Input], rules: dict) -> tuple[str | None, tuple[Domain, ...]]:
    """Apply rules to inputs.

    Parameters
    ----------
    inputs : input to `Input`; NaN for unknown
    rules : the content of ``rules.yml``

    Returns
    -------
    (rating, domains)
        None and no domain without inputs: what has no usable result is not rated.

    Notes
    -----
    Rules marked ``unseen`` are about what we could not read, not about the trials. Over all domains together
    they lower the rating by one level at most: a convention of this review, not of GRADE.
    """
    if not inputs:
        return None, ()
    domains, unseen_left = [], 1
    for name in DOMAINS:
        domain = _domain(name, inputs, rules)
        if domain.met and rules["rules"][domain.met[0]].get("unseen"):
            levels = min(domain.levels, unseen_left)
            domain = replace(domain, levels=levels, capped=levels < domain.levels)
            unseen_left -= levels
        domains.append(domain)
    left = RATINGS.index(rules["start"]) - sum(domain.levels for domain in domains)
    return RATINGS[max(left, 0)], tuple(domains)


def _domain(name: str, inputs: dict[str, Input], rules: dict) -> Domain:
    own = {
        key: inputs[key]
        for key, entry in rules["inputs"].items()
        if entry["domain"] == name and key in inputs
    }
    met = [
        (rule_id, rule)
        for rule_id, rule in rules["rules"].items()
        if rule["input"] in own and _is_met(rule, own[rule["input"]].value)
    ]
    # The strictest rule decides, and what is known before what is unseen; rules of one domain do not add up.
    met.sort(key=lambda found: (-found[1]["levels"], found[1].get("unseen", False)))
    return Domain(
        name,
        met[0][1]["levels"] if met else 0,
        tuple(own.items()),
        tuple(rule_id for rule_id, _ in met),
        own[met[0][1]["input"]].studies if met else (),
    )


def _is_met(rule: dict, value: float) -> bool:
    if is_missing(value):
        return rule.get("when_unknown") == "met"
    if "at_least" in rule:
        return value >= rule["at_least"]
    return value <= rule["at_most"] if "at_most" in rule else value < rule["below"]
