"""What of a request's head aiohttp lets pass although HTTP forbids it, or nobody here serves it."""

import re

from aiohttp import HttpVersion10, HttpVersion11
from aiohttp.http_parser import RawRequestMessage

CLOSE = {"Connection": "close"}

_VERSIONS = frozenset({HttpVersion10, HttpVersion11})
# RFC 3986, section 3.2: a name, an IPv4 address or an IP literal in brackets, and a port; no user information.
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")


def is_valid(message: RawRequestMessage) -> bool:
    """Whether a request may be handled.

    The version is one of ours (RFC 9112, section 2.3), HTTP/1.0 has no chunks (section 6.1), Host is one (section 3.2),
    the target has no fragment (section 3.2.1) and is no server as a whole: CONNECT is for proxies (RFC 9110, section
    9.3.6). Nothing is expected of us that we do not know (RFC 9110, section 10.1.1).
    """
    return (
        message.version in _VERSIONS
        and not (message.chunked and message.version == HttpVersion10)
        and _HOST.fullmatch(message.headers.get("Host", "")) is not None
        and "#" not in message.path
        and message.method != "CONNECT"
        and message.path != "*"
        and message.headers.get("Expect", "100-continue").lower() == "100-continue"
    )
