"""What the command writes to and reads from its caller, whatever the caller's locale, pipes and disks are like.

Light on purpose: it is loaded before everything else.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from _typeshed import ReadableBuffer


class OutputError(OSError):
    """What was to be printed on stdout cannot be written, though somebody waits for it (a full disk)."""


class _Outlet(io.FileIO):
    """A standard stream. Once it cannot be written to, all that follows goes nowhere: Python would complain at its end.

    A reader who has gone (`| head`) wants nothing more, which is no error. On stderr nothing is one: there is nobody
    left to tell.
    """

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, and return how many bytes that were. Raises OutputError."""
        try:
            return super().write(data)
        except OSError as error:
            number = self.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
            if number == 1 and not isinstance(error, BrokenPipeError):
                raise OutputError(error.errno, error.strerror) from error
            return len(memoryview(data).cast("B"))


def prepare() -> None:
    """Make stdout and stderr safe to write to. One that the caller has closed stays None; its number is kept taken.

    A stdin that is closed is an empty one: whoever asks gets no answer.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 -- the last of the three standard streams
        os.set_inheritable(number, True)  # ours and our children's: no file must get the number of a standard stream
    os.close(number)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 -- for as long as the command runs
    sys.stdout = _reopened(sys.stdout)
    sys.stderr = _reopened(sys.stderr)


def _reopened(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",  # a letter that the locale does not know must not end the command
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def words(arguments: list[str]) -> list[str]:
    """Return the command line's words as text. One that the locale could not read is read as UTF-8, as ids are."""
    return [word if _is_text(word) else os.fsencode(word).decode("utf-8", "replace") for word in arguments]


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
