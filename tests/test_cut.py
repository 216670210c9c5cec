"""A version is cut whole or not at all; whatever stops it, the next run starts over or finishes."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alsreview.facts import review_facts
from alsreview.release import Tools, Verdict, release, stamp, verify
from alsreview.release.archive import check_sums, pack, unpack
from alsreview.release.copy import commit_copy, workshop
from alsreview.release.git import Git
from alsreview.release.manifest import Manifest
from alsreview.release.publish import Step, publish, read_step
from alsreview.release.results import answers, from_text, results, since, to_text
from alsreview.reviews import Review
from alsreview.statements import conclusions

YEAR = datetime.now(UTC).year
FIRST, SECOND = f"{YEAR}.1", f"{YEAR}.2"
CITATION = """cff-version: 1.2.0
title: "A review"
authors:
  - name: Nobody
version: "2026.0"
date-released: 2026-01-01
doi: 10.5555/of.the.version.before
"""
FILES = {
    "CITATION.cff": CITATION,
    "CHANGELOG.md": "# Changes\n\n## Unreleased\n\n- Began.\n",
    "pyproject.toml": '[project]\nversion = "2026.0"\n',
    "_config.yml": "sphinx: {config: {als_moved: {old: chapters/new}}}\n",
    "requirements.txt": "\n",
    ".gitignore": "_releases/\n_build/\n__pycache__/\n",
}


def git(root, *words) -> str:
    said = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def fake_build(root: Path) -> Path:
    """Write pages that say what the real ones would: version, hash and results."""
    pages = root / "_build" / "html"
    (pages / "chapters").mkdir(parents=True, exist_ok=True)
    said = stamp(root)
    (pages / "index.html").write_text(f"{said.label} {said.evidence}")
    (pages / "chapters" / "new.html").write_text(to_text(results(root)))
    (pages / "als-review.pdf").write_bytes(f"%PDF {said.label}".encode())
    bundle = root / "_build" / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(root / "data", bundle / "data")
    (bundle / "results.csv").write_text(to_text(results(root)))
    pack(bundle, pages / "als-review-data.zip", said.seconds)
    (pages / ".buildinfo").write_text(str(root))
    return pages


TOOLS = Tools(build=fake_build, test=lambda root: None)


@pytest.fixture
def scratch(review):
    """A repository of an invented review, ready to be released."""
    for name, text in FILES.items():
        (review / name).write_text(text)
    git(review, "init", "--quiet", "--initial-branch=main")
    git(review, "config", "user.name", "Nobody")
    git(review, "config", "user.email", "nobody@example.org")
    commit(review, "Begin")
    return review


def commit(root, title):
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", title)


def cut(root, version=FIRST, tools=TOOLS, echo=lambda line: None, **options):
    return release(root, version, tools, echo=echo, **options)


def state(root) -> dict:
    """Everything that a release may change and nothing else may be left by."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not {".git", "__pycache__"} & set(path.parts)
    }
    return files | {"HEAD": git(root, "rev-parse", "HEAD"), "tags": git(root, "tag", "--list")}


def is_whole(root, version=FIRST):
    """Check the end of a release: commit, tag, clean tree, archive that fits its manifest."""
    folder = root / "_releases" / version
    assert git(root, "log", "-1", "--format=%s") == f"Release {version}"
    assert git(root, "rev-parse", f"{version}^{{commit}}") == git(root, "rev-parse", "HEAD")
    assert git(root, "status", "--porcelain") == ""
    assert stamp(root).released and stamp(root).version == version
    assert check_sums(folder) == [] and [path.name for path in (root / "_releases").iterdir()] == [version]
    assert verify(str(folder / f"als-review-{version}.zip"), root)[0].faults == ()
    assert not list((root / ".git").glob("alsreview-*.json"))


# ---- a release


