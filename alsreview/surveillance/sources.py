"""Asks each source its queries, and refuses answers that do not hold what is known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alsreview.evidence import Evidence
from alsreview.surveillance.clinicaltrials import search_clinicaltrials
from alsreview.surveillance.europepmc import search_europepmc
from alsreview.surveillance.pubmed import search_pubmed
from alsreview.surveillance.records import Record, plain_doi, plain_pmid, registry_numbers
from alsreview.surveillance.web import Web

# In the order in which they are asked: a record is named after the source that gave it first.
SOURCES = {
    "pubmed": ("ncbi", search_pubmed),
    "europepmc": ("europepmc", search_europepmc),
    "clinicaltrials": ("clinicaltrials", search_clinicaltrials),
}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Answer:
    """What one query gave.

    Attributes
    ----------
    slug, source, query : key and name of the source, and the name of the query
    records : what it gave; empty when it failed
    fault : why it failed; empty when it did not
    note : what a reader of the run must know
    """

    slug: str
    source: str
    query: str
    records: tuple[Record, ...] = ()
    fault: str = ""
    note: str = ""


def ask_sources(evidence: Evidence, web: Web, progress: Progress) -> list[Answer]:
    """Ask each query of each source.

    Returns
    -------
    one answer per query
        A source that fails has its fault there, and says nothing of new records.

    Raises
    ------
    ValueError
        When a source does not find again what it must: it then finds nothing else that can be trusted.
    """
    answers, lost = [], []
    for slug in (slug for slug in SOURCES if slug in evidence.queries):
        answers += _ask_source(slug, evidence.queries[slug], web, progress)
    for answer in answers:
        if not answer.fault:
            must = evidence.queries[answer.slug]["queries"][answer.query]["must_find"]
            lost += _lost(answer, must, web)
    if lost:
        raise ValueError("\n".join([*lost, "Nothing was written: no answer of this run can be trusted."]))
    return answers


def _ask_source(slug: str, file: Mapping, web: Web, progress: Progress) -> list[Answer]:
    """Ask a source all its queries; a source of which one fails has failed."""
    service, search = SOURCES[slug]
    answers = []
    for query, told in file["queries"].items():
        label = f"{file['source']}, {query}"
        try:
            records = search(web, told["parameters"], lambda n, of, label=label: progress(label, n, of))
        except (OSError, ValueError) as error:
            web.store.forget(service)
            return [Answer(slug, file["source"], name, fault=str(error)) for name in file["queries"]]
        answers.append(Answer(slug, file["source"], query, tuple(records)))
    return answers


def _lost(answer: Answer, must: Iterable[str], web: Web) -> list[str]:
    given = {number for record in answer.records for number in (record.doi, record.pmid, *record.registry)}
    missing = [number for number in must if not {_plain(number)} & given]
    if not missing:
        return []
    web.store.forget(SOURCES[answer.slug][0])
    return [
        f"{answer.source}, {answer.query}: expected to find {', '.join(missing)} again, found "
        f"{len(answer.records)} records without it: has the query, the interface or the index changed?"
    ]


def _plain(number: str) -> str:
    return plain_pmid(number) or plain_doi(number) or next(iter(registry_numbers(number)), number)
