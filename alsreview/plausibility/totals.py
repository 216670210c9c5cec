"""Judges counts and days: are there results, do the people add up, was no source read in the future?"""

from collections.abc import Iterator
from datetime import date
from math import isnan

from alsreview.plausibility.trial import Query, Trial, when


def result_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield a trial that declares contrasts but has no row of results, as when its tables were lost."""
    contrasts = trial.card.get("contrasts")
    if contrasts and not (trial.card.get("excluded") or trial.arms or trial.reported):
        what = "contrasts are declared, but arms.csv and reported.csv contain no results"
        why = "either no results have been extracted yet, or a table was deleted"
        yield trial.on_card(("contrasts",), what, why)


def total_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield counts that do not add up; sources may count differently, so these are no faults."""
    arms = trial.card.get("arms", {})
    counts = [trial.count(arm) for arm in arms]
    if arms and None not in counts and trial.people is not None and sum(counts) != trial.people:
        sums = f"{' + '.join(map(str, counts))} = {sum(counts)}"
        what = f"{trial.people} participants, but {sum(counts)} across all arms"
        yield trial.on_card(("people", "n"), what, f"{sums}; sources may count differently")
    limit, whose = _most(trial, evidence)
    for row in trial.reported:
        if isnan(row["n"]):
            continue
        if limit is not None and row["n"] > limit:
            what = f"{row['n']:.0f} participants analysed of {limit}"
            yield trial.on_row(row, "n", what, f"the card has {limit} {whose}")
        yield from _sum_queries(trial, row)


def _most(trial: Trial, evidence) -> tuple[int | None, str]:
    """Give the people that a row can have at most."""
    covered = [evidence.cards[name].get("people", {}).get("n") for name in trial.card.get("covers", ())]
    if covered and None not in covered:
        return sum(covered), "participants in the trials that it covers"
    return trial.people, "people"


def _sum_queries(trial: Trial, row: dict) -> Iterator[Query]:
    pair = trial.paired.get((row["contrast"], *when(row)))
    if pair is None or any(isnan(arm["n"]) for arm in pair):
        return
    n = [arm["n"] for arm in pair]
    if sum(n) != row["n"]:
        what = f"{row['n']:.0f} participants analysed, but {sum(n):.0f} in the means of the two arms"
        why = f"{n[0]:.0f} + {n[1]:.0f} = {sum(n):.0f}; an analysis may include more or fewer than the means"
        yield trial.on_row(row, "n", what, why)


def future_queries(trial: Trial, today: date) -> Iterator[Query]:
    """Yield sources read after today; that depends on this machine's clock, so it is no fault."""
    for name, source in trial.card.get("sources", {}).items():
        if source["seen"] > today:
            why = f"{source['seen']} is after {today}, unless the clock of this machine is slow"
            yield trial.on_card(("sources", name, "seen"), "a date in the future", why)
