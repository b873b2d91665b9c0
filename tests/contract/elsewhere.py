"""Stands where a provider's sandbox would for places that are not reached by HTTP: a database, an object store, a disk.

A driver made for the tests passes every operation through `passing`, where it is counted, and hit by the same faults.
"""

from __future__ import annotations

import time
from threading import Lock

from connectors.sandbox_app import SandboxApp
from connectors.sandbox_http import json_reply
from connectors.sandbox_switches import SharedSwitches


class KilledError(BaseException):
    """The process died here."""


class Elsewhere(SandboxApp):
    """A place. Operations have endpoints like those of HTTP: POST makes, PUT overwrites, DELETE removes, GET reads."""

    base_path, prefix = "", ""

    def __init__(self):
        super().__init__(SharedSwitches())
        self._lock = Lock()
        self._left, self._moment = 0, ""

    def failure(self, fault):
        """Return what the driver raises where a provider would answer with this fault; None to raise nothing."""
        raise NotImplementedError

    def die(self, number, moment):
        """Let the process die `before` or `after` the n-th operation from now on; 0 for never."""
        self._left, self._moment = number, moment

    def passing(self, endpoint, act):
        """Do something at the place, unless a fault keeps it from happening, and raise what the driver would."""
        method, path = endpoint.split(" ")
        with self._lock:
            fault = next((one for one in self.shared.faults if one.strikes(method, path)), None)
            self.requests[endpoint] += 1
            self.log.append((self.clock.now(), endpoint, path, 200 if fault is None else 0))
            self._left -= 1
            dies = self._left == 0
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(self.shared.latency)
            if dies and self._moment == "before":
                raise KilledError
            result = None if fault is not None and fault.harmless else act()
        finally:
            with self._lock:
                self.at_once -= 1
            if dies:
                raise KilledError
        if fault is not None:
            self.struck[fault.kind] += 1
            raise self.failure(fault)
        return result

    def act(self, what):
        self.clock.advance(what["advance"])
        return {}

    # Nothing of this is ever asked for: nobody comes by HTTP.

    def error(self, status, detail, title=None):
        return json_reply(status, {"title": title, "detail": detail})

    def admit(self, call):
        """Let everybody in."""

    def reset(self, documents=None, seed=None):
        del documents, seed
        self._start_over()


HTTP = "there is no HTTP on the way to it"
ANSWERS = (
    f"{HTTP}: a driver's call has an effect or raises an error, and is tried again by the ledger, not within seconds"
)
TAKEN = "what is written there is taken or not; nobody works on it or judges it later"
WIRE = {
    "test_what_the_far_end_still_works_on_is_not_said_to_be_done": TAKEN,
    "test_a_record_that_the_far_end_refuses_later_is_refused_and_the_reason_says_so": TAKEN,
    "test_a_creating_call_that_is_not_offered_is_no_verdict_on_the_document": f"{HTTP}, and so no 405",
    "test_an_address_that_nobody_knows_is_no_verdict_on_the_document": f"{HTTP}, and so no 404",
    "test_a_storm_of_429_is_waited_out": f"{HTTP}, and so no 429",
    "test_a_429_keeps_everybody_waiting_and_not_only_the_one_it_met": f"{HTTP}, and so no 429",
    "test_a_call_that_is_not_offered_is_no_verdict_on_a_document": f"{HTTP}, and so no 405",
    "test_a_passing_fault_of_the_server_goes_unnoticed": ANSWERS,
    "test_a_refusal_is_final_for_the_document_and_leaves_nothing": f"{HTTP}, and so no 400, 413, 415 or 422",
    "test_a_right_that_is_missing_is_an_access_error_and_no_end": f"{HTTP}, and so no 403",
    "test_an_answer_that_drips_or_never_comes_is_given_up_and_asked_for_again": ANSWERS,
    "test_an_answer_that_is_broken_once_is_asked_for_again": ANSWERS,
    "test_closing_closes_every_connection": f"{HTTP}: the stand-in for it has no sockets that could stay open",
    "test_credentials_are_sent_over_tls_or_to_this_machine_only": f"{HTTP}: its address is the driver's to judge",
    "test_redirects_are_not_followed": f"{HTTP}, and so no redirects",
    "test_refused_credentials_are_not_hammered": f"{HTTP}, and so no 401; the stand-in for it lets everybody in",
    "test_the_servers_own_clock_is_of_no_importance": f"{HTTP}, and so no Date header",
    "test_what_is_refused_is_no_fault_that_passes": f"{HTTP}, and so no statuses",
    "test_wrong_credentials_are_an_access_error": "the stand-in for it lets everybody in, as a file or a disk does",
}
"""What a subject that stands elsewhere is exempt from."""
