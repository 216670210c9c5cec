"""Sets the plain summaries on one printed page, from the same facts as the chapters."""

import json
from pathlib import Path

import typst
from pybtex.database import parse_file

from alsreview.book.pdf import FONTS, HERE, inputs
from alsreview.evidence import load_evidence
from alsreview.pooling import synthesise
from alsreview.release import Stamp
from alsreview.wording import plain_facts

# Each part of a summary: the words that it opens with, and its facts.
PARTS = {
    "What was found.": ("numbers", "points", "scale", "missing"),
    "How sure it is.": ("sure",),
    "Is that me?": ("who",),
    "What it asks.": ("week",),
    "Harm.": ("harm", "caution"),
    "What this does not mean.": ("not_mean",),
    "Before you act.": ("ask",),
}


def make_sheet(root: Path, target: Path, stamp: Stamp) -> None:
    """Set the sheet; its type shrinks until it holds on one page of A4.

    Parameters
    ----------
    root : folder of the review
    target : the PDF to write
    stamp : what its foot says

    Raises
    ------
    ValueError
        When the summaries are too long for a page even in the smallest type.
    """
    words = inputs(stamp) | {"questions": json.dumps(sheet_words(root)), "url": stamp.url}
    try:
        typst.compile(
            HERE / "sheet.typ",
            output=target,
            root=HERE,
            font_paths=[root / FONTS],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=stamp.seconds,
            sys_inputs=words,
        )
    except typst.TypstError as error:
        raise ValueError(f"the printed page cannot be set: {error.diagnostic or error.message}") from error


def sheet_words(root: Path) -> dict:
    """Give the words of the sheet.

    Returns
    -------
    ``questions``, each with ``asks``, ``answer`` and ``parts`` (pairs of opening words and text), and
    ``common``, the sentences that belong to all of them
    """
    evidence, questions, common = load_evidence(root), [], []
    for analysis_id, choice in evidence.protocol["analyses"].items():
        if choice["role"] != "primary" or choice["synthesis"] != "pool":
            continue
        said = plain_facts(analysis_id, root=root)
        known = {name.rpartition(".")[2]: text for name, text in said.items()}
        sources = cited(root, [each["cite"] for each in _cautions(evidence, choice)])
        known["caution"] += f" ({sources})" if sources else ""
        # One page holds the details of the comparisons that have a result, and the answer of every one.
        told = PARTS if synthesise(analysis_id, root=root).k else {"Harm.": ("caution",)}
        parts = [
            (lead, " ".join(known[name] for name in names if known[name])) for lead, names in told.items()
        ]
        questions.append(
            {"asks": choice["asks"], "answer": known["answer"], "parts": [p for p in parts if p[1]]}
        )
        common = [known["read"], known["average"]]
    return {"questions": questions, "common": common}


def _cautions(evidence, choice: dict) -> list[dict]:
    cautions = evidence.outcomes.get("cautions", [])
    return [caution for caution in cautions if caution["question"] == choice["question"]]


def cited(root: Path, keys: list[str]) -> str:
    """Name papers by first author and year, and where they can be found, as paper allows it."""
    entries = parse_file(str(root / "references.bib"), "bibtex").entries if keys else {}
    return "; ".join(_paper(entries[key]) for key in keys)


def _paper(entry) -> str:
    people, fields = entry.persons["author"], entry.fields
    others = " and others" if len(people) > 1 else ""
    place = f"doi:{fields['doi']}" if "doi" in fields else fields.get("url", "")
    return f"{' '.join(people[0].last_names)}{others} {fields['year']}, {place}"
