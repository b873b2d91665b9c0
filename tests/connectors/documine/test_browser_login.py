"""The login in a browser, driven by HTTP against the sandbox's page."""

import httpx
import pytest

from connectors.browser_login import BrowserLogin
from connectors.documine import Settings, connect
from connectors.documine.sandbox import DocumineSandbox, Switches
from connectors.errors import AccessError
from connectors.oauth import ProcessStore
from connectors.sandbox import serve
from tests.connectors.documine.chains import BY_PERSON, Hands, chain


class Browser:
    """Follows the login page as a browser does, up to the redirect to us."""

    def __init__(self, app):
        self.app = app

    async def log_in(self, address, **form):
        """Return the address that the browser is sent to in the end."""
        form = form or {"username": self.app.login.username, "password": self.app.login.password}
        async with httpx.AsyncClient(verify=False) as client:
            page = await client.get(address)
            assert page.status_code == 200, page.text
            assert "<form" in page.text
            answer = await client.post(address, data=form)
            assert answer.status_code == 302, answer.text
            return answer.headers["location"]


@pytest.fixture
async def by_person(store):
    app = DocumineSandbox(4, 7, Switches())
    async with serve({"documine": app}) as urls:
        credentials = {name: value for name, value in app.credentials.items() if name not in BY_PERSON}

        async def open_one(**settings):
            chosen = Settings(base_url=urls["documine"], **{**credentials, **settings})
            return await connect("documine", chosen, token_store=store)

        yield app, open_one, Browser(app)


@pytest.mark.parametrize(
    ("pkce", "switch"), [(True, "optional"), (True, "required"), (False, "optional"), (False, "refused")]
)
async def test_a_person_logs_in_through_the_page_and_the_connection_works(by_person, pkce, switch):
    app, open_one, browser = by_person
    app.switches.pkce = switch
    connection = await open_one(pkce=pkce)
    request = connection.login.begin()
    assert ("code_challenge=" in request.address) is pkce
    await connection.login.finish(request, await browser.log_in(request.address))
    assert "the login works" in await connection.check()
    assert app.login.log == [("authorization_code", "200")]
    await connection.close()


async def test_an_answer_to_another_login_is_not_taken(by_person):
    app, open_one, browser = by_person
    connection = await open_one()
    first, second = connection.login.begin(), connection.login.begin()
    redirected = await browser.log_in(first.address)
    with pytest.raises(AccessError, match="another"):
        await connection.login.finish(second, redirected)
    assert app.login.log == []
    await connection.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("code=", "kode="), "no code"),
        (lambda url: url.replace("code=dm", "code=xx"), "not accepted"),
    ],
)
async def test_a_redirect_that_is_not_whole_is_told_plainly(by_person, change, words):
    _, open_one, browser = by_person
    connection = await open_one()
    request = connection.login.begin()
    with pytest.raises(AccessError, match=words):
        await connection.login.finish(request, change(await browser.log_in(request.address)))
    await connection.close()


async def test_a_person_who_says_no_is_heard(by_person):
    _, open_one, browser = by_person
    connection = await open_one()
    request = connection.login.begin()
    with pytest.raises(AccessError, match="said no"):
        await connection.login.finish(request, await browser.log_in(request.address, deny="1"))
    await connection.close()


def test_neither_state_nor_verifier_can_be_guessed_or_seen():
    login = BrowserLogin("d", chain(Hands(), None, ProcessStore()), "http://127.0.0.1/auth", "http://127.0.0.1:1/x")
    one, two = login.begin(), login.begin()
    assert one.state != two.state
    assert one.verifier != two.verifier
    assert one.verifier not in repr(one) + one.address
