"""Bytes and a charset label in, clean Unicode out: what senders write about their charset is only a hint.

No headers and no MIME here (`headers.py`, `mime.py`). Only charsets of an allow-list are ever used: a label names no arbitrary Python
codec, and UTF-7, which can smuggle markup past filters, is shown undecoded.
"""

from __future__ import annotations

import codecs
import re

_SPECIAL = {
    # Labels that name a subset of what their senders really use (WHATWG Encoding Standard section 4.2 does the same).
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "ansi-x3.4-1968": "utf-8",
    "ansi_x3.110-1983": "cp1252",
    "ansi": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "8859_1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312_charset": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "euc-cn": "gb18030",
    "chinese": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "korean": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "cp932": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "jis",
    "iso-2022-jp-1": "jis",
    "iso-2022-jp-2": "jis",
    "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-jp-ms": "jis",
    "cp50220": "jis",
    "cp50221": "jis",
    "csiso2022jp": "jis",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode": "utf-16",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "dos-862": "cp862",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "cp-850": "cp850",
    "utf-7": "",
    "unicode-1-1-utf-7": "",
    "x-unknown": "",
    "unknown-8bit": "",
    "unknown": "",
    "default": "",
    "_autodetect_all": "",
    "binary": "",
    "8bit": "",
    "none": "",
}
_ALLOWED = frozenset(
    """utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257
    cp1258 cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932 cp949 cp950 hz big5
    big5hkscs euc_jp euc_kr gb18030 iso2022_jp iso2022_jp_3 iso2022_kr johab koi8-r koi8-u koi8-t kz1048 ptcp154 mac-cyrillic mac-greek
    mac-iceland mac-latin2 mac-roman mac-turkish shift_jis shift_jis_2004 euc_jis_2004 tis-620 cp1125 cp720 cp1006
    iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14
    iso8859-15 iso8859-16""".split()
)
_WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15"})
_known: dict[str, str] = dict(_SPECIAL)

_CONTROLS: dict[int, int | None] = {code: None for code in (*range(9), *range(0xB, 0x20), *range(0x7F, 0xA0)) if code != 0xD}
_CONTROLS.update(dict.fromkeys(range(0xD800, 0xE000), 0xFFFD))
_CONTROLS.update(dict.fromkeys((0xFFFE, 0xFFFF, 0xFEFF), None))
_BREAKS = re.compile("[\x0b\u2028\u2029]")
"""Line ends of word processors and of Apple Mail; whoever reads the text sees a new line."""
_DIRTY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_SENSIBLE_BYTES = 20_000


