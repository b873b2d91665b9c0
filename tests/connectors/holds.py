"""A right to write that is lost when a test says so."""

import asyncio


class LostError(Exception):
    """What ends a run that is not the only one any more."""


class Hold:
    """Stands for so many looks; then it is proven anew, or lost."""

    def __init__(self, looks=0, *, lost=True):
        self.looks, self.lost, self.proven = looks, lost, 0

    def stands(self):
        self.looks -= 1
        return self.looks >= 0

    async def prove(self):
        await asyncio.sleep(0)
        if self.lost:
            raise LostError
        self.proven += 1
