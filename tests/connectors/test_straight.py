"""What a small request begins with, and how the headers of its answer are shown."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from connectors.straight import head
from connectors.transport import Headers

URL_ = URL("http://127.0.0.1:8000/a%2Fb?c=%20d")


def test_of_a_header_that_comes_twice_the_last_counts():
    begun = head("POST", URL_, (("accept", "*/*"), ("Accept", "text/plain")))
    assert begun == b"POST /a%2Fb?c=%20d HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: text/plain\r\n"


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\x00"])
def test_no_header_ends_its_line_early(value):
    with pytest.raises(ValueError, match="control character"):
        head("GET", URL_, (("accept", value),))


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Host", "expect", "connection"])
def test_how_a_request_travels_is_left_to_the_client(name):
    assert head("GET", URL_, ((name, "1"),)) is None
    assert head("GET", URL("http://user:word@127.0.0.1/"), ()) is None


def test_headers_are_found_in_any_case_and_their_lines_joined():
    latin = b"caf\xe9".decode("utf-8", "surrogateescape")
    lines = CIMultiDict([("Link", "a"), ("link", "b"), ("X-Name", latin), ("X-Other", "ö")])
    headers = Headers(CIMultiDictProxy(lines))
    assert dict(headers) == {"link": "a, b", "x-name": "café", "x-other": "ö"}
    assert headers.get("LINK") == "a, b"
    assert headers.get("nothing", "") == ""
    assert "x-NAME" in headers
