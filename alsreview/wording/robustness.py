"""Says how far an answer moves under other choices, for a chapter to glue in."""

from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.formats import count, interval, listed, number
from alsreview.pooling import Pooled, analysis, synthesise
from alsreview.sensitivity import Multiverse, dropout_cases, multiverse, seen_sd, sized_trials

FACTS = ("range", "limits", "moves", "limit_moves", "too_few", "sd", "sd_of", "bounded")


def robustness_facts(analysis_id: str, *, root=None) -> dict[str, str]:
    """Give the sentences of a chapter on the multiverse of an analysis, and the SD behind its trials.

    Returns
    -------
    name to text
        Names are ``<analysis_id>.multiverse.<fact>``, the same however many trials there are.
    """
    found = multiverse(analysis_id, root=root)
    unit = measure_of(analysis(analysis_id, load_evidence(root))).unit
    told = dict.fromkeys(FACTS, "No combination of the choices leaves two units to pool.")
    if len(found.table):
        told |= _ranges(found, unit) | _moves(found, unit)
    told |= {"too_few": _too_few(found)} | _sd(synthesise(analysis_id, root=root))
    told["bounded"] = _bounded(analysis_id, root)
    return {f"{analysis_id}.multiverse.{name}": text for name, text in told.items()}


def share_robustness(glue, *analysis_ids: str, root=None) -> None:
    """Hand the facts on robustness to ``myst_nb.glue``."""
    for analysis_id in analysis_ids:
        for name, text in robustness_facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def _ranges(found: Multiverse, unit: str) -> dict[str, str]:
    table, every = found.table, count(len(found.every), "specification")
    estimates = _span(table.estimate)
    hold = (table.ci_low <= 0) & (table.ci_high >= 0)
    zero = {
        (True, True): "some intervals hold zero and some do not",
        (True, False): "every interval holds zero",
    }
    held = zero.get((bool(hold.any()), bool((~hold).any())), "no interval holds zero")
    return {
        "range": f"Over {every}, which give {count(len(table), 'distinct result')}, the pooled difference "
        f"runs from {estimates} {unit}.",
        "limits": f"The lower limit of its interval runs from {_span(table.ci_low)} {unit} and the upper "
        f"from {_span(table.ci_high)}: {held}.",
    }  # fmt: skip


def _span(values) -> str:
    return interval(values.min(), values.max())


def _moves(found: Multiverse, unit: str) -> dict[str, str]:
    top = found.moves.loc[found.moves.most.idxmax()]
    sides = found.moves.loc[found.moves.limit_most.idxmax()]
    own = found.moves.dropna(subset=["range"]).nlargest(1, "range")
    said = [
        f"With all else as the protocol says, the estimate moves most with the choice of "
        f"\u201c{row.label}\u201d, from {interval(row.estimate_low, row.estimate_high)} {unit}."
        for row in own.itertuples()
    ]
    said += [
        f"Wherever the other choices are held, it moves by {number(top.most)} {unit} at most, "
        f"with \u201c{top.label}\u201d."
    ]
    size = f"{number(sides.limit_most)} {unit}"
    limit = f"The lower limit moves most with \u201c{sides.label}\u201d, by up to {size}."
    return {"moves": " ".join(said), "limit_moves": limit}


def _too_few(found: Multiverse) -> str:
    """Say how many combinations give no result, and which levels never do."""
    never = [
        f"\u201c{level['label']}\u201d"
        for name, dimension in found.dimensions.items()
        for key, level in dimension["levels"].items()
        if key not in set(found.every[name])
    ]
    always = f", among them all with {listed(never)}" if never else ""
    more = count(found.too_few, "more combination")
    return f"{more} {'leaves' if found.too_few == 1 else 'leave'} fewer than two units{always}."


def _bounded(analysis_id: str, root) -> str:
    """Say of how many units the effect of those who left can be bounded."""
    bounded = dropout_cases(analysis_id, root=root).trial_id.nunique()
    return f"{bounded or 'none'} of {synthesise(analysis_id, root=root).k}"


def _sd(result) -> dict[str, str]:
    """Give the standard deviation behind the effects, and say of which trials it is."""
    known = sized_trials(result) if isinstance(result, Pooled) else ()
    if not len(known):
        return {"sd": "not known", "sd_of": "since no trial gives the size of its arms"}
    others = result.trials[~result.trials.trial_id.isin(known.trial_id)]
    rest = f"; {listed(list(others.label))} {'gives' if len(others) == 1 else 'give'} none"
    whose = f"that behind the effects of {listed(list(known.label))}{rest if len(others) else ''}"
    return {"sd": number(seen_sd(result), 1), "sd_of": whose}
