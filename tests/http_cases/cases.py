"""HTTP/1.1 as senders may and may not write it: each request as bytes, and the answers that it must get.

`<path>`, `<token>`, `<body>`, `<size>` (of the body, decimal) and `<hex>` (the same, hexadecimal) stand for those of
the service that is asked, `GOOD` for its status of success. After its answers every connection is closed: what is
valid asks for that itself. RFC 9112 unless another one is named.
"""

from dataclasses import dataclass

GOOD = 2
"""Whatever the service answers to what it accepts."""


@dataclass(frozen=True)
class Case:
    """`answers` in their order, by a service itself; `door` where nginx in front of it answers otherwise.

    `half_closes`: the sender ends its side of the connection after the last byte. `ingest` says that only the ingest
    endpoint answers so.
    """

    name: str
    request: str
    answers: tuple[int, ...]
    door: tuple[int, ...] | None = None
    half_closes: bool = False
    ingest: bool = False

    @property
    def through_door(self) -> tuple[int, ...]:
        """The answers behind nginx."""
        return self.answers if self.door is None else self.door


def head(
    *fields: str, first: str = "POST <path> HTTP/1.1", host: str | None = "Host: inlet", close: bool = True
) -> str:
    """A request's head with good credentials and no framing yet."""
    lines = [
        first,
        *([] if host is None else [host]),
        "Authorization: Bearer <token>",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*lines, *fields, *(["Connection: close"] if close else []), "", ""])


def sized(
    *fields: str, first: str = "POST <path> HTTP/1.1", host: str | None = "Host: inlet", close: bool = True
) -> str:
    """A good request with Content-Length, but for `fields` and what else is named."""
    return head("Content-Length: <size>", *fields, first=first, host=host, close=close) + "<body>"


def chunked(*fields: str, body: str = "<hex>\r\n<body>\r\n0\r\n\r\n", close: bool = True) -> str:
    """A good request in chunks, but for `fields` and `body`."""
    return head("Transfer-Encoding: chunked", *fields, close=close) + body


BAD = (400,)
LENIENT = (GOOD,)
"""nginx reads some lines leniently, as section 2.2 lets it, and sends them on as they should be."""

HEADLESS = 0
"""A body alone, as HTTP/0.9 has it."""

SECOND = sized()

