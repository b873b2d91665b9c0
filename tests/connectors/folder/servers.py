"""Real servers on loopback: an S3 (moto over HTTP) and an SFTP (asyncssh), each in a thread, with a look behind them."""

import asyncio
import json
import logging
import socket
import threading
import time
import urllib.request
import uuid

import asyncssh
import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

USER, PASSWORD = "docferry", "sandbox-sftp-password-51c0"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


class _Far:
    """What both have: how long a piece takes, what came in, and after which of it the answer is lost, once."""

    def __init__(self):
        self.slow = 0.0
        self.pieces = 0
        """Pieces of files that have come in."""
        self.published = []
        """Final names in the order in which they appeared."""
        self.loses = None
        """The ending of a final name; the connection breaks after it has appeared, before that is answered."""

    def came_in(self):
        self.pieces += 1
        time.sleep(self.slow)

    def appeared(self, name):
        """Note a final name; return whether the answer is to be lost."""
        self.published.append(name)
        lost = self.loses is not None and name.endswith(self.loses)
        if lost:
            self.loses = None
        return lost


class _Quiet(WSGIRequestHandler):
    """Lets the application break the connection, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        """Log nothing."""


class S3(_Far):
    """A bucket behind HTTP. Requests are checked against the one user that has rights, once `locked`."""

    def __init__(self):
        super().__init__()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._clients = {}
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.bucket = f"bucket-{uuid.uuid4().hex[:12]}"
        self._client("s3").create_bucket(Bucket=self.bucket)
        self.url = f"s3://{self.bucket}/archive"
        self.options = {"endpoint_url": self.endpoint, "key": "any", "secret": "any"}
        # putting 120 parts together takes this S3 longer than the driver would wait, and it cannot be asked twice
        self.options["config_kwargs"] = {"read_timeout": 300}
        self.wrong = {**self.options, "key": "AKIAWRONG", "secret": "sandbox-s3-secret-wrong"}

    def lock(self):
        """From now on only one user gets in."""
        iam = self._client("iam")
        name = f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(POLICY))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._check_rights("0")
        self.options |= {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

    def files(self):
        """Return every file's bytes by its path below the root."""
        self._check_rights("inf")
        client, held = self._client("s3"), {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for one in page.get("Contents", ()):
                held[one["Key"].removeprefix("archive/")] = client.get_object(Bucket=self.bucket, Key=one["Key"])[
                    "Body"
                ].read()
        return held

    def leftovers(self):
        """Return nothing: parts of an upload that never ended are in no listing."""
        return []

    def vanish(self):
        """Delete the bucket with all that is in it."""
        client = self._client("s3")
        for path in self.files():
            client.delete_object(Bucket=self.bucket, Key=f"archive/{path}")
        client.delete_bucket(Bucket=self.bucket)

    def close(self):
        self._check_rights("inf")
        self._server.shutdown()
        self._server.server_close()

    def _client(self, service):
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="any",
                aws_secret_access_key="any",
            )
        return self._clients[service]

    def _check_rights(self, calls):
        address, kind = f"{self.endpoint}/moto-api/reset-auth", {"content-type": "text/plain"}
        asked = urllib.request.Request(address, calls.encode(), kind, method="POST")
        with urllib.request.urlopen(asked, timeout=10):
            return

    def _answer(self, environ, start):
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        sends = environ["REQUEST_METHOD"] == "PUT"
        if sends:
            self.came_in()
        answer = self._moto(environ, start)
        whole = (sends and "partNumber" not in query) or (environ["REQUEST_METHOD"] == "POST" and "uploadId" in query)
        if whole and path.startswith(f"/{self.bucket}/archive/"):
            name = path.removeprefix(f"/{self.bucket}/archive/").encode("latin-1").decode()
            if self.appeared(name):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer


class Sftp(_Far):
    """A folder behind SSH, with a host key that this machine knows if `known`."""

    def __init__(self, root, home):
        super().__init__()
        self.root = root
        (root / "archive").mkdir(parents=True)
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._listener.get_port()
        self.url = "sftp://127.0.0.1/archive"
        self.options = {
            "port": self.port, "username": USER, "password": PASSWORD, "look_for_keys": False, "allow_agent": False,
        }  # fmt: skip
        self.wrong = {**self.options, "password": "sandbox-sftp-wrong"}
        self._hosts = home / ".ssh" / "known_hosts"
        self._hosts.parent.mkdir(parents=True)
        self.known(self._key)

    def known(self, key=None):
        """Let this machine know the server by a key, or not at all."""
        public = key.export_public_key().decode() if key else ""
        self._hosts.write_text(f"[127.0.0.1]:{self.port} {public}" if key else "")

    def lock(self):
        """Do nothing: nobody gets in without the password."""

    def files(self):
        held = (path for path in (self.root / "archive").rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(self.root / "archive").as_posix(): path.read_bytes() for path in held}

    def leftovers(self):
        return [path.name for path in (self.root / "archive").rglob(".*")]

    def vanish(self):
        (self.root / "archive").rename(self.root / "elsewhere")

    def close(self):
        async def stop():
            self._listener.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _listen(self):
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_Door, server_host_keys=[self._key],
            sftp_factory=lambda channel: _Files(self, channel),
        )  # fmt: skip


class _Door(asyncssh.SSHServer):
    """Asks for a password."""

    def begin_auth(self, _username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == (USER, PASSWORD)


class _Files(asyncssh.SFTPServer):
    """Serves the root as `/`."""

    def __init__(self, far, channel):
        super().__init__(channel, chroot=str(far.root))
        self._far, self._channel = far, channel

    def write(self, file_obj, offset, data):
        self._far.came_in()
        return super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        super().posix_rename(oldpath, newpath)
        if self._far.appeared(newpath.decode().removeprefix("/archive/")):
            self._channel.get_connection().abort()
