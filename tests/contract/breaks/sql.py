"""Ways to break a database."""

from tests.contract.mutations import Break

INVOICES = (
    Break(
        "a row is made without looking for one",
        "sql/destination.py",
        "    if there is None:\n",
        "    if True:\n",
        "lost_answer or update or pushing_again",
    ),
    Break(
        "child rows are added and never replaced",
        "sql/destination.py",
        "        connection.execute(sa.delete(child.table).where(child.table.c[child.parent] == parent))\n",
        "",
        "lost_answer or pushing_again or update",
    ),
    Break(
        "an update changes nothing",
        "sql/destination.py",
        "        if values := {**emptied, **prepared.row}:\n",
        "        if values := {**emptied}:\n",
        "update",
    ),
    Break(
        "child rows are written without their position",
        "sql/destination.py",
        "{**row, child.parent: main[child.references], child.position: position}",
        "{**row, child.parent: main[child.references], child.position: 0}\n            if position > 1\n            else {}",
        "whole or lost_answer",
    ),
    Break(
        "what was written once is not written again",
        "sql/destination.py",
        "        await journal.forget(_WRITTEN)\n",
        "",
        "update",
    ),
    Break(
        "a row that is gone counts as there",
        "sql/destination.py",
        "            return connection.execute(query).first() is not None\n",
        "            return connection.execute(query) is not None\n",
        "person_dropped",
    ),
    Break(
        "columns that do not exist are dropped",
        "sql/tables.py",
        '                problems.append(f"{place}{name} {why}{_near(name, [*free, *others])}")\n',
        "                continue\n",
        "nobody_knows",
    ),
    Break(
        "what is no day is left to the driver",
        "sql/values.py",
        '        raise ValueProblem(\n            f"is {_kind(value)}, and the column takes a day',
        '        return value\n        raise ValueProblem(\n            f"is {_kind(value)}, and the column takes a day',
        "refused",
    ),
    Break(
        "NaN becomes a text",
        "sql/values.py",
        'written_out(_number(value, "text"))',
        'f"{value:f}"',
        "cannot_be_written",
    ),
    Break(
        "amounts pass through a float",
        "sql/values.py",
        'written_out(_number(value, "text"))',
        "f\"{float(_number(value, 'text'))}\"",
        "money",
    ),
    Break(
        "tables are read anew at every check",
        "sql/destination.py",
        "        if self._known is None:\n            self._known = self._database.now(self._read)\n",
        "        self._known = self._database.now(self._read)\n",
        "without_a_request",
    ),
    Break(
        "a driver's error is passed on with its text",
        "sql/database.py",
        "            raise fault from None\n",
        "            raise fault from error\n",
        "echoes",
    ),
    Break(
        "a database that fails rejects the document",
        "sql/database.py",
        '    if isinstance(error, DBAPIError) and not state.startswith("42"):\n',
        '    if isinstance(error, DBAPIError) and state.startswith("42"):\n',
        "down or lost_answer",
    ),
    Break(
        "transactions are not counted",
        "sql/__init__.py",
        "database.close, Unpaced(lambda: database.transactions),",
        "database.close, Unpaced(lambda: 0),",
        "counted",
    ),
)
BREAKS = {"sql.invoices.destination": INVOICES}
