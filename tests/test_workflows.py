"""The workflows hold no right they do not need and run nothing that cannot be run here the same way."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from alsreview.__main__ import make_parser

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIN = re.compile(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
FOUND = "Links that no longer answer"


def told(path):
    # YAML 1.1 reads the key "on" as true.
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def jobs():
    return [(f"{path.stem}-{name}", job) for path in WORKFLOWS for name, job in told(path)["jobs"].items()]


def steps():
    return [(name, step) for name, job in jobs() for step in job["steps"]]


def test_zizmor_finds_nothing_even_when_pedantic():
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [zizmor, "--offline", "--no-progress", "--persona=pedantic", ROOT / ".github"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings" in done.stdout + done.stderr
    assert all(f"workflows/{path.name}" in done.stderr for path in WORKFLOWS)


def test_every_action_is_githubs_own_and_pinned_to_one_commit_beside_its_version():
    pins = [
        line.partition("uses:")[2].strip()
        for path in WORKFLOWS
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert len(pins) == sum("uses" in step for _, step in steps()) > 0
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    by_action = {pin.partition("@")[0]: pin for pin in pins}
    assert sorted(set(pins)) == sorted(by_action.values()), "one action, one commit"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_grants_nothing_by_itself_and_never_runs_on_the_target_of_a_pull_request(path):
    said = told(path)
    assert said["permissions"] == {}
    assert "pull_request_target" not in said["on"]
    # One may answer to another run, and it runs nothing that the other one wrote (tests/test_comment.py).
    assert "workflow_run" not in said["on"] or path.stem == "comment"


def test_each_job_has_only_the_rights_it_is_known_to_need_and_a_time_limit():
    assert {name: job["permissions"] for name, job in jobs()} == {
        "comment-comment": {"contents": "read", "actions": "read", "pull-requests": "write"},
        "diff-diff": {"contents": "read"},
        "links-links": {"contents": "read", "issues": "write"},
        "publish-build": {"contents": "read"},
        "publish-attach": {"contents": "write"},
        "publish-site": {"contents": "read", "pages": "read"},
        "publish-deploy": {"pages": "write", "id-token": "write"},
        "publish-after": {"contents": "read"},
        "reproducible-reproducible": {"contents": "read"},
        "search-alive": {"contents": "read", "actions": "write"},
        "search-search": {"contents": "read", "pull-requests": "read"},
        "search-issue": {"contents": "read", "issues": "write"},
        "search-record": {"contents": "write", "pull-requests": "write", "actions": "write"},
        "site-site": {"contents": "read", "pages": "read"},
        "site-deploy": {"pages": "write", "id-token": "write"},
        "test-test": {"contents": "read"},
    }
    assert all(int(job["timeout-minutes"]) <= 60 for _, job in jobs())


def test_no_checkout_leaves_its_credentials_behind():
    checkouts = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def commands():
    """Every line of every run, with the job it stands in."""
    lines = [(name, line) for name, step in steps() if "run" in step for line in step["run"].splitlines()]
    return pytest.mark.parametrize(("job", "line"), lines, ids=[f"{name}:{line}" for name, line in lines])


@commands()
def test_every_step_is_a_target_a_script_or_a_command_of_ours(job, line):
    assert "${{" not in line, "values come through env"
    words = line.split()
    if words[0] == "make":
        targets = re.findall(r"^([\w./]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        assert words[1] in targets
    elif words[0] == "bash":
        assert (ROOT / words[1]).is_file() and os.access(ROOT / words[1], os.X_OK)
    elif words[0] == "git":
        assert words[1] == "show-ref"
    else:
        assert words[:3] == [".venv/bin/python", "-m", "alsreview"]
        (known,) = (action.choices for action in make_parser()._actions if action.choices)
        assert words[3] in known


def test_a_pull_request_gets_the_book_as_a_preview():
    (upload,) = (step for name, step in steps() if name == "test-test" and "upload" in step.get("uses", ""))
    assert upload["with"]["path"] == "_build/html"
    assert "preview-of-pull-request-" in upload["with"]["name"]
    assert "pull_request" in told(ROOT / ".github/workflows/test.yml")["on"]


def test_publishing_starts_with_a_version_s_tag_only():
    (pattern,) = told(ROOT / ".github/workflows/publish.yml")["on"]["push"]["tags"]
    # GitHub's patterns: a dot is a dot, and + repeats what stands before it.
    form = re.compile(pattern.replace(".", r"\."))
    assert form.fullmatch("2026.1") and form.fullmatch("2026.12")
    assert not form.fullmatch("2026.1-rc") and not form.fullmatch("v2026.1") and not form.fullmatch("2026x1")


def test_the_site_learns_of_searches_between_versions_and_never_while_one_is_published():
    site, publish = (told(ROOT / f".github/workflows/{name}.yml") for name in ("site", "publish"))
    assert site["concurrency"] == publish["concurrency"]
    paths = site["on"]["push"]["paths"]
    assert {"data/searches.csv", "data/candidates.csv"} < set(paths)
    assert all((ROOT / path).is_file() for path in paths)
    # A schedule is the only one of these that also starts when nobody does anything.
    assert site["on"]["schedule"]


class Hub:
    """The scripts of .ci with a ``gh`` that answers from files and writes down what it is asked."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("alive", "attach", "archives", "issue", "record", "unmerged", "waiting"):
            (root / ".ci").mkdir(exist_ok=True)
            shutil.copy(ROOT / ".ci" / name, root / ".ci")
        self.program("gh", GH)

    def program(self, name, text):
        path = self.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, script, *words):
        env = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "HUB": str(self.root / "hub"),
        }
        return subprocess.run(
            ["bash", f".ci/{script}", *words], cwd=self.root, env=env, capture_output=True, text=True
        )

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def asked(self):
        log = self.root / "hub" / "log"
        return log.read_text().splitlines() if log.exists() else []


