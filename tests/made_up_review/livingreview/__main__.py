"""Builds the pages and documents of the made-up review, in a moment."""

import csv
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import zipfile

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
<html lang="en" data-content_root="{up or "./"}"><head><meta charset="utf-8"><title>{page}</title>{mark}
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
