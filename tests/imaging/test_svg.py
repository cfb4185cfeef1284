from __future__ import annotations

import base64
import html

import pytest

from imaging.pictures import drawing, raw_png, saved, svg
from pixmake.imaging.decode import decode
from pixmake.imaging.probe import BadPicture, Limits
from pixmake.imaging.svg import check_svg, rasterize_svg


def data_link(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def nested_uses(levels: int) -> str:
    parts = ['<g id="a0"><rect/></g>']
    parts += [f'<g id="a{n}">{f"<use href={chr(34)}#a{n - 1}{chr(34)}/>" * 10}</g>' for n in range(1, levels)]
    return f"<defs>{''.join(parts)}</defs><use href='#a{levels - 1}'/>"


GOOD = [
    '<defs><linearGradient id="g"><stop stop-color="red"/></linearGradient></defs><rect fill="url(#g)"/>',
    "<style>.a { fill: #f00 } /* (really) */</style><text class='a'>on (and on)</text>",
    f'<image href="{data_link(saved(drawing(), "PNG"))}" width="9" height="9"/>',
    "<title>a &amp; b</title><desc>href=http://example.com</desc>",
    "<path d='M0 0' transform='rotate(45)'/><animate attributeName='opacity' values='0;1'/>",
    nested_uses(4),
]


@pytest.mark.parametrize("inside", GOOD)
def test_harmless_drawings_pass(inside: str) -> None:
    check_svg(svg(inside))
    assert rasterize_svg(svg(inside), 40, 20).size == (40, 20)


BAD = [
    ("<script>alert(1)</script>", "is an SVG picture with <script>, which is not allowed"),
    ("<g><foreignObject><p/></foreignObject></g>", "is an SVG picture with <foreignObject>, which is not allowed"),
    ("<rect onclick='x()'/>", "is an SVG picture with the event handler 'onclick', which is not allowed"),
    ("<rect OnLoad='x()'/>", "is an SVG picture with the event handler 'OnLoad', which is not allowed"),
    ("<image href='http://x.example/a.png'/>", "is an SVG picture that refers to 'http://x.example/a.png'"),
    ("<image href='../secret.png'/>", "is an SVG picture that refers to '../secret.png'"),
    ("<image xmlns:x='http://www.w3.org/1999/xlink' x:href='/etc/a.png'/>", "refers to '/etc/a.png'"),
    ("<a href=' javascript:alert(1)'/>", "is an SVG picture that refers to 'javascript:alert(1)'"),
    ("<rect fill='url( \"http://x.example/#a\" )'/>", "refers to 'http://x.example/#a', outside of itself"),
    ("<rect style='fill:url(a.svg#b)'/>", "is an SVG picture that refers to 'a.svg#b', outside of itself"),
    ("<style>@import 'a.css';</style>", "whose styles hold an import or an escape"),
    ("<style>a{b:u\\72l(http://x.example)}</style>", "whose styles hold an import or an escape"),
    ("<style>a{<![CDATA[b:url(http://x.example)]]>}</style>", "refers to 'http://x.example', outside of itself"),
    ("<style>a{b:url(<g/>http://x.example)}</style>", "refers to 'http://x.example', outside of itself"),
    ("<set attributeName='href' to='javascript:x'/>", "is an SVG picture that animates a link"),
    ("<?xml-stylesheet href='a.css'?>", "is an SVG picture with the instruction '<?xml-stylesheet …?>'"),
    (f'<image href="{data_link(svg(""), "image/svg+xml")}"/>', "with another SVG embedded"),
    (f'<image href="{data_link(b"<html>")}"/>', "is an HTML page, not a picture"),
    (f'<image href="{data_link(raw_png(30000, 30000, 8, 6, b""))}"/>', "a side may have at most 16384"),
    (nested_uses(9), "is an SVG picture with too many elements, or nested too deeply"),
    ("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>", "an element that refers to itself"),
    ("<g>" * 300 + "</g>" * 300, "is an SVG picture with too many elements, or nested too deeply"),
    ("<g>", "is damaged SVG: mismatched tag"),
]


@pytest.mark.parametrize(("inside", "message"), BAD, ids=[message for _, message in BAD])
def test_drawings_that_run_or_fetch_are_refused(inside: str, message: str) -> None:
    for use in (check_svg, lambda data: rasterize_svg(data, 40, 20)):
        with pytest.raises(BadPicture) as caught:
            use(svg(inside))
        assert message in caught.value.message


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>")
    with pytest.raises(BadPicture, match="declares entities"):
        check_svg(bomb)
    with pytest.raises(BadPicture, match="<html>, not an SVG"):
        check_svg(b"<html/>")
    check_svg(b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">' + svg(""))


def test_a_drawing_covers_the_size_wanted() -> None:
    data = svg('<rect width="40" height="20" fill="#ff0000"/>')
    for width, height, size in ((80, 40, (80, 40)), (80, 80, (160, 80)), (100, 10, (100, 50))):
        image = rasterize_svg(data, width, height)
        assert image.size == size
        assert image.getpixel((5, 5)) == (255, 0, 0, 255)
    narrow = svg("<rect/>", 'width="10.1" height="1000"')
    assert decode(narrow).size == (11, 1000)
    with pytest.raises(BadPicture, match="megapixels"):
        rasterize_svg(data, 2000, 1000, limits=Limits(max_pixels=1_000_000))


def test_text_that_looks_like_markup_is_text() -> None:
    check_svg(svg(f"<text>{html.escape('<script>alert(1)</script>')}</text>"))
