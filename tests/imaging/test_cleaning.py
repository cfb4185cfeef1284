"""Drawings from elsewhere: what runs or fetches is taken out, the rest stays as it was, and what is left is checked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.pictures import drawing, saved, svg
from imaging.test_svg import BAD, GOOD, data_link
from pixmake.imaging.cleaning import clean_svg, whole_svg
from pixmake.imaging.decode import decode
from pixmake.imaging.probe import BadPicture
from pixmake.imaging.svg import Unsafe, check_svg
from pixmake.imaging.wholeness import whole_picture

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
XLINK = 'xmlns:x="http://www.w3.org/1999/xlink"'
CASES = [
    ("<script>alert(1)</script><rect/>", "<rect></rect>", ("<script>",)),
    ("<x:script xmlns:x='http://www.w3.org/2000/svg'>evil()</x:script><rect/>", "<rect></rect>", ("<script>",)),
    ("<g><foreignObject><body><p>hi</p></body></foreignObject></g>", "<g></g>", ("<foreignObject>",)),
    ("<rect onclick='x()' width='3'/>", '<rect width="3"></rect>', ("'onclick'",)),
    ("<g OnLoad='x()' id='a'/>", '<g id="a"></g>', ("'OnLoad'",)),
    ("<image href='http://evil.example/a.png' width='2'/>", '<image width="2"></image>', ("'http://evil.example/a.png'",)),
    (f"<a {XLINK} x:href='javascript:alert(1)'><rect/></a>", "<rect></rect></a>", ("'javascript:alert(1)'",)),
    ("<use href='data:image/svg+xml,&lt;svg/&gt;'/>", "<use></use>", ("a data: link",)),
    (f"<use href='{data_link(svg(''), 'image/svg+xml')}'/>", "<use></use>", ("an embedded SVG",)),
    ("<rect fill='url(http://evil.example/#a)' x='1'/>", '<rect x="1"></rect>', ("'http://evil.example/#a'",)),
    ("<rect style='fill:url(http://evil.example/a'/>", "<rect></rect>", ("a link in styles",)),
    ("<g xml:base='http://evil.example/'><use href='#a'/></g>", '<g><use href="#a"></use></g>', ("xml:base",)),
    (f"<link {XHTML} rel='stylesheet' href='a.css'/><rect/>", "<rect></rect>", ("<link>",)),
    (f"<h:form {XHTML.replace('xmlns', 'xmlns:h')} action='http://e.example'/><rect/>", "<rect></rect>", ("<form>",)),
    ("<set attributeName='onclick' to='x()'/>", '<set to="x()"></set>', ("an animated link",)),
    ("<animate attributeName='xlink:href' values='a;b'/>", '<animate values="a;b"></animate>', ("an animated link",)),
    ("<?xml-stylesheet href='a.css'?><rect/>", "<rect></rect>", ("<?xml-stylesheet?>",)),
    (
        "<style>@import url(http://e.example/a.css);.a{fill:red}.b{fill:url(http://e.example/b)}.c{fill:url(#g)}</style>",
        "<style>.a{fill:red}.b{fill:none}.c{fill:url(#g)}</style>",
        ("an import in styles",),
    ),
    ("<style>a{b:u\\72l(http://e.example)}</style>", "<style></style>", ("an import in styles",)),
    ("<style>a{background:src('http://e.example')}</style>", "<style></style>", ("an import in styles",)),
    (
        "<style>a{b:url(<g/>http://e.example)}</style>",
        "<style>a{b:none}</style>",
        ("'http://e.example'",),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("inside", "left", "removed"), CASES)
def test_what_runs_or_fetches_is_taken_out(inside: str, left: str, removed: tuple[str, ...]) -> None:
    clean = clean_svg(svg(f"{inside}<title>a &amp; b</title>"))
    text = clean.data.decode()
    check_svg(clean.data)
    assert left in text
    assert clean.removed == removed
    assert "<title>a &amp; b</title>" in text
    assert not any(word in text for word in ("evil", "alert", "e.example", "javascript"))
    assert clean_svg(clean.data).data == clean.data, "cleaned is clean"


@pytest.mark.parametrize("inside", GOOD)
def test_a_harmless_drawing_stays_byte_for_byte(inside: str) -> None:
    assert clean_svg(svg(inside)).data == svg(inside)
    assert clean_svg(svg(inside)).removed == ()


def test_what_is_cleaned_looks_as_before() -> None:
    shapes = (
        '<defs><linearGradient id="g"><stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>'
        '<g id="k"><circle r="4"/></g></defs><rect width="40" height="20" fill="url(#g)"/>'
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="#k" x="9" y="9"/><style>circle{fill:lime}</style>'
        f'<image href="{data_link(saved(drawing(), "PNG"))}" x="20" width="9" height="9"/>'
    )
    clean = clean_svg(svg(shapes + "<script>x()</script>"))
    assert clean.removed == ("<script>",)
    assert decode(clean.data).tobytes() == decode(svg(shapes)).tobytes()


ENTITIES = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ENTITIES, "declares entities"),
        (svg("<g>" * 300 + "</g>" * 300), "nested too deeply"),
        (svg("<script/>" + "<g>" * 300 + "</g>" * 300), "nested too deeply"),
        (svg("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"), "refers to itself"),
        (svg("<script>")[:-10], "damaged SVG"),
        (b"<html><script/></html>", "<html>, not an SVG"),
    ],
)
def test_what_can_not_be_made_safe_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadPicture, match=message):
        clean_svg(data)


def test_a_document_type_from_elsewhere_is_taken_out() -> None:
    foreign = b'<!DOCTYPE svg SYSTEM "http://evil.example/a.dtd">' + svg("<rect/>")
    clean = clean_svg(foreign)
    assert (clean.removed, b"DOCTYPE" in clean.data) == (("<!DOCTYPE>",), False)
    usual = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">' + svg(
        ""
    )
    assert clean_svg(usual).data == usual
    inside = b'<!DOCTYPE svg [<!ATTLIST rect onload CDATA "evil()">]>' + svg("<rect/>")
    assert clean_svg(inside).removed == ("'onload'",)
    assert b"evil" not in clean_svg(inside).data


def test_another_encoding_is_written_anew() -> None:
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + svg("<title>\u00e9t\u00e9</title>").decode().encode(
        "latin-1"
    )
    clean = clean_svg(latin)
    assert clean.removed == ()
    assert "<title>\u00e9t\u00e9</title>" in clean.data.decode("utf-8")
    assert decode(clean.data).size == (40, 20)


def test_every_drawing_that_is_refused_for_running_is_cleaned() -> None:
    for inside, _ in BAD:
        try:
            check_svg(svg(inside))
        except Unsafe:
            check_svg(clean_svg(svg(inside)).data)
        except BadPicture:
            pass


NAMES = ["g", "rect", "script", "style", "image", "use", "a", "h:div", "foreignObject", "text", "animate", "h:script"]
KEYS = ["id", "href", "x:href", "style", "fill", "onload", "xml:base", "attributeName", "src", "class"]
VALUES = ["#a", "http://e.example/", "url(#a)", "url(http://e.example/x)", "data:,x", "javascript:x()", "red", "href"]
TEXTS = ["", "plain", "@import 'e.example';", "a{b:url(http://e.example)}", "&lt;script>", "u\\72l(x)"]
ROOT = 'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 4 4"'


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(st.sampled_from(NAMES))
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
    attributes = "".join(f" {key}='{draw(st.sampled_from(VALUES))}'" for key in keys)
    inner = draw(st.lists(trees(depth - 1), max_size=2)) if depth else []
    return f"<{name}{attributes}>{draw(st.sampled_from(TEXTS))}{''.join(inner)}</{name}>"


@settings(max_examples=150, deadline=None)
@given(st.lists(trees(), max_size=3))
def test_whatever_comes_what_is_published_is_safe(parts: list[str]) -> None:
    data = f'<svg xmlns="http://www.w3.org/2000/svg" {ROOT}>{"".join(parts)}</svg>'.encode()
    try:
        clean = clean_svg(data).data
    except Unsafe:
        raise
    except BadPicture:
        return  # an element that refers to itself
    check_svg(clean)
    assert b"<script" not in clean
    assert b"onload" not in clean


def test_a_drawing_that_was_paid_for_is_kept_whatever_it_holds() -> None:
    assert whole_picture(ENTITIES).media_type == "image/svg+xml"
    assert whole_svg(svg("<script/>", 'viewBox="0 0 40 20"')).upright_size == (40, 20)
    assert whole_svg(b'<svg xmlns="http://www.w3.org/2000/svg"/>').upright_size == (300, 150)
    for damaged in (svg("<g>"), svg("")[:-3], b"<svg"):
        with pytest.raises(BadPicture):
            whole_picture(damaged)
