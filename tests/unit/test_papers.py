"""Papers are known by their content: what is no whole picture or plain PDF is refused, whatever it says to be."""

import struct
import zlib

import pytest

from idp.reviews import papers
from idp.reviews.errors import PaperMissing, PaperTooLarge, PaperUnreadable
from tests.papers import JPEG, PDF, PNG, jpeg_of, pdf_of, png_of


@pytest.mark.parametrize(
    ("content", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (PDF, "application/pdf")]
)
def test_a_paper_is_what_its_content_shows(content, media_type):
    assert papers.read(content).media_type == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff<script>alert(1)</script>",
        b"GIF89a" + b"\x00" * 64,
        PNG[:-4],
        PNG + b"<script>alert(1)</script>",
        JPEG[:-2],
        JPEG[:24],
        PDF.replace(b"%%EOF", b""),
        b"PK\x03\x04" + b"\x00" * 64,
    ],
)
def test_what_only_says_to_be_a_paper_is_refused(content):
    with pytest.raises(PaperUnreadable):
        papers.read(content)


@pytest.mark.parametrize("sides", [(0, 10), (10, 0), (16_001, 10), (10_000, 10_000), (65_535, 65_535)])
def test_a_picture_that_would_unfold_beyond_measure_is_refused(sides):
    with pytest.raises(PaperUnreadable):
        papers.read(png_of(*sides))
    with pytest.raises(PaperUnreadable):
        papers.read(jpeg_of(*sides))


@pytest.mark.parametrize(
    "inside",
    [
        b"/OpenAction 4 0 R", b"/AA<</O 4 0 R>>", b"/S/JavaScript/JS(app.alert\\(1\\))", b"/S /Launch", b"/EmbeddedFiles 1",
        b"/Encrypt 5 0 R", b"/XFA[]", b"/#4a#53 (x)", b"/J#61vaScript", b"/RichMedia",
    ],
)  # fmt: skip
def test_a_pdf_that_names_something_that_runs_is_refused(inside):
    with pytest.raises(PaperUnreadable):
        papers.read(pdf_of(inside))


def test_names_that_only_begin_alike_are_no_reason():
    assert papers.read(pdf_of(b"/AAB 1 /JSX 2 /Launcher 3")).media_type == "application/pdf"


def test_nothing_and_too_much_are_told_apart():
    with pytest.raises(PaperMissing):
        papers.read(b"")
    with pytest.raises(PaperTooLarge):
        papers.read(JPEG + b"\x00" * papers.LONGEST)


def test_a_png_with_a_chunk_that_lies_about_its_length_is_refused():
    whole = PNG[:8] + struct.pack(">I", 2**31) + b"IHDR" + b"\x00" * 17
    with pytest.raises(PaperUnreadable):
        papers.read(whole + zlib.crc32(whole).to_bytes(4, "big"))
