"""The workflows hold no right they do not need, the lock is pinned, and one version is said everywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from made_up import git

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs():
    # YAML 1.1 reads the key "on" as true.
    read = {path.stem: yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader) for path in WORKFLOWS}
    return {f"{name}-{key}": job for name, told in read.items() for key, job in told["jobs"].items()}


def test_zizmor_finds_nothing_even_when_pedantic():
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [zizmor, "--offline", "--no-progress", "--persona=pedantic", ROOT / ".github"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "No findings" in done.stdout + done.stderr, done.stdout + done.stderr
    assert all(f"workflows/{path.name}" in done.stderr for path in WORKFLOWS)


def test_every_action_is_githubs_own_and_pinned_to_one_commit_beside_its_version():
    lines = [line for path in WORKFLOWS for line in path.read_text("utf-8").splitlines()]
    used = {line.partition("uses:")[2].strip() for line in lines if "uses:" in line}
    pins = {pin for pin in used if not pin.startswith("$/")}
    own = re.compile(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert pins and [pin for pin in pins if not own.fullmatch(pin)] == []
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins), "one action, one commit"


def test_each_job_has_only_the_rights_it_is_known_to_need_and_a_time_limit():
    assert {name: job["permissions"] for name, job in jobs().items()} == {
        "links-links": {"contents": "read", "actions": "write"},
        "publish-build": {"contents": "read", "pages": "read"},
        "publish-draft": {"contents": "write"},
        "publish-deploy": {"pages": "write", "id-token": "write"},
        "publish-finish": {"contents": "write"},
        "publish-suite": {"contents": "read"},
        "rebuild-rebuild": {"contents": "read", "actions": "write"},
        "search-search": {"contents": "write", "pull-requests": "write", "actions": "write"},
        "test-comment": {"pull-requests": "write"},
        "test-diff": {"contents": "read"},
        "test-suite": {"contents": "read"},
        "suite-test": {"contents": "read"},
    }
    assert all(int(job["timeout-minutes"]) <= 120 for job in jobs().values() if "uses" not in job)
    # What may comment runs no code of the pull request.
    steps = jobs()["test-comment"]["steps"]
    assert not any("checkout" in step.get("uses", "") for step in steps)
    assert [step["run"].split()[:3] for step in steps if "run" in step] == [["gh", "pr", "comment"]]


def test_nothing_is_tested_or_built_twice():
    found = jobs()
    runs = [(name, step.get("run")) for name, job in found.items() for step in job.get("steps", [])]
    assert [name for name, run in runs if run == "bash .ci/run"] == ["suite-test"]
    calling = {name for name, job in found.items() if job.get("uses") == "$/.github/workflows/suite.yml"}
    assert calling == {"publish-suite", "test-suite"} and found["publish-build"]["needs"] == "suite"
    events = {path.stem: yaml.load(path.read_text("utf-8"), yaml.BaseLoader)["on"] for path in WORKFLOWS}
    assert not set(events["publish"]) & set(events["test"]) - {"workflow_dispatch"}


def test_the_version_in_the_citation_is_the_newest_heading_of_the_changelog():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    headings = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation["version"] == [heading for heading in headings if heading != "Unreleased"][0]
    assert re.fullmatch(r"\d{4}\.\d+", citation["version"])


def test_every_package_of_the_lock_is_pinned_and_hashed():
    text = (ROOT / "requirements.txt").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(entries) > 50 and "://" not in "".join(entries)
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==[^\s;]+", entry) and "--hash=sha256:" in entry, entry


GH = """#!{python}
import json, os, pathlib, sys
hub, words = pathlib.Path(os.environ["HUB"]), sys.argv[1:]
(hub / "asked").open("a").write(" ".join(words[:3]) + "\\n")
if words[:2] == ["pr", "list"]:
    # What the filter of --jq prints.
    print((hub / "open").read_text() if (hub / "open").exists() else "", end="")
elif words[:2] == ["pr", "create"]:
    (hub / "open").write_text("7\\n")
"""


def test_a_search_becomes_a_pull_request_and_the_next_one_adds_to_it(tmp_path, monkeypatch):
    clone, gh = tmp_path / "clone", tmp_path / "gh"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(tmp_path, "clone", "-q", str(tmp_path / "origin.git"), str(clone))
    gh.write_text(GH.format(python=sys.executable))
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HUB", str(tmp_path))
    (clone / "data").mkdir()
    for name in ("searches", "candidates"):
        (clone / f"data/{name}.csv").write_text("head\n")
    git(clone, "config", "user.name", "Nobody")
    git(clone, "config", "user.email", "nobody@example.org")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Begin")
    git(clone, "push", "-q", "origin", "HEAD:main")

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
    assert "pr create" in (tmp_path / "asked").read_text()
    second = search("two\n")
    assert git(clone, "show", f"{second}:data/searches.csv") == "head\none\ntwo"
    assert git(clone, "merge-base", first, second) == first
    assert "workflow run test.yml" in (tmp_path / "asked").read_text()
    record("begin")
    assert "wrote nothing" in record("end")
    # The branch of a pull request that is done starts anew.
    (tmp_path / "open").unlink()
    assert git(clone, "show", f"{search('three' + chr(10))}:data/searches.csv") == "head\nthree"
    record("middle", 2)
