"""Checks the protocol with the outcomes that it names, and reads the rules and the decisions of certainty."""

from collections.abc import Iterator
from pathlib import Path

from livingreview.effects.measures import MEASURES, Measure, measures_of
from livingreview.evidence.dictionary import Grade, Reading, engine_file, joined_with
from livingreview.schema import Fault, Found

PROTOCOL = "data/protocol.yml"
RULES = "data/certainty/rules.yml"
_TESTS = ("at_least", "at_most", "below")
# GRADE asks for no more in a summary of findings, so that a reader can weigh them.
_MOST_OUTCOMES = 7


def outcome_faults(outcomes: dict) -> Found:
    """Yield scales that have no two ends."""
    for name, outcome in outcomes["outcomes"].items():
        ends = outcome.get("range", (0, 1))
        if len(ends) != 2 or ends[0] >= ends[1]:
            yield ("outcomes", name, "range"), f"expected the lower and the upper end, found {ends}"


def protocol_faults(protocol: dict, outcomes: dict) -> Found:
    """Yield analyses that use the news or cannot have their measure, and what is overdue before it is due.

    The outcomes are empty where ``outcomes.yml`` has faults of its own.
    """
    if "freshness" in protocol:
        yield from _rhythm_faults(protocol["freshness"])
    for name, choice in protocol["analyses"].items():
        if choice["synthesis"] == "pool":
            yield from _analysis_faults(name, choice, protocol["questions"], outcomes)
    for name, question in protocol["questions"].items():
        if (found := len(question.get("outcomes", ()))) > _MOST_OUTCOMES:
            message = f"expected at most {_MOST_OUTCOMES} outcomes, found {found}"
            yield ("questions", name, "outcomes"), message


def _rhythm_faults(freshness: dict) -> Found:
    for name in ("search", "decision", "version"):
        every, overdue = freshness[name]["every_days"], freshness[name]["overdue_days"]
        if overdue <= every:
            message = f"expected more than every_days ({every}), found {overdue}"
            yield ("freshness", name, "overdue_days"), message
    longest = max(freshness[name]["overdue_days"] for name in ("search", "decision"))
    days = freshness.get("retire_after_days")
    if days is not None and days <= longest:
        message = f"expected more than the overdue_days of search and decision ({longest}), found {days}"
        yield ("freshness", "retire_after_days"), message


def _analysis_faults(name: str, choice: dict, questions: dict, outcomes: dict) -> Found:
    at = ("analyses", name)
    if choice["role"] == "primary" and "news" not in choice.get("source_kinds_left_out", ()):
        message = "expected news among the kinds that a primary analysis leaves out, found it missing"
        yield (*at, "source_kinds_left_out"), message, at
    measure = MEASURES.get(choice.get("measure"))
    if measure is None or not outcomes:
        return
    for path, keys in _outcome_lists(at, choice):
        for key in keys:
            if key in outcomes["outcomes"]:
                told = _unfit(key, outcomes["outcomes"][key], measure, choice)
                yield from [(path, told)] if told else []
    scaled = "reference_scale" in questions.get(choice["question"], {}) and measure.points
    lacking = [key for key in ("natural_decline", "important_slowing") if not outcomes.get(key)]
    if scaled and lacking and choice.get("thresholds") is not False:
        message = f"expected {' and '.join(lacking)} in data/outcomes.yml, from which thresholds are derived"
        yield (*at, "thresholds"), f"{message}, or 'thresholds: false' in analyses.{name}", at


def _outcome_lists(path: tuple, part: dict) -> Iterator[tuple[tuple, list[str]]]:
    """Yield every list of outcomes inside an analysis, those of its alternatives too, with its path."""
    for key, value in part.items():
        if key == "outcomes" and isinstance(value, list):
            yield (*path, key), value
        elif isinstance(value, dict):
            yield from _outcome_lists((*path, key), value)


def _unfit(key: str, outcome: dict, measure: Measure, choice: dict) -> str:
    """Return why an outcome cannot have the measure of an analysis; empty where it can."""
    form, sign = outcome["form"], measure.sign(outcome)
    if form not in measure.forms:
        able = ", ".join(measures_of(form)) or "none"
        return f"expected outcomes that can have a {measure.key}, found {key}, of the form {form} ({able})"
    if not sign:
        return f"expected outcomes with a better end, found {key}, which has none"
    if measure.ratio and (sign > 0) != choice.get("higher_is_better"):
        better = "better" if sign > 0 else "worse"
        found = f"found {key}, of which a higher {measure.key} is {better}"
        return f"expected outcomes as higher_is_better says, {found}"
    return ""


# ---- Certainty


def read_certainty(reading: Reading) -> Grade:
    """Read ``data/certainty``: the rules, and one decision per analysis; a review may not have it yet."""
    grade, analyses = Grade(), reading.names.get("analyses")
    if not (reading.root / "data/certainty").is_dir():
        return grade
    grade.rules = _read_rules(reading)
    # A protocol that cannot be read has a fault of its own; the decisions are not to blame.
    if analyses is None:
        return grade
    expected = "rules.yml or a file named by an analysis of protocol.yml"
    for path in reading.files("data/certainty", {"rules", *analyses}, expected):
        decision, place = reading.read(path) if path != RULES else (None, None)
        if reading.fits(decision, place, "certainty.yml"):
            reading.note(place, _decision_faults(decision, grade.rules))
            grade.decisions[Path(path).stem] = decision
    return grade


def _read_rules(reading: Reading) -> dict:
    if not (reading.root / RULES).is_file():
        found = "expected the rules that decisions are taken on, found none"
        reading.faults.append(Fault(RULES, 1, "file", found))
        return {}
    rules, place = reading.read(RULES)
    if rules is None:
        return {}
    rules = joined_with(engine_file("rules.yml"), rules)
    inputs = set(rules["inputs"]) if isinstance(rules["inputs"], dict) else None
    if not reading.fits(rules, place, inputs=inputs):
        return {}
    for name, rule in rules["rules"].items():
        tests = [test for test in _TESTS if test in rule]
        if len(tests) != 1:
            found = f"expected one of {', '.join(_TESTS)}, found {', '.join(tests) or 'none'}"
            reading.note(place, [(("rules", name), found)])
    return rules


def _decision_faults(decision: dict, rules: dict) -> Found:
    accepted, rating = decision["decision"] == "accepted", decision["rating"]
    if (rating == decision["proposed"]) != accepted:
        wanted = "the proposed rating" if accepted else "another than the proposed"
        found = f"expected {wanted} where it was {decision['decision']}, found {rating}"
        yield ("rating",), found
    if rules and decision["date"] < rules["specified"]:
        since = f"expected a day from {rules['specified']} on, when the rules were written"
        yield ("date",), f"{since}, found {decision['date']}"
