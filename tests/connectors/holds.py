"""A right to write that is lost when a test says so."""

import asyncio


class LostError(Exception):
    """What ends a run that is not the only one any more."""


class Hold:
    """Stands for so many looks; then it is proven anew and stands for some more, or lost. So many proofs come too late to help."""

    def __init__(self, looks=0, *, lost=True, late=0):
        self.looks, self.lost, self.late, self.proven = looks, lost, late, 0

    def stands(self):
        self.looks -= 1
        return self.looks >= 0

    async def prove(self):
        await asyncio.sleep(0)
        self.proven += 1
        if self.proven <= self.late:
            return
        if self.lost:
            raise LostError
        self.looks = 3
