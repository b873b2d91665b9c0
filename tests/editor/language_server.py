"""A small client of the YAML language server that editors run: one process, spoken to over its stdin and stdout."""

import itertools
import json
import os
import queue
import subprocess
import threading
from pathlib import Path

PROGRAM = Path(__file__).parent / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},  # nothing is fetched from anywhere
        "kubernetesCRDStore": {"enable": False},
    }
}
PATIENCE = 20
"""Seconds that an answer may take on a busy machine."""


class LanguageServer:
    """The server, started. Documents are shown to it as an editor would: by their folder and their unsaved text."""

    def __init__(self, folder):
        self._numbers = itertools.count(1)
        self._answers = {}
        self._heard = queue.Queue()
        self._diagnostics = {}
        self._process = subprocess.Popen(["node", PROGRAM, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self._listen, daemon=True).start()
        hover = {"contentFormat": ["markdown", "plaintext"]}
        completion = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}}
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": hover, "completion": completion, "publishDiagnostics": {}},
        }
        self._ask("initialize", processId=os.getpid(), rootUri=folder.as_uri(), capabilities=capabilities)
        self._tell("initialized")
        self._settled()

    def stop(self):
        """End the server as an editor does when it closes."""
        self._ask("shutdown")
        self._tell("exit")
        self._process.wait(PATIENCE)

    def diagnostics(self, folder, *texts):
        """Show documents; return what is wrong with each as a list of (line, column, message), counted from 1.

        The server waits a moment before it looks at a document, so many at once take no longer than one.
        """
        shown = [self._show(folder, text) for text in texts]
        while not self._diagnostics.keys() >= set(shown):
            self._hear()
        return [[_place(one) for one in self._diagnostics[uri]] for uri in shown]

    def completions(self, folder, text):
        """Return what is offered where `»` stands in the text: label to (text that is put in, documentation)."""
        items = self._at("textDocument/completion", folder, text)["items"]
        return {one["label"]: (one.get("insertText"), _plain(one.get("documentation", ""))) for one in items}

    def hover(self, folder, text):
        """Return the help that is shown where `»` stands in the text, in Markdown; empty if there is none."""
        found = self._at("textDocument/hover", folder, text)
        return _plain(found["contents"]) if found else ""

    def _at(self, method, folder, text):
        before, _, after = text.partition("»")
        uri = self._show(folder, before + after)
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        return self._ask(method, textDocument={"uri": uri}, position={"line": line, "character": column})

    def _show(self, folder, text):
        """Open a document of its own, so that nothing that is said about another one is taken for its."""
        uri = (folder / f"{next(self._numbers)}.yaml").as_uri()
        self._tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "yaml", "version": 1, "text": text})
        return uri

    def _settled(self):
        """Wait until the server has asked for its settings, and understood them."""
        while not self._diagnostics.get("configured"):
            self._hear()

    def _ask(self, method, **params):
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while number not in self._answers:
            self._hear()
        answer = self._answers.pop(number)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _tell(self, method, **params):
        self._send({"method": method, "params": params})

    def _hear(self):
        message = self._heard.get(timeout=PATIENCE)
        if message is None:
            raise AssertionError("the language server has ended")
        if "method" not in message:
            self._answers[message["id"]] = message
        elif message["method"] == "workspace/configuration":
            items = message["params"]["items"]
            self._send({"id": message["id"], "result": [SETTINGS.get(one["section"]) for one in items]})
            self._diagnostics["configured"] = True
        elif message["method"] == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            self._send({"id": message["id"], "result": None})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self):
        output = self._process.stdout
        while header := output.readline():
            length = int(header.partition(b":")[2])
            while output.readline().strip():
                pass
            self._heard.put(json.loads(output.read(length)))
        self._heard.put(None)


def _place(diagnostic):
    start = diagnostic["range"]["start"]
    return start["line"] + 1, start["character"] + 1, diagnostic["message"]


def _plain(text):
    return text["value"] if isinstance(text, dict) else text
