"""Puts the declared rules to the inputs of an analysis and proposes a rating."""

from dataclasses import dataclass
from functools import lru_cache

from alsreview.certainty.inputs import certainty_inputs
from alsreview.evidence import load_evidence
from alsreview.formats import is_missing

RATINGS = ("very low", "low", "moderate", "high")
DOMAINS = (
    "risk of bias", "inconsistency", "indirectness", "imprecision", "missing evidence", "large effect",
)  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """What the rules found in one domain.

    Attributes
    ----------
    levels : taken off
    inputs : name and value of each input that applies; NaN where it could not be computed
    met : the rules that are met, the one that decides first
    """

    name: str
    levels: int
    inputs: tuple[tuple[str, float], ...]
    met: tuple[str, ...]


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


def judge(inputs: dict[str, float], rules: dict) -> tuple[str | None, tuple[Domain, ...]]:
    """Apply rules to inputs.

    Parameters
    ----------
    inputs : input to value; NaN for unknown
    rules : the content of ``rules.yml``

    Returns
    -------
    (rating, domains)
        None and no domain without inputs: what was not seen is not rated.
    """
    if not inputs:
        return None, ()
    domains = tuple(_domain(name, inputs, rules) for name in DOMAINS)
    left = RATINGS.index(rules["start"]) - sum(domain.levels for domain in domains)
    return RATINGS[max(left, 0)], domains


def _domain(name: str, inputs: dict[str, float], rules: dict) -> Domain:
    own = tuple(
        (key, inputs[key])
        for key, entry in rules["inputs"].items()
        if entry["domain"] == name and key in inputs
    )
    keys = {key for key, _ in own}
    met = [(rule["levels"], rule_id) for rule_id, rule in rules["rules"].items()
           if rule["input"] in keys and _is_met(rule, inputs[rule["input"]])]  # fmt: skip
    # The strictest rule decides; rules of one domain describe one doubt and do not add up.
    met.sort(key=lambda found: -found[0])
    return Domain(name, met[0][0] if met else 0, own, tuple(rule_id for _, rule_id in met))


def _is_met(rule: dict, value: float) -> bool:
    if is_missing(value):
        return rule.get("when_unknown") == "met"
    if "at_least" in rule:
        return value >= rule["at_least"]
    return value <= rule["at_most"] if "at_most" in rule else value < rule["below"]