GH = """#!/usr/bin/env bash
mkdir -p "$HUB"
case "$1 $2" in
  "release view") [ -d "$HUB/$3" ] || exit 1; [ "$5" = tagName ] || ls "$HUB/$3" ;;
  "release list") cat "$HUB/tags" ;;
  "release download") echo "$*" >> "$HUB/log"; mkdir -p "$5"; cp "$HUB/$3"/* "$5" ;;
  "issue list") cat "$HUB/issues" ;;
  "pr list") cat "$HUB/prs" ;;
  "api repos/{owner}/{repo}/actions/workflows?per_page=100") cat "$HUB/workflows" ;;
  *) echo "$*" >> "$HUB/log" ;;
esac
"""


@pytest.fixture
def hub(tmp_path):
    return Hub(tmp_path)


def test_attach_makes_a_release_with_every_file_at_once(hub):
    hub.write("_releases/2026.1/SHA256SUMS", "x")
    hub.write("_releases/2026.1/als-review-2026.1.zip", "x")
    done = hub.run("attach", "2026.1")
    assert done.returncode == 0, done.stderr
    (asked,) = hub.asked()
    assert asked.startswith("release create 2026.1 --verify-tag")
    assert asked.endswith("_releases/2026.1/SHA256SUMS _releases/2026.1/als-review-2026.1.zip")


def test_attach_adds_what_is_missing_and_never_replaces_a_file(hub):
    hub.write("_releases/2026.1/SHA256SUMS", "sums")
    hub.write("_releases/2026.1/manifest.json", "manifest")
    hub.write("hub/2026.1/SHA256SUMS", "sums")
    assert hub.run("attach", "2026.1").returncode == 0
    changes = [line for line in hub.asked() if "download" not in line]
    assert changes == [
        "release upload 2026.1 _releases/2026.1/manifest.json",
        "release edit 2026.1 --draft=false",
    ]
    hub.write("hub/2026.1/SHA256SUMS", "others")
    before = len(changes)
    done = hub.run("attach", "2026.1")
    assert done.returncode == 1 and "SHA256SUMS: the release of 2026.1 holds other bytes" in done.stderr
    assert len([line for line in hub.asked() if "download" not in line]) == before


