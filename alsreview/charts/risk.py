"""How judgements of risk of bias look: a range of judgements never looks like one of them."""

from alsreview.charts import theme

# Colour and sign of a judgement; the sign alone is enough to read it.
LOOKS = {
    "low": (theme.LOW, "+"),
    "some concerns": (theme.UNCLEAR, "!"),
    "unclear": (theme.UNCLEAR, "?"),
    "high": (theme.HIGH, "\u2212"),
}
# The signs of both ends of a range, in an open mark without colour.
RANGES = {
    "low to some concerns": "+!",
    "low to high": "+\u2212",
    "some concerns to high": "!\u2212",
}
NOT_ASSESSED = "not assessed"
