"""Make the documents that readers download: article, supplement and summary as PDF, article as DOCX, data."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from livingreview.release.stamp import ARTICLE, DATA, SUMMARY, SUPPLEMENT, WORD, Stamp, documents


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
    from livingreview.book.documents.outlines import outlines
    from livingreview.book.documents.split import split
    from livingreview.book.documents.typeset import set_docx, set_pdf, words_of
    from livingreview.charts.theme import FONTS
    from livingreview.release.export import pack_data

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    declared = (config.get("sphinx", {}).get("config") or {}).get("lr_documents")
    printed = outlines(root, declared)
    name, fonts, words = made.name, FONTS, words_of(root, made)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor() as pool:
        new = Path(scratch)
        data = pool.submit(pack_data, root, new / (name + DATA), made)
        parts, pictures = split(single.read_text(encoding="utf-8"), printed)
        sheet, extra = words_of(root, made, "In plain words"), words_of(root, made, "Supplement")
        sheet["readers"] = printed.get("readers", "")
        running = [
            pool.submit(set_pdf, parts["supplement"], pictures, new / (name + SUPPLEMENT), extra, fonts),
            pool.submit(set_pdf, parts["article"], pictures, new / (name + ARTICLE), words, fonts),
            pool.submit(set_docx, parts["article"], pictures, new / (name + WORD), words, fonts),
            pool.submit(set_pdf, parts["summary"], pictures, new / (name + SUMMARY), sheet, fonts, "sheet"),
            data,
        ]
        for each in running:
            each.result()
        # All or none: a reader finds documents of one state.
        for name in documents(root):
            shutil.move(new / name, target / name)
