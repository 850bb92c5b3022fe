"""Raw mails for the tests, written here by hand."""

HEAD = (
    b"From: Kim Client <kim@client.test>\r\nTo: desk@corp.test\r\nMessage-ID: <1@client.test>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n"
)


def plain(body: bytes, *, subject: bytes = b"Printer", more: bytes = b"", sender: bytes = b"Kim Client <kim@client.test>") -> bytes:
    """A mail of one text."""
    return HEAD.replace(b"Kim Client <kim@client.test>", sender, 1) + b"Subject: " + subject + b"\r\n" + more + b"\r\n" + body


def multipart(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"=_b1", close: bool = True) -> bytes:
    """A mail of several parts; each begins with its own headers."""
    return HEAD + b"Subject: Printer\r\n" + entity(*parts, kind=kind, boundary=boundary, close=close)


def entity(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"=_b1", close: bool = True) -> bytes:
    """A multipart without mail headers, for nesting."""
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    end = b"--" + boundary + b"--\r\n" if close else b""
    return b"MIME-Version: 1.0\r\nContent-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n\r\n' + body + end


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello desk"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>desk</b></p>"
PDF = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n"
INNER = b"Content-Type: message/rfc822\r\n\r\nFrom: Eve <eve@inner.test>\r\nSubject: Inner topic\r\nMessage-ID: <inner@x.test>\r\nReferences: <secret@x.test>\r\n\r\n#close\r\n"
