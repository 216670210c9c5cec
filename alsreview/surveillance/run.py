"""Runs the searches of the review, or reads a file in their place, and tells what is new."""

import re
from datetime import date
from pathlib import Path

from alsreview.evidence import load_evidence
from alsreview.surveillance.judge import Run, judge
from alsreview.surveillance.progress import shown_progress
from alsreview.surveillance.ris import read_ris
from alsreview.surveillance.sources import Answer, ask_sources
from alsreview.surveillance.web import open_web


def search(root: Path, *, today: date, ris: Path | None = None, source: str | None = None, **web) -> Run:
    """Ask every source of ``data/searches``, or read a RIS file, and judge what came.

    Parameters
    ----------
    root : folder of the review
    today : day of the run
    ris, source : a RIS file to read instead, and the database it is from
    web : what `open_web` takes

    Raises
    ------
    ValueError
        When there is nothing to ask, the file is none, or a source does not find what it must.
    """
    answers = [_imported(ris, source)] if ris else _asked(root, **web)
    # Read again: somebody may have judged a record while the sources were asked.
    return judge(load_evidence(root), answers, today)


def _asked(root: Path, **web) -> list[Answer]:
    evidence = load_evidence(root)
    if not evidence.queries:
        raise ValueError("data/searches: expected the queries of a source, such as pubmed.yml, found none")
    with open_web(root, **web) as opened, shown_progress() as progress:
        return ask_sources(evidence, opened, progress)


def _imported(ris: Path, source: str) -> Answer:
    slug = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")
    if not slug:
        raise ValueError(f"--source: expected the name of a database, found {source!r}")
    return Answer(slug, source, "import", tuple(read_ris(ris, source)), note=f"Read from the file {ris.name}")
