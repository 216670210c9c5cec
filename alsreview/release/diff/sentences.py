"""Gives the sentences of the book that carry the meaning of each analysis."""

from alsreview.evidence import Evidence
from alsreview.wording import facts

# Sentences without figures of size: another text is another meaning.
SENTENCES = ("verdict", "verdict_plain", "recipes", "directions", "missing_why", "certainty")


def sentences(evidence: Evidence) -> dict[tuple[str, str], str]:
    """Give what the book says of each analysis, by analysis and name of the sentence."""
    told = {key: facts(key, root=evidence) for key in evidence.protocol["analyses"]}
    return {
        (key, name): said[f"{key}.{name}"]
        for key, said in told.items()
        for name in SENTENCES
        if f"{key}.{name}" in said
    }
