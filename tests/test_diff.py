"""What changed since a commit or a version is told whole: evidence, analyses, and statements overturned."""

import json
import re
import shutil
import subprocess
from copy import deepcopy

import pytest
import yaml
from invented_review import edit

from livingreview.__main__ import main
from livingreview.evidence import load_evidence
from livingreview.release.diff import FORMATS, diff
from livingreview.release.records import Build, Record, read_records, write_record
from livingreview.release.results import results, to_text

ALPHA = "data/trials/alpha2001/arms.csv"


def git(root, *words):
    me = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *me, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(review):
    git(review, "init", "-q", "-b", "main")
    git(review, "add", ".")
    git(review, "commit", "-q", "-m", "Begin")
    return review


def record(root, version):
    """A record of a version at the present commit."""
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=root, text=True).strip()
    build = Build("3", "x", "x", "0" * 64, {})
    write_record(root, Record(version, head, "2026-01-02", "0" * 16, "0" * 64, (build,), {}))


def moved(root, since="HEAD"):
    """What moved, with the analyses by their id."""
    found = diff(root, since)
    return found, {analysis.analysis_id: analysis for analysis in found.analyses}


def add_trial(root, trial_id="omega2027", mean=30):
    """A copy of a trial under a name of its own, with another result."""
    folder = root / "data/trials" / trial_id
    shutil.copytree(root / "data/trials/alpha2001", folder)
    edit(folder / "trial.yml", "alpha2001", trial_id)
    edit(folder / "trial.yml", "Alpha 2001", "Omega 2027")
    edit(folder / "arms.csv", "16,20,4", f"16,{mean},4")


def test_nothing_moved_is_said_in_every_form(repository):
    found = diff(repository)
    assert not found.changed
    text = FORMATS["text"](found)
    assert text.startswith("Nothing changed since HEAD (commit ") and text.count("\n") == 1
    told = json.loads(FORMATS["json"](found))
    assert told["changed"] is False and told["evidence"] == [] and told["analyses"] == []
    assert told["still"] == 4


def test_a_new_trial_moves_its_analyses_and_no_other(repository):
    before = results(load_evidence(repository)).set_index("analysis_id")
    add_trial(repository)
    found, analyses = moved(repository)
    after = results(load_evidence(repository)).set_index("analysis_id")
    # The new trial has a score, which the two pooled analyses of exercise take; it is silent on strength.
    assert list(analyses) == ["function", "standardized", "strength"] and found.still == 1
    for name in ("function", "standardized"):
        assert analyses[name].moved["k"] == (before.k[name], before.k[name] + 1)
        for column in ("estimate", "ci_low", "ci_high", "i2"):
            assert analyses[name].moved[column] == (before[column][name], after[column][name])
    assert list(analyses["strength"].moved) == ["silent"]
    assert [entry.title for entry in found.evidence] == ["Trial omega2027 (Omega 2027) added"]
    text = FORMATS["text"](found)
    assert "Since HEAD" in text and "1 trial and 3 analyses changed" in text
    assert re.search("Trial omega2027 \\(Omega 2027\\) added\n    arms.csv: \\(none\\) -> 2 rows\n", text)
    assert re.search("k: 3 -> 4\n", text)


def test_a_changed_cell_and_a_changed_key_are_shown_as_they_were_and_are(repository):
    edit(repository / ALPHA, "training,score,26,16,20,4", "training,score,26,16,20.5,4")
    edit(repository / "data/trials/alpha2001/trial.yml", "design: Invented", "design: Made up")
    found, analyses = moved(repository)
    (entry,) = found.evidence
    assert entry.rows == (
        ("arms.csv: score, 26, training: mean", "20", "20.5"),
        ("trial.yml: design", "Invented", "Made up"),
    )
    assert "arms.csv: score, 26, training: mean: 20 -> 20.5" in FORMATS["text"](found)
    assert "Trial alpha2001 (Alpha 2001) changed" in FORMATS["text"](found)
    assert set(analyses) == {"function", "standardized"}


def test_a_statement_that_the_new_data_make_false_is_listed_with_its_place_and_no_other(repository):
    (repository / "index.md").write_text(PAGE)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Page")
    edit(repository / ALPHA, "training,score,26,16,20,4", "training,score,26,16,20.1,4")
    assert diff(repository).overturned == ()
    edit(repository / ALPHA, "training,score,26,16,20.1,4", "training,score,26,16,2,4")
    found, analyses = moved(repository)
    (each,) = found.overturned
    assert (each.path, each.line, each.condition) == ("index.md", 3, "function.gain > 0")
    for form in ("text", "markdown"):
        told = FORMATS[form](found)
        assert "Statements overturned" in told and "index.md:3" in told and "Function was better" in told
    (told,) = json.loads(FORMATS["json"](found))["overturned"]
    assert told["text"] == "Function was better with training."


PAGE = """# Summary

:::{holds} function.gain > 0
Function was better with training.
:::

:::{holds} function.k >= 2
Several studies.
:::

:::{holds} function.no_such_fact > 0
Unknown.
:::
"""


