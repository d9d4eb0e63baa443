"""What can go wrong between a piece of paper and a document that can be sealed.

Parameters are names of sources, sizes and numbers; never a path or the name of a file, since people name files after people.
``pages`` in the errors of a scan is how many pages had come before: they are kept.
"""

from __future__ import annotations

from packet.errors import CodedError


class DocumentError(CodedError):
    """Root of all errors about documents and their sources."""

    code = "DOCUMENT-ERROR"


class ScanError(DocumentError):
    """Root of what ends a scan early. Params: ``source``, ``pages``."""

    code = "SCAN-ERROR"


class ScanCancelledError(ScanError):
    """The operator gave up."""

    code = "SCAN-CANCELLED"
    sentence = "The scan was stopped. {pages} pages had come and are kept."
    next_step = "Scan again to add pages, or go on with those that are there."


class SourceNotUsableError(ScanError):
    """The source is not ready. Params: ``source``, ``reason``."""

    code = "SCAN-SOURCE-NOT-USABLE"
    sentence = "{source} cannot be used now: {reason}"
    next_step = "Put that right, or choose another source."


class ScannerJammedError(ScanError):
    """SANE_STATUS_JAMMED."""

    code = "SCAN-JAMMED"
    sentence = "Paper is stuck in the scanner. {pages} pages had come and are kept."
    next_step = "Open the feeder, take the paper out, put back the sheets that have not come yet, and scan again."


class FeederEmptyError(ScanError):
    """SANE_STATUS_NO_DOCS before the first page."""

    code = "SCAN-FEEDER-EMPTY"
    sentence = "There is no paper in the feeder. {pages} pages had come and are kept."
    next_step = "Put the sheets into the feeder until it grips them, or scan from the glass."


class CoverOpenError(ScanError):
    """SANE_STATUS_COVER_OPEN."""

    code = "SCAN-COVER-OPEN"
    sentence = "The scanner's cover is open. {pages} pages had come and are kept."
    next_step = "Close the cover and scan again."


class ScannerBusyError(ScanError):
    """SANE_STATUS_DEVICE_BUSY, or this desk scans with it already."""

    code = "SCAN-BUSY"
    sentence = "The scanner is in use. {pages} pages had come and are kept."
    next_step = "Wait until the other scan has ended, or close the other program that uses the scanner."


class ScannerConnectionError(ScanError):
    """SANE_STATUS_IO_ERROR: unplugged, switched off, or a bad cable."""

    code = "SCAN-CONNECTION"
    sentence = "The connection to the scanner broke. {pages} pages had come and are kept."
    next_step = "Check that the scanner is switched on and its cable is in, then scan again."


class ScannerMemoryError(ScanError):
    """SANE_STATUS_NO_MEM, or a page beyond what the desk takes."""

    code = "SCAN-MEMORY"
    sentence = "The page is too large for the scanner's driver. {pages} pages had come and are kept."
    next_step = "Choose fewer dots per inch or a smaller area."


class ScannerAccessError(ScanError):
    """SANE_STATUS_ACCESS_DENIED."""

    code = "SCAN-ACCESS"
    sentence = "This user may not use the scanner. {pages} pages had come and are kept."
    next_step = "Ask who looks after this machine to let this user use scanners (often the group 'scanner'), and log in again."


class ScannerSettingError(ScanError):
    """SANE_STATUS_INVAL or SANE_STATUS_UNSUPPORTED: the scanner does not do what was asked."""

    code = "SCAN-SETTING"
    sentence = "The scanner does not take these settings. {pages} pages had come and are kept."
    next_step = "Choose other settings, for example the glass in place of the feeder, and scan again."


class ScannerGoneError(ScanError):
    """A scanner that was seen before cannot be opened any more."""

    code = "SCAN-GONE"
    sentence = "The scanner is not there any more. {pages} pages had come and are kept."
    next_step = "Check that it is switched on and plugged in, then look for scanners again."


class ScannerStoppedError(ScanError):
    """SANE_STATUS_CANCELLED although nobody gave up here: somebody pressed the scanner's own stop button."""

    code = "SCAN-STOPPED"
    sentence = "The scan was stopped at the scanner. {pages} pages had come and are kept."
    next_step = "Scan again to add the pages that are missing."


class ScannerSilentError(ScanError):
    """Nothing came within the deadline; its worker was ended. Params: ``source``, ``pages``, ``waited_s``."""

    code = "SCAN-SILENT"
    sentence = "The scanner gave nothing for {waited_s} seconds, and was let go. {pages} pages had come and are kept."
    next_step = "Switch the scanner off and on, wait until it is ready, and scan again."


