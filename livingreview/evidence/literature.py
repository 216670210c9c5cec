"""Reads and checks published reviews, the queries of our searches, and the records that wait."""

import re
from pathlib import Path

from livingreview.evidence.files import read_yaml
from livingreview.schema import Fault, Place, check_record

REVIEW_FILE = re.compile(r"[a-z_]+[0-9]{4}[a-z]?\.yml")
CANDIDATES = "data/candidates.csv"
# Which parameters each source reads its query from.
PARAMETERS = {
    "pubmed": ("term",),
    "europepmc": ("query",),
    "clinicaltrials": ("query.cond", "query.intr"),
}


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
            message = f"expected a file named by author and year such as jones2020.yml, found {path.name!r}"
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


def read_queries(root: Path, rules: dict, cards: dict) -> tuple[dict, list[Fault]]:
    """Read ``data/searches`` into source to its file, with the faults of every file.

    Parameters
    ----------
    root : the folder of the review
    rules : the section ``search.yml`` of the dictionary
    cards : trial id to card; a search must find again numbers that stand there
    """
    folder, known = root / "data/searches", _numbers(cards)
    queries, faults = {}, []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = path.relative_to(root).as_posix()
        if path.name.startswith("."):
            continue
        if path.suffix != ".yml" or path.stem not in PARAMETERS:
            expected = ", ".join(f"{source}.yml" for source in PARAMETERS)
            faults.append(Fault(name, 1, "file", f"expected one of {expected}, found {path.name!r}"))
            continue
        file, lines, wrong = read_yaml(path, name)
        wrong = wrong or check_record(file, rules, lines, Place(name, 1, {}))
        faults += wrong or _query_faults(name, file, lines, PARAMETERS[path.stem], known)
        queries |= {} if wrong else {path.stem: file}
    return queries, faults


def _numbers(cards: dict) -> set[str]:
    """List the DOIs, PubMed numbers and registry numbers of the trials, as they stand on the cards."""
    found = {card.get("registration") for card in cards.values()}
    for card in cards.values():
        for source in (card.get("sources") or {}).values():
            found |= {source.get("doi"), source.get("pmid")} if isinstance(source, dict) else set()
    return {number for number in found if isinstance(number, str)}


def _query_faults(name: str, file: dict, lines: dict, expected: tuple, known: set[str]) -> list[Fault]:
    faults = []
    for query, told in file["queries"].items():
        place = Place(name, lines.get(("queries", query), 1), {})
        at = f"queries.{query}"
        if tuple(told["parameters"]) != expected:
            found = ", ".join(told["parameters"]) or "none"
            faults.append(place.fault(f"{at}.parameters", f"expected {', '.join(expected)}, found {found}"))
        if not told["must_find"]:
            message = "expected known records that the search must retrieve, found none"
            faults.append(place.fault(f"{at}.must_find", message))
        for number in told["must_find"]:
            if number not in known:
                message = f"expected a number that a card in data/trials contains, found {number!r}"
                faults.append(place.fault(f"{at}.must_find", message))
    return faults


def candidate_faults(candidates: list[dict], records: list[dict]) -> list[Fault]:
    """List candidates out of order, given twice, or judged already."""
    judged = {row["record_id"]: row["line"] for row in records}
    seen, faults, before = {}, [], ""
    for row in candidates:
        place, number = Place(CANDIDATES, row["line"], {}), row["record_id"]
        if number is None:
            continue
        if number in seen:
            message = f"expected each record_id once, found {number!r} on line {seen[number]} too"
            faults.append(place.fault("record_id", message))
        elif number < before:
            faults.append(
                place.fault("record_id", "expected rows sorted by record_id, found one out of place")
            )
        if number in judged:
            message = (
                f"expected a record without a decision, found one on data/screening.csv:{judged[number]}"
            )
            faults.append(place.fault("record_id", f"{message}; take this row out"))
        seen.setdefault(number, row["line"])
        before = number
    return faults
