"""Why a file is not taken as a document, each reason by its name.

Parameters are kinds, sizes, counts and signal numbers: never the name of the file, since people name files after people. Who
shows the refusal knows which file was picked, and may put its name beside the sentence on the screen, not into a log.
"""

from __future__ import annotations

from typing import Final

from devices.documents.errors import DocumentError

_TAKE_ANOTHER: Final = "Scan the paper, or ask for the file again."
_PRINT: Final = "Open the file where it came from, print it to a new PDF, and take that; or scan the paper."


class IntakeError(DocumentError):
    """Root of all reasons why a file is not taken."""

    code = "INTAKE-ERROR"


class FileRefusedError(IntakeError):
    """Root of what is wrong with the file itself: the same file will be refused again."""

    code = "INTAKE-REFUSED"


class ReaderFailedError(IntakeError):
    """Root of what went wrong with reading it: the worker ended, or was ended."""

    code = "INTAKE-READER"


class FileUnreadableError(IntakeError):
    """The system does not give the file's content. Params: ``why``."""

    code = "INTAKE-FILE-UNREADABLE"
    sentence = "The file cannot be opened: {why}."
    next_step = "Check that it is still there, that the stick or disk is plugged in, and that this user may read it."


class NotAFileError(FileRefusedError):
    """A folder, a pipe or a device."""

    code = "INTAKE-NOT-A-FILE"
    sentence = "This is not a file but a folder or a device."
    next_step = "Choose a single file."


class FileEmptyError(FileRefusedError):
    """No bytes."""

    code = "INTAKE-FILE-EMPTY"
    sentence = "The file is empty."
    next_step = _TAKE_ANOTHER


class FileTooLargeError(FileRefusedError):
    """Over the limit for its kind. Params: ``size_bytes``, ``limit_bytes``."""

    code = "INTAKE-FILE-TOO-LARGE"
    sentence = "The file has {size_bytes} bytes; {limit_bytes} are allowed."
    next_step = "Scan the paper with fewer dots per inch, or make the file smaller where it came from."


class KindUnknownError(FileRefusedError):
    """Neither a picture nor a PDF."""

    code = "INTAKE-KIND-UNKNOWN"
    sentence = "The file is neither a picture nor a PDF, whatever its name says."
    next_step = "Choose a JPEG, PNG, TIFF, BMP or WebP picture or a PDF, or scan the paper."


class KindNotAcceptedError(FileRefusedError):
    """Known, but not taken. Params: ``kind``."""

    code = "INTAKE-KIND-NOT-ACCEPTED"
    sentence = "The file is a {kind}, which is not taken."
    next_step = "Save or print it as JPEG, PNG or PDF, or scan the paper."


class NotWhatItsNameSaysError(FileRefusedError):
    """The ending of the name stands for another kind than the content. Params: ``name_says``, ``content_is``."""

    code = "INTAKE-NAME-AND-CONTENT-DIFFER"
    sentence = "The file's name says {name_says}, but its content is {content_is}."
    next_step = "Ask where the file comes from. If it is right, give it the ending that fits its content, or scan the paper."


class PictureBrokenError(FileRefusedError):
    """The picture cannot be decoded, or ends early. Params: ``kind``."""

    code = "INTAKE-PICTURE-BROKEN"
    sentence = "The {kind} picture is damaged or cut off."
    next_step = _TAKE_ANOTHER


class PictureTooLargeError(FileRefusedError):
    """Too many pixels on a side or in all; found in the header, before anything is decoded.

    Params: ``width_px``, ``height_px``, ``most_side_px``, ``most_megapixels``.
    """

    code = "INTAKE-PICTURE-TOO-LARGE"
    sentence = (
        "The picture has {width_px} x {height_px} pixels; "
        "{most_side_px} on a side and {most_megapixels} million in all are allowed."
    )
    next_step = "Scan the paper with fewer dots per inch (300 are enough), or make the picture smaller where it came from."


class PictureMovesError(FileRefusedError):
    """An animation. Params: ``kind``."""

    code = "INTAKE-PICTURE-MOVES"
    sentence = "The {kind} file is an animation, not a page."
    next_step = "Save a single still picture, or scan the paper."


class PictureUnsupportedError(FileRefusedError):
    """Colours in a form that cannot be turned into a page faithfully. Params: ``kind``, ``mode``."""

    code = "INTAKE-PICTURE-UNSUPPORTED"
    sentence = "The {kind} picture keeps its colours in a form that is not taken ({mode})."
    next_step = "Save it as an ordinary JPEG or PNG, or scan the paper."


class TooManyPagesError(FileRefusedError):
    """More pages than one file may have. Params: ``pages``, ``limit``. ``pages`` may be a lower bound."""

    code = "INTAKE-TOO-MANY-PAGES"
    sentence = "The file has {pages} pages or more; {limit} are allowed."
    next_step = "Take a file with the pages that are needed only, or scan those."