def test_attach_refuses_a_version_that_was_not_built(hub):
    done = hub.run("attach", "2026.1")
    assert done.returncode == 1 and "_releases/2026.1/SHA256SUMS: not found" in done.stderr
    assert hub.asked() == []


def test_archives_fetches_every_version_and_no_other_tag(hub):
    hub.write("hub/tags", "2026.10\nv1.0\n2026.2\n2026.0\n")
    hub.write("hub/2026.10/manifest.json", "ten")
    hub.write("hub/2026.2/manifest.json", "two")
    done = hub.run("archives")
    assert done.returncode == 0, done.stderr
    assert (hub.root / "_releases" / "2026.2" / "manifest.json").read_text() == "two"
    assert [line.split()[2] for line in hub.asked()] == ["2026.10", "2026.2"]


def test_archives_without_any_release_is_well_and_a_failed_download_is_not(hub):
    hub.write("hub/tags", "")
    assert hub.run("archives").returncode == 0
    hub.write("hub/tags", "2026.1\n2026.2\n")
    hub.write("hub/2026.2/manifest.json", "two")
    assert hub.run("archives").returncode != 0


@pytest.mark.parametrize(
    ("issues", "report", "expected"),
    [
        ("", "- broken\n", f"issue create --title {FOUND} --body-file links.md"),
        (
            f"9\ttrue\tAnother\n7\ttrue\t{FOUND}\n3\ttrue\t{FOUND}\n",
            "- broken\n",
            "issue edit 7 --body-file links.md",
        ),
        # A person's issue of that title is not ours to change.
        (f"9\tfalse\t{FOUND}\n", "- broken\n", f"issue create --title {FOUND} --body-file links.md"),
        (f"9\tfalse\t{FOUND}\n7\ttrue\t{FOUND}\n", "", "issue close 7 --comment Nothing is left to report."),
        ("9\ttrue\tAnother\n", "", None),
    ],
)
def test_one_issue_is_opened_brought_up_to_date_and_closed(hub, issues, report, expected):
    hub.write("hub/issues", issues)
    hub.write("links.md", report)
    done = hub.run("issue", FOUND, "links.md")
    assert done.returncode == 0, done.stderr
    assert hub.asked() == ([expected] if expected else [])


def test_a_report_that_was_not_written_touches_no_issue(hub):
    hub.write("hub/issues", f"7\ttrue\t{FOUND}\n")
    (hub.root / "links.md").symlink_to("/etc/hostname")
    done = hub.run("issue", FOUND, "links.md")
    assert done.returncode == 1 and "links.md: not found" in done.stderr
    assert hub.asked() == []


TABLES = ("searches.csv", "candidates.csv")


