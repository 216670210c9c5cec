"""Writes a new review from the templates in ``files``: whole, checked, or not at all."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from livingreview.effects.measures import KIND_OF_FORM, MEASURES
from livingreview.evidence import check_evidence
from livingreview.evidence.format import FORMAT
from livingreview.facts import review_facts
from livingreview.instance.answers import FORMS, capital, fault, question_id, slug
from livingreview.instance.engine import lock
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statements import TYPED, chapter_paths, statement_faults

FILES = Path(__file__).with_name("files")
_DOT, _MODULE = "dot_", "module"  # a name that begins with a dot would not be packaged
_MARKUP = re.compile(r"([\\`*_{}\[\]<>$|~^&#!])")


def make(folder: Path, answers: Mapping[str, str], authors: Sequence[str], engine: str, today: date) -> None:
    """Write a new review, whole and checked, or not at all.

    Parameters
    ----------
    folder : new, or empty
    answers : one to each of `QUESTIONS`
    authors : each as ``"Family, Given"``, or the name of a group
    engine : the requirement that pins the engine
    today : the day on which its analyses are specified

    Raises
    ------
    ValueError
        With everything that is wrong; nothing is written then.
    """
    given = [*answers.items(), *(("author", author) for author in authors)]
    faults = [f"--{name}: {wrong}" for name, text in given if (wrong := fault(name, text, answers))]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "a folder that is not empty" if folder.is_dir() else "a file"
        faults.append(f"{folder}: {what}; expected a folder that is new or empty")
    if faults:
        raise ValueError("\n".join(faults))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "review"
        _write(fresh, _told(answers, authors or ["The authors of this review"], engine, today))
        if wrong := check_evidence(fresh) or statement_faults(fresh, review_facts(Review(fresh))):
            raise DataError(wrong)
        # Over an empty folder too, and in one step.
        os.replace(fresh, folder)


def _told(answers: Mapping[str, str], authors: Sequence[str], engine: str, today: date) -> dict:
    """Name everything that the templates take."""
    effect, form = MEASURES[answers["measure"]], FORMS[answers["measure"]]
    higher = answers["better"] == "higher"
    adjusted = ["adjusted"] if effect.is_difference or effect.standardised else []
    return dict(answers) | {
        "analysis": answers["id"],
        "authors": [author.partition(", ") for author in authors],
        "better": str(higher).lower(),
        "benefit": str(effect.sign({"form": form, "higher_is_better": higher}) > 0).lower(),
        "by_arm": effect.from_arms is not None,
        "comparison": "placebo" if "placebo" in answers["comparator"].lower() else "control",
        "effect": effect,
        "effect_unit": answers["unit"] if effect.is_difference else effect.unit,
        "form": form,
        "format": FORMAT,
        "holders": ", ".join(" ".join(reversed(author.split(", ", 1))) for author in authors),
        "kinds": f"[{', '.join([*adjusted, KIND_OF_FORM[form]])}]",
        "lock": lock(engine),
        "name": answers["module"].replace("_", "-"),
        "outcome_id": slug(answers["outcome"], "outcome"),
        "question": question_id(answers),
        "today": today.isoformat(),
        "year": today.year,
    }


def _write(folder: Path, told: Mapping) -> None:
    """Write every file of the templates with the answers put in; a table without a row is none."""
    environment = Environment(
        loader=FileSystemLoader(FILES), undefined=StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True, variable_start_string="[[", variable_end_string="]]",
        block_start_string="[%", block_end_string="%]", comment_start_string="[##", comment_end_string="##]",
    )  # fmt: skip
    environment.filters |= {"yaml": _quoted, "prose": _escaped, "capital": capital}
    for name in environment.list_templates(filter_func=lambda name: not name.endswith(".pyc")):
        parts = [re.sub(f"^{_DOT}", ".", part) for part in name.split("/")]
        path = folder / "/".join([told["module"], *parts[1:]] if parts[0] == _MODULE else parts)
        text = environment.get_template(name).render(told)
        if text or path.suffix != ".csv":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if listed := _typed_numbers(folder, told):
        (folder / TYPED).write_text("".join(listed), encoding="utf-8")


def _escaped(text: str) -> str:
    """Escape a text, so that Markdown reads no markup in it."""
    return _MARKUP.sub(r"\\\1", text)


def _quoted(text: str) -> str:
    """Write a text in quotes on one line of YAML."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6).rstrip("\n")


def _typed_numbers(folder: Path, told: Mapping[str, str]) -> list[str]:
    """List the numbers that the answers bring into the chapters, with the words around them."""
    words = [told[name] for name in ("title", "population", "intervention", "comparator", "outcome")]
    plain = {run.strip() for text in words for each in (text, capital(text)) for run in _MARKUP.split(each)}
    numbers = sorted((run for run in plain if re.search(r"\d", run)), key=len, reverse=True)
    return [
        f"- {{file: {path.relative_to(folder).as_posix()}, text: {_quoted(number)}, "
        "reason: Part of the title or the question}\n"
        for path in chapter_paths(folder)
        for number in numbers
        if number in path.read_text(encoding="utf-8")
    ]
