"""Shows which risk of bias others judged in each trial, where that was read, and what nobody judged."""

import pandas as pd

from alsreview.charts import NARROW, Figure, lights, lights_alt
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import lasting_address, place_words, trial_address
from alsreview.tables import Table, html_table

# In the order of the Cochrane tool; a domain of another tool follows, and the overall judgement ends it.
DOMAINS = (
    "random sequence generation",
    "allocation concealment",
    "blinding",
    "blinding of participants and personnel",
    "blinding of outcome assessment",
    "incomplete outcome data",
    "selective reporting",
)
OVERALL = "overall"


def bias_figure(*, root=None) -> Figure:
    """Show every published judgement of risk of bias that was seen, trial by trial."""
    evidence = load_evidence(root)
    judged, trials = _judged(evidence), _trials(evidence)
    title = "Risk of bias as others judged it"
    known = set(judged.domain) - set(DOMAINS) - {OVERALL}
    domains = [
        name for name in (*DOMAINS, *sorted(known), OVERALL) if name in set(judged.domain) | set(DOMAINS)
    ]
    silent = len(set(trials) - set(judged.label))
    caption = (
        "Each circle is one published judgement, and two in one place are two readings of the same trial. "
        f"See the dots: of {len(trials)} trials, {silent} have no judgement at all in what we read, which "
        "says nothing of their risk. The table names the rater and the place of every judgement."
    )
    return Figure(
        lights(judged, trials, domains, title=title),
        lights_alt(judged, trials, domains),
        caption,
        _table(judged, title),
        narrow=lights(judged, trials, domains, title=title, width=NARROW),
    )


def _judged(evidence) -> pd.DataFrame:
    rows = [
        {
            "trial_id": trial_id,
            "label": card["label"],
            "where": place_words(card, entry["source"], entry["locator"]),
        }
        | {"address": lasting_address(card, entry["source"])}
        | {key: entry.get(key) for key in ("tool", "domain", "judgement", "note")}
        for trial_id, card in evidence.cards.items()
        for entry in card.get("risk_of_bias", [])
    ]
    columns = ["trial_id", "label", "domain", "judgement", "tool", "where", "note", "address"]
    return pd.DataFrame(rows, columns=columns)


def _trials(evidence) -> list[str]:
    """List the trials that a synthesis may use, and any other that was judged."""
    rows = evidence.trials[evidence.trials.unit == "trial"]
    wanted = rows.status.eq("included")
    judged = rows.trial_id.map(lambda trial_id: bool(evidence.cards[trial_id].get("risk_of_bias")))
    return list(rows[wanted | judged].sort_values(["question", "trial_id"]).label)


def _table(judged: pd.DataFrame, title: str) -> Table:
    columns = {
        "label": "Trial",
        "domain": "Domain",
        "judgement": "Judgement",
        "tool": "Rated by",
        "where": "Read in",
        "note": "Note",
    }
    links = {
        "label": lambda row: trial_address(row["trial_id"], "bias"),
        "where": lambda row: row["address"],
    }
    return html_table(judged, caption=title, columns=columns, links=links)