def clean(text: str) -> str:
    r"""Text that may be stored and shown: no control characters but newline and tab, no surrogates, newlines as `\\n`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not text.replace("\n", " ").isprintable() and _DIRTY.search(text):
        text = _BREAKS.sub("\n", text).translate(_CONTROLS)
    return text.replace("\r", "\n")


def resolve(label: str) -> str:
    """The codec for a label as senders write it; empty if the label says nothing we obey."""
    key = label.strip().strip("\"'<>").strip().lower()
    found = _known.get(key)
    if found is None:
        found = _lookup(key)
        if len(_known) < 1000:
            _known[key] = found
    return found


def _lookup(key: str) -> str:
    for candidate in (key, key.replace("windows", "cp").replace("cp-", "cp"), key.removeprefix("x-"), key.replace("_", "-")):
        if candidate in _SPECIAL:
            return _SPECIAL[candidate]
        try:
            name = codecs.lookup(candidate).name
        except (LookupError, ValueError, UnicodeError):
            continue
        if name in _SPECIAL:
            return _SPECIAL[name]
        if name in _ALLOWED:
            return name
    return ""


def decode(data: bytes, label: str = "", hint: str = "") -> tuple[str, bool]:
    """Text of `data`, and whether the label told the truth. Never raises; what can't be read shows as U+FFFD.

    `hint` is a charset that the same mail uses elsewhere: it counts where the label says nothing.
    """
    codec = resolve(label) if label else "utf-8"
    if b"\x1b$)C" in data[:200] and codec in {"", "utf-8", "jis"}:
        codec = label = "iso2022_kr"
    if codec == "jis" or (not label and b"\x1b$" in data):
        return _japanese_mail(data), True
    if (
        data.isascii()
        and codec not in {"hz", "iso2022_kr", "iso2022_jp_3"}
        and not codec.startswith("utf-16")
        and not codec.startswith("utf-32")
    ):
        if b"\x1b$" in data:
            return _japanese_mail(data), False
        return data.decode("ascii"), True
    if codec in _WESTERN or codec == "utf-8" or not codec:
        # UTF-8 under a Latin-1 label is common, and no Latin-1 text is valid UTF-8 by chance.
        try:
            return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), codec == "utf-8"
        except UnicodeDecodeError:
            pass
    if codec and codec != "utf-8":
        try:
            text = data.decode(codec)
        except (UnicodeError, ValueError):
            text = _nearly(data, codec)
        if text:
            return text, True
    elif codec and label:
        text = _nearly(data, "utf-8")
        if text:
            return text, False
    return guess(data, hint), False


def _nearly(data: bytes, codec: str) -> str:
    """Text with replacement signs if only few bytes are wrong (cut off, or one stray character), else nothing."""
    if codec in _WESTERN:
        return data.decode("cp1252", "western")
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return ""
    wrong = text.count("\ufffd")
    high = sum(1 for sign in text[:_SENSIBLE_BYTES] if sign > "\x7f")
    return text if wrong and wrong * 8 <= high else ""


def _western(error: UnicodeError) -> tuple[str, int]:
    """Bytes that windows-1252 leaves undefined keep their Latin-1 meaning, as browsers do."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("western", _western)