FRAMING = (
    Case("content-length", sized(), (GOOD,)),
    Case("chunked", chunked(), (GOOD,)),
    # 6.1: a request with both is an attempt to smuggle.
    Case("length and chunked", chunked("Content-Length: <size>"), BAD),
    Case("chunked and length", head("Content-Length: 3", "Transfer-Encoding: chunked") + "0\r\n\r\n" + SECOND, BAD),
    Case("two lengths that differ", head("Content-Length: <size>", "Content-Length: 0") + "<body>", BAD),
    Case("two lengths alike", sized("Content-Length: <size>"), BAD),
    Case("a list of lengths", head("Content-Length: <size>, <size>") + "<body>", BAD),
    Case("length with a plus", head("Content-Length: +<size>") + "<body>", BAD),
    Case("negative length", head("Content-Length: -1") + "<body>", BAD),
    Case("hexadecimal length", head("Content-Length: 0x<hex>") + "<body>", BAD),
    Case("length with a gap", head("Content-Length: 1 0") + "<body>", BAD),
    Case("length of no digit", head("Content-Length: ") + "<body>", BAD),
    Case("length over 64 bits", head("Content-Length: 18446744073709551617") + "<body>", BAD),
    Case("length with spaces around", head("Content-Length: \t <size> ") + "<body>", (GOOD,), door=BAD),
    Case("length far over the limit", head("Content-Length: 99999999") + "<body>", (413,)),
    Case("chunked twice", chunked("Transfer-Encoding: chunked"), BAD),
    Case("chunked in a list twice", head("Transfer-Encoding: chunked, chunked") + "0\r\n\r\n" + SECOND, BAD),
    Case("chunked is not the last coding", head("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n" + SECOND, BAD),
    # 6.1: a coding that the server does not know is 501, or its connection is closed.
    Case("another coding before chunked", head("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n" + SECOND, BAD),
    Case("identity as a coding", head("Transfer-Encoding: identity", "Content-Length: <size>") + "<body>", BAD),
    Case("identity alone", head("Transfer-Encoding: identity") + "<body>", BAD),
    Case("a coding like chunked", head("Transfer-Encoding: xchunked") + "0\r\n\r\n" + SECOND, BAD),
    Case("quoted chunked", head('Transfer-Encoding: "chunked"') + "0\r\n\r\n" + SECOND, BAD),
    Case("chunked with a vertical tab", head("Transfer-Encoding: \x0bchunked") + "0\r\n\r\n" + SECOND, BAD),
    Case("chunked with a parameter", head("Transfer-Encoding: chunked;a=b") + "0\r\n\r\n" + SECOND, BAD),
    Case("chunked in capitals", head("Transfer-Encoding: CHUNKED") + "<hex>\r\n<body>\r\n0\r\n\r\n", (GOOD,)),
    Case(
        "chunked after a tab", head("Transfer-Encoding:\tchunked") + "<hex>\r\n<body>\r\n0\r\n\r\n", (GOOD,), door=BAD
    ),
    Case("a field like Transfer-Encoding", sized("Transfer_Encoding: chunked"), (GOOD,)),
    Case(
        "HTTP/1.0 with chunks",
        head("Transfer-Encoding: chunked", first="POST <path> HTTP/1.0") + "<hex>\r\n<body>\r\n0\r\n\r\n",
        BAD,
    ),
)

CHUNKS = (
    Case("chunk size of no digit", chunked(body="zz\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("negative chunk size", chunked(body="-1\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size with 0x", chunked(body="0x<hex>\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size over 64 bits", chunked(body="10000000000000000<hex>\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size after a space", chunked(body=" <hex>\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size before a space", chunked(body="<hex> \r\n<body>\r\n0\r\n\r\n"), BAD, door=LENIENT),
    Case("empty chunk size", chunked(body="\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size with an underscore", chunked(body="0_<hex>\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk size with leading zeros", chunked(body="000<hex>\r\n<body>\r\n000\r\n\r\n"), (GOOD,)),
    Case("chunk extension", chunked(body='<hex>;a=b;c="d"\r\n<body>\r\n0;e\r\n\r\n'), (GOOD,)),
    Case("chunk extension with a bare LF", chunked(body="<hex>;a\n<body>\r\n0\r\n\r\n"), BAD, door=LENIENT),
    Case("chunk extension with NUL", chunked(body="<hex>;a=\0\r\n<body>\r\n0\r\n\r\n"), BAD, door=LENIENT),
    Case("chunk size with a bare LF", chunked(body="<hex>\n<body>\r\n0\r\n\r\n"), BAD, door=LENIENT),
    Case("chunk size with a bare CR", chunked(body="<hex>\r<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk longer than its size", chunked(body="5\r\n<body>\r\n0\r\n\r\n"), BAD),
    Case("chunk without its end", chunked(body="<hex>\r\n<body>0\r\n\r\n"), BAD),
    Case("chunk that ends in a bare LF", chunked(body="<hex>\r\n<body>\n0\r\n\r\n"), BAD, door=LENIENT),
    Case("trailer", chunked(body="<hex>\r\n<body>\r\n0\r\nX-Sum: 1\r\n\r\n"), (GOOD,)),
    # 6.5.1: a trailer must not frame.
    Case(
        "trailer that would frame", chunked(body="<hex>\r\n<body>\r\n0\r\nContent-Length: 5\r\n\r\n"), BAD, door=LENIENT
    ),
    Case("trailer without a colon", chunked(body="<hex>\r\n<body>\r\n0\r\nnone\r\n\r\n"), BAD, door=LENIENT),
    Case(
        "trailer with a space before its colon",
        chunked(body="<hex>\r\n<body>\r\n0\r\nX : 1\r\n\r\n"),
        BAD,
        door=LENIENT,
    ),
    Case("chunks that end too early", chunked(body="<hex>\r\n<body>\r\n"), (), half_closes=True),
    Case("chunks that do not end", chunked(body="<hex>\r\n<body>\r\n"), (503,)),
)

LINES = (
    Case("bare LF everywhere", sized().replace("\r\n", "\n"), BAD, door=LENIENT),
    Case("bare LF after one field", sized("X-A: b\nX-C: d"), BAD, door=LENIENT),
    Case("bare LF before the body", sized().replace("\r\n\r\n", "\r\n\n"), BAD, door=LENIENT),
    Case("bare CR in a value", sized("X-A: b\rX-C: d"), BAD),
    Case("bare CR after the request line", sized(first="POST <path> HTTP/1.1\rX-A: b"), BAD),
    Case("NUL in a value", sized("X-A: b\0c"), BAD),
    Case("NUL in a name", sized("X\0A: b"), BAD),
    Case("NUL in the target", sized(first="POST <path>\0 HTTP/1.1"), BAD),
    Case("a control character in a value", sized("X-A: b\x01c"), BAD),
    Case("DEL in a value", sized("X-A: b\x7fc"), BAD),
    # 5.2: obsolete folding is refused.
    Case("folded value", sized("X-A: b\r\n c"), BAD),
    Case("folded chunked", head("Content-Length: <size>", "Transfer-Encoding:\r\n chunked") + "<body>", BAD),
    Case("first field after a space", sized(host=" Host: inlet"), BAD),
    Case("space before a colon", sized("X-A : b"), BAD),
    Case(
        "space before the colon of chunked",
        head("Transfer-Encoding : chunked", "Content-Length: <size>") + "<body>",
        BAD,
    ),
    Case("line without a colon", sized("X-A"), BAD, door=LENIENT),
    Case("field without a name", sized(": b"), BAD),
    Case("name that is no token", sized("X(A): b"), BAD),
    Case("name beyond ASCII", sized("X-\xe9: b"), BAD),
    Case("value beyond ASCII", sized("X-A: \xc3\xa9\xff"), (GOOD,)),
    Case("empty line before the request", "\r\n" + sized(), (GOOD,)),
    Case("space before the request", " " + sized(), BAD),
    # 3: whitespace between the parts may be read leniently.
    Case("two spaces before the target", sized(first="POST  <path> HTTP/1.1"), (GOOD,)),
    Case("tabs in the request line", sized(first="POST\t<path>\tHTTP/1.1"), BAD),
    Case("space after the version", sized(first="POST <path> HTTP/1.1 "), BAD, door=LENIENT),
    Case("two CR before LF", sized("X-A: b\r"), BAD, door=LENIENT),
    Case("not HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n", BAD),
)

VERSIONS = (
    Case("HTTP/0.9", "GET <path>\r\n\r\n", BAD, door=(HEADLESS,)),
    Case("HTTP/1.0", sized(first="POST <path> HTTP/1.0"), (GOOD,)),
    Case("HTTP/1.0 without Host", sized(first="POST <path> HTTP/1.0", host=None, close=False), (GOOD,), door=BAD),
    Case("HTTP/1.2", sized(first="POST <path> HTTP/1.2"), BAD, door=LENIENT),
    Case("HTTP/2.0", sized(first="POST <path> HTTP/2.0"), BAD),
    Case("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
    Case("HTTP/1", sized(first="POST <path> HTTP/1"), BAD),
    Case("HTTP/1.10", sized(first="POST <path> HTTP/1.10"), BAD, door=LENIENT),
    Case("http in lower case", sized(first="POST <path> http/1.1"), BAD),
    Case("another protocol", sized(first="POST <path> ICY/1.1"), BAD),
    Case("no version", sized(first="POST <path>"), BAD, door=(HEADLESS,)),
)

METHODS = (
    Case("method in lower case", sized(first="post <path> HTTP/1.1"), BAD),
    Case("method that nobody knows", sized(first="FROB <path> HTTP/1.1"), BAD),
    Case("empty method", sized(first=" <path> HTTP/1.1"), BAD),
    Case("GET with a body", sized(first="GET <path> HTTP/1.1"), (405,)),
    Case(
        "GET with a request as its body",
        head("Content-Length: <size>", first="GET <path> HTTP/1.1", close=False) + "<body>" + SECOND,
        (405, GOOD),
    ),
    Case("HEAD", head(first="HEAD <path> HTTP/1.1"), (405,)),
    Case("OPTIONS", head(first="OPTIONS <path> HTTP/1.1"), (405,)),
    Case("OPTIONS of everything", head(first="OPTIONS * HTTP/1.1"), BAD),
    Case("TRACE", head(first="TRACE <path> HTTP/1.1"), (405,), door=BAD),
    Case("DELETE", head(first="DELETE <path> HTTP/1.1"), (405,)),
    Case("CONNECT", head(first="CONNECT inlet:443 HTTP/1.1", close=False) + SECOND, BAD),
    Case("CONNECT to a path", head(first="CONNECT <path> HTTP/1.1", close=False) + SECOND, BAD),
)

TARGETS = (
    Case("absolute form", sized(first="POST http://inlet<path> HTTP/1.1"), (GOOD,)),
    # 3.2.2: the target's host counts, and Host is passed over.
    Case("absolute form of another host", sized(first="POST http://other<path> HTTP/1.1"), (GOOD,)),
    Case("absolute form without a host", sized(first="POST http://<path> HTTP/1.1"), BAD),
    Case("asterisk for POST", sized(first="POST * HTTP/1.1"), BAD),
    Case("two slashes", sized(first="POST /<path> HTTP/1.1"), (404,)),
    Case("two slashes inside", sized(first="POST /public//v1/user/data HTTP/1.1"), (404,)),
    Case("dots", sized(first="POST /x/..<path> HTTP/1.1"), (404,)),
    Case("encoded dots", sized(first="POST /x/%2e%2e<path> HTTP/1.1"), (404,)),
    Case("above the root", sized(first="POST /../..<path> HTTP/1.1"), (404,), door=BAD),
    Case("encoded NUL", sized(first="POST <path>%00 HTTP/1.1"), (404,), door=BAD),
    Case("bad percent encoding", sized(first="POST <path>%zz HTTP/1.1"), (404,), door=BAD),
    Case("encoded slash at the end", sized(first="POST <path>%2f HTTP/1.1"), (404,)),
    Case("fragment", sized(first="POST <path>#part HTTP/1.1"), BAD),
    Case("backslash", sized(first="POST \\<path> HTTP/1.1"), BAD),
    Case("target beyond ASCII", sized(first="POST <path>\xe9 HTTP/1.1"), BAD),
    Case("no slash", sized(first="POST public HTTP/1.1"), BAD),
    Case("control character in the target", sized(first="POST <path>\x01 HTTP/1.1"), BAD),
    Case("space in the target", sized(first="POST <path> x HTTP/1.1"), BAD),
)

FIELDS = (
    Case("no Host", sized(host=None), BAD),
    Case("two Hosts", sized("Host: other"), BAD),
    Case("two Hosts alike", sized("Host: inlet"), BAD),
    Case("Host with a space", sized(host="Host: in let"), BAD),
    Case("Host with a path", sized(host="Host: inlet/x"), BAD),
    Case("Host with user information", sized(host="Host: a@inlet"), BAD),
    Case("two Authorizations", sized("Authorization: Bearer <token>"), (401,), door=BAD),
    Case("two Content-Types", sized("Content-Type: application/json"), BAD),
    Case("two Content-Encodings", sized("Content-Encoding: gzip", "Content-Encoding: gzip"), (415,)),
    Case("two Idempotency-Keys", sized("Idempotency-Key: a", "Idempotency-Key: b"), BAD, ingest=True),
    Case("two X-Request-Ids", sized("X-Request-Id: a", "X-Request-Id: b"), (GOOD,)),
    Case("request line of 16 KiB", sized(first=f"POST <path>?{'x' * 16384} HTTP/1.1"), BAD),
    Case("field of 64 KiB", sized(f"X-A: {'b' * 65536}"), BAD),
    Case("name of 64 KiB", sized(f"{'X' * 65536}: b"), BAD),
    Case("a thousand fields", sized(*(f"X-{number}: b" for number in range(1000))), BAD),
    Case("fields of 1 MiB in all", sized(*(f"X-{number}: {'b' * 8000}" for number in range(128))), BAD),
    Case("Expect: 100-continue", sized("Expect: 100-continue"), (100, GOOD)),
    Case("another Expect", sized("Expect: a-miracle"), BAD, door=LENIENT),
    Case("Upgrade to a WebSocket", sized("Upgrade: websocket", "Connection: upgrade"), (GOOD,)),
    Case(
        "Upgrade to HTTP/2",
        sized("Upgrade: h2c", "Connection: upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"),
        (GOOD,),
    ),
)

# What comes in one write is parsed together: where a part of it is not HTTP, a service itself accepts none of it.
SEQUENCES = (
    Case("two posts in one write", sized(close=False) + SECOND, (GOOD, GOOD)),
    Case("three posts, chunked and not", chunked(close=False) + sized(close=False) + SECOND, (GOOD, GOOD, GOOD)),
    Case("a post and what is no request", sized(close=False) + "nonsense\r\n\r\n", BAD, door=(GOOD, 400)),
    Case(
        "a post and a second that smuggles",
        sized(close=False) + chunked("Content-Length: <size>") + SECOND,
        BAD,
        door=(GOOD, 400),
    ),
    Case("more bytes than the length says", sized(close=False) + "{}\r\n\r\n" + SECOND, BAD, door=(GOOD, 400)),
    Case("a request after close", sized() + SECOND, BAD, door=(GOOD,)),
    Case("a request after bad framing", chunked("Content-Length: <size>", close=False) + SECOND, BAD),
    Case("fewer bytes than the length says", head("Content-Length: 99999") + "<body>", (503,)),
    Case("fewer bytes, then the end", head("Content-Length: 99999") + "<body>", (), half_closes=True),
    Case("half a head, then the end", "POST <path> HTTP/1.1\r\nHost: inlet\r\n", (), half_closes=True),
    Case("nothing, then the end", "", (), half_closes=True),
    # Whoever ends their side while they are waiting has gone away: they may send it again.
    Case("half-closed after a whole request", sized(), (), half_closes=True),
    Case("no length and no body", head(), BAD),
)

CASES = (*FRAMING, *CHUNKS, *LINES, *VERSIONS, *METHODS, *TARGETS, *FIELDS, *SEQUENCES)
