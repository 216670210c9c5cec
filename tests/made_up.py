"""A review that does not exist, whose own program builds it in a moment, to release again and again."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from livingreview.release.cut import release
from livingreview.release.stamp import ENDINGS

DOCUMENTS = [f"review{ending}" for ending in ENDINGS]
ROOT = Path(__file__).parents[1]
YEAR = datetime.now(UTC).year
FIRST, SECOND, THIRD = (f"{YEAR}.{number}" for number in (1, 2, 3))


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def begin(root: Path) -> None:
    """Make a folder a repository, with everything in it as its first commit."""
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "Nobody")
    git(root, "config", "user.email", "nobody@example.org")
    commit(root, "Begin")


def commit(root: Path, title: str, files: dict[str, str] | None = None) -> None:
    """Write files, and commit everything."""
    for name, text in (files or {}).items():
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", title)


def make_review(folder: Path) -> Path:
    """Make the review in a new folder, as a repository ready for its first release."""
    shutil.copytree(ROOT / "tests/invented", folder)
    shutil.copytree(ROOT / "tests/made_up_review", folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "livingreview/book/versions.js", folder)
    begin(folder)
    return folder


def fake_gh(hub: Path, monkeypatch) -> Path:
    """Let ``gh`` be `fake_gh`, and keep in a folder what is on GitHub."""
    gh = hub.with_name("bin") / "gh"
    hub.mkdir()
    gh.parent.mkdir()
    gh.write_text(f"#!{sys.executable}\n{(ROOT / 'tests/fake_gh.py').read_text()}")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HUB", str(hub))
    return hub


def change(root: Path, mean: int, pages: str, moved: str = "{}") -> None:
    """Change a number, the program, the pages and what the changelog tells, and commit that."""
    arms = root / "data/trials/alpha2001/arms.csv"
    arms.write_text(re.sub(r"score,26,16,\d+,", f"score,26,16,{mean},", arms.read_text(), count=1))
    # What a version shows can only have come from the code of its commit.
    program = root / "livingreview/__main__.py"
    program.write_text(program.read_text().replace("first code", "second code"))
    (root / "_config.yml").write_text(f"sphinx: {{config: {{lr_moved: {moved}}}}}\n")
    (root / "pages.txt").write_text(pages)
    told = (root / "CHANGELOG.md").read_text()
    (root / "CHANGELOG.md").write_text(told.replace("Changes\n", "Changes\n\n## Unreleased\n\n- More.\n", 1))
    commit(root, "Change a number")


def make_versions(folder: Path) -> Path:
    """Make the review with three versions, of which each lacks a page that another one has, and a draft."""
    cut(make_review(folder))
    change(folder, 24, "index\nchapters/number\nchapters/middle\n")
    cut(folder, SECOND)
    moved = "{chapters/number: chapters/middle, chapters/middle: chapters/last}"
    change(folder, 25, "index\nchapters/last\n", moved)
    cut(folder, THIRD)
    change(folder, 26, "index\nchapters/last\n")
    build = [sys.executable, "-m", "livingreview", "build"]
    subprocess.run(build, cwd=folder, check=True, env={"PATH": os.environ["PATH"]})
    return folder


def cut(root: Path, version: str = FIRST, *, dry_run: bool = False, echo=lambda line: None):
    return release(root, version, dry_run=dry_run, echo=echo)
