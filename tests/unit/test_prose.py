"""The little language of the texts that people agree to: what it means, and that nothing else gets through it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.policies import built_in, prose

OURS = {"h2", "p", "br", "ul", "li", "div", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("甲\n\n乙", "<p>甲</p>\n<p>乙</p>"),
        ("甲\n乙", "<p>甲<br>乙</p>"),
        ("## 标题\n正文", "<h2>标题</h2>\n<p>正文</p>"),
        ("- 一\n- 二", "<ul>\n<li>一</li>\n<li>二</li>\n</ul>"),
        ("- 一\n\n- 二", "<ul>\n<li>一</li>\n</ul>\n<ul>\n<li>二</li>\n</ul>"),
        ("#标题", "<p>#标题</p>"),
        ('<b>甲</b> & "乙"', "<p>&lt;b&gt;甲&lt;/b&gt; &amp; &quot;乙&quot;</p>"),
        ("", ""),
    ],
)
def test_what_is_written_is_what_is_shown(written, shown):
    assert prose.html(written) == shown


def test_a_table_has_a_head_rows_and_a_name():
    shown = prose.html('|: 名称 "甲"\n| 一 | 二 |\n| 三 | <四> |')

    assert 'aria-label="名称 &quot;甲&quot;"' in shown
    assert '<th scope="col">一</th><th scope="col">二</th>' in shown
    assert "<td>三</td><td>&lt;四&gt;</td>" in shown


@given(st.text(alphabet=st.sampled_from("<>&\"'|#- \n:ab/=甲"), max_size=60))
def test_nothing_that_is_typed_becomes_another_element(text):
    shown = prose.html(text)

    assert set(re.findall(r"</?([a-z0-9]+)", shown)) <= OURS
    assert len(re.findall(r"<(?!/?(?:h2|p|br|ul|li|div|table|thead|tbody|tr|th|td)\b)", shown)) == 0


def test_the_texts_of_the_release_have_headings_and_no_leftovers():
    for document in built_in.DOCUMENTS:
        for version in built_in.versions(document):
            for language in built_in.LANGUAGES:
                shown = prose.html(built_in.source(document, version, language))
                assert "<h2>" in shown
                assert not re.search(r"##|<p>- |<p>\|", shown)
