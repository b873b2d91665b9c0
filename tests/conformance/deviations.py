"""Where client or sandbox depart from a published document on purpose: the beginning of the violation, and the reason."""

DEVIATIONS: dict[str, str] = {
    "hypatos sandbox, GET /files/{id}: 200 MissingData": "an empty file is a body of no bytes, which the library takes for no body",
    "zefort sandbox, GET /documents/{id}/download/: 200": "the call is inferred; a file may come with its own media type, or empty",
    "zefort sandbox, GET /esigns/{esign_id}/documents/{id}/download/: 200": "a file may come with its own media type, or empty",
    "zefort sandbox, GET /contracts/: 404": "what a page past the end is answered with is not published",
    "zefort sandbox, GET /esigns/: 404": "what a page past the end is answered with is not published",
}
