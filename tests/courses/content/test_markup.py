"""Limited Markdown: what is rendered, what stays words, and that nothing written can act."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from domain.courses.content.markup import DEEPEST, blocks_of, html_of, inline_html_of

ALLOWED = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "a", "br"}
ATTRIBUTES = {"dir": {"auto"}, "rel": {"noopener noreferrer"}, "target": {"_blank"}}
MARKS = st.text("ab *_`-+#>![]()<&;:/\\\n\t\"'123.=|~j{}%", max_size=120)
PARTS = r"<script> </ javascript: [x]( ) ** * ` https://e.org &#x ]]> <!-- data:text/html, mailto: &lt; word א 🚀"
BREAKS = ("```\n", "\n- ", "\n1. ", "\n\n", "    ", "\u202b", "\x00")
PIECES = st.lists(st.sampled_from([*PARTS.split(), *BREAKS]), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("one *two* **three** `four`", "one <em>two</em> <strong>three</strong> <code>four</code>"),
        ("[x](https://e.org/?a=1&b=2)", 'href="https://e.org/?a=1&amp;b=2"'),
        ("[x](http://e.org)", 'href="http://e.org"'),
        ("[x](mailto:a@e.org)", 'href="mailto:a@e.org"'),
        ("<https://e.org>", 'href="https://e.org"'),
        ("a  \nb", "a<br>b"),
        ("- a\n- b", '<ul dir="auto"><li>a</li><li>b</li></ul>'),
        ("3. a\n4. b", '<ol dir="auto" start="3"><li>a</li><li>b</li></ol>'),
        ("```\na < b\n```", '<pre dir="auto"><code>a &lt; b</code></pre>'),
        ("one\n\ntwo", '<p dir="auto">one</p><p dir="auto">two</p>'),
    ],
)
def test_what_is_allowed_is_rendered(text: str, rendered: str) -> None:
    assert rendered in html_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<!-- a --> <![CDATA[ b ]]>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#x6A;avascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "[x](vbscript:a)",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/admin)",
        "<javascript:alert(1)>",
        "# no heading",
        "> no quote",
        "&lt;b&gt; &#x202e; &nbsp;",
        "| a | b |\n|---|---|",
    ],
)
def test_everything_else_stays_the_words_that_were_written(text: str) -> None:
    shown = html.fromstring(f"<div>{html_of(text)}</div>")
    assert shown.text_content() == text
    assert shown.xpath(".//a") == []


def test_an_address_cannot_leave_its_attribute() -> None:
    (link,) = html.fromstring(f'<div>{html_of("""[x](https://e.org/"onclick="alert(1))""")}</div>').xpath(".//a") or [
        None
    ]
    assert link is None or set(link.attrib) == {"href", "rel", "target"}


@given(st.one_of(MARKS, PIECES))
def test_only_the_allowed_elements_come_out_whatever_goes_in(text: str) -> None:
    for rendered in (html_of(text), inline_html_of(text)):
        for element in html.fromstring(f"<div>{rendered}</div>").iterdescendants():
            assert element.tag in ALLOWED
            for name, value in element.attrib.items():
                if name == "href":
                    assert value.lower().startswith(("http://", "https://", "mailto:"))
                elif name == "start":
                    assert value.isdigit()
                else:
                    assert value in ATTRIBUTES[name]


@given(st.text("ab *_-+#>![]<&;\n\t", max_size=120))
def test_no_letter_is_lost(text: str) -> None:
    shown = html.fromstring(f"<div>{html_of(text)}</div>").text_content()
    assert [c for c in shown if c.isalpha()] == [c for c in text if c.isalpha()]


def test_text_that_is_nested_without_end_keeps_its_words() -> None:
    assert "text" in html_of("- " * 3_000 + "text")
    assert "text" in html_of("*" * 3_000 + "text" + "*" * 3_000)
    assert html_of("*" * 3_000 + "text" + "*" * 3_000).count("<strong>") <= DEEPEST
    assert "a" in html_of("[" * 3_000 + "a" + "](https://e.org)" * 300)


def test_a_line_has_no_blocks() -> None:
    assert inline_html_of("- a *b*") == "- a <em>b</em>"
    assert inline_html_of("```a") == "```a"


def test_the_same_text_gives_the_same_tree() -> None:
    assert blocks_of("- a\n- *b*") == blocks_of("- a\n- *b*")