def test_a_version_is_compared_by_what_it_published(repository):
    kept = results(load_evidence(repository)).assign(date="2026-01-02")
    kept.loc[kept.analysis_id == "function", "estimate"] += 1
    (repository / "data/releases").mkdir()
    (repository / "data/releases/2026.1.csv").write_text(to_text(kept))
    found, analyses = moved(repository, "2026.1")
    assert found.evidence is None and "Not compared: the commit of this version" in FORMATS["text"](found)
    # Only what was altered moved: the ten digits of the file are no difference.
    assert set(analyses) == {"function"} and list(analyses["function"].moved) == ["estimate"]
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Version 2026.1")
    record(repository, "2026.1")
    found = diff(repository, "2026.1")
    assert found.evidence == () and found.since == "version 2026.1"
    (repository / "index.md").write_text(PAGE)
    edit(repository / ALPHA, "training,score,26,16,20,4", "training,score,26,16,2,4")
    # The statement was true on the data of the version.
    assert [each.line for each in diff(repository, "2026.1").overturned] == [3]


@pytest.mark.parametrize("name", ["nope", "2026.9", "HEAD~7", "--help", "", "main:data"])
def test_a_name_that_is_neither_commit_nor_version_is_refused(repository, name):
    with pytest.raises(ValueError, match="is neither a commit nor a version here; versions recorded: none"):
        diff(repository, name)


def test_past_data_are_read_with_their_own_dictionary_and_an_old_rating_is_missing(repository):
    """An older dictionary: no harms, reports, appraisals or questions, another domain, another key."""
    present = {path: path.read_text() for path in (repository / "data").rglob("*.yml")}
    dictionary = deepcopy(load_evidence(repository).columns)
    for section in ("harms.csv", "reports.csv", "rob2.yml"):
        del dictionary[section]
    del dictionary["protocol.yml"]["questions"], dictionary["protocol.yml"]["format"]
    choice = {"type": "choice", "choices": ["exercise", "nibs"], "required": True}
    dictionary["protocol.yml"]["analyses"]["fields"]["question"] = choice
    dictionary["trial.yml"]["question"] = choice
    domain = dictionary["rules.yml"]["inputs"]["fields"]["domain"]
    domain["choices"] = [*domain["choices"], "missing evidence"]
    dictionary["outcomes.yml"]["old"] = {
        "meaning": "A word",
        "with a comma": None,
        "type": "number",
        "example": 3,
    }
    (repository / "data/columns.yml").write_text(yaml.safe_dump(dictionary, sort_keys=False))
    edit(repository / "data/outcomes.yml", "important_slowing:", "old: 7\nimportant_slowing:")
    protocol = yaml.safe_load(present[repository / "data/protocol.yml"])
    del protocol["questions"], protocol["format"]
    (repository / "data/protocol.yml").write_text(yaml.safe_dump(protocol, sort_keys=False))
    edit(repository / "data/certainty/rules.yml", "domain: unavailable results", "domain: missing evidence")
    (repository / "index.md").write_text(PAGE.replace("no_such_fact > 0", 'verdict == "very uncertain"'))
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Older")
    for path, text in present.items():
        path.write_text(text)
    assert not diff(repository).analyses
    edit(repository / ALPHA, "training,score,26,16,20,4", "training,score,26,16,2,4")
    found, analyses = moved(repository)
    # Nothing was rated then, so there is nothing to compare.
    assert "estimate" in analyses["function"].moved and not {"k", "certainty"} & set(
        analyses["function"].moved
    )
    # What could not be rated then was not true then.
    assert [each.line for each in found.overturned] == [3]
    assert main(["diff", "--root", str(repository)]) == 0


def test_past_data_that_cannot_be_read_are_named_with_their_first_fault(repository):
    edit(repository / ALPHA, "training,score,26,16,20,4", "training,score,26,16,x,4")
    git(repository, "commit", "-qam", "Broken")
    edit(repository / ALPHA, "training,score,26,16,x,4", "training,score,26,16,20,4")
    with pytest.raises(ValueError, match=r"the data of HEAD .*alpha2001/arms.csv:2: mean: expected a number"):
        diff(repository)


def test_a_text_of_the_data_is_no_markup_and_no_command_to_a_terminal(repository):
    card = repository / "data/trials/alpha2001/trial.yml"
    nasty = "<img src=x> @everyone [a](http://x) `code` | \\u009b31m"
    edit(card, "design: Invented", f'design: "{nasty}"')
    edit(card, "label: Alpha 2001", 'label: "<b> @all *x*"')
    found = diff(repository)
    assert "\x9b" not in FORMATS["text"](found) and "<img src=x>" in FORMATS["text"](found)
    # A block of code, whose fence no text of the data closes.
    told = FORMATS["markdown"](found)
    assert told == f"```text\n{FORMATS['text'](found)}```\n" and "```" not in FORMATS["text"](found)
    edit(card, "`code`", "````")
    told = FORMATS["markdown"](diff(repository)).splitlines()
    assert told[0] == "`````text" and told[-1] == "`````"


@pytest.mark.evidence
def test_every_recorded_version_can_be_compared(root):
    for record_of in read_records(root):
        known = (root / ".git").exists()
        assert (diff(root, record_of.version).overturned is not None) == known
