"""The seconds clock: when a failed call is tried again at once, how long it waits for that, and when it gives up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from connectors.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from connectors.limits import Clock, Limits

T = TypeVar("T")
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 16.0
TOO_MANY: Final = 429


def may_repeat(error: BaseException, *, repeatable: bool) -> bool:
    """Say whether to try again: the call did not arrive, or it does no harm twice and did not use up its whole time."""
    if not isinstance(error, TransientError):
        return False
    return error.arrived == "no" or (repeatable and not isinstance(error.__cause__, TimeoutError))


async def persist(
    first: TransientError,
    again: Callable[[], Awaitable[T]],
    *,
    repeatable: bool,
    limits: Limits,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]],
    held_off: Callable[[], float],
) -> T:
    """Repeat a call that has failed with `first` until it works, and raise its last error if it does not.

    `held_off` says for how many seconds the provider has answered nothing but 429, to anybody.
    """
    begun = clock.now()
    known = [first]

    async def attempt() -> T:
        if known:
            raise known.pop()
        return await again()

    def give_up(state: RetryCallState) -> bool:
        # Being told to wait is no fault: only patience bounds it.
        faulty = _status(state) != TOO_MANY and state.attempt_number >= limits.attempts
        waited = max(clock.now() - begun, held_off() if _status(state) == TOO_MANY else 0.0)
        return faulty or waited + state.upcoming_sleep > limits.patience

    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: may_repeat(error, repeatable=repeatable)),
        wait=_wait,
        stop=give_up,
        sleep=sleep,
        reraise=True,
    )
    return await retrying(attempt)


def _error(state: RetryCallState) -> TransientError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, TransientError) else None


def _status(state: RetryCallState) -> int | None:
    error = _error(state)
    return error.status if error else None


def _wait(state: RetryCallState) -> float:
    error = _error(state)
    if error and error.retry_after is not None:
        return error.retry_after
    if error and error.status == TOO_MANY:
        return 0.0  # its next turn comes when the quota has learned that there is room again
    # full jitter: callers that failed together do not come back together
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (state.attempt_number - 1))
    return random.uniform(0.0, longest)  # noqa: S311 -- nobody gains by guessing it
