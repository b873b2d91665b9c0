"""Ways to break a folder."""

from tests.contract.mutations import Break

STORE = (
    Break(
        "every attempt has a folder of its own",
        "folder/destination.py",
        'return await journal.once("folder", choose, find)',
        "marker += __import__('secrets').token_hex(2)\n        return await choose()",
        "lost_answer or pushing_again",
    ),
    Break(
        "what was written once is not written again",
        "folder/destination.py",
        "        await journal.forget(_WRITTEN)\n",
        "",
        "update",
    ),
    Break(
        "files that are no more stay",
        "folder/destination.py",
        "                    await self._place.remove(f",
        "                    await self._place.read(f",
        "names_change or update or goes",
    ),
    Break(
        "the sidecar comes first",
        "folder/destination.py",
        "                for one in staged:\n                    await self._place.publish(one.path,",
        '                await self._place.publish(sidecar, f"{folder}/{SIDECAR}.part")\n'
        "                for one in staged:\n                    await self._place.publish(one.path,",
        "whole or lost_answer",
    ),
    Break(
        "files of one name overwrite each other",
        "folder/destination.py",
        "name = distinct(ended(safe(upload.name), upload.media_type), taken)",
        "name = ended(safe(upload.name), upload.media_type)",
        "many_files",
    ),
    Break(
        "names are used as they come",
        "folder/destination.py",
        "ended(safe(upload.name), upload.media_type)",
        "upload.name",
        "hostile",
    ),
    Break(
        "names without an ending stay so",
        "folder/destination.py",
        "ended(safe(upload.name), upload.media_type)",
        "safe(upload.name)",
        "hostile",
    ),
    Break(
        "a missing sidecar is proof",
        "folder/destination.py",
        'is not there any more", sure=False)',
        'is not there any more")',
        "one_404",
    ),
    Break(
        "a folder that is gone counts as there",
        "folder/destination.py",
        '        if await self._place.read(f"{external_id}/{SIDECAR}") is not None:\n',
        '        if await self._place.read(f"{external_id}/{SIDECAR}") != b"":\n',
        "person_dropped",
    ),
    Break(
        "check accepts everything",
        "folder/destination.py",
        "        encode_json(payload)\n",
        "        dict(payload)\n",
        "refused or cannot_be_written",
    ),
    Break(
        "a driver's error is passed on with its text",
        "folder/remote.py",
        'raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="maybe") from None',
        'raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="maybe") from error',
        "echoes",
    ),
    Break(
        "any number of calls at a time",
        "folder/remote.py",
        "        async with self._slots:\n            self.calls += 1\n",
        "        if self._slots:\n            self.calls += 1\n",
        "within_the_limit",
    ),
    Break(
        "a file that is shorter than announced passes",
        "uploads.py",
        "    if download.size is not None and download.size != len(content):\n        raise _short(len(content), download.size)\n",
        "",
        "lies_about",
    ),
    Break(
        "calls are not counted",
        "folder/__init__.py",
        "check, close, Unpaced(lambda: place.calls))",
        "check, close, Unpaced(lambda: 0))",
        "counted",
    ),
)
BREAKS = {"folder.store.destination": STORE}
