"""Checks what a rule for a single key of a card, or of the protocol, cannot say."""

from alsreview.effects.measures import MEASURES, measures_of
from alsreview.schema import Fault

# GRADE asks for no more in a summary of findings, so that a reader can weigh them.
MOST_OUTCOMES = 7


def trial_status(card: dict) -> str:
    """Return what a trial is in this review: "included", "excluded" or "awaiting" classification.

    A trial whose allocation is unclear awaits classification: it is not known to belong here, and not known
    to belong elsewhere.
    """
    if card.get("excluded"):
        return "excluded"
    return "awaiting" if card.get("allocation") == "unclear" else "included"


def arm_details(arm: dict) -> dict:
    """Return the record that says what an arm of a card did, whatever the dictionary calls it."""
    return next((each for each in arm.values() if isinstance(each, dict) and "what" in each), {})


def card_faults(name: str, card: dict, lines: dict) -> list[Fault]:
    """List what is wrong between the keys of a trial's card.

    Parameters
    ----------
    name : path of the card from the root
    card, lines : what was read of it
    """
    faults = []
    sources = card.get("sources") if isinstance(card.get("sources"), dict) else {}
    for key, source in sources.items():
        if isinstance(source, dict) and not {"doi", "pmid", "url"} & set(source):
            line = lines.get(("sources", key), 1)
            faults.append(Fault(name, line, f"sources.{key}", "expected a doi, a pmid or a url, found none"))
    contrasts = card.get("contrasts") if isinstance(card.get("contrasts"), dict) else {}
    for key, contrast in contrasts.items():
        if isinstance(contrast, dict) and contrast.get("intervention") == contrast.get("comparator"):
            line = lines.get(("contrasts", key), 1)
            faults.append(
                Fault(name, line, f"contrasts.{key}", "expected two different arms, found one twice")
            )
    if card.get("allocation") == "not_randomized" and not card.get("excluded"):
        message = "expected the reason for which a trial that is not randomized is excluded, found none"
        faults.append(Fault(name, lines.get(("allocation",), 1), "excluded", message))
    if (card.get("unit") == "composite") != bool(card.get("covers")):
        message = "expected the covered trials on a composite and on nothing else"
        faults.append(Fault(name, lines.get(("covers",), 1), "covers", message))
    return faults


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
    return [Fault("data/protocol.yml", lines.get(("analyses", name), 1), path, message)] if lacking else []


def _news_faults(name: str, choice: dict, lines: dict) -> list[Fault]:
    if choice.get("role") != "primary" or "news" in (choice.get("source_kinds_left_out") or []):
        return []
    message = "expected news among the kinds that a primary analysis leaves out, found it missing"
    path = f"analyses.{name}.source_kinds_left_out"
    return [Fault("data/protocol.yml", lines.get(("analyses", name), 1), path, message)]


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
                faults.append(Fault("data/protocol.yml", line, ".".join(path), told))
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
            "data/protocol.yml",
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
    return [Fault("data/protocol.yml", line, "freshness.retire_after_days", message)]
