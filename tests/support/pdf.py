"""What a PDF says."""

import pypdfium2


def text(pdf: bytes) -> str:
    """The text of all pages, with one space wherever the pages have space."""
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def says(pdf: bytes, words: str) -> bool:
    """Whether the pages have these words. Where letters are set apart, who reads a PDF may find a space between them,
    and a line may end within a number: spaces do not count.
    """
    return words.replace(" ", "") in text(pdf).replace(" ", "")
