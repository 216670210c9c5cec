"""What a new review is about: each answer with its question, its default and what it may be."""

import importlib.util
import keyword
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from livingreview.effects.measures import KIND_OF_FORM, MEASURES, Measure
from livingreview.schema import VALUES, Refused

# The form of the outcome that a new review begins with, by the measure of its effect.
FORMS = {"MD": "score", "SMD": "score", "MD_per_month": "decline", "RR": "events", "OR": "events",
         "RD": "events", "HR": "time_to_event", "rate_ratio": "rate"}  # fmt: skip
UNITS = {"score": "points", "decline": "points lost per month", "events": "participants",
         "time_to_event": "months", "rate": "events"}  # fmt: skip
BETTER = ("higher", "lower")
# Folders that a review has in any case, and the first part of facts that every review has.
_FOLDERS = {"chapters", "data", "tests"}
_FACTS = {"bias", "claims", "flow", "freshness", "review", "versions"}


@dataclass(frozen=True)
class Answers:
    """What a person says of a new review.

    Attributes
    ----------
    module : name of the package that the chapters import
    population, intervention, comparator, outcome : the question, each as it stands within a sentence
    measure : effect measure, a key of `FORMS`
    unit : unit of the outcome
    better : which value of the outcome is better, ``"higher"`` or ``"lower"``
    id : name of the analysis in the facts; empty to take it from the question
    authors : each as ``"Family, Given"``, or the name of a group
    """

    module: str = ""
    population: str = "people with the condition"
    intervention: str = "the intervention"
    comparator: str = "usual care"
    outcome: str = "the main outcome"
    measure: str = "MD"
    unit: str = ""
    better: str = ""
    title: str = ""
    id: str = ""
    authors: tuple[str, ...] = ()
    repository: str = ""

    @property
    def form(self) -> str:
        """The form of the outcome."""
        return FORMS[self.measure]

    @property
    def effect(self) -> Measure:
        """The effect measure."""
        return MEASURES[self.measure]

    @property
    def kinds(self) -> list[str]:
        """The kinds of estimate that can be used, in order of preference."""
        adjusted = ["adjusted"] if self.effect.is_difference or self.effect.standardised else []
        return [*adjusted, KIND_OF_FORM[self.form]]

    @property
    def effect_unit(self) -> str:
        """The unit of the effect: that of the outcome for a difference of means."""
        return self.unit if self.effect.is_difference else self.effect.unit

    @property
    def benefit(self) -> bool:
        """Whether a positive effect is a benefit."""
        return self.effect.sign({"form": self.form, "higher_is_better": self.better == "higher"}) > 0

    @property
    def comparison(self) -> str:
        """What the comparator is, as a contrast says it."""
        return "placebo" if "placebo" in self.comparator.lower() else "control"

    @property
    def question(self) -> str:
        """The id of the question, and of the part of the review that it is."""
        return _slug(self.intervention, "intervention")

    @property
    def outcome_id(self) -> str:
        """The id of the outcome."""
        return _slug(self.outcome, "outcome")


@dataclass(frozen=True)
class Question:
    """A question that `livingreview new` asks, and the default where nobody answers."""

    name: str
    asks: str
    default: Callable[[Answers], str] = lambda answers: ""


QUESTIONS = (
    Question("module", "name of the review's Python package, such as hipreview"),
    Question("population", "participants, as in 'people with hip osteoarthritis'", lambda a: a.population),
    Question("intervention", "intervention, as in 'physiotherapy'", lambda a: a.intervention),
    Question("comparator", "comparator, as in 'usual care'", lambda a: a.comparator),
    Question("outcome", "main outcome, as in 'pain'", lambda a: a.outcome),
    Question("measure", f"effect measure, one of {', '.join(FORMS)}", lambda a: a.measure),
    Question("unit", "unit of the outcome", lambda a: UNITS[a.form]),
    Question(
        "better",
        "value of the outcome that is better, higher or lower (for a time to event: a longer time is higher)",
        lambda a: "higher" if a.form in ("score", "time_to_event") else "lower",
    ),
    Question(
        "title",
        "title of the review",
        lambda a: f"{capital(a.intervention)} for {a.population}: a living systematic review",
    ),
    Question("id", "name of the main analysis in the chapters", lambda a: f"{a.question}_{a.outcome_id}"),
    Question("repository", "address of the repository, if there is one yet"),
)


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def tidy(text: str) -> str:
    """Return an answer on one line, without blanks at its ends."""
    return " ".join(text.split())


def fault(name: str, text: str, answers: Answers) -> str:
    """Say what was expected of an answer; empty when it may stand."""
    if name == "module":
        return _module_fault(text)
    if name == "id":
        return _id_fault(text, answers)
    if name in ("measure", "better"):
        known = tuple(FORMS) if name == "measure" else BETTER
        return "" if text in known else f"expected one of {', '.join(known)}, found {text!r}"
    if name == "repository":
        parts = urlsplit(text)
        well = not text or (parts.scheme in ("http", "https") and parts.netloc and " " not in text)
        return "" if well else f"expected an address such as https://github.com/owner/name, found {text!r}"
    try:
        VALUES["text"](text, {}, {})
    except Refused as error:
        return str(error)
    return ""


def _module_fault(name: str) -> str:
    example = "expected a name such as hipreview: small letters, digits and _, beginning with a letter"
    if not name:
        return f"{example}; found none"
    if not _is_identifier(name):
        return f"{example}; found {name!r}"
    if name in _FOLDERS or name in sys.stdlib_module_names or importlib.util.find_spec(name):
        return f"expected a name that no folder of the review or installed package has, found {name!r}"
    return ""


def _id_fault(name: str, answers: Answers) -> str:
    if not _is_identifier(name):
        return f"expected small letters, digits and _, beginning with a letter, found {name!r}"
    if name in _FACTS | {answers.question}:
        return f"expected another name than {name!r}, which other facts have"
    return ""


def _is_identifier(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_]*", name)) and not keyword.iskeyword(name)


def _slug(words: str, otherwise: str) -> str:
    """Turn words into an id; words of another script have none."""
    name = re.sub(r"[^a-z0-9]+", "_", words.lower())[:30].strip("_")
    return name if _is_identifier(name) and name not in _FACTS else otherwise
