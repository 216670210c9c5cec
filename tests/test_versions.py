"""The story of a review's versions: cut, recorded, interrupted, built again, verified and published."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
import yaml
from made_up import DOCUMENTS, FIRST, ROOT, SECOND, THIRD, begin, commit, cut, fake_gh, git, make_review

from livingreview.__main__ import main
from livingreview.release import rebuild, stamp
from livingreview.release.publish import STEPS
from livingreview.release.records import read_records, record_faults
from livingreview.release.results import from_text, to_text
from livingreview.schema import DataError


@pytest.fixture
def scratch(tmp_path):
    """A repository of an invented review, ready to be released."""
    return make_review(tmp_path / "review")


@pytest.fixture
def released(three_versions, tmp_path):
    """A copy of a review with three versions, to change."""
    root = shutil.copytree(three_versions, tmp_path / "released")
    git(root, "worktree", "prune")
    return root


def archive_of(root, version=FIRST):
    return root / f"_build/releases/{version}/review-{version}.zip"


def state(root):
    """What a release may change, and a stopped or refused one must not."""
    return git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain"), git(root, "branch", "--list")


def command(root, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "livingreview", *words, "--root", str(root)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )


# ---- cutting


def test_a_release_is_two_commits_on_main_and_an_archive_made_by_the_code_of_its_commit(scratch):
    before, told = state(scratch), []
    cut(scratch, dry_run=True, echo=told.append)
    assert state(scratch) == before and not (scratch / "_build/releases").exists()
    assert f'+version: "{FIRST}"' in "\n".join(told) and "dry run" in told[-1]
    record = cut(scratch)
    titles = git(scratch, "log", "--format=%s", f"{before[0]}..HEAD").splitlines()
    assert titles == [f"Record version {FIRST}", f"Release {FIRST}"]
    assert git(scratch, "status", "--porcelain") == "" and git(scratch, "branch", "--show-current") == "main"
    assert git(scratch, "rev-parse", "HEAD~1") == record.commit
    card = yaml.safe_load((scratch / "CITATION.cff").read_text())
    assert card["version"] == FIRST and "doi" not in card, "the DOI of another version is not this one's"
    assert f"## {FIRST}\n\n- Began." in (scratch / "CHANGELOG.md").read_text()
    assert not stamp(scratch).released, "the commit with the record is a draft again"
    (read,) = read_records(scratch)
    assert read == record and {*DOCUMENTS, f"review-{FIRST}.zip"} == set(read.builds[0]["documents"])
    with zipfile.ZipFile(archive_of(scratch)) as archive:
        assert b"first code" in archive.read("index.html") and ".buildinfo" not in archive.namelist()
    assert record_faults(scratch) == []


def unready(root):
    commit(root, "No news", {"CHANGELOG.md": "# Changes\n\n## 2026.1\n", "data/outcomes.yml": "score: 3\n"})
    git(root, "switch", "-qc", "other")
    git(root, "config", "user.name", "")
    git(root, "config", "user.email", "")
    (root / "new.txt").write_text("x")


def untrue(root):
    news = {"CHANGELOG.md": "# Changes\n\n## Unreleased\n\n## 2026.1\n"}
    page = {"index.md": "# A\n\n:::{holds} review.searches > 3\nMany.\n:::\n"}
    commit(root, "False, and no news", news | page)


def incomplete(root):
    names = (root / "documents.txt").read_text()
    commit(root, "Forget it", {"documents.txt": names.replace("review.pdf", "")})


def broken(root):
    commit(root, "Break it", {"livingreview/__main__.py": "raise SystemExit('no book')"})


REFUSED = {
    unready: [
        "the tree is not clean",
        "a version is cut on main, and this is other",
        "'## Unreleased' on top, found '## 2026.1': add it with what has changed below it",
        "data/outcomes.yml",
        "git does not know who commits",
    ],
    untrue: [
        "expected what has changed below '## Unreleased', found nothing",
        "index.md:3: statement: no longer holds",
    ],
    incomplete: ["review.pdf: was not built"],
    broken: ["no book"],
}


@pytest.mark.parametrize("spoil", REFUSED)
def test_a_release_is_refused_with_every_reason_and_nothing_changes(scratch, monkeypatch, spoil):
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    spoil(scratch)
    before = state(scratch)
    with pytest.raises(ValueError) as refused:
        cut(scratch)
    assert [reason for reason in REFUSED[spoil] if reason not in str(refused.value)] == []
    assert state(scratch) == before and not (scratch / f"data/releases/{FIRST}.yml").exists()


def test_a_release_that_is_killed_is_started_again_or_is_whole(scratch):
    before = state(scratch)
    # A hook runs below git, and git below the command.
    hooks = [scratch / ".git/hooks" / name for name in ("pre-commit", "post-merge")]
    for hook in hooks:
        hook.write_text('#!/bin/sh\nkill -9 "$(ps -o ppid= -p $PPID | tr -d " ")"\n')
        hook.chmod(0o755)
    for environment in ({}, {"KILL_BUILD": "1"}):
        done = command(scratch, "release", FIRST, **environment)
        assert done.returncode == -9 and state(scratch) == before, done.stderr
        hooks[0].unlink(missing_ok=True)
    # Once the branch has moved, the version is whole.
    assert command(scratch, "release", FIRST).returncode == -9
    assert git(scratch, "log", "-1", "--format=%s") == f"Record version {FIRST}"
    (record,) = read_records(scratch)
    assert state(scratch)[1] == "" and record_faults(scratch) == []
    assert rebuild.obtain(scratch, record, print).is_file()
    assert len(git(scratch, "worktree", "list").splitlines()) == 1
    for version, reason in ((FIRST, "exists"), ("2026.9", "out of order"), ("next", "is not a version")):
        with pytest.raises(ValueError, match=reason):
            cut(scratch, version)


# ---- building again


def test_another_platform_needs_the_same_text_and_the_same_results(released, monkeypatch, capsys):
    monkeypatch.setenv("OTHER_BYTES", "flipped")
    with pytest.raises(ValueError, match="same platform is the same in each byte") as refused:
        rebuild.rebuild(released, FIRST, print)
    assert f"index.html: differs from version {FIRST}" in str(refused.value)
    platform = {"python": "3.13.0", "system": "Linux aarch64", "libraries": "numpy 9"}
    monkeypatch.setattr(rebuild, "platform_of", lambda python: platform)
    # The record does not list it, so it may not be published until it does.
    with pytest.raises(ValueError, match="Nothing is published until"):
        rebuild.rebuild(released, FIRST, print, strict=True)
    assert "the same text, and the same results to 1e-09" in capsys.readouterr().out
    made = released / f"_build/releases/{FIRST}/build.yml"
    assert main(["rebuild", FIRST, "--add", str(made), "--root", str(released)]) == 0
    assert [build["system"] for build in read_records(released)[0].builds][1:] == ["Linux aarch64"]
    for other in ("flipped", ""):
        monkeypatch.setenv("OTHER_BYTES", other)
        rebuild.rebuild(released, FIRST, print, strict=True)
    monkeypatch.setattr(rebuild, "platform_of", lambda python: platform | {"libraries": "numpy 10"})
    monkeypatch.setenv("OTHER_TEXT", "Another sentence.")
    with pytest.raises(ValueError, match="the text of the pages differs"):
        rebuild.rebuild(released, FIRST, print)


def test_results_may_differ_in_the_last_bits_alone(released):
    record, kept = read_records(released)[0], released / f"data/releases/{FIRST}.csv"
    frame = from_text(kept.read_text())
    for factor, faults in ((1 + 1e-10, 0), (1 + 1e-8, 1)):
        kept.write_text(to_text(frame.assign(estimate=frame.estimate * [factor, *[1] * (len(frame) - 1)])))
        assert len(rebuild.results_differences(released, record, archive_of(released))) == faults


def test_a_lock_of_its_own_gets_a_whole_environment_of_its_own_or_none(scratch, monkeypatch):
    lock = scratch / "old.txt"
    lock.write_text("# no package\n")
    first = rebuild.interpreter(scratch, lock, print)
    lock.write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ValueError, match="Connect to a package index"):
        rebuild.interpreter(scratch, lock, print)
    assert list((scratch / "_build/environments").iterdir()) == [first.parents[1]]


def test_an_archive_is_kept_downloaded_or_built_again_to_the_same_bytes_and_each_is_checked(
    released, tmp_path
):
    record, archive, told = read_records(released)[0], archive_of(released), []
    before, place = archive.read_bytes(), tmp_path / f"host/releases/download/{FIRST}"
    with zipfile.ZipFile(archive, "a") as changed:
        changed.writestr("extra.html", "x")
    with pytest.raises(ValueError, match=r"(?s)delete it.*extra\.html: not part of version"):
        rebuild.obtain(released, record, print)
    archive.write_bytes(before[:-200])
    with pytest.raises(ValueError, match="damaged"):
        rebuild.obtain(released, record, print)
    shutil.rmtree(released / "_build")
    place.mkdir(parents=True)
    (place / archive.name).write_bytes(before)
    with (released / "CITATION.cff").open("a") as card:
        card.write(f"repository-code: {(tmp_path / 'host').as_uri()}\n")
    assert rebuild.obtain(released, record, told.append).read_bytes() == before and len(told) == 1
    shutil.rmtree(released / "_build")
    shutil.rmtree(place)
    assert rebuild.obtain(released, record, told.append).read_bytes() == before
    assert told[-1] == f"version {FIRST}: the same bytes as recorded"
    # The lock is that of the checkout, so no environment was made.
    assert not (released / "_build/environments").exists()


# ---- records


def test_a_record_that_is_lost_or_malformed_is_refused_and_a_shallow_clone_says_what_to_do(
    released, tmp_path
):
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", released.as_uri(), str(shallow))
    found = command(shallow, "check")
    assert found.returncode == 0 and "fetch it: git fetch --unshallow" in found.stdout, found.stderr
    with pytest.raises(ValueError, match="fetch the history"):
        rebuild.rebuild(shallow, FIRST, print)
    # A squash merge keeps the files, and loses the commit.
    git(released, "checkout", "-q", "--orphan", "squashed")
    git(released, "commit", "-qm", "Squash")
    faults = record_faults(released)
    assert len(faults) == 3 and "is not part of the history of HEAD" in faults[0].message
    path = released / f"data/releases/{FIRST}.yml"
    path.write_text(path.read_text().replace("commit: ", "commit: x"))
    path.with_suffix(".sha256").write_text("not a digest\n")
    with pytest.raises(DataError) as refused:
        read_records(released)
    told = str(refused.value)
    assert f"{FIRST}.yml:3: commit: expected the form [0-9a-f]{{40}}" in told and f"{FIRST}.sha256:1:" in told


# ---- verifying


def test_verify_has_another_answer_for_a_draft_an_unknown_and_a_damaged_file(released, tmp_path, capsys):
    def verdict(path):
        code = main(["verify", str(path), "--root", str(released)])
        out, err = capsys.readouterr()
        return code, out.partition(":")[0], out + err

    pages, table = tmp_path / "pages", tmp_path / "data/results.csv"
    for archive, folder in ((archive_of(released), pages), (pages / "review-data.zip", table.parent)):
        shutil.unpack_archive(archive, folder)
    for path in (pages, *(pages / name for name in (*DOCUMENTS, "index.html")), table):
        assert verdict(path)[:2] == (0, "recorded"), path
    for path in (*(pages / name for name in DOCUMENTS), table):
        damaged = bytearray(path.read_bytes())
        damaged[-40] ^= 1
        (tmp_path / path.name).write_bytes(damaged)
        code, answer, told = verdict(tmp_path / path.name)
        assert (code, answer) == (1, "changed") and f"version {FIRST}" in told, path
    (pages / "index.html").write_text((pages / "index.html").read_text() + " ")
    (pages / "chapters/dropped.html").unlink()
    code, answer, told = verdict(pages)
    assert (code, answer) == (1, "changed")
    assert "index.html: differs" in told and "chapters/dropped.html: missing" in told
    code, answer, told = verdict(released / "_build/html/review.pdf")
    assert (code, answer) == (1, "draft") and f"after {THIRD}" in told
    (tmp_path / "mine.pdf").write_bytes(b"%PDF-1.7 nothing of ours")
    assert verdict(tmp_path / "mine.pdf")[:2] == (1, "unknown")
    assert verdict(tmp_path / "nowhere.pdf")[0] == 1
    # A version that this clone does not know yet.
    git(released, "reset", "-q", "--hard", "HEAD~3")
    code, answer, told = verdict(archive_of(released, THIRD))
    assert (code, answer) == (1, "unknown") and "git pull" in told


# ---- publishing


@pytest.fixture
def hub(released, tmp_path, monkeypatch):
    """A GitHub that keeps its releases in a folder, and a clone of its repository."""
    git(released, "reset", "-q", "--hard", "HEAD~3")  # two versions are enough
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(released, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(released, "push", "-q", "origin", "main")
    shutil.rmtree(released / "_build")
    return fake_gh(tmp_path / "hub", monkeypatch)


def test_each_record_is_published_once_wherever_a_run_stopped_and_a_second_run_changes_nothing(
    released, hub, monkeypatch
):
    STEPS["prepare"](released, print)
    for stopped in ("create", "upload"):
        monkeypatch.setenv("FAIL", stopped)
        with pytest.raises(ValueError, match="network is down"):
            STEPS["draft"](released, print)
    monkeypatch.setenv("FAIL", "edit")
    STEPS["draft"](released, print)
    with pytest.raises(ValueError, match="network is down"):
        STEPS["finish"](released, print)
    monkeypatch.delenv("FAIL")
    assert sorted(path.name for path in hub.iterdir()) == [FIRST, SECOND]
    published = {path.name for path in (hub / FIRST).iterdir()}
    assert published == {
        ".draft", "SHA256SUMS", *DOCUMENTS, f"review-{FIRST}.zip", f"wheels-{FIRST}.zip",
        f"{FIRST}.yml", f"{FIRST}.csv", f"{FIRST}.sha256",
    }  # fmt: skip
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=hub / FIRST, check=True)
    STEPS["finish"](released, print)
    tags = git(released, "ls-remote", "--tags", "origin")
    for record in read_records(released):
        assert f"{record.commit}\trefs/tags/{record.version}" in tags
    before = {path: path.read_bytes() for path in hub.rglob("*") if path.is_file()}
    assert hub / FIRST / ".draft" not in before
    shutil.rmtree(released / "_build")
    for step in STEPS.values():
        step(released, print)
    assert {path: path.read_bytes() for path in hub.rglob("*") if path.is_file()} == before
    assert git(released, "ls-remote", "--tags", "origin") == tags
    # The published archive was fetched, and nothing was built.
    assert archive_of(released).read_bytes() == before[hub / FIRST / f"review-{FIRST}.zip"]


# ---- the real review


def test_a_book_gives_the_same_bytes_elsewhere_and_on_another_day(mini_book):
    root = mini_book.root
    mini_book.write(".gitignore", "_build/\n__pycache__/\n")
    begin(root)
    assert rebuild.differences_between_builds(root, print) == []
