"""Says how the protocol's own analysis does where the truth is known, for a chapter to glue in."""

from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.formats import count, number, percent
from alsreview.pooling import analysis, measured_meaning, synthesise
from alsreview.simulation import operating_characteristics

OWN = "hk_guarded"


def true_difference(analysis_id: str, *, root=None) -> str:
    """Name the true difference that power is shown for: the upper derived threshold of the time measured."""
    choice = analysis(analysis_id, load_evidence(root))
    at = measured_meaning(synthesise(analysis_id, root=root), choice, root=root)
    return f"{number(at.thresholds[1])} {measure_of(choice).unit}"


def operating_facts(analysis_id: str, *, root=None) -> dict[str, str]:
    """Give sentences on coverage and power, named ``<analysis_id>.operating.<fact>``."""
    table = operating_characteristics(analysis_id, root=root).set_index(["k", "i2", "interval"])
    sizes, shares = (sorted(table.index.unique(name)) for name in ("k", "i2"))
    rows = table.loc[(sizes[0], shares[0])]
    worst = table.loc[(sizes[0], shares[-1])]
    difference = true_difference(analysis_id, root=root)
    told = {
        "how": f"We drew {table.replicates.iloc[0]:,} syntheses for each of "
        f"{count(len(sizes) * len(shares), 'combination')}, from {sizes[0]} to {sizes[-1]} trials, with "
        f"{percent(shares[0])} to {percent(shares[-1])} of their variability between trials.",
        "coverage": f"With {sizes[0]} trials the guarded interval held the truth in "
        f"{_share(rows.coverage[OWN])} of syntheses without heterogeneity and {_share(worst.coverage[OWN])} "
        f"with the most; Wald's in {_share(rows.coverage['wald'])} and {_share(worst.coverage['wald'])}.",
        "power": f"That caution costs: were the true difference {difference}, the guarded interval of "
        f"{sizes[0]} trials would lie above zero in {_share(rows.power_upper[OWN])} of syntheses even "
        f"without heterogeneity, and that of {sizes[-1]} trials in "
        f"{_share(table.power_upper[(sizes[-1], shares[0], OWN)])}.",
    }
    return {f"{analysis_id}.operating.{name}": text for name, text in told.items()}


def share_operating(glue, *analysis_ids: str, root=None) -> None:
    """Hand the facts on operating characteristics to ``myst_nb.glue``."""
    for analysis_id in analysis_ids:
        for name, text in operating_facts(analysis_id, root=root).items():
            glue(name, text, display=False)


def _share(value: float) -> str:
    return percent(100 * value, 1)
