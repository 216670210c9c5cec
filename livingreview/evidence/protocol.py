"""Checks the protocol, and reads the rules and the decisions of certainty."""

from pathlib import Path

from livingreview.effects.measures import MEASURES, measures_of
from livingreview.evidence.dictionary import engine_file, joined_with
from livingreview.evidence.files import read_yaml
from livingreview.evidence.read import Grade
from livingreview.schema import Fault, Place, check_record

PROTOCOL = "data/protocol.yml"
RULES = "rules.yml"
TESTS = ("at_least", "at_most", "below")
# GRADE asks for no more in a summary of findings, so that a reader can weigh them.
MOST_OUTCOMES = 7


def protocol_faults(protocol: dict, lines: dict, outcomes: dict) -> list[Fault]:
    """List analyses that use the news or cannot have their measure, and what is overdue before it is due.

    Parameters
    ----------
    protocol, lines : what was read of ``protocol.yml``
    outcomes : what was read of ``outcomes.yml``
    """
    faults = _rhythm_faults(protocol.get("freshness"), lines)
    asked = protocol.get("questions") if isinstance(protocol.get("questions"), dict) else {}
    analyses = protocol.get("analyses") if isinstance(protocol.get("analyses"), dict) else {}
    known = outcomes.get("outcomes") if isinstance(outcomes.get("outcomes"), dict) else {}
    for name, choice in analyses.items():
        if isinstance(choice, dict) and choice.get("synthesis") == "pool":
            faults += _news_faults(name, choice, lines) + _measure_faults(name, choice, lines, known)
            question = asked.get(choice.get("question"))
            if isinstance(question, dict) and "reference_scale" in question:
                faults += _threshold_faults(name, choice, lines, outcomes)
    for name, question in asked.items():
        named = question.get("outcomes") if isinstance(question, dict) else None
        if isinstance(named, list) and len(named) > MOST_OUTCOMES:
            path = ("questions", name, "outcomes")
            message = f"expected at most {MOST_OUTCOMES} outcomes, found {len(named)}"
            faults.append(Fault("data/protocol.yml", lines.get(path, 1), ".".join(path), message))
    return faults


def _threshold_faults(name: str, choice: dict, lines: dict, outcomes: dict) -> list[Fault]:
    """List what thresholds are derived from and ``outcomes.yml`` does not give."""
    measure = MEASURES.get(choice.get("measure"))
    if measure is None or not measure.points or choice.get("thresholds") is False or not outcomes:
        return []  # what cannot be read has its own fault
    lacking = [key for key in ("natural_decline", "important_slowing") if not outcomes.get(key)]
    message = f"expected {' and '.join(lacking)} in data/outcomes.yml, from which thresholds are derived, or "
    message += f"'thresholds: false' in analyses.{name}"
    path = f"analyses.{name}.thresholds"
    return [Fault(PROTOCOL, lines.get(("analyses", name), 1), path, message)] if lacking else []


def _news_faults(name: str, choice: dict, lines: dict) -> list[Fault]:
    if choice.get("role") != "primary" or "news" in (choice.get("source_kinds_left_out") or []):
        return []
    message = "expected news among the kinds that a primary analysis leaves out, found it missing"
    path = f"analyses.{name}.source_kinds_left_out"
    return [Fault(PROTOCOL, lines.get(("analyses", name), 1), path, message)]


def _measure_faults(name: str, choice: dict, lines: dict, known: dict) -> list[Fault]:
    """List the outcomes of an analysis, and of its alternatives, that cannot have its measure."""
    measure = MEASURES.get(choice.get("measure"))
    if measure is None:
        return []
    faults = []
    for path, outcomes in _outcome_lists(("analyses", name), choice):
        for key in outcomes:
            outcome = known.get(key)
            told = _unfit(key, outcome, measure, choice) if isinstance(outcome, dict) else ""
            if told:
                line = lines.get(path, lines.get(("analyses", name), 1))
                faults.append(Fault(PROTOCOL, line, ".".join(path), told))
    return faults


def _outcome_lists(path: tuple, part: dict):
    """Yield every list of outcomes inside an analysis, with its path."""
    for key, value in part.items():
        if key == "outcomes" and isinstance(value, list):
            yield (*path, key), value
        elif isinstance(value, dict):
            yield from _outcome_lists((*path, str(key)), value)


def _unfit(key: str, outcome: dict, measure, choice: dict) -> str:
    form = outcome.get("form")
    if form not in measure.forms:
        able = ", ".join(measures_of(form)) or "none"
        return f"expected outcomes that can have a {measure.key}, found {key}, of the form {form} ({able})"
    sign = measure.sign(outcome)
    if not sign:
        return f"expected outcomes with a better end, found {key}, which has none"
    if measure.ratio and (sign > 0) != choice.get("higher_is_better"):
        better = "better" if sign > 0 else "worse"
        found = f"found {key}, of which a higher {measure.key} is {better}"
        return f"expected outcomes as higher_is_better says, {found}"
    return ""


