"""Checks what no cell can say alone: counts, spreads and identities that cannot stand together."""

from collections import Counter
from math import sqrt

from alsreview.schema import Fault

# A model can halve the standard error of a mean beside its raw SD; more than that is another quantity.
SLACK = 2.0


def contradictions(cards: dict, lines: dict, rows: dict, faults: list[Fault]) -> list[Fault]:
    """List what cannot be right in the trials that have no other fault.

    Parameters
    ----------
    cards, lines : trial id to its card, and to the lines of the card's keys
    rows : table name to its typed rows
    faults : those found so far; next to them a second one would be blamed for the first
    """
    faulty = {fault.path.split("/")[2] for fault in faults if fault.path.count("/") >= 2}
    sound = {trial_id: card for trial_id, card in cards.items() if trial_id not in faulty}
    found = [fault for trial_id, card in sound.items() for fault in _count_faults(trial_id, card, lines)]
    for row in rows["arms.csv"]:
        if row["trial_id"] in sound:
            randomized = sound[row["trial_id"]]["arms"][row["arm"]].get("randomized", {}).get("n")
            found += [Fault(row["file"], row["line"], *fault) for fault in _arm_faults(row, randomized)]
    harms = [row for row in rows["harms.csv"] if row["trial_id"] in sound]
    return found + _harm_faults(harms, sound) + _identity_faults(sound, lines) + _overlap_faults(sound, lines)


def _count_faults(trial_id: str, card: dict, lines: dict) -> list[Fault]:
    faults = []
    for name, arm in card.get("arms", {}).items():
        counts = [arm.get(key, {}).get("n") for key in ("completed", "randomized")]
        if None not in counts and counts[0] > counts[1]:
            path = ("arms", name, "completed", "n")
            message = f"expected at most {counts[1]}, the participants randomised, found {counts[0]}"
            faults.append(_on_card(trial_id, path, message, lines))
    return faults


def _arm_faults(row: dict, randomized: int | None) -> list[tuple[str, str]]:
    faults = [
        (key, f"expected at most {randomized}, the participants randomised to {row['arm']}, found {row[key]}")
        for key in ("n", "events")
        if None not in (row[key], randomized) and row[key] > randomized
    ]
    if None not in (row["sd"], row["se"]):
        faults += _spread_faults(row["sd"], row["se"], row["n"])
    return faults


def _harm_faults(rows: list[dict], cards: dict) -> list[Fault]:
    """List counts of harm above the people there were, and silence on a harm that another row reports."""
    faults, reports = [], Counter((row["trial_id"], row["harm"]) for row in rows)
    for row in rows:
        card = cards[row["trial_id"]]
        arm = card.get("arms", {}).get(row["arm"], {})
        people = (card.get("people", {}) if row["arm"] == "all" else arm.get("randomized", {})).get("n")
        whom = "in the trial" if row["arm"] == "all" else f"to {row['arm']}"
        wrong = [
            (key, f"expected at most {people}, the participants randomised {whom}, found {row[key]}")
            for key in ("events", "n")
            if None not in (row[key], people) and row[key] > people
        ]
        if (
            row["statement"] in ("not_mentioned", "results_not_seen")
            and reports[row["trial_id"], row["harm"]] > 1
        ):
            found = f"expected no other row on {row['harm']} beside {row['statement']}, found one"
            wrong.append(("statement", found))
        faults += [Fault(row["file"], row["line"], *each) for each in wrong]
    return faults


def _spread_faults(sd: float, se: float, n: int | None) -> list[tuple[str, str]]:
    # Without n the arm has two people at least.
    low, high = (sd / sqrt(n) / SLACK, sd / sqrt(n) * SLACK) if n else (0, sd / sqrt(2))
    if low <= se <= high:
        return []
    expected = f"about {sd / sqrt(n):.2g}, the sd over sqrt({n})" if n else f"at most {high:.2g}"
    return [("se", f"expected {expected}, found {se:g} beside an sd of {sd:g}")]


def _identity_faults(cards: dict, lines: dict) -> list[Fault]:
    """List trials that stand in two folders: the same own report, or the same registration."""
    seen: dict[tuple, str] = {}
    faults = []
    for trial_id, card in cards.items():
        for kind, value, path in _identities(trial_id, card):
            first = seen.setdefault((kind, value), trial_id)
            if first != trial_id:
                message = f"expected one folder for each trial, found the {kind} of {first}"
                faults.append(_on_card(trial_id, path, message, lines))
    return faults


def _overlap_faults(cards: dict, lines: dict) -> list[Fault]:
    """List composites that cover a trial which another one covers: their people would count twice."""
    faults, covered = [], {}
    for trial_id, card in cards.items():
        for part in card.get("covers", ()):
            first = covered.setdefault(part, trial_id)
            if first != trial_id:
                message = f"expected trials that no other composite covers, found {part} of {first}"
                faults.append(_on_card(trial_id, ("covers",), message, lines))
    return faults


def _identities(trial_id: str, card: dict):
    """Yield what names a trial; a card may also quote the report of another, under that one's key."""
    primary = [(k, s) for k, s in card["sources"].items() if s["kind"].startswith("primary")]
    own = [(key, source) for key, source in primary if source.get("cite") == trial_id] or primary
    for key, source in own:
        for kind in ("doi", "pmid"):
            if kind in source:
                yield kind, source[kind].lower(), ("sources", key, kind)
    if "registration" in card:
        yield "registration", card["registration"].strip().upper(), ("registration",)


def _on_card(trial_id: str, path: tuple, message: str, lines: dict) -> Fault:
    line = lines[trial_id].get(path, 1)
    return Fault(f"data/trials/{trial_id}/trial.yml", line, ".".join(path), message)
