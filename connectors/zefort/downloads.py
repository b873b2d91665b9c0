"""How files are fetched from addresses that are not published: a wrong address is told from a file that is missing."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.downloads import refuse_a_page
from connectors.errors import ConnectorError, GoneError, NoSuchCallError, TransientError
from connectors.settings import variable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from connectors.contract import Download, File
    from connectors.http import Api


@dataclass(slots=True)
class Downloads:
    """The files of one stream. `setting` names the template of their path, `places` what it may have in it.

    `late` files are made after they are listed, as signed ones are.
    """

    api: Api
    setting: str
    places: str
    late: bool = False
    _proven: bool = False

    @asynccontextmanager
    async def stream(
        self, file: File, path: str, listed: Callable[[], Awaitable[bool]], params: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Download, None]:
        """Stream a file from this path. `listed` asks whether its owner still has it.

        ConnectorError: it does, and no file has ever come from such a path, so it is the path that is wrong.
        TransientError: others have come, and one that is late may still.
        """
        try:
            async with self.api.stream(path, params=params) as download:
                refuse_a_page(download, file, self.api.connection, self._hint)
                self._proven = True
                yield download
        except (GoneError, NoSuchCallError) as error:
            # An error of the far end passes through here as well, while it takes the file.
            if error.connection != self.api.connection or path not in str(error) or not await listed():
                raise
            if self._proven and isinstance(error, GoneError):
                if not self.late:
                    raise
                raise TransientError(
                    f"{error}, although file {file.id} is still listed",
                    connection=error.connection,
                    status=error.status,
                    arrived="no",
                ) from error
            raise ConnectorError(f"{error}; {self._hint}", connection=error.connection, status=error.status) from error

    @property
    def _hint(self) -> str:
        return (
            "where Zefort hands out files is not published: ask Zefort for the address and set "
            f"{variable(self.api.connection, self.setting)} (with {self.places}), or use `files: none` in the route"
        )
