"""Where client or sandbox depart from a published document on purpose: the beginning of the violation, and the reason."""

DEVIATIONS: dict[str, str] = {
    "hypatos sandbox, GET /files/{id}: 200 MissingData": "an empty file is a body of no bytes, which the library takes for no body",
}
