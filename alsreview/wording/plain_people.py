"""Says in plain words who was studied, what a programme asks, and what is told of harm."""

from alsreview.effects.eligible import eligible_contrasts
from alsreview.formats import count, listed
from alsreview.wording.sentences import INTERVENTION

# What entry may ask of people, in words that follow "could".
ASKED = {"walking": "walk", "breathing well": "breathe well"}


def people_facts(choice: dict, evidence) -> dict[str, str]:
    """Give the sentences on people, programmes and harms in the trials that an analysis asks about.

    Parameters
    ----------
    choice : the analysis, as in ``protocol.yml``
    evidence : as from ``load_evidence``
    """
    contrasts = eligible_contrasts(evidence, choice | {"composites": False})
    cards = {
        trial_id: evidence.cards[trial_id] for trial_id in dict.fromkeys(row["trial_id"] for row in contrasts)
    }
    return {
        "who": _who(cards),
        "week": _week(programmes(contrasts, evidence)),
        "harm": _harm(cards, choice),
        "caution": " ".join(
            caution["text"]
            for caution in evidence.outcomes.get("cautions", [])
            if caution["question"] == choice["question"]
        ),
    }


def programmes(contrasts: list[dict], evidence) -> dict[str, dict[str, str]]:
    """Give what each trial's intervention asked of people, by trial and item, as printed.

    Notes
    -----
    Where two arms of a trial differ in an item, both are given, joined by "or".
    """
    found: dict[str, dict[str, str]] = {}
    for row in contrasts:
        arm = evidence.cards[row["trial_id"]]["arms"][row["intervention"]]
        told = found.setdefault(row["trial_id"], {})
        for item, value in (arm.get("programme") or arm.get("stimulation") or {}).items():
            if str(value) not in told.setdefault(item, str(value)).split(" or "):
                told[item] += f" or {value}"
    return found


def _who(cards: dict) -> str:
    """Say what trials asked of people; what was not seen is said to be so."""
    asked = [set(card.get("population", {}).get("asked", ())) for card in cards.values()]
    parts = [
        f"{n} asked for people who could {words}"
        for entry, words in ASKED.items()
        if (n := sum(entry in each for each in asked))
    ]
    silent = sum(not each for each in asked)
    rest = [f"{silent} {'says' if silent == 1 else 'say'} neither in what we read"] if silent else []
    unlike = "If you cannot walk, or need help to breathe, we do not know if this holds for you."
    return f"Of {count(len(cards), 'study')}, {listed(parts + rest)}. {unlike}"


def _week(programmes: dict) -> str:
    """Say how often, how long and for how many weeks, with the number of trials that tell it."""
    said = [
        _item_words([values[item] for values in programmes.values() if item in values], words)
        for item, words in {
            "sessions_per_week": "People had {} sessions a week",
            "minutes": "A session took {} minutes",
            "weeks": "The course ran for {} weeks",
        }.items()
    ]
    return " ".join(filter(None, said)) or "No study told us how often or for how long."


def _item_words(told: list[str], words: str) -> str:
    """Say an item: numbers as their range, and what is no plain number as it was printed."""
    numbers = sorted(int(value) for value in told if value.isdecimal())
    printed = [f"\u201c{value.lower()}\u201d" for value in told if not value.isdecimal()]
    others = (
        f"{count(len(printed), 'study')} put it as {listed(list(dict.fromkeys(printed)))}" if printed else ""
    )
    if not numbers:
        return f"{others}." if others else ""
    low, high = numbers[0], numbers[-1]
    span = words.format(low if low == high else f"{low} to {high}")
    return f"{span} in {count(len(numbers), 'study')}{f'; {others}' if others else ''}."


def _harm(cards: dict, choice: dict) -> str:
    """Count the trials that speak of harm, and say which trials are counted."""
    told = sum(bool(card.get("adverse_events")) for card in cards.values())
    studies = (
        f"{count(len(cards), 'study')} of {INTERVENTION[choice['question']]} against {choice['comparator']}"
    )
    some = f"{told} {'says' if told == 1 else 'say'} something" if told else "none says anything"
    return f"Of {studies}, {some} about harm in what we read. To say nothing is not the same as to be safe."
