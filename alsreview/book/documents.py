"""Says whether PDFs and data archive still tell what their sources say: no old number can stay in them."""

import hashlib
from pathlib import Path

from alsreview.evidence.digest import build_digest
from alsreview.release import stamp

# What the pages offer, and a release must have.
DOCUMENTS = ("als-review.pdf", "als-review-summary.pdf", "als-review-data.zip")
PDF, SHEET, DATA = (Path("_build") / "html" / name for name in DOCUMENTS)
NOTE = Path("_build") / ".pdf-inputs"
MADE = (PDF, SHEET, DATA)
_SOURCES = ("*.md", "*.yml", "*.bib", "chapters/**/*.md", "_static/fonts/*.ttf")


def pdf_inputs(root: Path) -> str:
    """Digest everything the PDF is made from."""
    digest = hashlib.sha256(f"{build_digest(root)} {stamp(root)}".encode())
    for path in sorted({path for pattern in _SOURCES for path in root.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def pdf_is_stale(root: Path) -> bool:
    """Say whether one of them is missing, or anything they are made from has changed."""
    note = root / NOTE
    there = all((root / made).is_file() for made in MADE)
    return not (there and note.is_file() and note.read_text() == pdf_inputs(root))


def note_pdf(root: Path) -> None:
    """Remember what the PDF has just been made from."""
    (root / NOTE).write_text(pdf_inputs(root))
