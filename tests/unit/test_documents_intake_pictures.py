"""What comes out of picture files: pixels as a person saw them, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from devices.documents.intake_errors import (
    FileRefusedError,
    KindNotAcceptedError,
    KindUnknownError,
    NotWhatItsNameSaysError,
    PictureBrokenError,
    PictureMovesError,
    PictureTooLargeError,
    PictureUnsupportedError,
    TooManyPagesError,
)
from devices.documents.intake_kinds import FileKind, kind_of_name
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pictures import DecodedPicture, read_pictures
from devices.documents.intake_worker import read

LIMITS = IntakeLimits()
KINDS = [FileKind.JPEG, FileKind.PNG, FileKind.TIFF, FileKind.BMP, FileKind.WEBP]


def corners(mode: str = "RGB") -> Image.Image:
    """White with a dark upper left quarter."""
    picture = Image.new("RGB", (200, 120), "white")
    picture.paste((10, 20, 30), (0, 0, 100, 60))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: FileKind, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind.value, **options)
    return out.getvalue()


def pages_of(data: bytes, kind: FileKind, limits: IntakeLimits = LIMITS) -> list[DecodedPicture]:
    return list(read_pictures(data, kind, limits))


def opened(page: DecodedPicture) -> Image.Image:
    picture = Image.open(io.BytesIO(page.data))
    picture.load()
    assert picture.size == (page.width_px, page.height_px)
    return picture


def grey_at(picture: Image.Image, x: int, y: int) -> int:
    return picture.convert("L").tobytes()[y * picture.width + x]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_a_page_of_the_same_look(kind: FileKind) -> None:
    (page,) = pages_of(encoded(corners(), kind), kind)
    picture = opened(page)
    assert page.format == "jpeg"
    assert grey_at(picture, 20, 20) < 40
    assert grey_at(picture, 150, 20) > 240


@pytest.mark.parametrize(
    ("kind", "mode", "gives"),
    [
        (FileKind.JPEG, "CMYK", "RGB"),
        (FileKind.TIFF, "CMYK", "RGB"),
        (FileKind.TIFF, "LAB", "RGB"),
        (FileKind.JPEG, "L", "L"),
        (FileKind.PNG, "P", "RGB"),
        (FileKind.PNG, "LA", "L"),
        (FileKind.PNG, "RGBA", "RGB"),
        (FileKind.PNG, "1", "1"),
        (FileKind.TIFF, "1", "1"),
        (FileKind.PNG, "I;16", "L"),
        (FileKind.TIFF, "I;16", "L"),
    ],
)
def test_every_way_to_keep_colours_comes_out_plain_and_right(kind: FileKind, mode: str, gives: str) -> None:
    if mode == "I;16":
        source = corners("L").convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode == "LAB":
        turned = ImageCms.profileToProfile(
            corners(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
        assert turned is not None
        source = turned
    else:
        source = corners(mode)
    (page,) = pages_of(encoded(source, kind), kind)
    picture = opened(page)
    assert picture.mode == gives
    assert page.format == ("png" if gives == "1" else "jpeg")
    assert grey_at(picture, 20, 20) < 45
    assert grey_at(picture, 150, 100) > 235


def test_what_is_transparent_becomes_paper() -> None:
    picture = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    (page,) = pages_of(encoded(picture, FileKind.PNG), FileKind.PNG)
    assert grey_at(opened(page), 25, 25) > 250


def test_a_transparent_palette_colour_becomes_paper() -> None:
    picture = corners().quantize(4)
    dark = picture.getpixel((5, 5))
    (page,) = pages_of(encoded(picture, FileKind.PNG, transparency=dark), FileKind.PNG)
    assert grey_at(opened(page), 20, 20) > 240


@pytest.mark.parametrize(
    ("orientation", "dark"), [(1, "ul"), (2, "ur"), (3, "lr"), (4, "ll"), (5, "ul"), (6, "ur"), (7, "lr"), (8, "ll")]
)
@pytest.mark.parametrize("kind", [FileKind.JPEG, FileKind.TIFF, FileKind.PNG])
def test_a_photo_stands_as_its_camera_was_held(kind: FileKind, orientation: int, dark: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    (page,) = pages_of(encoded(corners(), kind, exif=exif), kind)
    picture = opened(page)
    assert picture.size == ((200, 120) if orientation < 5 else (120, 200))
    x = picture.width // 4 if dark[1] == "l" else 3 * picture.width // 4
    y = picture.height // 4 if dark[0] == "u" else 3 * picture.height // 4
    assert grey_at(picture, x, y) < 60


SECRETS = (b"Jane Roe", b"GPS-PLACE", b"MakerSecret", b"sRGB", b"xmpmeta")


@pytest.mark.parametrize("kind", [FileKind.JPEG, FileKind.PNG, FileKind.TIFF, FileKind.WEBP])
def test_nothing_that_was_around_the_pixels_survives(kind: FileKind) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Roe"
    exif.get_ifd(0x8825)[29] = "GPS-PLACE"
    exif.get_ifd(0x8769)[37500] = b"MakerSecret"
    options: dict[str, object] = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if kind is FileKind.JPEG:
        options |= {"comment": b"Jane Roe", "xmp": b"<x:xmpmeta>Jane Roe</x:xmpmeta>"}
    if kind is FileKind.PNG:
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", "Jane Roe")
        options["pnginfo"] = info
    source = encoded(corners(), kind, **options)
    assert b"Jane Roe" in source
    (page,) = pages_of(source, kind)
    assert not [secret for secret in SECRETS if secret in page.data]
    picture = opened(page)
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_black_and_white_pages_lose_their_texts_too() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Jane Roe")
    (page,) = pages_of(encoded(corners("1"), FileKind.PNG, pnginfo=info), FileKind.PNG)
    assert b"Jane" not in page.data
    assert opened(page).info == {}


def test_a_colour_profile_is_applied_before_it_goes() -> None:
    """In a profile with red and blue exchanged, red is blue."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", srgb[128:132])[0]
    at = {bytes(srgb[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    srgb[at[b"rXYZ"] : at[b"rXYZ"] + 4], srgb[at[b"bXYZ"] : at[b"bXYZ"] + 4] = b"bXYZ", b"rXYZ"
    red = Image.new("RGB", (40, 40), (255, 0, 0))
    (page,) = pages_of(encoded(red, FileKind.PNG, icc_profile=bytes(srgb)), FileKind.PNG)
    pixel = opened(page).getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 200 > 80 > pixel[0]


def test_a_damaged_profile_does_not_cost_the_picture() -> None:
    (page,) = pages_of(encoded(corners(), FileKind.JPEG, icc_profile=b"\1" * 600), FileKind.JPEG)
    assert grey_at(opened(page), 150, 20) > 240


def test_fax_pixels_become_square() -> None:
    (page,) = pages_of(encoded(corners("1"), FileKind.TIFF, dpi=(204, 98)), FileKind.TIFF)
    assert (page.width_px, page.height_px) == (200, round(120 * 204 / 98))
    assert page.dpi == 204
    assert opened(page).mode == "1"


@pytest.mark.parametrize(("dots", "kept"), [((300, 300), 300.0), ((1, 1), None), ((90_000, 90_000), None)])
def test_only_a_believable_resolution_is_kept(dots: tuple[int, int], kept: float | None) -> None:
    (page,) = pages_of(encoded(corners(), FileKind.TIFF, dpi=dots), FileKind.TIFF)
    assert page.dpi == kept


def test_a_tiff_gives_its_pages_in_order() -> None:
    greys = [0, 90, 180]
    first, *others = (Image.new("L", (60, 40), grey) for grey in greys)
    pages = pages_of(encoded(first, FileKind.TIFF, save_all=True, append_images=others), FileKind.TIFF)
    assert [round(grey_at(opened(page), 30, 20), -1) for page in pages] == greys


def test_a_tiff_with_too_many_pages_is_refused() -> None:
    picture = Image.new("1", (8, 8))
    data = encoded(picture, FileKind.TIFF, save_all=True, append_images=[picture] * 3)
    assert len(pages_of(data, FileKind.TIFF, replace(LIMITS, most_pages=4))) == 4
    with pytest.raises(TooManyPagesError):
        pages_of(data, FileKind.TIFF, replace(LIMITS, most_pages=3))
    with pytest.raises(TooManyPagesError):
        pages_of(data, FileKind.TIFF, replace(LIMITS, most_total_pixels=200))


def png_header(width: int, height: int) -> bytes:
    """A PNG that only claims to be large."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    chunks = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (body, pixels, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("size", [(20_000, 100), (100, 20_000), (20_000, 20_000), (10_000, 10_000), (2**31 - 1, 1)])
def test_a_picture_that_is_too_large_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLargeError) as refused:
        pages_of(png_header(*size), FileKind.PNG)
    assert refused.value.params["width_px"] == size[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_20000_pixel_picture_of_any_kind_is_refused(kind: FileKind) -> None:
    width = 20_000 if kind is not FileKind.WEBP else 16_000  # more does not exist in WebP
    with pytest.raises(PictureTooLargeError):
        pages_of(encoded(Image.new("L", (width, 2)).convert("RGB"), kind), kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_picture_that_is_cut_off_is_refused(kind: FileKind, part: float) -> None:
    noise = Image.effect_noise((200, 120), 90).convert("RGB")
    data = encoded(noise, kind)
    with pytest.raises(FileRefusedError) as refused:
        read(data[: int(len(data) * part)], None, LIMITS)
    assert isinstance(refused.value, PictureBrokenError | PictureTooLargeError)


@pytest.mark.parametrize("kind", [FileKind.PNG, FileKind.WEBP])
def test_an_animation_is_refused(kind: FileKind) -> None:
    other = Image.new("RGB", (200, 120), "red")
    with pytest.raises(PictureMovesError):
        pages_of(encoded(corners(), kind, save_all=True, append_images=[other]), kind)


def test_numbers_that_are_no_colours_are_refused() -> None:
    with pytest.raises(PictureUnsupportedError):
        pages_of(encoded(Image.new("F", (20, 20)), FileKind.TIFF), FileKind.TIFF)


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.pdf", encoded(corners(), FileKind.JPEG), NotWhatItsNameSaysError),
        ("a.exe", encoded(corners(), FileKind.JPEG), NotWhatItsNameSaysError),
        ("a.jpg", b"MZ\x90\0" + bytes(100), NotWhatItsNameSaysError),
        ("a.exe", b"MZ\x90\0" + bytes(100), KindNotAcceptedError),
        ("a.gif", b"GIF89a" + bytes(100), KindNotAcceptedError),
        ("", b"<?xml version='1.0'?><svg/>", KindNotAcceptedError),
        ("a.docx", b"PK\3\4" + bytes(100), KindNotAcceptedError),
        ("a.jpg", b"\n%PDF-1.4", KindUnknownError),
        ("", b"hello", KindUnknownError),
        ("", b"\0", KindUnknownError),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, data: bytes, refusal: type[FileRefusedError]) -> None:
    with pytest.raises(refusal):
        read(data, kind_of_name(name), LIMITS)


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "Scan.0001", "letter of j. roe", "", "a"])
def test_an_ending_that_fits_or_says_nothing_is_accepted(name: str) -> None:
    header, _ = read(encoded(corners(), FileKind.JPEG), kind_of_name(name), LIMITS)
    assert header["kind"] == "JPEG"
