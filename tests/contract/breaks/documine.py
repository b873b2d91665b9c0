"""Ways to break DocuMine."""

from tests.contract.mutations import Break

READ = (
    Break(
        "only the first watched dossier is read",
        "documine/source.py",
        "for number, (place, name) in enumerate(watched, 1):",
        "for number, (place, name) in enumerate(watched[:1], 1):",
        "every_ready_document or after_a_listing",
    ),
    Break(
        "files in the works are listed and read as if they were through",
        "documine/source.py",
        'return file.standing == "processed" and (self._release == "extracted" or file.approved)',
        "return True",
        "nobody_knows or taken_back",
    ),
    Break(
        "what was edited shows in no hint",
        "documine/models.py",
        'hint="|".join([*analysed, workflow, standing, *touched])',
        'hint=f"{workflow}|{standing}"',
        "edited or put_back",
    ),
    Break(
        "the version is that of the listing and not of the content",
        "documine/source.py",
        'version = f"{found.digest}|{file.uploaded}" if found else file.hint',
        "version = file.status",
        "edited or put_back",
    ),
    Break(
        "values become floats",
        "documine/source.py",
        '"components": {name: (each[0] if each else None) for name, each in values.items()},',
        '"components": {n: (float(str(e[0])) if n == "Cost" else e[0] if e else None) for n, e in values.items()},',
        "money or fractions",
    ),
    Break(
        "instants are left in whichever spelling they came",
        "documine/models.py",
        "fields={name: _one_spelling(value) for name, value in row.items()},",
        "fields=row,",
        "read_twice",
    ),
    Break(
        "a file is read from its list only, and another one in its place",
        "documine/client.py",
        'answer = await self.api.call("GET", _path(self.names.file, template=template, dossier=dossier, file=file_id))\n'
        "        file = self.read.file(self._object(answer.json()))\n"
        "        refuse_another(answer, file_id, file.id)\n"
        "        return file",
        "rows = await self.files(template, dossier)\n"
        "        return next((one for one in rows if one.id == file_id), rows[0])",
        "vanished or another_kind or nobody_knows",
    ),
    Break(
        "actions that nobody knows are ignored",
        "documine/source.py",
        "        if actions:\n",
        "        if not actions and len(actions):\n",
        "never_be_taken or action_nobody",
    ),
    Break(
        "a package is held in memory",
        "documine/packages.py",
        "with tempfile.TemporaryFile() as spool:",
        "with tempfile.SpooledTemporaryFile(1 << 40) as spool:",
        "little_memory",
    ),
    Break(
        "a page of a web server is taken for the file",
        "documine/packages.py",
        'if not bare and spool.read(5) != b"%PDF-":',
        "if False:",
        "web_page",
    ),
    Break(
        "a file that is gone is tried for ever",
        "documine/client.py",
        '        answer = await self.api.call("POST", path, json=body)\n        package =',
        '        try:\n            answer = await self.api.call("POST", path, json=body)\n        except GoneError as error:\n'
        "            raise ConnectorError(str(error)) from error\n        package =",
        "is_gone",
    ),
)

UPLOADED = (
    Break(
        "a file whose answer was lost is not looked for",
        "documine/uploading.py",
        "            found = await self.named(place, marker)\n            return found.id if found else None\n",
        "            return None\n",
        "lost_answer or dies_at_any",
    ),
    Break(
        "a list that lags is believed at once",
        "documine/uploading.py",
        "return await journal.once(step, upload, find, settle=self._settle)",
        "return await journal.once(step, upload, find)",
        "lags",
    ),
    Break(
        "the marker does not travel in the name",
        "documine/uploading.py",
        "name = there.name if there else marked(title or upload.name, marker, upload.media_type)",
        "name = there.name if there else title or upload.name",
        "arrives_whole or lost_answer",
    ),
    Break(
        "every push uploads again",
        "documine/uploading.py",
        "if sha256 == known:",
        "if sha256 == known == 0:",
        "pushing_again",
    ),
    Break(
        "an overwriting is made without the journal",
        "documine/uploading.py",
        "file_id = await journal.once(step, upload, find, settle=self._settle)\n        await journal.record(name, file_id)",
        "file_id = await upload()\n        await journal.record(name, file_id)",
        "update_whose_answers",
    ),
    Break(
        "a dossier is made without looking whether an earlier attempt was heard",
        "documine/places.py",
        """            await self._look_out(name)
            # Another document's attempt, in this run or an earlier one, may be the one whose answer was lost.
            await self._memory.keep(f"dossier:{template.id}:{name}", datetime.now(UTC).isoformat())
            return await journal.once(
                f"dossier:{journal.fingerprint(name)}",
                lambda: self._make(template, name),
                find,
                settle=self._settle,
            )
""",
        "            return await self._make(template, name)\n",
        "lags",
    ),
    Break(
        "changed bytes are not brought",
        "documine/uploading.py",
        "            return await self._again(place, marker, attachment, title, journal)\n",
        "            return journal.results(step)[step]\n",
        "update_reaches",
    ),
    Break(
        "what a person has deleted is uploaded again",
        "documine/destination.py",
        "        if delivery.replaces is not None:\n",
        "        if delivery.replaces is None:\n",
        "dropped",
    ),
    Break(
        "one 404 is believed",
        "documine/destination.py",
        'return Outcome(State.GONE, "it was purged, or this user may not see it any more", sure=False)',
        'return Outcome(State.GONE, "it was purged, or this user may not see it any more")',
        "one_404",
    ),
    Break(
        "a failed read counts as gone",
        "documine/destination.py",
        "        except GoneError:\n            return Outcome",
        "        except ConnectorError:\n            return Outcome",
        "read_that_fails",
    ),
    Break(
        "files in the trash stay accepted",
        "documine/destination.py",
        'case "deleted":\n                return Outcome(State.GONE, "it was moved to the trash")',
        'case "deleted":\n                return Outcome(State.ACCEPTED)',
        "dropped",
    ),
    Break(
        "payloads are not checked",
        "documine/destination.py",
        "        fit(UPLOAD, payload)\n",
        "",
        "nobody_knows or refused",
    ),
)

BREAKS = {"documine.files.source": READ, "documine.files.destination": UPLOADED}