class ScannerDriverError(ScanError):
    """The worker that holds the driver ended by itself, or spoke nonsense. Params: ``source``, ``pages``, ``status``."""

    code = "SCAN-DRIVER"
    sentence = "The scanner's driver failed ({status}). {pages} pages had come and are kept."
    next_step = "Scan again. If it stays, switch the scanner off and on, and report the code with make and model."


class ScannerSettingUnusableError(DocumentError):
    """A property of the country about scanners. Params: ``name``, ``why``."""

    code = "SCAN-SETTING-UNUSABLE"
    sentence = "The setting {name} cannot be used: {why}."
    next_step = "Correct it on the server, and synchronise."


class FolderError(ScanError):
    """Root of errors about a folder or file as a source."""

    code = "SCAN-FOLDER"


class FileNotTakenError(FolderError):
    """A file could not be read. Params: ``source``, ``pages``, ``why``."""

    code = "SCAN-FILE-NOT-TAKEN"
    sentence = "A file could not be taken over: {why}. {pages} pages had come and are kept."
    next_step = "Check that the file is still there and may be read, then try again."


class OriginalNotDeletedError(FolderError):
    """The page was taken over, but its file stays in the folder. Params: ``source``, ``pages``, ``why``."""

    code = "SCAN-ORIGINAL-NOT-DELETED"
    sentence = "A page was taken over, but its file could not be deleted from the scan folder: {why}."
    next_step = "Delete it by hand: it shows a person's papers to everybody who can open the folder."


class DocumentRefusedError(DocumentError):
    """Root of what keeps pages from becoming a document."""

    code = "DOCUMENT-REFUSED"


class DocumentEmptyError(DocumentRefusedError):
    """No page."""

    code = "DOCUMENT-EMPTY"
    sentence = "The document has no page."
    next_step = "Scan a page, or choose a file."


class DocumentTooLargeError(DocumentRefusedError):
    """Over the limit. Params: ``size_bytes``, ``limit_bytes``, ``pages``."""

    code = "DOCUMENT-TOO-LARGE"
    sentence = "The document has {size_bytes} bytes; the limit is {limit_bytes} bytes."
    next_step = "Make it smaller (a lower quality), delete a page, or scan with fewer dots per inch or in grey."


class DocumentTooManyPagesError(DocumentRefusedError):
    """More pages than a document may have. Params: ``pages``, ``limit``."""

    code = "DOCUMENT-TOO-MANY-PAGES"
    sentence = "The document would have {pages} pages; it may have {limit}."
    next_step = "Delete pages that are not needed."


class SessionFullError(DocumentRefusedError):
    """The desk holds no more at once. Params: ``held_bytes``, ``limit_bytes``."""

    code = "DOCUMENT-SESSION-FULL"
    sentence = "The pages take {held_bytes} bytes together; the desk holds {limit_bytes} at most."
    next_step = "Save these pages as a document first, or scan with fewer dots per inch."


class DocumentPagesForImageError(DocumentRefusedError):
    """Pictures have one page. Params: ``pages``, ``format``."""

    code = "DOCUMENT-PAGES-FOR-IMAGE"
    sentence = "Documents are kept as {format} here, which has one page; there are {pages}."
    next_step = "Delete the others, or ask for the setting mosip.registration.document_scanner_doctype to be PDF."


class DocumentFormatError(DocumentRefusedError):
    """The setting names a format that pages cannot become. Params: ``format``."""

    code = "DOCUMENT-FORMAT"
    sentence = "Pages cannot become a document of the format {format}."
    next_step = "Set mosip.registration.document_scanner_doctype to PDF, jpg or png."


class PdfNotMergeableError(DocumentRefusedError):
    """A PDF that may stand alone only."""

    code = "DOCUMENT-PDF-NOT-MERGEABLE"
    sentence = "This PDF holds more than pages, and cannot be put together with others."
    next_step = "Use it alone, or print and scan it."


class PageNotChangeableError(DocumentRefusedError):
    """Pages of a PDF that came as a file stay as they are."""

    code = "DOCUMENT-PAGE-NOT-CHANGEABLE"
    sentence = "Pages of a PDF file stay as they are: they cannot be turned, cropped or made smaller here."
    next_step = "Delete it and scan the paper, or take a smaller file."


class PageBrokenError(DocumentRefusedError):
    """A page's picture cannot be decoded."""

    code = "DOCUMENT-PAGE-BROKEN"
    sentence = "The picture of a page cannot be read."
    next_step = "Delete the page and scan it again."


class CannotShrinkError(DocumentRefusedError):
    """Not even the lowest quality fits. Params: ``size_bytes``, ``limit_bytes``."""

    code = "DOCUMENT-CANNOT-SHRINK"
    sentence = "Even at the lowest readable quality the document has {size_bytes} bytes; the limit is {limit_bytes} bytes."
    next_step = "Delete a page, or scan with fewer dots per inch or in grey."
