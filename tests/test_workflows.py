"""The workflows have no known weakness, and a search becomes a pull request."""

import re
import subprocess
import sys
from pathlib import Path

import yaml
from made_up import ROOT, begin, git, stand_in_for_gh

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_zizmor_finds_nothing_even_when_pedantic():
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [zizmor, "--offline", "--no-progress", "--persona=pedantic", ROOT / ".github"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "No findings" in done.stdout + done.stderr, done.stdout + done.stderr
    assert all(f"workflows/{path.name}" in done.stderr for path in WORKFLOWS)


def test_every_job_has_a_time_limit_and_what_may_comment_runs_no_code_of_a_pull_request():
    read = {path.stem: yaml.safe_load(path.read_text("utf-8"))["jobs"] for path in WORKFLOWS}
    jobs = [job for found in read.values() for job in found.values()]
    assert all(job["timeout-minutes"] <= 120 and job["permissions"] for job in jobs if "uses" not in job)
    steps = read["test"]["comment"]["steps"]
    assert not any("checkout" in step.get("uses", "") for step in steps)
    assert [step["run"].split()[:3] for step in steps if "run" in step] == [["gh", "pr", "comment"]]


def test_the_version_in_the_citation_is_the_newest_heading_of_the_changelog():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    headings = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation["version"] == [heading for heading in headings if heading != "Unreleased"][0]
    assert re.fullmatch(r"\d{4}\.\d+", citation["version"])


def test_a_search_becomes_a_pull_request_and_the_next_one_adds_to_it(tmp_path, monkeypatch):
    clone, hub = tmp_path / "clone", stand_in_for_gh(tmp_path / "hub", monkeypatch)
    asked = hub / "asked"
    (clone / "data").mkdir(parents=True)
    for name in ("searches", "candidates"):
        (clone / f"data/{name}.csv").write_text("head\n")
    begin(clone)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(clone, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(clone, "push", "-q", "origin", "main")

    def record(word, code=0):
        done = subprocess.run(["bash", ROOT / ".ci/record", word], cwd=clone, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done.stdout

    def search(line):
        git(clone, "checkout", "-q", "--detach", "origin/main")
        record("begin")
        with (clone / "data/searches.csv").open("a") as table:
            table.write(line)
        record("end")
        return git(clone, "ls-remote", "origin", "searches").split()[0]

    first = search("one\n")
    assert "pr create" in asked.read_text()
    second = search("two\n")
    assert git(clone, "show", f"{second}:data/searches.csv") == "head\none\ntwo"
    assert git(clone, "merge-base", first, second) == first
    assert "workflow run test.yml" in asked.read_text()
    record("begin")
    assert "wrote nothing" in record("end")
    # The branch of a pull request that is done starts anew.
    (hub / "open").unlink()
    assert git(clone, "show", f"{search('three' + chr(10))}:data/searches.csv") == "head\nthree"
    record("middle", 2)
