"""What changed since a commit or a version is told whole: evidence, analyses, and statements overturned."""

import json
import shutil

import pandas as pd
import pytest
from invented_review import appraise, edit
from made_up import begin, commit, git

from livingreview.evidence import load_evidence
from livingreview.release.diff import FORMATS, diff
from livingreview.release.records import Record, read_records, write_record
from livingreview.release.results import results, to_text

ALPHA = "data/trials/alpha2001/arms.csv"
PAGE = """# Summary

:::{holds} function.gain > 0
Function was better with training.
:::

:::{holds} function.k >= 2
Several studies.
:::
"""


@pytest.fixture
def repository(review):
    (review / "index.md").write_text(PAGE)
    begin(review)
    return review


def set_mean(root, mean, before="20"):
    edit(root / ALPHA, f"training,score,26,16,{before},4", f"training,score,26,16,{mean},4")


def moved(root, since="HEAD"):
    """What moved, with the analyses by their id."""
    found = diff(root, since)
    return found, {analysis.analysis_id: analysis for analysis in found.analyses}


def test_a_new_trial_moves_its_analyses_and_no_other(repository):
    before = results(load_evidence(repository)).set_index("analysis_id")
    folder = shutil.copytree((repository / ALPHA).parent, repository / "data/trials/omega2027")
    edit(folder / "trial.yml", "alpha2001", "omega2027")
    edit(folder / "trial.yml", "Alpha 2001", "Omega 2027")
    edit(folder / "arms.csv", "16,20,4", "16,30,4")
    appraise(repository, "omega2027", ("score", 26, {}))
    found, analyses = moved(repository)
    after = results(load_evidence(repository)).set_index("analysis_id")
    # The new trial has a score, which the two pooled analyses of exercise take; it is silent on strength.
    assert list(analyses) == ["function", "standardized", "strength"] and found.still == 1
    for name in ("function", "standardized"):
        assert analyses[name].moved["k"] == (before.k[name], before.k[name] + 1)
        for column in ("estimate", "ci_low", "ci_high", "i2"):
            assert analyses[name].moved[column] == (before[column][name], after[column][name])
    assert list(analyses["strength"].moved) == ["silent"]
    text = FORMATS["text"](found)
    assert "1 trial and 3 analyses changed" in text and "k: 3 -> 4\n" in text
    assert "Trial omega2027 (Omega 2027) added\n    arms.csv: (none) -> 2 rows\n" in text
    assert "    rob2.yml: (none) -> there\n" in text


def test_changed_cells_keys_and_statements_are_shown_as_they_were_and_are(repository):
    assert FORMATS["text"](diff(repository)).startswith("Nothing changed since HEAD (commit ")
    set_mean(repository, 20.5)
    edit(repository / "data/trials/alpha2001/trial.yml", "design: Invented", "design: Made up")
    found, analyses = moved(repository)
    (entry,) = found.evidence
    assert entry.title == "Trial alpha2001 (Alpha 2001) changed" and entry.rows == (
        ("arms.csv: score, 26, training: mean", "20", "20.5"),
        ("trial.yml: design", "Invented", "Made up"),
    )
    assert "arms.csv: score, 26, training: mean: 20 -> 20.5" in FORMATS["text"](found)
    assert set(analyses) == {"function", "standardized"} and found.overturned == ()
    set_mean(repository, 2, 20.5)
    found = diff(repository)
    (each,) = found.overturned
    assert (each.path, each.line, each.condition) == ("index.md", 3, "function.gain > 0")
    told = FORMATS["text"](found)
    assert "Statements overturned" in told and "index.md:3" in told and "Function was better" in told
    (told,) = json.loads(FORMATS["json"](found))["overturned"]
    assert told["text"] == "Function was better with training."


def test_a_version_is_compared_by_what_it_published(repository):
    kept = results(load_evidence(repository)).assign(date="2026-01-02")
    kept.loc[kept.analysis_id == "function", "estimate"] += 1
    kept = pd.concat([kept, kept.tail(1).assign(analysis_id="gone", title="Gone")])
    (repository / "data/releases").mkdir()
    (repository / "data/releases/2026.1.csv").write_text(to_text(kept))
    found, analyses = moved(repository, "2026.1")
    assert found.evidence is None and "Not compared: the commit of this version" in FORMATS["text"](found)
    # Only what was altered moved: the ten digits of the file are no difference.
    assert list(analyses) == ["function", "gone"] and analyses["gone"].title == "Gone (removed)"
    assert list(analyses["function"].moved) == ["estimate"]

    def record():
        commit(repository, "Release")
        build = {"python": "3", "system": "x", "libraries": "x", "text_sha256": "0" * 64, "documents": {}}
        head = git(repository, "rev-parse", "HEAD")
        write_record(repository, Record("2026.1", head, "2026-01-02", "0" * 16, "0" * 64, (build,), {}))

    record()
    found = diff(repository, "2026.1")
    assert found.evidence == () and found.since == "version 2026.1"
    set_mean(repository, 2)
    # The statement was true on the data of the version.
    assert [each.line for each in diff(repository, "2026.1").overturned] == [3]
    # A version with a dictionary of its time is compared by its files and by what it published.
    dictionary = (repository / "data/columns.yml").read_text()
    edit(repository / "data/columns.yml", dictionary, f"{dictionary}harms.csv: {{n: {{example: 3}}}}\n")
    record()
    edit(repository / "data/columns.yml", "harms.csv: {n: {example: 3}}\n", "")
    set_mean(repository, 3, 2)
    found, analyses = moved(repository, "2026.1")
    assert found.evidence[0].title == "data/columns.yml changed" and "function" in analyses
    refused = "the data of version 2026.1 cannot be read by the present code: data/columns.yml"
    assert f"Not compared: {refused}" in FORMATS["text"](found)


def test_what_is_no_state_or_cannot_be_read_is_refused(repository):
    for name in ("nope", "2026.9", "HEAD~7", "--help", "", "main:data"):
        with pytest.raises(ValueError, match="neither a commit nor a version here; versions recorded: none"):
            diff(repository, name)
    set_mean(repository, "x")
    commit(repository, "Broken")
    set_mean(repository, 20, "x")
    with pytest.raises(ValueError, match=r"the data of HEAD .*alpha2001/arms.csv:2: mean: expected a number"):
        diff(repository)


def test_a_text_of_the_data_is_no_markup_and_no_command_to_a_terminal(repository):
    card = repository / "data/trials/alpha2001/trial.yml"
    nasty = "<img src=x> @everyone [a](http://x) ```` | \\u009b31m"
    edit(card, "design: Invented", f'design: "{nasty}"')
    edit(card, "label: Alpha 2001", 'label: "<b> @all *x*"')
    found = diff(repository)
    assert "\x9b" not in FORMATS["text"](found) and "<img src=x>" in FORMATS["text"](found)
    # A block of code, whose fence no text of the data closes.
    assert FORMATS["markdown"](found) == f"`````text\n{FORMATS['text'](found)}`````\n"


@pytest.mark.evidence
def test_every_recorded_version_can_be_compared(root):
    for record in read_records(root):
        found = diff(root, record.version)
        assert (found.evidence is not None) == (root / ".git").exists()
    assert not (root / ".git").exists() or found.overturned is not None