def _rhythm_faults(freshness, lines: dict) -> list[Fault]:
    rhythms = freshness.items() if isinstance(freshness, dict) else ()
    return _retirement_faults(dict(rhythms), lines) + [
        Fault(
            PROTOCOL,
            lines.get(("freshness", name, "overdue_days"), 1),
            f"freshness.{name}.overdue_days",
            f"expected more than every_days ({rhythm['every_days']}), found {rhythm['overdue_days']}",
        )
        for name, rhythm in rhythms
        if isinstance(rhythm, dict)
        and isinstance(rhythm.get("every_days"), int)
        and isinstance(rhythm.get("overdue_days"), int)
        and rhythm["overdue_days"] <= rhythm["every_days"]
    ]


def _retirement_faults(freshness: dict, lines: dict) -> list[Fault]:
    days = freshness.get("retire_after_days")
    searches = [freshness[name] for name in ("search", "decision") if isinstance(freshness.get(name), dict)]
    longest = max((r["overdue_days"] for r in searches if isinstance(r.get("overdue_days"), int)), default=0)
    if not isinstance(days, int) or days > longest:
        return []
    line = lines.get(("freshness", "retire_after_days"), 1)
    message = f"expected more than the overdue_days of search and decision ({longest}), found {days}"
    return [Fault(PROTOCOL, line, "freshness.retire_after_days", message)]


def read_certainty(root: Path, dictionary: dict, names: dict, analyses: set) -> tuple[Grade, list[Fault]]:
    """Read ``data/certainty``: the rules, and one decision per analysis, with the faults of every file.

    Parameters
    ----------
    root : the folder of the review
    dictionary : the sections of ``columns.yml``
    names : what a key may refer to: ``references``, ``trials``, ``outcomes``
    analyses : the analyses of the protocol
    """
    folder = root / "data/certainty"
    grade, faults = Grade(), []
    if not folder.is_dir():
        return grade, faults
    paths = {path.name: path for path in sorted(folder.iterdir()) if not path.name.startswith(".")}
    grade.rules, faults = _rules(paths.pop(RULES, folder / RULES), root, dictionary, names, analyses)
    for path in paths.values():
        name = path.relative_to(root).as_posix()
        if not path.is_file() or path.suffix != ".yml" or path.stem not in analyses:
            found = f"expected {RULES} or a file named by an analysis of protocol.yml, found {path.name!r}"
            faults.append(Fault(name, 1, "file", found))
            continue
        decision, lines, wrong = read_yaml(path, name)
        wrong = wrong or check_record(decision, dictionary["certainty.yml"], lines, Place(name, 1, names))
        faults += wrong or _decision_faults(name, decision, lines, grade.rules)
        grade.decisions[path.stem] = decision
    return grade, faults


def _rules(path: Path, root: Path, dictionary: dict, names: dict, analyses: set) -> tuple[dict, list[Fault]]:
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        return {}, [Fault(name, 1, "file", "expected the rules that decisions are taken on, found none")]
    rules, lines, faults = read_yaml(path, name)
    described, _, wrong = engine_file(RULES)
    if faults or wrong:
        return {}, faults or wrong
    rules = joined_with(described, rules)
    inputs = set(rules["inputs"]) if isinstance(rules.get("inputs"), dict) else None
    place = Place(name, 1, names | {"inputs": inputs, "analyses": analyses})
    faults = check_record(rules, dictionary[RULES], lines, place)
    named = rules.get("rules") if isinstance(rules.get("rules"), dict) else {}
    for rule_id, rule in named.items():
        tests = [test for test in TESTS if isinstance(rule, dict) and test in rule]
        if len(tests) != 1:
            found = f"expected one of {', '.join(TESTS)}, found {', '.join(tests) or 'none'}"
            faults.append(Fault(name, lines.get(("rules", rule_id), 1), f"rules.{rule_id}", found))
    return ({} if faults else rules), faults


def _decision_faults(name: str, decision: dict, lines: dict, rules: dict) -> list[Fault]:
    """What a rule for a single key cannot say."""
    faults = []
    same = decision["rating"] == decision["proposed"]
    if same != (decision["decision"] == "accepted"):
        wanted = "the proposed rating" if decision["decision"] == "accepted" else "another than the proposed"
        found = f"expected {wanted} where it was {decision['decision']}, found {decision['rating']}"
        faults.append(Fault(name, lines.get(("rating",), 1), "rating", found))
    # As text, since a date in quotes and a date with an hour pass the dictionary too.
    if rules and str(decision["date"]) < str(rules["specified"]):
        since = f"expected a day from {rules['specified']} on, when the rules were written"
        faults.append(Fault(name, lines.get(("date",), 1), "date", f"{since}, found {decision['date']}"))
    return faults
