"""Reads and checks the published reviews and the pooled claims that they print."""

import re
from pathlib import Path

from alsreview.evidence.files import read_yaml
from alsreview.schema import Fault, Place, check_record

REVIEW_FILE = re.compile(r"[a-z_]+[0-9]{4}[a-z]?\.yml")


def read_reviews(root: Path, rules: dict, names: dict) -> tuple[dict, list[Fault]]:
    """Read ``data/reviews`` into review id to card, with the faults of every file.

    Parameters
    ----------
    root : the folder of the review
    rules : the section ``review.yml`` of the dictionary
    names : what a key may refer to: ``references`` and ``trials``
    """
    folder = root / "data/reviews"
    cards, faults = {}, []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = path.relative_to(root).as_posix()
        if path.name.startswith("."):
            continue
        if not path.is_file() or not REVIEW_FILE.fullmatch(path.name):
            message = f"expected a file named by author and year such as meng2020.yml, found {path.name!r}"
            faults.append(Fault(name, 1, "file", message))
            continue
        card, lines, wrong = read_yaml(path, name)
        faults += wrong
        if not wrong:
            cards[path.stem] = card
            own = {"copies": set(card["copies"]) if isinstance(card.get("copies"), dict) else None}
            faults += check_record(card, rules, lines, Place(name, 1, names | own))
            faults += _claim_faults(name, card, lines)
    return cards, faults


def _claim_faults(name: str, card: dict, lines: dict) -> list[Fault]:
    """What a rule for a single key cannot say."""
    claims = card.get("claims") if isinstance(card.get("claims"), dict) else {}
    faults = []
    for claim_id, claim in claims.items():
        if not isinstance(claim, dict):
            continue
        place = Place(name, lines.get(("claims", claim_id), 1), {})
        if ("ci_low" in claim or "ci_high" in claim) and "measure" not in claim:
            found = "expected the measure that the limits belong to, found none"
            faults.append(place.fault(f"claims.{claim_id}.measure", found))
    return faults
