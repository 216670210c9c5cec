"""What a pull request moves becomes one comment, and nothing in it is trusted."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SHA = "a" * 40
MARK = "<!-- what this pull request moves -->"
# Answers from files, and writes down what it is asked to change.
GH = """#!/usr/bin/env bash
case "$*" in
  *--method\\ PATCH*|*--method\\ POST*)
    last="${@: -1:1}"
    echo "${*:1:$#-2}" >> "$HUB/log"
    cp "${last#body=@}" "$HUB/posted" ;;
  *comments*) cat "$HUB/comments" ;;
  *artifacts*) cat "$HUB/size" ;;
  *"/pulls "*) echo "$*" > "$HUB/asked"; cat "$HUB/pulls" ;;
  "run download"*) mkdir -p "${@: -1:1}"; cp -P "$HUB/artifact"/* "${@: -1:1}" ;;
  *) exit 9 ;;
esac
"""


class Hub:
    """GitHub as files: pull requests, comments, and what the other run wrote."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "artifact").mkdir(parents=True)
        self.say(pulls=f"7\t{SHA}\n", comments="", size="1234\n")
        self.wrote("Since HEAD^1: 1 trial moved.\n")
        (folder / "bin").mkdir()
        (folder / "bin/gh").write_text(GH)
        (folder / "bin/gh").chmod(0o755)

    def say(self, **files):
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def wrote(self, text: str | bytes):
        content = text if isinstance(text, bytes) else text.encode()
        (self.folder / "artifact/moved.txt").write_bytes(content)

    def run(self, **environment):
        env = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HUB": str(self.folder),
            "RUN_ID": "99",
            "RUN_URL": "https://example.org/runs/99",
            "HEAD_SHA": SHA,
            "HEAD_BRANCH": "a-branch",
            "HEAD_OWNER": "somebody",
        } | environment
        words = ["bash", ".ci/comment"]
        return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True)

    def posted(self) -> str:
        path = self.folder / "posted"
        return path.read_text() if path.exists() else ""

    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def hub(tmp_path):
    return Hub(tmp_path)


def test_what_moved_becomes_a_comment(hub):
    done = hub.run()
    assert done.returncode == 0, done.stderr
    assert hub.log() == ["api --silent --method POST repos/{owner}/{repo}/issues/7/comments"]
    assert hub.posted().startswith(MARK) and "[this run](https://example.org/runs/99)" in hub.posted()
    assert "```text\nSince HEAD^1: 1 trial moved.\n\n```\n" in hub.posted()
    assert "-f head=somebody:a-branch" in (hub.folder / "asked").read_text()


def test_the_comment_is_brought_up_to_date_and_no_second_one_is_made(hub):
    hub.say(comments=f"11\tHello\n12\t{MARK}\n13\t{MARK}\n")
    assert hub.run().returncode == 0
    assert hub.log() == ["api --silent --method PATCH repos/{owner}/{repo}/issues/comments/12"]


@pytest.mark.parametrize("pulls", ["", f"7\t{'b' * 40}\n", f"7; rm -rf /\t{SHA}\n"])
def test_without_an_open_pull_request_that_ends_in_this_commit_nothing_is_posted(hub, pulls):
    hub.say(pulls=pulls)
    done = hub.run()
    assert done.returncode == 0 and "nothing to comment on" in done.stdout and hub.log() == []


@pytest.mark.parametrize("size", ["", "1000001\n", "12\n13\n", "many\n"])
def test_a_file_that_is_missing_or_too_large_is_not_fetched(hub, size):
    hub.say(size=size)
    done = hub.run()
    assert done.returncode == 1 and "expected one file of at most 1000000 bytes" in done.stderr
    assert hub.log() == []


def test_a_link_in_place_of_the_file_is_not_followed(hub):
    (hub.folder / "artifact/moved.txt").unlink()
    (hub.folder / "artifact/moved.txt").symlink_to("/etc/hostname")
    done = hub.run()
    assert done.returncode == 1 and "moved.txt: not found" in done.stderr and hub.log() == []


def test_markup_stays_inside_its_fence(hub):
    hub.wrote("```\n@everyone <img src=x>\n`````\n[a](http://x)\n\x1b[31m\x00\xff")
    assert hub.run().returncode == 0
    body = hub.posted()
    # The longest run inside has five signs, so the fence has six.
    before, inside, after = body.split("``````")
    assert "@everyone" in inside and "[a](http://x)" in inside and "@" not in before + after
    assert "\x1b" not in body and "\x00" not in body


def test_bytes_that_are_no_text_are_left_out(hub):
    hub.wrote(b"a\xff\xfeb\r\n")
    assert hub.run().returncode == 0
    assert "\nab\n" in hub.posted()


def test_a_long_text_is_cut_and_says_so(hub):
    hub.wrote("x" * 70_000)
    assert hub.run().returncode == 0
    assert hub.posted().count("x" * 50_000) == 1 and len(hub.posted()) < 65_536
    assert "Cut after 50000 bytes." in hub.posted()


@pytest.mark.parametrize("name", ["RUN_ID", "RUN_URL", "HEAD_SHA", "HEAD_BRANCH", "HEAD_OWNER"])
def test_an_event_without_its_facts_is_refused(hub, name):
    done = hub.run(**{name: ""})
    assert done.returncode == 1 and f"{name}: not set" in done.stderr and hub.log() == []


def told(name):
    return yaml.load((ROOT / ".github/workflows" / f"{name}.yml").read_text(), yaml.BaseLoader)


def test_what_runs_the_code_of_a_pull_request_may_write_nothing():
    said = told("diff")
    assert list(said["on"]) == ["pull_request"] and said["on"]["pull_request"]["paths"] == ["data/**"]
    (job,) = said["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert "secrets" not in str(said) and "token" not in str(said)
    uploads = [step["with"]["name"] for step in job["steps"] if "upload" in step.get("uses", "")]
    assert uploads == ["moved", "preview"]


def test_what_may_write_runs_only_our_script_on_the_default_branch_after_that_run():
    said = told("comment")
    assert said["on"] == {"workflow_run": {"workflows": [told("diff")["name"]], "types": ["completed"]}}
    (job,) = said["jobs"].values()
    assert "event == 'pull_request'" in job["if"] and "conclusion == 'success'" in job["if"]
    checkout, script = job["steps"]
    # No ref: a workflow_run checks out the default branch, and never the pull request.
    assert set(checkout["with"]) == {"persist-credentials"}
    assert script["run"] == "bash .ci/comment"


def test_what_moved_is_written_in_every_form_and_to_the_summary(tmp_path):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/usr/bin/env bash\necho "told: $*"\n')
    python.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/moved").write_bytes((ROOT / ".ci/moved").read_bytes())
    env = os.environ | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    done = subprocess.run(
        ["bash", ".ci/moved", "HEAD^1"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "_build/moved"
    assert (folder / "moved.txt").read_text() == "told: -m alsreview diff HEAD^1\n" == done.stdout
    assert (folder / "moved.md").read_text() == (tmp_path / "summary").read_text()
    assert "--format json" in (folder / "moved.json").read_text()
