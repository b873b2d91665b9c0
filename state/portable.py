"""A whole ledger in one file: JSON lines, compressed, that say at their end how many they are and what they come to.

The first line is the head. A line with a list is a row of the table that was named last; one with an object names the next
table and its columns, or is the end: the number of rows and the SHA-256 of all lines before. What no key of ours protects is
not in it: the key of the fingerprints is there only as the vault has encrypted it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO, Self

FORMAT = 1
_KIND = "docferry ledger"
_LEVEL = 3
"""gzip's level: a third of the time of its default, for a tenth more bytes."""
_LONGEST = 64 * 1024 * 1024
"""Characters of one line. A row holds one document at most."""
_SOMETIMES = 2000
"""After so many lines it is told how far the check is."""

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What the file says of itself. `form` is that of the tables, `rows` how many there were when the writing began.

    `key` says where the key of the fingerprints is: `inside` (encrypted by the vault), `beside` (in a file that is not part of
    this one), or `none`. `running` names what was held by a process meanwhile.
    """

    form: str
    key: str
    made_at: str
    rows: int
    running: Sequence[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """A table begins. `kinds` are `bytes`, `bool` or `plain`, one for each name."""

    table: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]


class LedgerWriter:
    """Writes a ledger's file line by line. What is not ended by `end` is not a whole file."""

    def __init__(self, raw: IO[bytes], head: Head) -> None:
        self._file = gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0)
        self._sum = hashlib.sha256()
        self._bytes: list[int] = []
        self.rows = 0
        self._line({"kind": _KIND, "format": FORMAT, **asdict(head)})

    def table(self, columns: Columns) -> None:
        """Begin a table."""
        self._bytes = [place for place, kind in enumerate(columns.kinds) if kind == "bytes"]
        self._line({"table": columns.table, "names": columns.names, "kinds": columns.kinds})

    def row(self, values: Row) -> None:
        """Write a row of the table."""
        for place in self._bytes:
            if values[place] is not None:
                values[place] = base64.b64encode(values[place]).decode("ascii")
        self.rows += 1
        self._line(values)

    def end(self) -> None:
        """Write the end and let go of the file."""
        self._line({"end": self.rows, "sha256": self._sum.hexdigest()})
        self._file.close()

    def _line(self, content: object) -> None:
        line = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
        self._sum.update(line)
        self._file.write(line)


class LedgerReader:
    """Reads such a file from its beginning. Raises StateError with one sentence for whatever is wrong with it.

    Only who has read `lines` to their end knows that the file is whole: until then a name in it may be none, and a number
    none that a database has. So it is read twice, and `check` comes before anything is made of it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file and read its head. Raises SettingError if it is no such file, or a newer one."""
        self._path = path
        try:
            self._raw = path.open("rb")
        except OSError as error:
            raise SettingError(f"The file {path} cannot be read ({error.strerror})") from error
        self.size = 2 * path.stat().st_size
        """Bytes that are to be read, those of both times."""
        self._before = 0
        try:
            self.head = self._begin()
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    @property
    def read(self) -> int:
        """How many bytes (of `size`) were read."""
        return self._before + self._raw.tell()

    def check(self, progress: Callable[[int, int], None]) -> None:
        """Read to the end, to see that the file is whole, and begin anew.

        `progress` is told bytes read and how many there are to be read, and may raise to end it.
        """
        for number, _ in enumerate(self.lines()):
            if number % _SOMETIMES == 0:
                progress(self.read, self.size)
        self._before = self._raw.tell()
        self.head = self._begin()

    def _begin(self) -> Head:
        self._raw.seek(0)
        self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")
        self._sum = hashlib.sha256()
        return self._head()

    def _head(self) -> Head:
        foreign = SettingError(f"{self._path} is not a ledger that `docferry state export` has written")
        try:
            first = self._next()
        except StateError as error:
            raise foreign from error
        if not isinstance(first, dict) or first.get("kind") != _KIND:
            raise foreign
        if first.get("format") != FORMAT:
            raise SettingError(
                f"{self._path} is a ledger in a newer form (format {first.get('format')}, this docferry reads {FORMAT}); "
                "import it with the release that has written it, or a later one"
            )
        try:
            given = {name: first[name] for name in Head.__dataclass_fields__}
            return Head(**{**given, "form": str(first["form"])})
        except KeyError as error:
            raise self._damaged("its head lacks something") from error

    def lines(self) -> Iterator[Columns | Row]:
        """Read the tables and their rows, in the order of the file."""
        columns = Columns("", (), ())
        rows = 0
        while True:
            so_far = self._sum.hexdigest()
            line = self._next()
            if isinstance(line, list):
                if len(line) != len(columns.names):
                    raise self._damaged("a row does not fit its table")
                rows += 1
                yield self._row(line, columns)
            elif isinstance(line, dict) and "table" in line:
                try:
                    columns = Columns(str(line["table"]), tuple(line["names"]), tuple(line["kinds"]))
                except (KeyError, TypeError):
                    raise self._damaged("a table is not described as it should be") from None
                if len(columns.names) != len(columns.kinds):
                    raise self._damaged("a table is not described as it should be")
                yield columns
            elif isinstance(line, dict) and "end" in line:
                if (line["end"], line.get("sha256")) != (rows, so_far):
                    raise self._damaged("its checksum is another one")
                if self._read():
                    raise self._damaged("it goes on after its end")
                return
            else:
                raise self._damaged("a line in it means nothing")

    def _row(self, line: Row, columns: Columns) -> Row:
        for place, kind in enumerate(columns.kinds):
            if kind == "bytes" and line[place] is not None:
                try:
                    line[place] = base64.b64decode(line[place])
                except (TypeError, ValueError):
                    raise self._damaged("bytes of a row cannot be read") from None
        return line

    def _next(self) -> object:
        line = self._read()
        if not line.endswith(b"\n"):
            raise self._damaged("it is cut off")
        self._sum.update(line)
        try:
            return json.loads(line.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise self._damaged("what it holds cannot be read") from error

    def _read(self) -> bytes:
        """Read a line, nothing at the end of a whole file."""
        try:
            return self._file.readline(_LONGEST)
        except EOFError as error:
            raise self._damaged("it is cut off") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self._damaged("what it holds cannot be read") from error
        except OSError as error:
            raise StateError(f"The file {self._path} cannot be read ({error.strerror})") from error

    def _damaged(self, how: str) -> StateError:
        return StateError(f"{self._path} is damaged: {how}. Nothing of it was kept; take another copy, or export again")
