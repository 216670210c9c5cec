"""A review that does not exist, whose own program builds it in a moment, to release again and again."""

import os
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
TITLE = 'Walking & "waiting" <in> ALS'
FILES = {
    "CITATION.cff": f"cff-version: 1.2.0\nmessage: Cite it.\ntitle: '{TITLE}'\nauthors:\n  - name: Nobody\n"
    'version: "2026.0"\ndate-released: 2026-01-01\ndoi: 10.5555/of.the.version.before\n',
    "CHANGELOG.md": "# Changes\n\n## Unreleased\n\n- Began.\n",
    "_config.yml": "sphinx: {config: {lr_moved: {}}}\n",
    "requirements.txt": "# nothing\n",
    "pages.txt": "index\nchapters/number\nchapters/dropped\n",
    "documents.txt": " ".join(DOCUMENTS),
    ".gitignore": "_build/\n__pycache__/\n",
    "livingreview/__init__.py": "",
}
# The review's own program: what a version shows can only have come from the code of its commit.
PROGRAM = r'''
import csv, html, io, json, os, pathlib, re, signal, subprocess, sys, zipfile
import pikepdf
CODE = "first code"
root = pathlib.Path.cwd()
if os.environ.get("KILL_BUILD"):
    os.kill(os.getppid(), signal.SIGKILL)
title = subprocess.check_output(["git", "log", "-1", "--format=%s"], text=True).strip()
card = (root / "CITATION.cff").read_text()
version = re.search(r'^version: "(.*)"', card, re.M)[1]
released = title == f"Release {version}"
kept = root / f"data/releases/{version}.csv"
rows = list(csv.DictReader(kept.open())) if kept.is_file() else [{"evidence_hash": "0" * 16}]
evidence, label = rows[0]["evidence_hash"], version if released else f"after {version}"
pages = root / "_build/html"
mark = f'<meta name="review-{"version" if released else "draft"}" content="{label}">'
for page in (root / "pages.txt").read_text().split():
    up = "../" * page.count("/")
    path = pages / f"{page}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    canonical = f'<link rel="canonical" href="../{up}{version}/{page}.html">'
    path.write_text(f"""<!DOCTYPE html>
<html lang="en" data-content_root="{up or './'}"><head><meta charset="utf-8"><title>{page}</title>{mark}
<meta name="evidence-hash" content="{evidence}">{canonical}
<script defer src="{up}_static/lr-versions.js"></script></head><body><main>
<div class="header-article-items__start"></div><article class="bd-article">
<h1 id="top">{page}</h1><p>{CODE}{os.environ.get("OTHER_TEXT", "")}</p></article></main>
<!-- {os.environ.get("OTHER_BYTES", "")} --></body></html>
""")
(pages / "_static").mkdir(exist_ok=True)
(pages / "_static/lr-versions.js").write_text((root / "versions.js").read_text())
(pages / ".buildinfo").write_text(str(root))
document = pikepdf.new()
document.add_blank_page()
document.docinfo["/Keywords"] = f"version {label}, evidence {evidence}"
for name in (root / "documents.txt").read_text().split():
    if name.endswith(".pdf"):
        document.save(pages / name, deterministic_id=True)
    elif name.endswith(".docx"):
        with zipfile.ZipFile(pages / name, "w") as parts:
            words = f"<cp:keywords>version {label}, evidence {evidence}</cp:keywords>"
            parts.writestr(zipfile.ZipInfo("docProps/core.xml"), words)
told = io.StringIO()
columns = [name for name in rows[0] if name not in ("date", "bottom_line")] + ["version"]
writer = csv.DictWriter(told, columns, extrasaction="ignore")
writer.writeheader()
writer.writerows({**row, "version": label} for row in rows)
with zipfile.ZipFile(pages / "review-data.zip", "w") as data:
    package = json.dumps({"version": label, "evidence_hash": evidence})
    for name, text in {"results.csv": told.getvalue(), "datapackage.json": package}.items():
        data.writestr(zipfile.ZipInfo(name), text)
'''


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
    shutil.copytree(ROOT / "tests" / "invented", folder)
    (folder / "livingreview").mkdir()
    shutil.copy(ROOT / "livingreview" / "book" / "versions.js", folder)
    for name, text in (FILES | {"livingreview/__main__.py": PROGRAM}).items():
        (folder / name).write_text(text)
    begin(folder)
    return folder


def change(root: Path, mean: float, pages: str = FILES["pages.txt"], moved: str = "{}") -> None:
    """Change a number, the program, the pages and what the changelog tells, and commit that."""
    arms = root / "data/trials/alpha2001/arms.csv"
    lines = arms.read_text().splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("mean")] = f"{mean:g}"
    arms.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
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
