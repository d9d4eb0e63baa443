"""PDFs written by hand, each with one thing wrong: the refusal names that thing."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import img2pdf  # type: ignore[import-untyped]
import pypdf
import pytest
from PIL import Image

from devices.documents import intake_errors as refusals
from devices.documents.intake_kinds import FileKind
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pdf import ExaminedPdf, examine_pdf
from devices.documents.intake_worker import read

LIMITS = IntakeLimits()
CATALOG = "<</Type/Catalog/Pages 2 0 R>>"
PAGES = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def pdf_of(*objects: str | bytes, trailer: str = "", tail: bytes = b"") -> bytes:
    """A file with a plain cross-reference table; the first object is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        body = item.encode("latin-1") if isinstance(item, str) else item
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode() + tail
    return bytes(out)


def stream(dictionary: str, data: bytes) -> bytes:
    return f"<<{dictionary}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def catalog(more: str) -> str:
    return f"<</Type/Catalog/Pages 2 0 R{more}>>"


def page(more: str) -> str:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{more}>>"


def examined(data: bytes, limits: IntakeLimits = LIMITS) -> ExaminedPdf:
    return examine_pdf(data, limits)[0]


def test_a_plain_pdf_is_accepted() -> None:
    assert examined(pdf_of(CATALOG, PAGES, PAGE)) == ExaminedPdf(((595.0, 842.0),), False)


