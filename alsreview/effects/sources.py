"""Names the kinds of source that a row may have been read in, the most direct first."""

KIND_WORDS = {
    "primary_fulltext": "full paper",
    "primary_table": "table of the paper",
    "primary_abstract": "abstract",
    "registry": "registry",
    "secondary_meta_analysis": "meta-analysis (second-hand)",
    "secondary_review": "review (second-hand)",
    "news": "news report",
}
SOURCE_KINDS = tuple(KIND_WORDS)
SECOND_HAND = ("secondary_meta_analysis", "secondary_review", "news")
