"""The DocuMine sandbox by itself, over plain HTTP: strict where the provider is, and odd where the switches say so."""

import io
import zipfile
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.documine.sandbox import DocumineSandbox, Switches
from connectors.sandbox import serve

TEMPLATES = "/api/dossier-templates"
PDF = ("a.pdf", b"%PDF-1.4 a", "application/pdf")


class Client:
    """A signed-in plain client, and shortcuts to where things are."""

    def __init__(self, app, http):
        self.app, self.http = app, http
        self.realm = f"/auth/realms/{app.workspace}/protocol/openid-connect"

    async def token(self, **form):
        """Ask for tokens."""
        login = self.app.login
        known = {"client_id": login.client_id, "client_secret": login.client_secret, "grant_type": "password"}
        return await self.http.post(f"{self.realm}/token", data={**known, **form})

    async def sign_in(self):
        """Log in with the password and use the token from now on."""
        answer = (await self.token(username=self.app.login.username, password=self.app.login.password)).json()
        self.http.headers["authorization"] = f"Bearer {answer['access_token']}"
        return answer

    def dossier(self, name="Inbox"):
        """Return the path of a dossier."""
        found = next(one for one in self.app.store.dossiers.values() if one.name == name)
        return f"{TEMPLATES}/{found.template.id}/dossiers/{found.id}"

    async def upload(self, file=PDF, name="Inbox"):
        """Upload a file."""
        return await self.http.post(f"{self.dossier(name)}/files", files={"file": file})

    async def files(self, name="Inbox", **params):
        """List a dossier."""
        return (await self.http.get(f"{self.dossier(name)}/files", params=params)).json()["files"]


@asynccontextmanager
async def documine(documents=6, **switches):
    app = DocumineSandbox(documents, 7, Switches(**switches))
    async with (
        serve({"documine": app}) as urls,
        httpx.AsyncClient(base_url=urls["documine"], verify=False, headers={"x-tenant-id": app.workspace}) as http,
    ):
        client = Client(app, http)
        await client.sign_in()
        yield client


async def test_without_a_token_nobody_gets_in_and_another_tenant_is_forbidden():
    async with documine() as it:
        assert (await it.http.get(TEMPLATES, headers={"x-tenant-id": "other"})).status_code == 403
        assert (await it.http.get(TEMPLATES, headers={"authorization": "Bearer nonsense"})).status_code == 401
        del it.http.headers["x-tenant-id"]
        answer = await it.http.get(TEMPLATES)
        assert (answer.status_code, set(answer.json())) == (403, {"timestamp", "message"})


async def test_an_access_token_ends():
    async with documine(access_life=5) as it:
        it.app.act({"advance": 6})
        answer = await it.http.get(TEMPLATES)
        assert (answer.status_code, answer.content) == (401, b"")


async def test_a_refresh_token_works_once_unless_the_switch_says_otherwise():
    async with documine() as it:
        old = (await it.sign_in())["refresh_token"]
        assert (await it.token(grant_type="refresh_token", refresh_token=old)).status_code == 200
        answer = await it.token(grant_type="refresh_token", refresh_token=old)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        it.app.switches.rotation = "old_valid"
        old = (await it.sign_in())["refresh_token"]
        for _ in range(2):
            assert (await it.token(grant_type="refresh_token", refresh_token=old)).status_code == 200
        it.app.switches.rotation = "not_returned"
        assert "refresh_token" not in (await it.token(grant_type="refresh_token", refresh_token=old)).json()


@pytest.mark.parametrize(("life", "seconds"), [("refresh_life", 20), ("session_life", 20)])
async def test_a_refresh_token_and_a_session_end(life, seconds):
    async with documine(**{life: seconds}) as it:
        old = (await it.sign_in())["refresh_token"]
        it.app.act({"advance": seconds + 1})
        assert (await it.token(grant_type="refresh_token", refresh_token=old)).status_code == 400


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"username": "svc-docferry", "password": "wrong"}, 401, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "unauthorized_client"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
    ],
)
async def test_a_wrong_login_is_refused_in_the_words_of_the_standard(form, status, error):
    async with documine() as it:
        answer = await it.token(**form)
        assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_code_works_once_and_only_with_its_redirect_address():
    async with documine() as it:
        params = {
            "client_id": it.app.login.client_id,
            "redirect_uri": "http://127.0.0.1:1/x",
            "response_type": "code",
            "scope": "openid",
            "state": "s",
        }
        form = {"username": it.app.login.username, "password": it.app.login.password}
        codes = []
        for _ in range(2):
            answer = await it.http.post(f"{it.realm}/auth", params=params, data=form)
            codes.append(httpx.URL(answer.headers["location"]).params["code"])
        good = {"grant_type": "authorization_code", "redirect_uri": params["redirect_uri"]}
        assert [(await it.token(**good, code=codes[0])).status_code for _ in range(2)] == [200, 400]
        assert (await it.token(**{**good, "redirect_uri": "http://other"}, code=codes[1])).status_code == 400
        wrong = await it.http.get(f"{it.realm}/auth", params={**params, "client_id": "nobody"})
        assert wrong.status_code == 400


async def test_a_file_passes_all_states_and_only_then_has_components():
    async with documine(step=1.0) as it:
        file_id = (await it.upload()).json()["fileIds"][0]
        seen = []
        path = f"{it.dossier()}/files/{file_id}"
        for _ in range(6):
            seen.append((await it.http.get(path)).json()["processingStatus"])
            found = (await it.http.get(f"{path}/components")).json()["components"]
            assert bool(found) is (seen[-1] == "PROCESSED")
            it.app.act({"advance": 1})
        assert seen == [
            "UNPROCESSED", "PRE_PROCESSING", "OCR_PROCESSING", "VISUAL_LAYOUT_PARSING_ANALYZING", "ANALYSE", "PROCESSED",
        ]  # fmt: skip


