from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageCms, ImageOps

from imaging.pictures import chunk, drawing, raw_png, saved
from pixmake.imaging.decode import decode
from pixmake.imaging.probe import BadPicture


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(drawing(), format, exif=exif)
    upright = decode(data)
    plain = decode(saved(drawing(), format))
    turned = plain.getexif()
    turned[0x0112] = orientation
    assert upright == ImageOps.exif_transpose(plain).convert("RGB")
    assert not upright.info


def test_sixteen_bits_are_rounded() -> None:
    rows = b"\0" + struct.pack(">4H", 0, 200, 32768, 65535)
    assert decode(raw_png(4, 1, 16, 0, rows)).getchannel(0).tobytes() == bytes((0, 1, 128, 255))
    keyed = decode(raw_png(4, 1, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 32768))))
    assert keyed.getchannel("G").tobytes() == bytes((0, 1, 128, 255))
    assert keyed.getchannel("A").tobytes() == bytes((255, 255, 0, 255))


def test_a_transparent_color_of_sixteen_bits() -> None:
    rows = b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 65535, 0)
    image = decode(raw_png(2, 1, 16, 2, rows, chunk(b"tRNS", struct.pack(">3H", 65535, 0, 0))))
    assert image.tobytes() == bytes((255, 0, 0, 0, 0, 255, 0, 255))


def test_grey_and_palette_pictures() -> None:
    grey = Image.linear_gradient("L")
    assert decode(saved(grey, "PNG")) == grey.convert("RGB")
    both = Image.merge("LA", (grey, grey.rotate(90)))
    assert decode(saved(both, "PNG")) == both.convert("RGBA")
    bits = grey.convert("1")
    assert decode(saved(bits, "PNG")) == bits.convert("RGB")
    few = drawing().quantize(4)
    keyed = decode(saved(few, "PNG", transparency=few.getpixel((0, 0))))
    assert keyed.mode == "RGBA"
    assert keyed.getchannel("A").getextrema() == (0, 255)


def test_cmyk_becomes_rgb() -> None:
    image = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    red, green, blue = image.getpixel((4, 4))  # type: ignore[misc]
    assert image.mode == "RGB"
    assert red > 240 and green < 15 and blue < 15


def swapped_profile(name: str) -> bytes:
    """An RGB profile whose red primary is sRGB's green one and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    return profile.replace("sRGB".encode("utf-16-be"), name.encode("utf-16-be"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_another_color_space_becomes_srgb(mode: str) -> None:
    image = Image.new(mode, (4, 4), (255, 0, 0, 77) if mode == "RGBA" else (255, 0, 0))
    converted = decode(saved(image, "PNG", icc_profile=swapped_profile("swap")))
    pixel = converted.getpixel((1, 1))
    assert isinstance(pixel, tuple)
    assert pixel[0] < 5 and pixel[1] > 250 and pixel[2] < 5
    assert pixel[3:] == ((77,) if mode == "RGBA" else ())
    assert not converted.info
    untouched = decode(saved(image, "PNG", icc_profile=b"no profile at all"))
    assert untouched == image
    assert decode(saved(image, "PNG", icc_profile=swapped_profile("sRGB"))) == image


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("part", [0.6, 0.9, "last byte"])
def test_a_picture_that_is_cut_short_is_refused(format: str, part: float | str) -> None:
    data = saved(drawing(400, 300), format)
    end = len(data) - 1 if isinstance(part, str) else int(len(data) * part)
    if format == "GIF" and part == "last byte":
        pytest.skip("a GIF's trailer holds nothing")
    with pytest.raises(BadPicture):
        decode(data[:end])


def test_a_wrong_checksum_is_told() -> None:
    data = bytearray(saved(drawing(), "PNG"))
    data[data.index(b"IDAT") + 40] ^= 1
    with pytest.raises(BadPicture) as caught:
        decode(bytes(data))
    assert caught.value.message == "is a damaged PNG picture: the checksum of its IDAT chunk is wrong"
    with pytest.raises(BadPicture) as caught:
        decode(bytes(data[:-20]))
    assert caught.value.message in (
        "is a damaged PNG picture: the checksum of its IDAT chunk is wrong",
        "is a PNG picture that is cut short",
    )


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ((), "is a damaged PNG picture"),
        (
            (chunk(b"PLTE", bytes(9)), chunk(b"tRNS", bytes(300))),
            "is a damaged PNG picture: palette index out of range",
        ),
    ],
)
def test_a_palette_that_does_not_fit_is_told(extra: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(BadPicture) as caught:
        decode(raw_png(2, 1, 8, 3, bytes(3), *extra))
    assert caught.value.message == message


def test_what_the_decoder_does_not_know_at_all_is_told_without_our_buffers_address() -> None:
    data = saved(drawing(), "AVIF")
    assert data.count(b"hdlr") == 1
    with pytest.raises(BadPicture) as caught:
        decode(data.replace(b"hdlr", b"h\0lr"))
    assert caught.value.message == "is a damaged AVIF picture"


def test_the_largest_picture_of_an_icon() -> None:
    for kind in ("png", "bmp"):
        image = drawing(64, 64, "RGBA")
        icon = saved(image, "ICO", sizes=[(16, 16), (48, 48), (64, 64)], bitmap_format=kind)
        assert decode(icon) == image


def test_many_threads_decode_alike() -> None:
    data = [saved(drawing(mode="RGBA"), "PNG"), saved(drawing(), "WEBP"), saved(drawing(), "AVIF")]
    expected = [decode(one) for one in data]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decode, data * 8))
    assert found == expected * 8


def test_a_header_that_contradicts_the_pixels_is_damage() -> None:
    image = drawing(48, 48, "RGBA")
    icon = bytearray(saved(image, "ICO", sizes=[(16, 16), (48, 48)]))
    first = icon.index(b"IHDR") + 4
    icon[first : first + 8] = struct.pack(">II", 500, 20)  # the smaller picture claims more than the larger one
    with pytest.raises(BadPicture) as caught:
        decode(bytes(icon))
    assert caught.value.message == "is damaged: its header says 500x20 pixels, but it holds 48x48"
