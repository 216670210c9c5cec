"""What is fixed in a finished page: its policy, its names, and what it does not load."""

import base64
import hashlib
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from livingreview.book.accessibility import fix_page
from livingreview.book.assets import drop_unneeded, tidy_static
from livingreview.book.policy import policy, with_policy

HEAD = '<head><meta charset="utf-8" /></head>'


def said(page):
    return dict(part.split(" ", 1) for part in policy(page).split("; "))


def test_a_policy_lets_run_the_scripts_that_the_page_was_written_with_and_no_others():
    body = "\n let mode = 'auto' "
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    allowed = said(f'{HEAD}<script data-x="1">{body}</script><script src="a.js"></script>')["script-src"]
    assert allowed == f"'self' 'sha256-{digest}'"


def test_data_in_a_script_element_needs_no_leave():
    data = '<script type="application/json" class="lr-spec">{"a":1}</script>'
    assert said(HEAD + data)["script-src"] == "'self'"
    assert said(f'{HEAD}<script type="module">1</script>')["script-src"] != "'self'"


def test_every_page_has_one_policy_before_anything_that_it_governs(real_book):
    for path in real_book.html.parent.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        (tag,) = page.select('meta[http-equiv="Content-Security-Policy"]')
        assert [node.name for node in tag.find_previous_siblings()] == ["meta"], path
        assert "unsafe-eval" not in tag["content"], path
        scripts = next(part for part in tag["content"].split("; ") if part.startswith("script-src"))
        assert "unsafe-inline" not in scripts and "http" not in tag["content"], path
        assert not [name for node in page.find_all(True) for name in node.attrs if name.startswith("on")], (
            path
        )


def test_every_table_and_landmark_of_the_book_has_its_names(real_book):
    for path in real_book.html.parent.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        assert page.html["lang"] == "en" and len(page.select("main")) == 1, path
        assert all(head.get("scope") in ("col", "row") for head in page.select("th")), path
        for summary in page.select("nav summary"):
            assert summary["aria-label"].startswith("Pages within: "), path


def test_a_page_without_the_place_for_a_policy_is_refused():
    with pytest.raises(ValueError, match="charset"):
        with_policy("<html><head></head></html>")


def test_what_was_left_to_run_cells_on_another_host_is_gone():
    left = "<script type=\"text/x-thebe-config\">{}</script><script>kernelName = 'python3'</script>"
    page = fix_page(f"<html>{HEAD}<body>{left}<p>text</p></body></html>")
    assert "thebe" not in page and "kernelName" not in page and "<p>text</p>" in page


def test_a_number_and_its_percent_sign_stay_on_one_line_and_code_is_left_alone():
    code = "<pre>a = 7 % 3</pre><script>a = 7 % 3</script>"
    page = fix_page(f"<html>{HEAD}<body>{code}<p>a 95 % interval</p></body></html>")
    assert code in page and "<p>a 95\u00a0% interval</p>" in page


class Asset(SimpleNamespace):
    def __init__(self, filename, *, priority=500, **attributes):
        super().__init__(filename=filename, priority=priority, attributes=attributes)


def names(body, **options):
    files = [
        Asset("copybutton.js"),
        Asset("thebe.js"),
        Asset("doctools.js"),
        Asset(None, body="let toggleHintShow"),
    ]
    context = {"script_files": list(files), "css_files": [Asset("sphinx-design.min.css")]}
    drop_unneeded(context, body, **options)
    assert all("defer" not in file.attributes for file in files)
    return [[file.filename for file in context[key]] for key in ("script_files", "css_files")], context


def test_a_page_asks_for_what_its_text_uses_and_for_nothing_else():
    assert names("<p>plain</p>")[0] == [["doctools.js"], []]
    full = '<div class="highlight-sh"><pre>x</pre></div><div class="admonition dropdown sd-card">y</div>'
    assert names(full)[0] == [["copybutton.js", "doctools.js", None], ["sphinx-design.min.css"]]


def test_scripts_wait_for_the_page_but_on_the_search_page_where_their_order_counts():
    (waiting,) = names("")[1]["script_files"]
    assert waiting.attributes["defer"] == "defer"
    (now,) = names("", search=True)[1]["script_files"]
    assert "defer" not in now.attributes


def test_the_theme_keeps_the_icons_that_are_drawn_and_loses_the_others(tmp_path):
    style = tmp_path / "styles" / "pydata-sphinx-theme.css"
    style.parent.mkdir()
    style.write_text(
        "@font-face{font-family:Font Awesome\\ 6 Free;src:url(x)}a{b:c}"
        '.fa-bars:before,.fa-navicon:before{content:"1"}.fa-anchor:before{content:"2"}p{q:r}'
    )
    tidy_static(tmp_path)
    kept = style.read_text()
    assert kept == 'a{b:c}.fa-bars:before,.fa-navicon:before{content:"1"}p{q:r}'
    tidy_static(tmp_path)
    assert style.read_text() == kept


def test_in_a_built_book_only_the_search_page_runs_its_scripts_in_order(built_mini_book):
    for name in ("index.html", "search.html"):
        page = BeautifulSoup(built_mini_book.read(f"_build/html/{name}"), "lxml")
        doctools = page.select_one('script[src*="doctools.js"]')
        assert doctools.has_attr("defer") == (name == "index.html")
        assert not page.select('script[src*="thebe"], script[src*="clipboard"], script[src*="togglebutton"]')