@pytest.fixture
def recorded(hub, monkeypatch):
    """A clone of a repository with the two tables, and the tables of a run beside it."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "A")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    hub.git("init", "-q", "--bare", "-b", "main", "origin.git")
    hub.git("init", "-q", "-b", "main")
    hub.git("remote", "add", "origin", str(hub.root / "origin.git"))
    for name in TABLES:
        hub.write(f"data/{name}", "head\n")
        hub.write(f"_run/{name}", "head\n2031-05-04\n")
    hub.git("add", "data")
    hub.git("commit", "-qm", "Start")
    hub.git("push", "-q", "origin", "main")
    hub.write("hub/prs", "")
    return hub


def test_a_run_becomes_a_pull_request_whose_tests_are_started(recorded):
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 0, done.stderr
    asked = recorded.asked()
    assert [
        line for line in asked if line.startswith("pr create --head searches --title Record the searches")
    ]
    assert asked[-1] == "workflow run test.yml --ref searches"
    assert recorded.git("show", "origin/searches:data/searches.csv") == "head\n2031-05-04\n"
    assert recorded.git("rev-list", "--count", "origin/main..origin/searches").strip() == "1"


def test_the_next_run_starts_from_one_that_waits_and_adds_to_it(recorded):
    assert recorded.run("record", "searches", "_run").returncode == 0
    recorded.git("checkout", "-q", "-B", "main", "origin/main")
    recorded.write("hub/prs", "12\tfalse\n")
    assert recorded.run("unmerged", "searches").returncode == 0
    assert (recorded.root / "data/searches.csv").read_text() == "head\n2031-05-04\n"
    recorded.git("checkout", "-q", "-B", "main", "origin/main")
    recorded.write("_run/searches.csv", "head\n2031-05-04\n2031-05-11\n")
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 0, done.stderr
    assert recorded.git("show", "origin/searches:data/searches.csv").endswith("2031-05-11\n")
    assert recorded.git("rev-list", "--count", "origin/main..origin/searches").strip() == "2"
    assert sum("pr create" in line for line in recorded.asked()) == 1


def test_a_run_that_no_longer_fits_fails_and_says_what_to_do(recorded):
    assert recorded.run("record", "searches", "_run").returncode == 0
    recorded.git("checkout", "-q", "-B", "main", "origin/main")
    recorded.write("data/searches.csv", "head\nanother\n")
    recorded.git("commit", "-qam", "Another run")
    recorded.write("hub/prs", "12\tfalse\n")
    done = recorded.run("unmerged", "searches")
    assert done.returncode == 1
    assert "pull request 12 does not fit on this branch any more: judge its records" in done.stderr


def test_a_branch_whose_pull_request_is_done_starts_anew(recorded):
    assert recorded.run("record", "searches", "_run").returncode == 0
    recorded.git("checkout", "-q", "-B", "main", "origin/main")
    recorded.write("_run/searches.csv", "head\n2031-06-01\n")
    assert recorded.run("record", "searches", "_run").returncode == 0
    assert recorded.git("show", "origin/searches:data/searches.csv") == "head\n2031-06-01\n"


def test_a_pull_request_of_a_fork_with_the_same_branch_is_not_ours(recorded):
    recorded.write("hub/prs", "12\ttrue\n")
    assert recorded.run("unmerged", "searches").returncode == 0
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 0, done.stderr
    assert sum("pr create --head searches" in line for line in recorded.asked()) == 1
    recorded.write("hub/prs", "12\ttrue\n11\tfalse\n")
    assert recorded.run("waiting", "searches").stdout == "11\n"


def test_a_table_that_is_a_link_or_too_large_is_not_recorded(recorded):
    path = recorded.root / "_run/candidates.csv"
    path.write_text("x" * 10_000_001)
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 1 and "expected at most 10000000 bytes, found 10000001" in done.stderr
    path.unlink()
    path.symlink_to("/etc/hostname")
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 1 and "_run/candidates.csv: not found" in done.stderr
    assert recorded.asked() == []


def test_every_workflow_of_the_calendar_is_kept_alive_unless_a_person_stopped_it(hub):
    states = {
        "search": "active",
        "links": "disabled_inactivity",
        "site": "disabled_manually",
        "test": "active",
    }
    for name in states:
        hub.write(f".github/workflows/{name}.yml", (ROOT / f".github/workflows/{name}.yml").read_text())
    listed = "".join(f".github/workflows/{name}.yml\t{state}\n" for name, state in states.items())
    hub.write("hub/workflows", listed + "dynamic/pages\tactive\n")
    done = hub.run("alive")
    assert done.returncode == 0, done.stderr
    asked = "api --silent --method PUT repos/{owner}/{repo}/actions/workflows/%s.yml/enable"
    assert hub.asked() == [asked % "search", asked % "links"]


def test_a_run_that_wrote_nothing_opens_nothing(recorded):
    for name in TABLES:
        recorded.write(f"_run/{name}", "head\n")
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 0 and "The run wrote nothing." in done.stdout
    assert recorded.asked() == []
    (recorded.root / "_run/searches.csv").unlink()
    done = recorded.run("record", "searches", "_run")
    assert done.returncode == 1 and "_run/searches.csv: not found" in done.stderr