def test_a_release_commits_tags_and_packs_what_the_commit_says(scratch, tmp_path):
    said = []
    folder = cut(scratch, echo=said.append)
    is_whole(scratch)
    manifest = unpack(folder / f"als-review-{FIRST}.zip", tmp_path / "unpacked")
    assert manifest.version == FIRST and manifest.commit == git(scratch, "rev-parse", "HEAD")
    assert manifest.evidence_hash == stamp(scratch).evidence
    assert manifest.moved == {"old": "chapters/new"}
    assert (tmp_path / "unpacked" / "index.html").read_text() == f"{FIRST} {stamp(scratch).evidence}"
    assert ".buildinfo" not in manifest.files and "data/protocol.yml" in manifest.files
    assert "export/results.csv" in manifest.files and not any("export/data" in at for at in manifest.files)
    assert f"git push --atomic origin main {FIRST}" in said[-1]
    for name, text in {
        "CITATION.cff": f'version: "{FIRST}"',
        "pyproject.toml": f'version = "{FIRST}"',
        "CHANGELOG.md": f"## {FIRST}\n\n- Began.",
    }.items():
        assert text in (scratch / name).read_text()
    assert "doi:" not in (scratch / "CITATION.cff").read_text()
    kept = (scratch / "data" / "releases" / f"{FIRST}.csv").read_text()
    day = manifest.date
    assert kept == to_text(results(scratch).assign(date=day))


