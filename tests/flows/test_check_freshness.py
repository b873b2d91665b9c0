"""`docferry check --freshness` and `docferry watch` as cron and monitors call them."""

import pytest

from tests.flows.watched import ROUTE


@pytest.fixture
def routes(empty, monkeypatch):
    """Give a folder with two routes, of which nothing has run."""
    folder = empty / "routes"
    folder.mkdir()
    for name, source in (("a", "near"), ("b", "side")):
        (folder / f"{name}.yaml").write_text(ROUTE.format(source=source))
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


def test_a_run_makes_a_route_fresh_and_one_of_a_single_document_does_not(accounts, docferry, monkeypatch):
    for name in ("CONTRACTFIT_", "DOCUMINE_"):
        for setting in (
            "BASE_URL",
            "TOKEN_URL",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "API_KEY",
            "TENANT",
            "USERNAME",
            "PASSWORD",
        ):
            monkeypatch.delenv(name + setting, raising=False)
    route = "hypatos_to_zefort"
    before = docferry("check", "--freshness", route, "--json")
    assert (before.code, before.json["ok"], before.json["routes"][0]["late"]) == (1, False, True)
    assert "never ran" in before.json["routes"][0]["says"]
    docferry("run", route, "--document", "no-such-document", "--json")
    assert docferry("check", "--freshness", route).code == 1
    docferry("run", route, "--json")
    after = docferry("check", "--freshness", route)
    assert (after.code, "complete" in after.out) == (0, True)
    monkeypatch.setenv("DOCFERRY_FRESH_WITHIN", "1s")
    assert docferry("check", "--freshness", route).code == 0, "what the route's file says comes first"


def test_a_route_that_never_ran_is_late_if_it_is_in_use(routes, docferry, monkeypatch):
    monkeypatch.setenv("NEAR_API_KEY", "set")
    monkeypatch.setenv("FAR_API_KEY", "set")
    ended = docferry("check", "--freshness")
    assert ended.code == 1
    assert "late a: never ran, due every 30 min; by hand: docferry run a" in ended.out
    assert "ok   b: not in use: it never ran, and nothing is set for side" in ended.out
    assert docferry("check", "--freshness", "b").code == 1, "it was asked for by name"


def test_where_no_route_is_in_use_all_are_late_since_the_ledger_may_be_another(routes, docferry):
    assert docferry("check", "--freshness").code == 1


def test_a_folder_without_routes_an_address_that_is_none_and_a_wrong_time_are_wrong_settings(
    routes, docferry, monkeypatch
):
    monkeypatch.setenv("DOCFERRY_ALARM_URLS", "json://127.0.0.1:9/x, nonsense://Very-Secret-Part")
    ended = docferry("watch", "--json")
    assert (ended.code, ended.json["exit_code"]) == (2, 2)
    assert "DOCFERRY_ALARM_URLS: Apprise does not understand address 2" in ended.err
    assert "Very-Secret-Part" not in ended.out + ended.err
    monkeypatch.setenv("DOCFERRY_FRESH_WITHIN", "soon")
    assert "DOCFERRY_FRESH_WITHIN: write a number and its unit, such as 90s" in docferry("watch").err
    monkeypatch.delenv("DOCFERRY_FRESH_WITHIN")
    for file in routes.iterdir():
        file.unlink()
    assert docferry("check", "--freshness").code == 2


def test_an_alarm_that_nobody_takes_is_exit_code_three_and_its_sentence_goes_to_stderr(routes, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_ALARM_URLS", "json://127.0.0.1:9/Very-Secret-Part")
    for route in routes.iterdir():
        route.write_text(route.read_text().replace("30m", "1s"))
    docferry("watch")
    import time  # noqa: PLC0415 -- the deadline of a route that never ran begins with the first look

    time.sleep(1.1)
    ended = docferry("watch", "--json")
    assert (ended.code, len(ended.json["open"])) == (3, 2)
    assert ended.json["undelivered"][0]["waiting"] == 2
    assert "Very-Secret-Part" not in ended.out + ended.err