class PdfRefusedError(FileRefusedError):
    """Root of what is wrong with a PDF."""

    code = "INTAKE-PDF"


class PdfBrokenError(PdfRefusedError):
    """Not readable under strict rules. Params: ``part``."""

    code = "INTAKE-PDF-BROKEN"
    sentence = "The PDF is damaged ({part})."
    next_step = _PRINT


class PdfEncryptedError(PdfRefusedError):
    """Encrypted, with or without a password to open it."""

    code = "INTAKE-PDF-ENCRYPTED"
    sentence = "The PDF is encrypted or protected by a password."
    next_step = "Save it without protection where it came from, or scan the paper."


class PdfScriptError(PdfRefusedError):
    """JavaScript."""

    code = "INTAKE-PDF-SCRIPT"
    sentence = "The PDF holds a script (JavaScript)."
    next_step = _PRINT


class PdfActionError(PdfRefusedError):
    """An action that starts or fetches something, or starts by itself. Params: ``action``."""

    code = "INTAKE-PDF-ACTION"
    sentence = "The PDF holds an action ({action}) that a page does not need."
    next_step = _PRINT


class PdfEmbeddedFileError(PdfRefusedError):
    """Other files inside."""

    code = "INTAKE-PDF-EMBEDDED-FILE"
    sentence = "The PDF carries other files inside."
    next_step = _PRINT


class PdfXfaError(PdfRefusedError):
    """An XFA form: what is seen depends on the program that shows it."""

    code = "INTAKE-PDF-XFA"
    sentence = "The PDF is an XFA form, which looks different in every program."
    next_step = _PRINT


class PdfExternalReferenceError(PdfRefusedError):
    """A part of a page lies in another file or on a server."""

    code = "INTAKE-PDF-EXTERNAL-REFERENCE"
    sentence = "A part of the PDF lies outside it, in another file or on a server."
    next_step = _PRINT


class PdfMediaError(PdfRefusedError):
    """Sound, film, 3D. Params: ``kind``."""

    code = "INTAKE-PDF-MEDIA"
    sentence = "The PDF holds media ({kind}), which a page on paper cannot have."
    next_step = _PRINT


class PdfPageTreeError(PdfRefusedError):
    """Pages that contain themselves, a wrong count, or pages without a size. Params: ``part``."""

    code = "INTAKE-PDF-PAGE-TREE"
    sentence = "The list of the PDF's pages is not in order ({part})."
    next_step = _PRINT


class PdfNoPagesError(PdfRefusedError):
    """Zero pages."""

    code = "INTAKE-PDF-NO-PAGES"
    sentence = "The PDF has no page."
    next_step = _TAKE_ANOTHER


class PdfTooComplexError(PdfRefusedError):
    """Too many parts, or parts that unpack to too much. Params: ``part``, ``limit``."""

    code = "INTAKE-PDF-TOO-COMPLEX"
    sentence = "The PDF is built of more than a document needs ({part}, over {limit})."
    next_step = _PRINT


class FileNeedsTooMuchMemoryError(ReaderFailedError):
    """The worker met its memory bound: a decompression bomb, or a file that is made to look small. Params: ``limit_bytes``."""

    code = "INTAKE-TOO-MUCH-MEMORY"
    sentence = "Reading the file needs more than {limit_bytes} bytes of memory; it was given up."
    next_step = "Do not take this file. Scan the paper."


class FileNeedsTooLongError(ReaderFailedError):
    """The deadline or the bound of processor time was met. Params: ``limit_s``."""

    code = "INTAKE-TOO-LONG"
    sentence = "Reading the file took longer than {limit_s} seconds; it was given up."
    next_step = "Try once more if the machine was busy. If it stays, scan the paper."


class ReaderDiedError(ReaderFailedError):
    """The worker ended while it read the file. Params: ``status``, a number: below zero a signal."""

    code = "INTAKE-READER-DIED"
    sentence = "The file made the part that reads it stop ({status}). Nothing else was harmed."
    next_step = "Do not take this file. Scan the paper."


class ReaderSpokeNonsenseError(ReaderFailedError):
    """The worker's answer breaks the rules between us: treat the file as hostile."""

    code = "INTAKE-READER-NONSENSE"
    sentence = "The part that reads files gave an answer that cannot be right. It was ended."
    next_step = "Do not take this file. Scan the paper."


class ReaderNotStartedError(ReaderFailedError):
    """No worker process. Params: ``why``."""

    code = "INTAKE-READER-NOT-STARTED"
    sentence = "The part that reads files cannot be started ({why})."
    next_step = "Start Sealdesk again; if it stays, its installation is damaged. Scanning works without it."


class IntakeCancelledError(IntakeError):
    """The operator gave up."""

    code = "INTAKE-CANCELLED"
    sentence = "Reading the file was stopped."
    next_step = "Choose a file again."