@pytest.mark.parametrize("early", ["404", "409"])
async def test_components_may_be_refused_before_the_end(early):
    async with documine(step=9.0, early_components=early) as it:
        file_id = (await it.upload()).json()["fileIds"][0]
        answer = await it.http.get(f"{it.dossier()}/files/{file_id}/components")
        assert answer.status_code == int(early)


async def test_the_same_name_overwrites_and_a_deleted_one_counts_as_absent():
    async with documine(step=0.0) as it:
        ids = [(await it.upload()).json()["fileIds"][0] for _ in range(2)]
        assert ids[0] == ids[1]
        (only,) = await it.files()
        assert only["numberOfAnalyses"] == 2
        assert (await it.http.delete(f"{it.dossier()}/files/{ids[0]}")).status_code == 204
        assert await it.files() == []
        assert [one["processingStatus"] for one in await it.files(includeDeleted="true")] == ["DELETED"]
        assert (await it.upload()).json()["fileIds"][0] != ids[0]
        it.app.act({"advance": 97 * 3600})
        await it.sign_in()
        assert (await it.http.get(f"{it.dossier()}/files/{ids[0]}")).status_code == 404


async def test_a_csv_becomes_attributes_and_a_zip_several_files():
    async with documine() as it:
        assert (await it.upload(("a.csv", b"a;b", "text/csv"))).json()["fileIds"] == []
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as package:
            package.writestr("one.pdf", b"%PDF-1")
            package.writestr("two.pdf", b"%PDF-2")
        assert len((await it.upload(("a.zip", packed.getvalue(), "application/zip"))).json()["fileIds"]) == 2
        assert len(await it.files()) == 2


async def test_bad_uploads_are_refused():
    async with documine(largest_file=100) as it:
        files = f"{it.dossier()}/files"
        assert (await it.upload(("a.pdf", b"x" * 101, "application/pdf"))).status_code == 413
        assert (await it.upload(("a.pdf", b"", "application/pdf"))).status_code == 400
        assert (await it.http.post(files, files={"other": PDF})).status_code == 400
        assert (await it.http.post(files, content=b"%PDF")).status_code == 415
        assert (await it.upload(name="Archive 2024")).status_code == 409
        assert await it.files() == []


async def test_a_taken_name_is_refused_or_makes_a_second_dossier():
    async with documine() as it:
        path = it.dossier().rpartition("/")[0]
        assert (await it.http.post(path, json={"name": "Inbox"})).status_code == 409
        assert (await it.http.post(path, json={"nmae": "x"})).status_code == 400
        it.app.switches.taken_name = "201"
        assert (await it.http.post(path, json={"name": "Inbox"})).status_code == 201
        names = [one["name"] for one in (await it.http.get(path)).json()["dossiers"]]
        assert (names.count("Inbox"), names.count("Archive 2024")) == (2, 0)


async def test_a_package_is_built_fetched_and_removed():
    async with documine(step=0.0, package_time=2.0) as it:
        file_id = (await it.upload()).json()["fileIds"][0]
        create = f"{it.dossier()}/files/{file_id}/create-download"
        assert (await it.http.post(create, json={"downloadFileTypes": ["EVERYTHING"]})).status_code == 400
        made = await it.http.post(create, json={"reportTemplateIds": [], "downloadFileTypes": ["ORIGINAL"]})
        path = f"/api/downloads/{made.json()['storageId'].replace('/', '%2F')}"
        states = []
        for _ in range(3):
            states.append((await it.http.get(path)).json()["status"])
            if states[-1] != "READY":
                assert (await it.http.get(f"{path}/download")).status_code == 409
            it.app.act({"advance": 1})
        assert states == ["QUEUED", "GENERATING", "READY"]
        with zipfile.ZipFile(io.BytesIO((await it.http.get(f"{path}/download")).content)) as package:
            assert package.read("a.pdf") == b"%PDF-1.4 a"
        assert [(await it.http.delete(path)).status_code for _ in range(2)] == [204, 404]


async def test_demo_files_are_real_pdfs_no_two_alike():
    async with documine(documents=12) as it:
        records = [one for dossier in it.app.store.dossiers.values() for one in dossier.files.values()]
        contents = {it.app.store.content(one) for one in records}
        assert len(contents) == 12
        assert all(content.startswith(b"%PDF-") for content in contents)


async def test_the_control_plane_shows_switches_and_plays_people():
    async with documine(documents=4) as it:
        state = (await it.http.get("/_sandbox/state")).json()
        file_id = next(one for one, shown in state["documents"].items() if shown["dossier"] == "Reports")
        for what in (
            {"workflow": file_id, "to": "UNDER_REVIEW"},
            {"edit": file_id, "components": {"New": ["x"]}},
            {"trash": file_id},
            {"restore": file_id},
            {"status": file_id, "to": "ERROR"},
        ):
            assert (await it.http.post("/_sandbox/act", json=what)).status_code == 200, what
        shown = (await it.http.get("/_sandbox/state")).json()["documents"][file_id]
        assert (shown["workflow"], shown["status"], shown["components"]["New"]) == ("UNDER_REVIEW", "ERROR", ["x"])
        for what in ({"dance": 1}, {"trash": "nobody"}, {"status": file_id, "to": "HAPPY"}):
            assert (await it.http.post("/_sandbox/act", json=what)).status_code == 400, what
        assert (await it.http.post("/_sandbox/switches", json={"rotation": "old_valid"})).status_code == 200
        assert (await it.http.post("/_sandbox/switches", json={"rotation": "sometimes"})).status_code == 400