def guess(data: bytes, hint: str = "") -> str:
    """Text of bytes with no label that can be believed: UTF-8, else as `hint` says (the charset that the mail uses elsewhere), else by its looks."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    codec = resolve(hint) if hint else ""
    if codec and codec not in {"utf-8", "jis"}:
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError):
            pass
    sample = data[:_SENSIBLE_BYTES]
    if _looks_european(sample):
        return _by_letters(data)
    japanese = _kana(data)
    if japanese:
        return japanese
    # Imported where needed: it costs memory that most mails never use.
    import chardet  # noqa: PLC0415 - as said

    try:
        found = chardet.detect(sample).get("encoding") or ""
    except Exception:  # noqa: BLE001 - a guess that fails is no guess
        found = ""
    codec = resolve(found)
    if codec and codec not in {"utf-8", "jis"} and not _DOS.match(codec):
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError):
            text = _nearly(data, codec)
            if text:
                return text
    return _nearly(data, "utf-8") or data.decode("cp1252", "western")


_DOS = re.compile(r"cp(?:437|7\d\d|8(?!66|74)\d\d|1006|1125)|mac|ptcp|kz|johab|hz")
"""What statistics find in short texts though no mail program has written it for decades."""


def _looks_european(sample: bytes) -> bool:
    """Whether high bytes stand alone among ASCII letters, as accents do; other scripts come in runs."""
    if re.search(rb"[\x80-\xff]{4}", sample):
        return False
    high = len(sample.translate(None, bytes(range(0x80))))
    letters = sum(0x61 <= byte | 0x20 <= 0x7A and byte < 0x80 for byte in sample)
    return high * 2 <= letters * 3


_WESTERN_SIGNS = "€–—‘’“”„…«»§°´•"
_ALPHABETS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (codec, frozenset(letters + letters.upper() + _WESTERN_SIGNS))
    for codec, letters in (
        ("cp1252", "äöüß"),
        ("cp1252", "åäöæøé"),
        ("cp1252", "àâæçéèêëîïôœùûüÿ"),
        ("cp1252", "áéíñóúüçàèòï¿¡·"),
        ("cp1252", "áâãàçéêíóôõúüºª"),
        ("cp1252", "àèéìîòóù"),
        ("cp1252", "áðéíóúýþæö"),
        ("cp1250", "áčďéěíňóřšťúůýžľĺŕôäö"),
        ("iso8859-2", "áčďéěíňóřšťúůýžľĺŕôäö"),
        ("cp1250", "ąćęłńóśźż"),
        ("iso8859-2", "ąćęłńóśźż"),
        ("cp1250", "áéíóöőúüű"),
        ("cp1250", "ăâîşţ"),
        ("cp1250", "čćđšž"),
        ("iso8859-2", "čćđšž"),
        ("cp1254", "çğıöşüâîûİ"),
        ("cp1257", "āčēģīķļņšūž"),
        ("cp1257", "ąčęėįšųūž"),
    )
)
"""Letters beyond ASCII of languages, those written by more people first: a text uses the letters of one of them."""


def _by_letters(data: bytes) -> str:
    """Text of mostly ASCII bytes: of the charsets of Europe the one that gives letters of one language."""
    text = _nearly(data, "utf-8")
    if text:
        return text
    high = bytes(byte for byte in data[:_SENSIBLE_BYTES] if byte > 0x7F)
    best, most = "cp1252", -(10**9)
    for codec, likely in _ALPHABETS:
        signs = high.decode(codec, "replace" if codec != "cp1252" else "western")
        score = sum(
            1 if sign in likely else -1 if sign.isalpha() else 0 if sign.isprintable() and sign != "\ufffd" else -2 for sign in signs
        )
        if score > most:
            best, most = codec, score
    return data.decode(best, "western" if best == "cp1252" else "replace")


def _kana(data: bytes) -> str:
    """Text in one of the Japanese charsets, known by its many kana; statistics need more of it than a subject has."""
    for codec in ("euc_jp", "cp932"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        wide = [sign for sign in text[:_SENSIBLE_BYTES] if sign > "\x7f"]
        if sum("\u3041" <= sign <= "\u30fe" for sign in wide) * 10 >= len(wide) * 3:
            return text
    return ""


_ESCAPES = re.compile(rb"\x1b(\([A-Za-z]|\$\([A-Za-z]|\$[@ABC]|\.[A-F]|&@)")


def _japanese_mail(data: bytes) -> str:
    """ISO-2022-JP as mail programs write it: with NEC and IBM characters, half-width katakana and stray 8-bit bytes.

    Two-byte signs are moved to their place in Shift_JIS, whose Microsoft table knows the circled digits that Python's own codec refuses.
    """
    out: list[str] = []
    mode, at = b"(B", 0
    for match in [*_ESCAPES.finditer(data), None]:
        end = match.start() if match else len(data)
        out.append(_japanese_run(data[at:end], mode))
        if match:
            mode, at = match.group(1), match.end()
    return "".join(out)


def _japanese_run(run: bytes, mode: bytes) -> str:
    if not run:
        return ""
    if mode == b"(I":
        return bytes(byte | 0x80 if 0x21 <= byte < 0x60 else byte for byte in run).decode("cp932", "replace")
    if mode[:1] == b"$":
        if mode == b"$(D":
            return bytes(byte for sign in zip(run[::2], run[1::2], strict=False) for byte in (0x8F, sign[0] | 0x80, sign[1] | 0x80)).decode(
                "euc_jp", "replace"
            )
        if mode in {b"$A", b"$(C"}:
            return bytes(byte | 0x80 if byte > 0x20 else byte for byte in run).decode("gb2312" if mode == b"$A" else "euc_kr", "replace")
        return _double(run)
    return run.decode("ascii") if run.isascii() else guess(run)


def _double(run: bytes) -> str:
    moved = bytearray()
    at = 0
    while at < len(run):
        high = run[at]
        if high < 0x21 or high > 0x7E or at + 1 >= len(run):
            moved.append(high)
            at += 1
            continue
        low = run[at + 1]
        if low < 0x21 or low > 0x7E:
            at += 1
            continue
        row = (high - 0x21) // 2 + 0x81
        moved.append(row if row < 0xA0 else row + 0x40)
        if high % 2:
            moved.append(low + (0x1F if low < 0x60 else 0x20))
        else:
            moved.append((low + 0x7E) & 0xFF)
        at += 2
    return moved.decode("cp932", "replace")
