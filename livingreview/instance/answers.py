"""What a new review is about: each question that is asked, with its default, and what an answer may be."""

import importlib.util
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from livingreview.schema import VALUES, Refused

# The form of the outcome that a new review begins with, by the measure of its effect.
FORMS = {"MD": "score", "SMD": "score", "MD_per_month": "decline", "RR": "events", "OR": "events",
         "RD": "events", "HR": "time_to_event", "rate_ratio": "rate"}  # fmt: skip
UNITS = {"score": "points", "decline": "points lost per month", "events": "participants",
         "time_to_event": "months", "rate": "events"}  # fmt: skip
CHOICES = {"measure": tuple(FORMS), "better": ("higher", "lower")}
# Folders that a review has in any case, and the first part of facts that every review has.
_FOLDERS = {"chapters", "data", "tests"}
_FACTS = {"bias", "claims", "flow", "freshness", "review", "versions"}


class Question(NamedTuple):
    """A question that `livingreview new` asks, and its default, given the answers before it."""

    asks: str
    default: Callable[[Mapping[str, str]], str]


QUESTIONS = {
    "module": Question("name of the review's Python package, such as hipreview", lambda told: ""),
    "population": Question(
        "participants, as in 'people with hip osteoarthritis'", lambda told: "people with the condition"
    ),
    "intervention": Question("intervention, as in 'physiotherapy'", lambda told: "the intervention"),
    "comparator": Question("comparator, as in 'usual care'", lambda told: "usual care"),
    "outcome": Question("main outcome, as in 'pain'", lambda told: "the main outcome"),
    "measure": Question(f"effect measure, one of {', '.join(FORMS)}", lambda told: "MD"),
    "unit": Question("unit of the outcome", lambda told: UNITS[_form(told)]),
    "better": Question(
        "value of the outcome that is better, higher or lower (for a time to event: a longer time is higher)",
        lambda told: "higher" if _form(told) in ("score", "time_to_event") else "lower",
    ),
    "title": Question(
        "title of the review",
        lambda told: f"{capital(told['intervention'])} for {told['population']}: a living systematic review",
    ),
    "id": Question(
        "name of the main analysis in the chapters",
        lambda told: f"{question_id(told)}_{slug(told['outcome'], 'outcome')}",
    ),
    "repository": Question("address of the repository, if there is one yet", lambda told: ""),
}


def _form(told: Mapping[str, str]) -> str:
    # A measure that is not known is refused later; until then other defaults need one that is.
    return FORMS.get(told["measure"], "score")


def question_id(told: Mapping[str, str]) -> str:
    """Return the id of the question, and of the part of the review that it is."""
    return slug(told["intervention"], "intervention")


def slug(words: str, otherwise: str) -> str:
    """Turn words into an id; words of another script have none."""
    name = re.sub(r"[^a-z0-9]+", "_", words.lower())[:30].strip("_")
    return name if _is_identifier(name) and name not in _FACTS else otherwise


def _is_identifier(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_]*", name)) and not keyword.iskeyword(name)


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def tidy(text: str) -> str:
    """Return an answer on one line, without blanks at its ends."""
    return " ".join(text.split())


def fault(name: str, text: str, answers: Mapping[str, str]) -> str:
    """Say what was expected of an answer; empty when it may stand."""
    letters = "small letters, digits and _, beginning with a letter"
    if name == "module":
        if not _is_identifier(text):
            found = f", found {text!r}" if text else "; found none"
            return f"expected a name such as hipreview: {letters}{found}"
        if text in _FOLDERS or text in sys.stdlib_module_names or importlib.util.find_spec(text):
            return f"expected a name that no folder of the review or installed package has, found {text!r}"
    elif name == "id":
        if not _is_identifier(text):
            return f"expected {letters}, found {text!r}"
        if text in _FACTS | {question_id(answers)}:
            return f"expected another name than {text!r}, which other facts have"
    elif name in CHOICES:
        if text not in CHOICES[name]:
            return f"expected one of {', '.join(CHOICES[name])}, found {text!r}"
    elif name == "repository":
        parts = urlsplit(text)
        if text and not (parts.scheme in ("http", "https") and parts.netloc and " " not in text):
            return f"expected an address such as https://github.com/owner/name, found {text!r}"
    else:
        try:
            VALUES["text"](text, {}, {})
        except Refused as error:
            return str(error)
    return ""
