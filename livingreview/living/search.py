"""Runs the literature searches, tells what is new, and records the run."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from livingreview.evidence import Evidence, load_evidence
from livingreview.living.matching import Known, known_of
from livingreview.living.records import Record, plain_doi, plain_pmid, registry_numbers
from livingreview.living.sources import search_clinicaltrials, search_europepmc, search_pubmed
from livingreview.living.tables import CANDIDATES, SEARCHES, Table, write_checked
from livingreview.living.waiting import read_ris
from livingreview.living.web import Web, open_web

# In the order in which they are asked: a record is named after the source that returned it first.
SOURCES = {
    "pubmed": ("ncbi", search_pubmed),
    "europepmc": ("europepmc", search_europepmc),
    "clinicaltrials": ("clinicaltrials", search_clinicaltrials),
}
# Told the query, how many of its records are there, and of how many.
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Answer:
    """What one query returned.

    Attributes
    ----------
    slug, source, query : key and name of the source, and the name of the query
    records : what it returned; empty when it failed
    fault : why it failed; empty when it did not
    note : what a reader of the run must know
    """

    slug: str
    source: str
    query: str
    records: tuple[Record, ...] = ()
    fault: str = ""
    note: str = ""


@dataclass
class Run:
    """The outcome of a run of the searches.

    Attributes
    ----------
    searches : rows for ``searches.csv``
    candidates : rows for ``candidates.csv``, of new records
    faults : what failed, and is asked again next time
    """

    searches: list[dict] = field(default_factory=list)
    candidates: list[dict] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def search(root: Path, *, today: date, ris: Path | None = None, source: str | None = None) -> Run:
    """Run every query of ``data/searches``, or read a RIS file, and tell new records from known ones.

    Parameters
    ----------
    root : folder of the review
    today : day of the run
    ris, source : a RIS file to read instead, and the database it is from

    Raises
    ------
    ValueError
        When there is nothing to ask, the file is none, or a source does not return the records it must.
    """
    evidence = load_evidence(root)
    if ris:
        slug = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")
        if not slug:
            raise ValueError(f"--source: expected the name of a database, found {source!r}")
        note = f"Read from the file {ris.name}"
        return compare(
            evidence, [Answer(slug, source, "import", tuple(read_ris(ris, source)), note=note)], today
        )
    if not evidence.queries:
        raise ValueError("data/searches: expected the queries of a source, such as pubmed.yml, found none")
    with open_web(root) as web, _progress() as told:
        answers = ask_sources(evidence, web, told)
    # Read again: somebody may have screened a record while the sources were asked.
    return compare(load_evidence(root), answers, today)


@contextmanager
def _progress() -> Iterator[Told]:
    """Draw a bar for each query on a terminal; elsewhere nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("records"))
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def told(label: str, n: int, of: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(escape(label), total=of)
            bars.update(tasks[label], completed=n, total=of)

        yield told


def ask_sources(evidence: Evidence, web: Web, told: Told) -> list[Answer]:
    """Run each query of each source.

    Returns
    -------
    one answer per query; a source of which one query fails has failed, and says nothing of new records

    Raises
    ------
    ValueError
        When a source does not return the known records that it must retrieve: then nothing else that it
        returns can be trusted.
    """
    answers, lost = [], []
    for slug in (slug for slug in SOURCES if slug in evidence.queries):
        answers += _ask_source(slug, evidence.queries[slug], web, told)
    for answer in answers:
        if not answer.fault:
            must = evidence.queries[answer.slug]["queries"][answer.query]["must_find"]
            lost += _lost(answer, must, web)
    if lost:
        raise ValueError("\n".join([*lost, "Nothing was written: no answer of this run can be trusted."]))
    return answers


def _ask_source(slug: str, file: Mapping, web: Web, told: Told) -> list[Answer]:
    service, ask = SOURCES[slug]
    answers = []
    for query, said in file["queries"].items():
        label = f"{file['source']}, {query}"
        try:
            records = ask(web, said["parameters"], lambda n, of, label=label: told(label, n, of))
        except (OSError, ValueError) as error:
            web.forget(service)
            return [Answer(slug, file["source"], name, fault=str(error)) for name in file["queries"]]
        answers.append(Answer(slug, file["source"], query, tuple(records)))
    return answers


def _lost(answer: Answer, must: Iterable[str], web: Web) -> list[str]:
    returned = {number for record in answer.records for number in (record.doi, record.pmid, *record.registry)}
    missing = [number for number in must if not {_plain(number)} & returned]
    if not missing:
        return []
    web.forget(SOURCES[answer.slug][0])
    return [
        f"{answer.source}, {answer.query}: expected to find {', '.join(missing)} again, found "
        f"{len(answer.records)} records without it: has the query, the interface or the index changed?"
    ]


def _plain(number: str) -> str:
    return plain_pmid(number) or plain_doi(number) or next(iter(registry_numbers(number)), number)


def compare(evidence: Evidence, answers: Iterable[Answer], today: date) -> Run:
    """Tell new records from known ones, across sources and against all that the review holds."""
    run, known = Run(), known_of(evidence)
    new: dict[str, tuple[Record, dict]] = {}
    taken = {*evidence.searches["search_id"]}
    for answer in answers:
        if answer.fault:
            if answer.fault not in run.faults:
                run.faults.append(answer.fault)
            continue
        named = re.sub(r"[^a-z0-9]+", "-", f"{today}-{answer.slug}-{answer.query}".lower()).strip("-")
        row = {"search_id": _free(named, taken), "date": str(today)}
        taken.add(row["search_id"])
        before = len(new)
        for record in answer.records:
            _compare_one(record, answer, row, known, new)
        row |= {"source": answer.source, "query": answer.query, "records": str(len(answer.records))}
        run.searches.append(row | {"new": str(len(new) - before), "note": answer.note})
    run.candidates = [row for _, row in new.values()]
    return run


def _compare_one(record: Record, answer: Answer, run: dict, known: Known, new: dict) -> None:
    found = known.look_up(record)
    if found.known in new:
        first, row = new[found.known]
        merged = replace(first, doi=first.doi or record.doi, pmid=first.pmid or record.pmid)
        sources = ", ".join(dict.fromkeys([*row["source"].split(", "), answer.source]))
        row |= {"doi": merged.doi, "pmid": merged.pmid, "source": sources}
        known.add(merged, found.known)
        new[found.known] = (merged, row)
    elif not found.known:
        name = _free(record.record_id, known.names)
        reason = "; ".join(filter(None, (f"{answer.query}: {found.reason}", record.note)))
        new[name] = (record, _row(record, name, run, answer.source, reason))
        known.add(record, name)


def _row(record: Record, name: str, run: dict, source: str, reason: str) -> dict:
    shown = [*record.authors[:3], *(["et al."] if len(record.authors) > 3 else [])]
    return {
        "record_id": name,
        "found": run["date"],
        "search_id": run["search_id"],
        "source": source,
        "title": record.title,
        "authors": "; ".join(shown),
        "year": "" if record.year is None else str(record.year),
        "journal": record.journal,
        "doi": record.doi,
        "pmid": record.pmid,
        "registry": "; ".join(record.registry),
        "reason": reason,
    }


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def record(root: Path, run: Run) -> tuple[str, ...]:
    """Add the rows of a run to ``searches.csv`` and ``candidates.csv``, and return the files written.

    Raises
    ------
    DataError
        When a row would not pass the check; nothing is written then.
    """
    if not run.searches:
        return ()
    columns = load_evidence(root).columns
    files = {}
    for name, key, rows in (
        (SEARCHES, "search_id", run.searches),
        (CANDIDATES, "record_id", run.candidates),
    ):
        table = Table.read(root, name, columns[Path(name).name])
        table.insert(key, *rows)
        files[name] = table.to_bytes()
    return write_checked(root, files)
