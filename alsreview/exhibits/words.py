"""Names, in plain words, what the data and the protocol code."""

ESTIMATE_WORDS = {
    "adjusted": "adjusted scores",
    "slope": "slopes",
    "change": "change",
    "end": "end scores",
    "percent_change": "percentage change",
}
INTERVAL_WORDS = {"hk_guarded": "guarded HK", "hk": "HK", "wald": "Wald"}
KIND_WORDS = {
    "primary_fulltext": "full paper",
    "primary_table": "table of the paper",
    "primary_abstract": "abstract",
    "registry": "registry",
    "secondary_meta_analysis": "meta-analysis",
    "secondary_review": "review",
    "news": "news report",
}
MEASURE_WORDS = {
    "MD": "mean difference",
    "SMD": "Hedges' g",
    "MD_per_month": "mean difference per month",
}
UNIT_WORDS = {"MD": "points", "SMD": "Hedges' g", "MD_per_month": "points a month"}
