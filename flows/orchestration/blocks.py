"""Prefect blocks that hold the credentials of an account at a provider: who one is there, and where.

`prefect block register -m flows.orchestration.blocks` makes their forms known to Prefect. What a run reads or writes at
the provider is no part of them: a server that does not answer must not change that without a word.
"""

from __future__ import annotations

from abc import ABC
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from prefect.blocks.abstract import CredentialsBlock
from pydantic import ConfigDict, Field, SecretStr, model_validator

from connectors.errors import ConnectorError
from connectors.places import Place
from connectors.secrets import mask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

    from connectors.contract import Connection
    from connectors.settings import ConnectionSettings

_NONE = SecretStr("")
"""A secret that was left out in the form."""
_ABOUT = (
    "Whoever reaches a Prefect server without a login can read it; production keeps secrets in docferry's vault "
    "(docferry credentials set). Named as the connection, with dashes for underscores, it is found by every run."
)


class ProviderCredentials(CredentialsBlock, ABC):
    """What the blocks of all providers can do. Fields have the names of the provider's settings; what is empty is not set.

    There is no logo and no link to a page: Prefect takes only addresses on the web, and a browser may be offline.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _provider: ClassVar[str]

    @model_validator(mode="after")
    def _settings_take_it(self) -> Self:
        """Refuse what no account can be opened with, in the words that a setting in the environment would be refused."""
        self._settings()
        return self

    @asynccontextmanager
    async def get_client(self) -> AsyncIterator[Connection]:
        """Open the account, to read its sources and write to its destinations, and close it afterwards.

        Raises SettingsError if the block does not hold what its provider needs.
        """
        opened = await _module(self._provider).connect(self._label(), self._settings())
        try:
            yield cast("Connection", opened)
        finally:
            await opened.close()

    async def test_connection(self) -> str:
        """Make one cheap call with the credentials and return a sentence of what was seen.

        Raises ValueError with one sentence if the provider refuses them or cannot be reached.
        """
        try:
            async with self.get_client() as client:
                return await client.check()
        except ConnectorError as error:
            raise ValueError(mask(str(error))) from None

    def _settings(self) -> ConnectionSettings:
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "block_type_slug"}
        texts = {
            name: value if isinstance(value, SecretStr) else SecretStr(str(value)) for name, value in given.items()
        }
        place = Place("this block", {name: text for name, text in texts.items() if text.get_secret_value().strip()})
        settings: type[ConnectionSettings] = _module(self._provider).Settings
        return settings.made_of(self._label(), [place])

    def _label(self) -> str:
        return (self._block_document_name or self._provider).replace("-", "_")


class HypatosCredentials(ProviderCredentials):
    """An account at Hypatos."""

    _provider = "hypatos"
    _block_type_name = "Hypatos Credentials"
    _block_type_slug = "hypatos-credentials"
    _description = f"An API client of a Hypatos account, a document capture service. {_ABOUT}"

    base_url: str = Field(
        default="https://api.cloud.hypatos.ai/v2",
        title="Base address",
        description="Where the API is, with its version. The cloud in the US is https://api.cloud.hypatos.com/v2.",
        examples=["https://api.cloud.hypatos.com/v2"],
    )
    client_id: SecretStr = Field(
        title="Client ID",
        description="Of an API client in your account. It needs the scopes documents.read, documents.write and files.read.",
        examples=["7d1c0a52-docferry"],
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Shown once, when the API client is made.",
        examples=["as shown when the client was made"],
        min_length=1,
    )


class ZefortCredentials(ProviderCredentials):
    """An account at Zefort."""

    _provider = "zefort"
    _block_type_name = "Zefort Credentials"
    _block_type_slug = "zefort-credentials"
    _description = f"An API key of a Zefort account, a contract management service. {_ABOUT}"

    base_url: str = Field(
        default="https://my.zefort.com/api/",
        title="Base address",
        description="Where the API is. A sandbox account is at https://sandbox.zefort.com/api/.",
        examples=["https://sandbox.zefort.com/api/"],
    )
    api_key: SecretStr = Field(
        title="API key",
        description="The key of a user of its own for docferry: what that user may not see, docferry does not see.",
        examples=["as shown when the key was made"],
        min_length=1,
    )


class ContractfitCredentials(ProviderCredentials):
    """An account at Contract.fit."""

    _provider = "contractfit"
    _block_type_name = "Contract.fit Credentials"
    _block_type_slug = "contractfit-credentials"
    _description = f"A key, or a user, of an account for document processing at Contract.fit. {_ABOUT}"

    base_url: str = Field(
        title="Base address",
        description="Your tenant's address. A test tenant ends in .contract-t.fit.",
        examples=["https://TENANT.contract-p.fit/api"],
        min_length=1,
    )
    api_key: SecretStr = Field(
        default=_NONE,
        title="API key",
        description="A key of its own for docferry. Leave it empty to log in with a user.",
        examples=["as shown when the key was made"],
    )
    username: str = Field(
        default="",
        title="User name",
        description="Instead of a key, together with the password.",
        examples=["docferry@example.com"],
    )
    password: SecretStr = Field(
        default=_NONE,
        title="Password",
        description="Of that user.",
        examples=["the user's password"],
    )
    login: Literal["token", "basic"] = Field(
        default="token",
        title="Login",
        description="With a user: log in for a token, or send the password each time.",
        examples=["token"],
    )


class DocumineCredentials(ProviderCredentials):
    """An account at DocuMine."""

    _provider = "documine"
    _block_type_name = "DocuMine Credentials"
    _block_type_slug = "documine-credentials"
    _description = f"A workspace of DocuMine, a document analysis service. {_ABOUT}"

    base_url: str = Field(
        title="Base address",
        description="Where the installation is.",
        examples=["https://documine.example.com"],
        min_length=1,
    )
    workspace: str = Field(
        title="Workspace",
        description="The workspace, also called tenant; sent with every call as X-TENANT-ID.",
        examples=["acme"],
        min_length=1,
    )
    template: str = Field(
        title="Dossier template",
        description="Whose dossiers are read and made, by exact name or id.",
        examples=["Safety reports"],
        min_length=1,
    )
    client_id: str = Field(
        title="Client ID",
        description="From the vendor's support.",
        examples=["docferry"],
        min_length=1,
    )
    client_secret: SecretStr = Field(
        default=_NONE,
        title="Client secret",
        description="Only for a confidential client; leave it empty otherwise.",
        examples=["from the vendor's support"],
    )
    username: str = Field(
        default="",
        title="User name",
        description="A user of its own with a local password. Without one a person logs in: docferry connect documine.",
        examples=["docferry@example.com"],
    )
    password: SecretStr = Field(
        default=_NONE,
        title="Password",
        description="Of that user.",
        examples=["the user's password"],
    )


async def register() -> None:
    """Make the forms of all four known to Prefect's server, or bring them up to date."""
    for block in (HypatosCredentials, ZefortCredentials, ContractfitCredentials, DocumineCredentials):
        await block.aregister_type_and_schema()


def _module(provider: str) -> Any:  # noqa: ANN401 -- a package of a connector
    return import_module(f"connectors.{provider}")
