"""Narrows the evidence to what had been published by the end of a year."""

from dataclasses import replace

import pandas as pd

from alsreview.evidence.load import Evidence


def published_by(evidence: Evidence, year: int) -> Evidence:
    """Keep the rows whose source was out by the end of a year, and the trials that then had one.

    Parameters
    ----------
    evidence : as read today
    year : the last one whose publications count

    Returns
    -------
    Evidence
        A row counts from the year of the source that it was read from, a published judgement of bias and
        an answer of our own appraisal too; where that year is not known it never counts. A trial of which
        no row was read counts from its first source. What a person decided or confirmed on certainty or
        on risk of bias was taken on today's evidence, so none of it is kept.

    Notes
    -----
    The rest is today's: the protocol, the rules, the thresholds, and what a card says of a trial's people.
    """
    sources = evidence.sources[evidence.sources.year <= year].reset_index(drop=True)
    arms, reported = _read_in(evidence.arms, sources), _read_in(evidence.reported, sources)
    with_rows = {*evidence.arms.trial_id, *evidence.reported.trial_id}
    known = {*arms.trial_id, *reported.trial_id, *(set(sources.trial_id) - with_rows)}
    kept = {
        name: frame[frame.trial_id.isin(known)].reset_index(drop=True)
        for name in ("trials", "groups", "contrasts")
        for frame in [getattr(evidence, name)]
    }
    cards = {
        trial_id: _card(card, set(sources.source[sources.trial_id == trial_id]))
        for trial_id, card in evidence.cards.items()
        if trial_id in known
    }
    undecided = replace(evidence.grade, decisions={})
    return replace(
        evidence,
        **kept,
        sources=sources[sources.trial_id.isin(known)].reset_index(drop=True),
        arms=arms,
        reported=reported,
        harms=_read_in(evidence.harms, sources),
        cards=cards,
        appraisals={
            trial_id: _appraisal(appraisal, set(cards[trial_id]["sources"]))
            for trial_id, appraisal in evidence.appraisals.items()
            if trial_id in cards
        },
        grade=undecided,
    )


def _read_in(rows: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    out = pd.MultiIndex.from_frame(sources[["trial_id", "source"]])
    return rows[pd.MultiIndex.from_frame(rows[["trial_id", "source"]]).isin(out)].reset_index(drop=True)


def _card(card: dict, out: set[str]) -> dict:
    """Keep the sources and the judgements of bias that were out."""
    sources = {key: source for key, source in card["sources"].items() if key in out}
    judged = [each for each in card.get("risk_of_bias", []) if each["source"] in out]
    return card | {"sources": sources, "risk_of_bias": judged}


def _appraisal(appraisal: dict, out: set[str]) -> dict:
    """Keep the answers whose source was out; the rest was not seen yet."""
    results = [
        {key: value for key, value in result.items() if key not in ("judgements", "confirmed")}
        | {"answers": {name: told for name, told in result["answers"].items() if told["source"] in out}}
        for result in appraisal.get("results", [])
    ]
    return appraisal | ({"results": results} if results else {})
