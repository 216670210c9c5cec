"""Reads and checks the rules of certainty and the decisions that people took on what they propose."""

from dataclasses import dataclass, field
from pathlib import Path

from alsreview.evidence.files import read_yaml
from alsreview.schema import Fault, Place, check_record

RULES = "rules.yml"
TESTS = ("at_least", "at_most", "below")


@dataclass
class Grade:
    """The rules, empty where the review has none, and analysis id to the decision on it."""

    rules: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)


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
    if faults:
        return {}, faults
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
