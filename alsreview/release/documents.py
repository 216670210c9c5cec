"""Lists the files that a whole build makes beside the pages, each with the words that offer it."""

ARTICLE = "als-review.pdf"
SUPPLEMENT = "als-review-supplement.pdf"
SUMMARY = "als-review-summary.pdf"
WORD = "als-review.docx"
DATA = "als-review-data.zip"
DOCUMENTS = {
    ARTICLE: "The article as a PDF",
    SUPPLEMENT: "The supplement as a PDF",
    SUMMARY: "One page to print",
    WORD: "The article for Word, for comments",
    DATA: "The data",
}