WRONG: dict[str, tuple[bytes, type[refusals.FileRefusedError]]] = {
    "script when opened": (
        pdf_of(catalog("/OpenAction<</S/JavaScript/JS(app.alert)>>"), PAGES, PAGE),
        refusals.PdfScriptError,
    ),
    "script in the names": (pdf_of(catalog("/Names<</JavaScript<</Names[]>>>>"), PAGES, PAGE), refusals.PdfScriptError),
    "script with an escaped name": (pdf_of(catalog("/X<</S/J#61vaScript>>"), PAGES, PAGE), refusals.PdfScriptError),
    "script without its long name": (pdf_of(catalog("/X<</JS(x)>>"), PAGES, PAGE), refusals.PdfScriptError),
    "script that nothing leads to": (pdf_of(CATALOG, PAGES, PAGE, "<</J#53(x)>>"), refusals.PdfScriptError),
    "script deep inside": (pdf_of(catalog("/X" + "[" * 40 + "<</JS(x)>>" + "]" * 40), PAGES, PAGE), refusals.PdfScriptError),
    "launch": (pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/Link/A<</S/L#61unch>>>>]")), refusals.PdfActionError),
    "print when opened": (pdf_of(catalog("/OpenAction<</S/Named/N/Print>>"), PAGES, PAGE), refusals.PdfActionError),
    "print when opened, apart": (pdf_of(catalog("/OpenAction 4 0 R"), PAGES, PAGE, "<</S/Named>>"), refusals.PdfActionError),
    "link when opened": (pdf_of(catalog("/OpenAction<</S/URI/URI(http://a)>>"), PAGES, PAGE), refusals.PdfActionError),
    "additional actions": (pdf_of(CATALOG, PAGES, page("/AA<<>>")), refusals.PdfActionError),
    "sent form": (pdf_of(catalog("/X<</S/SubmitForm>>"), PAGES, PAGE), refusals.PdfActionError),
    "embedded file": (pdf_of(catalog("/Names<</EmbeddedFiles<<>>>>"), PAGES, PAGE), refusals.PdfEmbeddedFileError),
    "embedded file by itself": (
        pdf_of(CATALOG, PAGES, PAGE, stream("/Type/EmbeddedFile", b"x")),
        refusals.PdfEmbeddedFileError,
    ),
    "attachment": (pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/FileAttachment>>]")), refusals.PdfEmbeddedFileError),
    "associated file": (pdf_of(catalog("/AF[]"), PAGES, PAGE), refusals.PdfEmbeddedFileError),
    "portfolio": (pdf_of(catalog("/Collection<<>>"), PAGES, PAGE), refusals.PdfEmbeddedFileError),
    "XFA": (pdf_of(catalog("/AcroForm<</XFA[]>>"), PAGES, PAGE), refusals.PdfXfaError),
    "another file": (pdf_of(CATALOG, PAGES, page("/X<</S/GoToR/F(b.pdf)>>")), refusals.PdfExternalReferenceError),
    "content elsewhere": (pdf_of(CATALOG, PAGES, PAGE, stream("/F(b.bin)", b"")), refusals.PdfExternalReferenceError),
    "content on a server": (pdf_of(CATALOG, PAGES, page("/X<</FS/URL/F(http://a)>>")), refusals.PdfExternalReferenceError),
    "page of another file": (
        pdf_of(CATALOG, PAGES, PAGE, stream("/Subtype/Form/Ref<<>>", b"")),
        refusals.PdfExternalReferenceError,
    ),
    "film": (pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/Movie>>]")), refusals.PdfMediaError),
    "3D": (pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/3D>>]")), refusals.PdfMediaError),
    "rich media": (pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/RichMedia>>]")), refusals.PdfMediaError),
    "encrypted": (
        pdf_of(CATALOG, PAGES, PAGE, trailer="/Encrypt<</Filter/Standard/V 1/R 2/O()/U()/P 0>>/ID[(a)(a)]"),
        refusals.PdfEncryptedError,
    ),
    "encrypted stream": (pdf_of(CATALOG, PAGES, PAGE, stream("/Filter/Crypt", b"x")), refusals.PdfEncryptedError),
    "no pages": (pdf_of(CATALOG, "<</Type/Pages/Kids[]/Count 0>>"), refusals.PdfNoPagesError),
    "no tree": (pdf_of("<</Type/Catalog>>"), refusals.PdfPageTreeError),
    "pages in a circle": (pdf_of(CATALOG, "<</Type/Pages/Kids[2 0 R]/Count 1>>"), refusals.PdfPageTreeError),
    "the same page twice": (pdf_of(CATALOG, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", PAGE), refusals.PdfPageTreeError),
    "a wrong count": (pdf_of(CATALOG, "<</Type/Pages/Kids[3 0 R]/Count 999999>>", PAGE), refusals.PdfPageTreeError),
    "no size": (pdf_of(CATALOG, PAGES, "<</Type/Page/Parent 2 0 R>>"), refusals.PdfPageTreeError),
    "no believable size": (pdf_of(CATALOG, PAGES, "<</Type/Page/MediaBox[0 0 1 1000000]>>"), refusals.PdfPageTreeError),
    "a missing page": (pdf_of(CATALOG, "<</Type/Pages/Kids[9 0 R]/Count 1>>"), refusals.PdfRefusedError),
    "too many pages": (
        pdf_of(CATALOG, "<</Type/Pages/Kids[" + " ".join(f"{n} 0 R" for n in range(3, 60)) + "]/Count 57>>", *[PAGE] * 57),
        refusals.TooManyPagesError,
    ),
    "a huge picture": (
        pdf_of(CATALOG, PAGES, PAGE, stream("/Subtype/Image/Width 20000/Height 20000/Filter/CCITTFaxDecode", b"\0")),
        refusals.PictureTooLargeError,
    ),
    "a picture without a size": (pdf_of(CATALOG, PAGES, PAGE, stream("/Subtype/Image", b"\0")), refusals.PdfBrokenError),
    "a packed bomb": (
        pdf_of(CATALOG, PAGES, PAGE, stream("/Filter/FlateDecode", zlib.compress(bytes(210_000_000)))),
        refusals.PdfTooComplexError,
    ),
    "a bomb in a bomb": (
        pdf_of(
            CATALOG,
            PAGES,
            PAGE,
            stream("/Filter[/FlateDecode/FlateDecode]", zlib.compress(zlib.compress(bytes(100_000_000)))),
        ),
        refusals.PdfTooComplexError,
    ),
    "a cut stream": (
        pdf_of(CATALOG, PAGES, PAGE, stream("/Filter/FlateDecode", zlib.compress(b"abc" * 99)[:9])),
        refusals.PdfBrokenError,
    ),
    "something behind the end": (pdf_of(CATALOG, PAGES, PAGE, tail=b"PK\3\4" * 50), refusals.PdfBrokenError),
    "no end": (pdf_of(CATALOG, PAGES, PAGE)[:-8], refusals.PdfBrokenError),
    "no cross-reference": (pdf_of(CATALOG, PAGES, PAGE).replace(b"xref\n0", b"xrex\n0"), refusals.PdfBrokenError),
    "a cross-reference to the wrong place": (
        pdf_of(CATALOG, PAGES, PAGE).replace(b"1.7\n", b"1.7\n\n\n\n\n\n\n\n\n\n\n"),
        refusals.PdfBrokenError,
    ),
    "a catalogue that is none": (pdf_of("<</Type/Page>>", PAGES, PAGE), refusals.PdfBrokenError),
    "brackets without end": (pdf_of(CATALOG, PAGES, page("/X" + "[" * 50_000)), refusals.PdfRefusedError),
    "nothing but its beginning": (b"%PDF-1.7\n", refusals.PdfBrokenError),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_what_is_wrong_is_named(name: str) -> None:
    data, refusal = WRONG[name]
    with pytest.raises(refusal):
        read(data, FileKind.PDF, LIMITS)


def test_many_objects_are_refused_before_they_are_read() -> None:
    data = pdf_of(CATALOG, PAGES, PAGE, *["null"] * 100)
    assert examined(data)
    with pytest.raises(refusals.PdfTooComplexError):
        examined(data, replace(LIMITS, most_pdf_objects=50))


def test_a_bomb_of_packed_objects_is_refused() -> None:
    """An object stream that unpacks to far more than a document has."""
    with pytest.raises(refusals.PdfRefusedError):
        examined(
            pdf_of(
                CATALOG,
                PAGES,
                PAGE,
                stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", zlib.compress(bytes(210_000_000), 9)),
            )
        )


def test_a_password_is_refused_also_if_it_is_empty() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("", "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(refusals.PdfEncryptedError):
        examined(out.getvalue())


def test_links_are_accepted_unless_the_settings_say_otherwise() -> None:
    data = pdf_of(CATALOG, PAGES, page("/Annots[<</Subtype/Link/A<</S/URI/URI(http://a)>>>>]"))
    assert examined(data)
    with pytest.raises(refusals.PdfActionError):
        examined(data, replace(LIMITS, links_accepted=False))


def test_going_to_a_page_when_opened_is_harmless() -> None:
    assert examined(pdf_of(catalog("/OpenAction[3 0 R/Fit]"), PAGES, PAGE))
    assert examined(pdf_of(catalog("/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"), PAGES, PAGE))


def test_a_signed_pdf_is_seen_as_such() -> None:
    assert examined(pdf_of(catalog("/AcroForm<</Fields[<</FT/Sig>>]>>"), PAGES, PAGE)).is_signed


def test_sizes_are_inherited_turned_and_scaled() -> None:
    pages = "<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3/MediaBox[0 0 100 200]>>"
    data = pdf_of(CATALOG, pages, "<</Type/Page>>", "<</Type/Page/Rotate 90>>", "<</Type/Page/UserUnit 2>>")
    assert examined(data).page_sizes_pt == ((100, 200), (200, 100), (200, 400))


def _scan(kind: str, mode: str) -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((600, 800)).convert(mode).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "1"), ("TIFF", "1")])
def test_what_img2pdf_makes_is_accepted_and_shown(kind: str, mode: str) -> None:
    pages = _scan(kind, mode)
    header, blocks = read(img2pdf.convert([pages, pages]), FileKind.PDF, LIMITS)
    assert len(header["sizes"]) == 2
    with Image.open(io.BytesIO(blocks[0])) as preview:
        assert abs(preview.width / preview.height - 0.75) < 0.01


def test_a_page_that_is_more_than_a_picture_has_no_preview() -> None:
    _, blocks = read(pdf_of(CATALOG, PAGES, page("/Resources<</Font<<>>>>")), FileKind.PDF, LIMITS)
    assert blocks == []


def test_what_pypdf_writes_with_packed_objects_is_accepted() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(img2pdf.convert(_scan("JPEG", "L"))))
    out = io.BytesIO()
    writer.write(out)
    assert len(examined(out.getvalue()).page_sizes_pt) == 1
