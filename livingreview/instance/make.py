"""Writes a new review from the templates in ``files``: whole, checked, or not at all."""

import os
import re
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from livingreview.evidence import check_evidence
from livingreview.evidence.format import FORMAT
from livingreview.evidence.trials import EXAMPLE
from livingreview.facts import review_facts
from livingreview.instance.answers import Answers, capital, fault
from livingreview.instance.pin import lock
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statements import TYPED, chapter_paths, statement_faults

FILES = Path(__file__).with_name("files")
_DOT, _MODULE = "dot_", "module"  # a name that begins with a dot would not be packaged
_MARKUP = re.compile(r"([\\`*_{}\[\]<>$|~^&#!])")
# The results of the invented study: no difference, whatever the measure.
_ARMS = {"comparator": {}, "intervention": {}}
_MEANS, _EVENTS = {"mean": "10", "sd": "4"}, {"events": "5"}
_RATIO = {"estimate": "1", "ci_low": "0.5", "ci_high": "2"}


def make(folder: Path, answers: Answers, engine: str, today: date) -> None:
    """Write a new review.

    Parameters
    ----------
    folder : new, or empty
    answers : what it is about, each answer given
    engine : the requirement that pins the engine
    today : the day on which its analyses are specified

    Raises
    ------
    ValueError
        With everything that is wrong; nothing is written then.
    """
    refuse(folder, answers)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "review"
        _write(fresh, answers, engine, today)
        if faults := check_evidence(fresh) or statement_faults(fresh, review_facts(Review(fresh))):
            raise DataError(faults)
        # Over an empty folder too, and in one step.
        os.replace(fresh, folder)


def refuse(folder: Path, answers: Answers) -> None:
    """Raise with every reason why a review cannot be made."""
    faults = [f"--{name}: {told}" for name, text in asdict(answers).items()
              if name != "authors" and (told := fault(name, text, answers))]  # fmt: skip
    faults += [
        f"--author: {told}" for author in answers.authors if (told := fault("author", author, answers))
    ]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "a folder that is not empty" if folder.is_dir() else "a file"
        faults.append(f"{folder}: {what}; expected a folder that is new or empty")
    if faults:
        raise ValueError("\n".join(faults))


def _write(folder: Path, answers: Answers, engine: str, today: date) -> None:
    """Write every file of the templates, with the answers put in."""
    environment = Environment(
        loader=FileSystemLoader(FILES), undefined=StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True, variable_start_string="[[", variable_end_string="]]",
        block_start_string="[%", block_end_string="%]", comment_start_string="[##", comment_end_string="##]",
    )  # fmt: skip
    environment.filters |= {"yaml": _quoted, "prose": _prose, "capital": capital}
    told = _told(answers, engine, today)
    for name in sorted(environment.list_templates()):
        if name.endswith(".pyc"):
            continue
        path = folder / _target(name, answers.module)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(environment.get_template(name).render(told), encoding="utf-8")
    table, rows = _example_rows(answers)
    (folder / "data/trials" / EXAMPLE / table).write_text(_csv(rows), encoding="utf-8")
    if listed := _typed_numbers(folder, answers):
        (folder / TYPED).write_text("".join(listed), encoding="utf-8")


def _target(name: str, module: str) -> str:
    parts = [f".{part.removeprefix(_DOT)}" if part.startswith(_DOT) else part for part in name.split("/")]
    return "/".join([module, *parts[1:]] if parts[0] == _MODULE else parts)


def _told(answers: Answers, engine: str, today: date) -> dict:
    """Name everything that the templates take."""
    authors = answers.authors or ("The authors of this review",)
    return asdict(answers) | {
        "analysis": answers.id,
        "authors": [_author(each) for each in authors],
        "better": str(answers.better == "higher").lower(),
        "benefit": str(answers.benefit).lower(),
        "comparison": answers.comparison,
        "effect_unit": answers.effect_unit,
        "form": answers.form,
        "format": FORMAT,
        "holders": ", ".join(" ".join(reversed(each.split(", ", 1))) for each in authors),
        "kinds": f"[{', '.join(answers.kinds)}]",
        "lock": lock(engine),
        "measure_label": answers.effect.label,
        "name": answers.module.replace("_", "-"),
        "outcome_id": answers.outcome_id,
        "points": answers.effect.points,
        "question": answers.question,
        "arm": answers.question,
        "by_arm": answers.effect.from_arms is not None,
        "table": _sample(answers),
        "today": today.isoformat(),
        "year": today.year,
    }


def _author(name: str) -> str:
    """Write an author for the citation: a person, or a group."""
    family, comma, given = name.partition(", ")
    if not comma:
        return f"name: {_quoted(name)}"
    return f"family-names: {_quoted(family)}\n    given-names: {_quoted(given)}"


def _quoted(text: str) -> str:
    """Write a text in quotes on one line of YAML."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6).rstrip("\n")


def _prose(text: str) -> str:
    """Escape a text, so that Markdown reads no markup in it."""
    return _MARKUP.sub(r"\\\1", text)


def _example_rows(answers: Answers) -> tuple[str, list[dict[str, str]]]:
    """Give the table of the invented study, and its rows."""
    place = {"source": "report", "locator": "invented"}
    known = {"outcome": answers.outcome_id, "timepoint_weeks": "26"}
    if answers.effect.from_arms is None:
        ratio = {"contrast": "intervention_vs_comparator"} | known | {"measure": answers.measure} | _RATIO
        return "reported.csv", [ratio | {"n": "40", "n_basis": "analysed"} | place]
    figures = _EVENTS if answers.form == "events" else _MEANS
    return "arms.csv", [
        {"arm": arm} | known | {"n": "20", "n_basis": "analysed"} | figures | place for arm in _ARMS
    ]


def _csv(rows: list[dict[str, str]]) -> str:
    return "".join(f"{','.join(cells)}\n" for cells in [rows[0], *(row.values() for row in rows)])


def _sample(answers: Answers) -> str:
    """Show a table that `livingreview add` reads, or one of reported estimates."""
    known = {"outcome": answers.outcome_id, "timepoint_weeks": "26"}
    if answers.effect.from_arms is None:
        ratio = {"contrast": f"{answers.question}_vs_control"} | known | {"measure": answers.measure}
        ratio |= {"estimate": "...", "ci_low": "...", "ci_high": "...", "n": "...", "n_basis": "analysed"}
        rows = [ratio | {"source": "report", "locator": "Table 2"}]
    else:
        figures = {"events": "..."} if answers.form == "events" else {"mean": "...", "sd": "..."}
        rows = [
            {"arm": arm, "role": role}
            | known
            | {"n": "...", "n_basis": "analysed", **figures, "locator": "Table 2"}
            for arm, role in ((answers.question, "intervention"), ("control", "comparator"))
        ]
    return "\n".join(f"   {line}" for line in _csv(rows).splitlines())


def _typed_numbers(folder: Path, answers: Answers) -> list[str]:
    """List the numbers that the words of the question bring into the chapters, with the words around them."""
    words = (answers.title, answers.population, answers.intervention, answers.comparator, answers.outcome)
    plain = {run.strip() for text in words for each in (text, capital(text)) for run in _MARKUP.split(each)}
    numbers = sorted((run for run in plain if re.search(r"\d", run)), key=len, reverse=True)
    return [
        f"- {{file: {name}, text: {_quoted(number)}, reason: Part of the title or the question}}\n"
        for path in chapter_paths(folder)
        for number in numbers
        if number in path.read_text(encoding="utf-8") and (name := path.relative_to(folder).as_posix())
    ]
