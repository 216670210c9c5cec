"""Make the documents that readers download: article, supplement and summary as PDF, article as DOCX, data."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from alsreview.release import Stamp
from alsreview.release import documents as named


def make_documents(root: Path, single: Path, target: Path, made: Stamp) -> None:
    """Make every document.

    Parameters
    ----------
    root : folder of the review
    single : the page that Sphinx's ``singlehtml`` wrote
    target : folder that takes the documents
    made : the version

    Raises
    ------
    ValueError
        When a document cannot be set; its message names the document and the reason.
    """
    # What only these need takes a while to import.
    from alsreview.book.documents.split import split
    from alsreview.book.documents.typeset import set_docx, set_pdf, words_of
    from alsreview.charts.theme import FONTS
    from alsreview.release.export import pack_data

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    outlines = config.get("sphinx", {}).get("config", {}).get("als_documents")
    if not outlines:
        raise ValueError(
            "_config.yml: als_documents: expected what the article and the summary print, found nothing"
        )
    fonts, words = FONTS, words_of(root, made)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor() as pool:
        new = Path(scratch)
        data = pool.submit(pack_data, root, new / named.DATA, made)
        parts, pictures = split(single.read_text(encoding="utf-8"), outlines)
        sheet, extra = words_of(root, made, "In plain words"), words_of(root, made, "Supplement")
        running = [
            pool.submit(set_pdf, parts["supplement"], pictures, new / named.SUPPLEMENT, extra, fonts),
            pool.submit(set_pdf, parts["article"], pictures, new / named.ARTICLE, words, fonts),
            pool.submit(set_docx, parts["article"], pictures, new / named.WORD, words, fonts),
            pool.submit(set_pdf, parts["summary"], pictures, new / named.SUMMARY, sheet, fonts, "sheet"),
            data,
        ]
        for each in running:
            each.result()
        # All or none: a reader finds documents of one state.
        for name in named.DOCUMENTS:
            shutil.move(new / name, target / name)
