"""Gives what a chapter says about the evidence as a whole."""

from alsreview.evidence import evidence_hash, load_evidence
from alsreview.formats import count
from alsreview.wording.searches import search_events


def evidence_facts(*, root=None) -> dict[str, str]:
    """Give what a chapter says about the evidence as a whole."""
    evidence = load_evidence(root)
    trials = evidence.trials[evidence.trials.unit == "trial"]
    named = {"protocol.specified": f"{evidence.protocol['specified']:%-d %B %Y}"}
    named |= {
        "protocol.timing": evidence.protocol["timing"],
        "protocol.last_search": _searched(evidence),
    }
    named["evidence.hash"] = evidence_hash(evidence.root)
    for question, rows in trials[trials.status.eq("included")].groupby("question"):
        named[f"{question}.trials"] = str(len(rows))
        named[f"{question}.people"] = f"{rows.people.sum():.0f}"
    named |= _row_words(evidence)
    full = evidence.sources.kind.eq("primary_fulltext").groupby(evidence.sources.trial_id).any()
    named["evidence.fulltext"] = f"{full.sum() or 'none'} of the {len(trials)}"
    return named


def _searched(evidence) -> str:
    """Say what our last search found; before the first, what the protocol says instead."""
    events = search_events(evidence.searches)
    if not events:
        return evidence.protocol["last_search"]
    return f"Our last search was on {events[0].date:%-d %B %Y}. {events[0].words}"


def _row_words(evidence) -> dict[str, str]:
    """Count the rows of data, and those that a second reader compared with their source."""
    tables = (evidence.arms, evidence.reported)
    rows, checked = sum(map(len, tables)), sum(table.checked.notna().sum() for table in tables)
    twice = {0: "None of them has", rows: "All of them have"}.get(checked, f"Of them, {checked} have")
    return {
        "evidence.rows_words": f"The data hold {count(rows, 'row')} of figures and statements.",
        "evidence.checked_words": f"{twice} been compared with the source by a second reader.",
    }


def share_evidence(glue, *, root=None) -> None:
    """Hand the facts about the evidence as a whole to ``myst_nb.glue``."""
    for name, text in evidence_facts(root=root).items():
        glue(name, text, display=False)
