"""Ways to break a declared REST API."""

from tests.contract.mutations import Break

INVOICES = (
    Break(
        "an object whose answer was lost is not looked for",
        "rest/destination.py",
        "                found = await self._finder.find(key)\n",
        "                found = None\n",
        "lost_answer or dies_at_any",
    ),
    Break(
        "a look-up that lags is believed at once",
        "rest/destination.py",
        "settle = self._settle if self._finder else timedelta(0)",
        "settle = timedelta(0)",
        "lags",
    ),
    Break(
        "the key does not travel in the creating call",
        "rest/bodies.py",
        "if rest else key}",
        "if rest else None}",
        "lost_answer",
    ),
    Break(
        "a file whose answer was lost is not looked for",
        "rest/files.py",
        'return "found" if marker in await self._markers(object_id, self._declared.find) else None',
        "return None",
        "lost_answer or dies_at_any",
    ),
    Break(
        "files are added without the journal",
        "rest/files.py",
        'await journal.once(f"file:{digest(object_id, 8)}:{marker}", do, find, settle=settle)',
        "await do()",
        "pushing_again",
    ),
    Break(
        "a payload may hold the field that the key goes into",
        "rest/destination.py",
        "        fit(self.schema, payload, self._api.connection)\n",
        "",
        "refused",
    ),
    Break(
        "an update makes another object",
        "rest/destination.py",
        "        if delivery.replaces is not None and self._declared.update is not None:\n",
        "        if delivery.replaces is None and self._declared.update is not None:\n",
        "update or dropped",
    ),
    Break(
        "a single 404 is proof",
        "rest/destination.py",
        'or may not be seen any more", sure=False)',
        'or may not be seen any more")',
        "one_404",
    ),
    Break(
        "nobody looks whether an object is still there",
        "rest/destination.py",
        "        if self._declared.read is not None:\n",
        "        if self._declared.read is None:\n",
        "person_dropped or read_that_fails",
    ),
    Break(
        "a list that is not found holds nothing",
        "rest/finding.py",
        '            if "{key}" in declared.path:\n',
        "            if declared.path:\n",
        "fault_that_passes",
    ),
    Break(
        "creations are repeated within seconds",
        "rest/destination.py",
        "**sent, repeatable=name is not None)",
        "**sent, repeatable=True)",
        "lost_answer",
    ),
    Break(
        "an object that takes no change is no refusal",
        "rest/destination.py",
        "        except GoneError as error:\n            # Not GoneError: that would say that the source's document is gone.\n"
        "            raise RejectedError(\n",
        "        except GoneError as error:\n            # Not GoneError: that would say that the source's document is gone.\n"
        "            raise TransientError(\n",
        "not_made_again",
    ),
)
BREAKS = {"rest.invoices.destination": INVOICES}
