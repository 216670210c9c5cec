"""Puts together what adding a trial writes, checks it, and writes it in one step."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alsreview.evidence import Evidence, load_evidence
from alsreview.evidence.folders import TRIAL_ID
from alsreview.evidence.together import alone, replace_together
from alsreview.extraction.card import Card, registered_arms
from alsreview.extraction.draft import drafted
from alsreview.extraction.listing import CANDIDATES, ONGOING, SCREENING, Table, include, known_record
from alsreview.extraction.lookup import Lookup, Numbers, look_up
from alsreview.extraction.reference import has_entry, with_change, with_entry
from alsreview.extraction.report import Report
from alsreview.extraction.sheet import Sheet, read_sheet
from alsreview.surveillance import Web
from alsreview.surveillance.records import plain_doi, plain_pmid, registry_numbers


@dataclass(frozen=True)
class Wish:
    """What a person asks for.

    Attributes
    ----------
    numbers : the trial is looked up by them
    question : empty to take it from the record, or the title
    sheet : name and content of a spreadsheet's CSV with arms, or None
    even_if_retracted : add a retracted report, marked as excluded
    """

    trial_id: str
    numbers: Numbers
    question: str = ""
    sheet: tuple[str, bytes] | None = None
    even_if_retracted: bool = False


@dataclass(frozen=True)
class Added:
    """What was written, what was not taken, and what a person must know.

    Attributes
    ----------
    files : paths from the root
    refused : rows of the spreadsheet, each with the reason
    """

    files: tuple[str, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def add(root: Path, wish: Wish, web: Web | None, today: date) -> Added:
    """Begin the folder of a trial, with its reference, its record and its line in the changelog.

    Parameters
    ----------
    root : folder of the review
    wish : what is asked for
    web : the registries; None to ask nobody
    today : day on which the registries were asked

    Raises
    ------
    ValueError
        With what to do instead; then nothing was written.
    """
    with alone(root):
        evidence = load_evidence(root)
        refuse(evidence, wish)
        found = look_up(web, wish.numbers) if web else _offline(wish.numbers)
        _refuse_report(evidence, found.report, wish)
        return _write(evidence, wish, found, today)


def refuse(evidence: Evidence, wish: Wish) -> None:
    """Raise a ValueError when a wish cannot be granted, whatever the registries would say."""
    _refuse_id(evidence, wish)
    _refuse_known(evidence, Report(**_known(wish.numbers)))


def _known(numbers: Numbers) -> dict[str, str]:
    return {"doi": numbers.doi, "pmid": numbers.pmid, "registration": numbers.nct}


def _offline(numbers: Numbers) -> Lookup:
    note = "no registry was queried: fill in title, authors and design, and check for retractions"
    return Lookup(Report(**_known(numbers)), [note])


def _refuse_id(evidence: Evidence, wish: Wish) -> None:
    if not TRIAL_ID.fullmatch(wish.trial_id):
        raise ValueError(f"{wish.trial_id!r}: expected first author and year such as lunetta2016")
    if (evidence.root / "data/trials" / wish.trial_id).exists():
        raise ValueError(
            f"data/trials/{wish.trial_id} exists: correct it there, or give this trial a letter, such as "
            f"{wish.trial_id[:-1] if wish.trial_id[-1].isalpha() else wish.trial_id}b"
        )
    if not any(_known(wish.numbers).values()):
        raise ValueError("expected --doi, --pmid or --nct: a trial is identified by a number")


def _refuse_known(evidence: Evidence, report: Report) -> None:
    """Two reports of one trial are one trial."""
    mine = {number for number in (report.doi, report.pmid, report.registration) if number}
    for trial_id, card in evidence.cards.items():
        own = [each for each in card["sources"].values() if each["kind"].startswith(("primary", "registry"))]
        theirs = {plain_doi(each.get("doi")) for each in own} | {plain_pmid(each.get("pmid")) for each in own}
        theirs |= set(registry_numbers(card.get("registration")))
        for number in sorted(mine & theirs):
            raise ValueError(
                f"{number} belongs to {trial_id}: two reports of one trial are one trial; add this report to "
                f"the sources of data/trials/{trial_id}/trial.yml, and its rows to that folder"
            )


def _refuse_report(evidence: Evidence, report: Report, wish: Wish) -> None:
    if report.notice_of:
        raise ValueError(f"this is a notice on {report.notice_of}, not the report of a trial: add that one")
    if report.retracted and not wish.even_if_retracted:
        raise ValueError(
            f"the report is retracted ({report.retracted}): nothing was written; with --even-if-retracted "
            "it gets a folder that says so and enters no synthesis"
        )
    _refuse_known(evidence, report)


def _write(evidence: Evidence, wish: Wish, found: Lookup, today: date) -> Added:
    root, report = evidence.root, found.report
    tables = {
        name: Table.read((root / name).read_bytes())
        for name in (SCREENING, ONGOING, CANDIDATES)
        if (root / name).is_file()
    }
    asked = evidence.protocol["questions"]
    question, why = _question(asked, wish, report, known_record(tables, report))
    changed, notes = include(tables, wish.trial_id, report, asked[question]["group"], today)
    notes = [*found.notes, *why, *_name_notes(wish.trial_id, report), *notes]
    files = {name: table.to_bytes() for name, table in changed.items()}
    files |= _texts(root, wish.trial_id, report, notes)
    sheet = _sheet(evidence, wish, report)
    card = Card(wish.trial_id, report, question, today)
    files = drafted(evidence, card, sheet, files)
    replace_together(root, files)
    return Added(tuple(files), tuple(sheet.refused), tuple(notes))


def _question(asked: dict, wish: Wish, report: Report, record: dict | None) -> tuple[str, list[str]]:
    """Return the question that the trial answers, with a note where nobody said which."""
    if wish.question in asked:
        return wish.question, []
    listed = ", ".join(asked)
    # A search, a record and a person may name the part of the review, which can hold several questions.
    part = wish.question or (record.get("question") if record else None)
    inside = [name for name, question in asked.items() if part in (None, question["group"])]
    if wish.question and not inside:
        raise ValueError(f"expected --question to be one of {listed}, found {wish.question!r}")
    inside = inside or list(asked)
    fits = [name for name in inside if _matches(asked[name], report.title)]
    if len(inside) == 1:
        return inside[0], []
    if len(fits) != 1:
        raise ValueError(f"expected --question (one of {listed}): the title does not say which")
    return fits[0], [f"question: {fits[0]}, from the words of the title; correct it if it is wrong"]


def _matches(question: dict, title: str) -> bool:
    pattern = question.get("title_pattern")
    return bool(pattern and re.search(pattern, title, re.IGNORECASE))


def _name_notes(trial_id: str, report: Report) -> list[str]:
    """Say when the id does not look like the report's own."""
    notes = []
    author = re.sub(r"[^a-z]", "", report.authors[0][0].lower()) if report.authors else ""
    if author and author.isascii() and not trial_id.startswith(author):
        notes.append(f"the first author is {report.authors[0][0]}: an id is first author and year")
    if report.year and report.year not in trial_id and (report.doi or report.pmid):
        notes.append(f"the report is of {report.year}: an id is first author and year")
    return notes


def _texts(root: Path, trial_id: str, report: Report, notes: list[str]) -> dict[str, bytes]:
    """Give the references and the changelog as they will be."""
    texts = {}
    references = (root / "references.bib").read_text(encoding="utf-8")
    if has_entry(references, trial_id):
        notes.append(f"references.bib has an entry {trial_id} already, which stays as it is")
    else:
        texts["references.bib"] = with_entry(references, trial_id, report).encode()
    changelog = root / "CHANGELOG.md"
    said = changelog.read_text(encoding="utf-8") if changelog.is_file() else "# Changes\n\n"
    return texts | {"CHANGELOG.md": with_change(said, trial_id).encode()}


def _sheet(evidence: Evidence, wish: Wish, report: Report) -> Sheet:
    arms = registered_arms(report)
    if wish.sheet is None:
        return Sheet(arms=arms)
    name, content = wish.sheet
    source = "report" if report.doi or report.pmid else "registry"
    return read_sheet(content, name, evidence.columns["arms.csv"], arms, source)