def test_the_next_version_follows_and_the_first_stays_byte_for_byte(scratch):
    cut(scratch)
    before = (scratch / "_releases" / FIRST / f"als-review-{FIRST}.zip").read_bytes()
    (scratch / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n- More.\n\n## Old\n")
    commit(scratch, "Say more")
    assert stamp(scratch).label == f"after {FIRST}"
    cut(scratch, SECOND)
    assert git(scratch, "tag", "--list").split() == [FIRST, SECOND]
    assert (scratch / "_releases" / FIRST / f"als-review-{FIRST}.zip").read_bytes() == before


def test_a_tagged_version_without_archive_is_built_again_to_the_same_bytes(scratch, tmp_path):
    """What the publishing machine does with the tag that was pushed."""
    folder = cut(scratch)
    other = tmp_path / "elsewhere"
    git(tmp_path, "clone", "--quiet", str(scratch), str(other))
    git(other, "checkout", "--quiet", "--detach", FIRST)
    again = cut(other)
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_dry_run_shows_the_change_and_leaves_everything(scratch):
    before, said = state(scratch), []
    assert cut(scratch, dry_run=True, echo=said.append) is None
    shown = "\n".join(said)
    assert state(scratch) == before
    assert f"data/releases/{FIRST}.csv" in shown and f'+version: "{FIRST}"' in shown and "dry run" in shown


# ---- refusals


def dirty(root):
    (root / "data" / "protocol.yml").write_text("x")


REFUSED = {
    "a dirty tree": (dirty, FIRST, "not clean"),
    "a new file": (lambda root: (root / "note.txt").write_text("x"), FIRST, "note.txt"),
    "a gap": (None, SECOND, f"expected {FIRST}"),
    "a draft": (None, f"{YEAR}.0", f"expected {FIRST}"),
    "a year that is past": (None, "2001.1", f"expected {FIRST}"),
    "no version": (None, "v1", "expected year.number"),
    "a path": (None, "../2026.1", "expected year.number"),
    "a detached head": (lambda root: git(root, "checkout", "--quiet", "--detach"), FIRST, "no branch"),
    "nobody": (lambda root: git(root, "config", "user.name", ""), FIRST, "empty name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_release_is_refused_and_nothing_changes(scratch, case):
    change, version, message = REFUSED[case]
    if change:
        change(scratch)
    before = state(scratch)
    with pytest.raises(ValueError, match=message):
        cut(scratch, version)
    assert state(scratch) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Changes\n", "no heading"),
        ("# Changes\n\n## Unreleased\n\n## 2026.9\n- Old.\n", "nothing stands under"),
        ("# Changes\n\n## 2026.9\n\n- Old.\n", "expected '## Unreleased' on top"),
    ],
)
def test_a_changelog_that_says_nothing_new_is_refused(scratch, text, message):
    (scratch / "CHANGELOG.md").write_text(text)
    commit(scratch, "Change the changelog")
    with pytest.raises(ValueError, match=message):
        cut(scratch)


def test_faults_of_the_evidence_are_listed_with_the_others(scratch):
    (scratch / "data" / "ongoing.csv").write_text("nonsense\n")
    with pytest.raises(ValueError) as refused:
        cut(scratch, SECOND)
    assert "data/ongoing.csv:1:" in str(refused.value) and "not clean" in str(refused.value)
    assert "out of order" in str(refused.value)


def test_a_version_that_exists_is_never_overwritten(scratch):
    cut(scratch)
    before = state(scratch)
    with pytest.raises(ValueError, match="never overwritten"):
        cut(scratch)
    assert state(scratch) == before


def test_a_version_whose_tag_is_missing_is_refused_with_the_command_that_helps(scratch):
    cut(scratch)
    head = git(scratch, "rev-parse", "HEAD")
    git(scratch, "tag", "--delete", FIRST)
    with pytest.raises(ValueError, match=f"tag is missing here: git tag {FIRST} {head}"):
        cut(scratch)


def test_a_tag_on_another_commit_is_refused(scratch):
    git(scratch, "tag", FIRST)
    with pytest.raises(ValueError, match="'Begin', which is not the release"):
        cut(scratch)


def test_failing_tests_and_a_failing_build_change_nothing(scratch):
    def fail(root):
        raise ValueError("no")

    def full(root):
        raise OSError(28, "No space left on device")

    before = state(scratch)
    for tools in (Tools(fake_build, fail), Tools(fail, lambda root: None), Tools(full, lambda root: None)):
        with pytest.raises((ValueError, OSError)):
            cut(scratch, tools=tools)
        assert state(scratch) == before
    cut(scratch)
    is_whole(scratch)


def test_two_releases_at_once_are_refused(scratch):
    def second(root):
        with pytest.raises(ValueError, match="another release is running"):
            cut(scratch)

    cut(scratch, tools=Tools(fake_build, second))
    is_whole(scratch)


# ---- stopped


def test_an_error_at_any_step_of_the_change_is_made_good_by_taking_it_again(scratch, monkeypatch):
    """Every call of git and every renaming is made to fail once, one run after another."""
    with workshop(scratch) as making:
        copy = commit_copy(Git(scratch), FIRST, making)
        new, tag = copy.commit("HEAD"), copy("rev-parse", f"refs/tags/{FIRST}")
        git(scratch, "fetch", "--quiet", str(copy.root), f"refs/tags/{FIRST}")
    step = Step(FIRST, "main", git(scratch, "rev-parse", "HEAD"), new, tag)
    left = {"calls": 0}

    def failing(real):
        def call(*words, **options):
            left["calls"] -= 1
            if left["calls"] == 0:
                raise OSError(28, "No space left on device")
            return real(*words, **options)

        return call

    monkeypatch.setattr(subprocess, "run", failing(subprocess.run))
    monkeypatch.setattr(os, "replace", failing(os.replace))
    for calls in range(1, 100):
        root = scratch.parent / f"copy{calls}"
        shutil.copytree(scratch, root)
        left["calls"] = calls
        try:
            publish(Git(root), step)
        except OSError:
            publish(Git(root), read_step(Git(root)) or step)
        else:
            break
        assert git(root, "rev-parse", "HEAD", f"{FIRST}^{{commit}}", FIRST).split() == [new, new, tag]
        assert git(root, "status", "--porcelain") == "" and stamp(root).released
    assert calls > 15


def finish(root):
    """Run the release again, as its user would, unless it had come to its end."""
    try:
        cut(root)
    except ValueError as refused:
        assert "never overwritten" in str(refused)


DRIVER = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from test_cut import cut
print("begun", flush=True)
cut(Path({root!r}))
"""


def drive(root) -> subprocess.Popen:
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    code = textwrap.dedent(DRIVER).format(paths=paths, root=str(root))
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def test_killed_at_ten_random_moments_nothing_is_lost(scratch):
    """The whole group of processes is killed; then the release is run again."""
    before, chance = state(scratch), random.Random(2026)
    whole = scratch.parent / "whole"
    shutil.copytree(scratch, whole)
    running = drive(whole)
    running.stdout.readline()
    began = time.perf_counter()
    assert running.wait() == 0, running.stderr.read().decode()
    took = time.perf_counter() - began
    for _ in range(10):
        copy = scratch.parent / "killed"
        shutil.copytree(scratch, copy)
        running = drive(copy)
        running.stdout.readline()
        time.sleep(chance.uniform(0, took))
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        time.sleep(0.3)  # git itself is let finish what it does
        if not git(copy, "tag", "--list") and git(copy, "rev-parse", "HEAD") == before["HEAD"]:
            kept = {name: text for name, text in state(copy).items() if "_releases" not in name}
            assert kept == before
        finish(copy)
        is_whole(copy)
        shutil.rmtree(copy)


def stop_before_the_files(root, monkeypatch):
    """Release up to the point where commit and tag are there and the files are not."""
    from alsreview.release import publish

    def stop(*_):
        raise OSError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "_bring_files", stop)
        with pytest.raises(OSError):
            cut(root)


def test_a_file_changed_while_a_release_was_stopped_is_not_overwritten(scratch, monkeypatch):
    stop_before_the_files(scratch, monkeypatch)
    (scratch / "CHANGELOG.md").write_text("mine\n")
    with pytest.raises(ValueError, match="CHANGELOG.md was changed"):
        cut(scratch)
    assert (scratch / "CHANGELOG.md").read_text() == "mine\n"
    git(scratch, "checkout", "HEAD~", "--", "CHANGELOG.md")
    cut(scratch)
    is_whole(scratch)


def test_another_version_waits_for_the_stopped_one(scratch, monkeypatch):
    stop_before_the_files(scratch, monkeypatch)
    with pytest.raises(ValueError, match=f"release of {FIRST} was stopped"):
        cut(scratch, SECOND)


# ---- verify


@pytest.fixture
def released(scratch):
    cut(scratch)
    return scratch


def unpacked(root, tmp_path) -> Path:
    folder = tmp_path / "site" / FIRST
    unpack(root / "_releases" / FIRST / f"als-review-{FIRST}.zip", folder)
    return folder


def test_verify_tells_version_and_place_of_any_file(released, tmp_path):
    folder = unpacked(released, tmp_path)
    renamed = tmp_path / "download(1).pdf"
    shutil.copy(folder / "als-review.pdf", renamed)
    for path, what in (
        (renamed, f"als-review.pdf of version {FIRST}"),
        (folder / "data" / "protocol.yml", f"data/protocol.yml of version {FIRST}"),
        (released / "_releases" / FIRST / f"als-review-{FIRST}-data.zip", f"data.zip of version {FIRST}"),
    ):
        (verdict,) = verify(str(path), released)
        assert what in verdict.what and verdict.faults == ()
    for path in (folder, folder.parent, released / "_releases" / FIRST):
        (verdict,) = verify(str(path))
        assert FIRST in verdict.what and verdict.faults == ()


def test_verify_names_what_was_changed_added_or_taken(released, tmp_path):
    folder = unpacked(released, tmp_path)
    (folder / "als-review.pdf").write_bytes(b"%PDF other")
    (folder / "chapters" / "new.html").unlink()
    (folder / "added.html").write_text("x")
    (verdict,) = verify(str(folder))
    assert [fault.rpartition("/")[2] for fault in verdict.faults] == [
        f"added.html: not part of version {FIRST}",
        f"als-review.pdf: differs from version {FIRST}",
        "new.html: missing",
    ]
    (verdict,) = verify(str(folder / "als-review.pdf"), released)
    assert f"differs from als-review.pdf of version {FIRST}" in verdict.faults[0]
    renamed = tmp_path / "my copy.pdf"
    renamed.write_bytes(b"%PDF (version 2026.7) changed")
    (verdict,) = verify(str(renamed), released)
    assert "says that it is version 2026.7" in verdict.what and "no version known here" in verdict.faults[0]


def test_verify_refuses_what_it_cannot_know(released, tmp_path):
    (tmp_path / "letter.pdf").write_bytes(b"%PDF")
    (tmp_path / "other.zip").write_bytes(b"PK")
    for target, message in (
        (tmp_path / "letter.pdf", "no version known here"),
        (tmp_path / "other.zip", "not the archive of a version"),
        (tmp_path / "nowhere", "not found"),
        (tmp_path / "review" / "data", "no manifest.json"),
    ):
        with pytest.raises(ValueError, match=message):
            verify(str(target), released)


def damage(path: Path, change) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def test_a_damaged_archive_is_refused_and_named(released, tmp_path):
    path = released / "_releases" / FIRST / f"als-review-{FIRST}.zip"

    def flip(content):
        content[60] ^= 0xFF

    damage(path, flip)
    assert "checksum" in check_sums(path.parent)[0]
    (verdict,) = verify(str(path), released)
    assert f"als-review-{FIRST}.zip: damaged" in verdict.faults[0]


def test_an_archive_that_reaches_outside_is_refused(released, tmp_path):
    path = released / "_releases" / FIRST / f"als-review-{FIRST}.zip"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(ValueError, match="is not a path inside"):
        unpack(path, tmp_path / "unpacked")
    assert not (tmp_path / "outside.txt").exists()


def test_verify_reads_a_server(released, tmp_path):
    from threading import Thread

    from alsreview.book.serve import server

    folder = unpacked(released, tmp_path)
    with server(folder.parent, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}/{FIRST}"
        assert verify(address)[0].faults == ()
        (folder / "index.html").write_text("other")
        (folder / "chapters" / "new.html").unlink()
        (verdict,) = verify(address)
        running.shutdown()
    assert sorted(fault.removeprefix(f"{address}/") for fault in verdict.faults) == [
        "chapters/new.html: answers 404",
        f"index.html: differs from version {FIRST}",
    ]


# ---- results


def test_results_read_back_as_they_were_kept(review):
    frame = results(review)
    kept = from_text(to_text(frame))
    assert to_text(kept) == to_text(frame)
    assert list(kept.analysis_id) == list(frame.analysis_id) and len(kept) == 4


def test_a_record_keeps_the_conclusions_of_the_front_page_that_hold_as_published(review):
    (review / "index.md").write_text(
        "# Summary\n\n:::{holds} function.k >= 2\nPooled from {{ function.k }} studies.\n:::\n\n"
        ":::{holds} function.k > 99\nMany.\n:::\n"
    )
    said = conclusions(review, review_facts(Review(review)))
    assert said == {"function": "Pooled from 3 studies."}


def test_what_moved_is_said_only_when_a_printed_figure_moved(review):
    frame = from_text(to_text(results(review)))
    assert since(frame, frame) == "The main answers are the same."
    nearly = frame.assign(estimate=frame.estimate + 1e-6)
    assert since(nearly, frame) == "The main answers are the same."
    other = frame.assign(estimate=frame.estimate.where(frame.analysis_id != "function", 1.0))
    moved = since(other, frame)
    assert moved.startswith("Training and function was 1.00 points") and "and is now" in moved
    plainer = frame.assign(verdict=frame.verdict.where(frame.analysis_id != "function", "Who knows."))
    assert since(frame, plainer).endswith(": verdict was very uncertain, and is now Who knows..")
    assert since(frame.assign(verdict=None), frame) == "The main answers are the same."
    assert "is new" in since(frame[frame.analysis_id != "stimulation"], frame)
    assert set(answers(frame)) == {"function", "stimulation"}


@pytest.fixture
def version(tmp_path) -> Path:
    """The folder of an invented version: two files and their manifest."""
    folder = tmp_path / "site" / "2020.1"
    folder.mkdir(parents=True)
    for name in ("index.html", "data.csv"):
        (folder / name).write_text(f"{name} of an invented version\n")
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    told = ("2020.1", "Invented", "2020-01-01", 1577836800, "0" * 16, "0" * 40, "", "0" * 64, {})
    (folder / "manifest.json").write_text(Manifest(*told, files=digests, sizes=sizes).to_json())
    return folder


def test_a_whole_archive_is_verified_without_the_review(version, tmp_path):
    path = tmp_path / "download.zip"
    pack(version, path, 1577836800)
    assert verify(str(path)) == [Verdict("the archive of version 2020.1")]


def test_an_address_that_is_no_version_is_refused_and_says_why(version):
    from threading import Thread

    from alsreview.book.serve import server

    with server(version.parent, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}"
        with pytest.raises(ValueError, match=r"/manifest.json: .*404.*; expected the folder of a version"):
            verify(address)
        running.shutdown()
    with pytest.raises(ValueError, match=r"/manifest.json: .*refused.*; expected the folder of a version"):
        verify(address)


def test_a_file_that_a_server_does_not_send_is_named_with_the_reason(version, monkeypatch):
    def fetched(address: str) -> bytes:
        if address.endswith("data.csv"):
            raise TimeoutError("timed out")
        return (version / address.rpartition("/")[2]).read_bytes()

    monkeypatch.setattr(sys.modules["alsreview.release.verify"], "_fetch", fetched)
    (verdict,) = verify("https://example.org/2020.1/")
    assert verdict == Verdict("version 2020.1", ("https://example.org/2020.1/data.csv: timed out",))
