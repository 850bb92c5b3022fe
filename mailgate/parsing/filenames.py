"""Names of attached files: clean labels, never paths, and the same from parse to parse also where the sender gave none."""

from __future__ import annotations

import re

CHARACTERS = 150
_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/json": "json",
    "application/xml": "xml",
    "application/rtf": "rtf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/pgp-signature": "asc",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/ms-tnef": "dat",
    "application/gzip": "gz",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "message/rfc822": "eml",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/quicktime": "mov",
}
_SHORT = re.compile(r"[a-z0-9]{2,5}")
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def clean(name: str) -> str:
    """A file name as a label: no folders, nothing invisible, no leading dots, at most 150 characters, its extension kept."""
    name = _UNSHOWN.sub("", name).replace("\\", "/").rstrip("/ .").rpartition("/")[2].strip().lstrip(".").strip()
    if len(name) > CHARACTERS:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: CHARACTERS - 1 - len(extension)]}.{extension}" if dot and len(extension) < 10 else name[:CHARACTERS]
    return name


def nameless(path: str, type_: str) -> str:
    """The name of a file without one: the same from parse to parse."""
    extension = _EXTENSIONS.get(type_)
    if extension is None:
        short = type_.rpartition("/")[2].removeprefix("x-")
        extension = short if _SHORT.fullmatch(short) and not type_.startswith(("application/", "message/")) else "bin"
    return f"part-{path.replace('/', '-').replace(':', '-')}.{extension}"
