"""What anybody has said is shown in Markdown as it is: it makes no table, no tag, no link and no picture."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.markdown import cell, code, link, table, text

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SIGNS = st.text(alphabet=st.sampled_from("ab12 \\|`*_~[]()<>!#&;:/@.-+=\n\r\t\"'\u202e\u200b$w"), max_size=40)
WORDS = st.one_of(SIGNS, st.text(max_size=40))
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def shown(words):
    """Return what a person is to read: the words on one line, without signs that have no shape."""
    return " ".join(UNSEEN.sub("", words).split())


def inline(tokens):
    return [child for token in tokens for child in token.children or () if token.type == "inline"]


def plain(markdown):
    """Return the text that Markdown shows, or what else it makes of it."""
    blocks = READER.parse(markdown)
    assert {block.type for block in blocks} <= {"paragraph_open", "paragraph_close", "inline"}
    return "".join(
        child.content if child.type in ("text", "text_special") else f"<{child.type}>" for child in inline(blocks)
    )


@given(WORDS)
@example("<script>alert(1)</script>")
@example("![x](https://evil.example/p.png)")
@example("`code | pipe`\n| a | b |\n|---|---|")
@example("1. one")
@example("&lt;b&gt; and &#35;")
@example("https://evil.example www.evil.example a@evil.example")
@example("=\n=")
def test_words_are_shown_as_they_are(words):
    assert plain(text(words)) == shown(words)


@given(WORDS, WORDS)
@example("a | b", "\\|")
def test_no_words_break_out_of_a_cell(one, other):
    lines = table(("a", "b"), [(text(one), text(other))])
    blocks = READER.parse("\n".join(lines))
    assert [block.type for block in blocks].count("table_open") == 1
    cells = [blocks[at + 1] for at, block in enumerate(blocks) if block.type == "td_open"]
    read = ["".join(child.content for child in one.children or ()) for one in cells]
    assert read == [shown(one), shown(other)]


@given(WORDS)
@example("[x](javascript:alert(1))")
@example("see https://evil.example and www.evil.example")
@example("[x]: https://evil.example")
@example("# heading")
@example("\\<img src=x onerror=alert(1)>")
@example("\\![x](https://evil.example/p.png) \\\\<b>")
def test_a_cell_of_a_table_artifact_loads_hides_and_leads_nowhere_where_it_is_rendered(words):
    blocks = READER.parse(cell(words))
    assert {block.type for block in blocks} <= {"paragraph_open", "paragraph_close", "inline"}
    kinds = {child.type for child in inline(blocks)}
    assert kinds.isdisjoint({"image", "link_open", "html_inline"})
    assert re.search(r"://|\bwww\.", cell(words), re.IGNORECASE) is None


@given(WORDS.filter(shown))
@example("`")
@example("``` a ` b")
def test_a_command_can_be_copied_as_it_is(words):
    (one,) = [child for child in inline(READER.parse(code(words))) if child.type == "code_inline"]
    assert one.content == shown(words)


@given(WORDS, st.text(alphabet=st.sampled_from("ab/%?=#()[]*_`|\\<> "), max_size=20))
def test_a_link_leads_where_it_says_and_has_the_words_that_it_says(words, rest):
    address = f"https://app.example.com/{rest}"
    children = inline(READER.parse(link(words or "x", address)))
    assert [child.type for child in children].count("link_open") == 1
    assert children[0].attrs["href"].startswith("https://app.example.com/")


def test_what_is_long_is_cut_and_says_so():
    assert text("a" * 1000, 10) == "a" * 9 + "…"
