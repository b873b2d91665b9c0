"""Where client or sandbox depart from a published document on purpose: the beginning of the violation, and the reason."""

DEVIATIONS: dict[str, str] = {
    "hypatos sandbox, GET /files/{id}: 200 MissingData": "an empty file is a body of no bytes, which the library takes for no body",
    "contractfit client, POST /documents/{inbox_id}: InvalidRequestBody: key_value_flag: type 'boolean'; sync: type 'boolean'": (
        "true and false are words in a form, and the library reads no fields of forms with parts"
    ),
    "contractfit sandbox, GET /documents/{document_id}: 200 InvalidData": (
        "single documents are the raw record of the database, and what is absent is null: no schema says so, the framework does"
    ),
    "contractfit sandbox, GET /inboxes/{inbox_id}/paginated: 200 InvalidData": (
        "what is absent is null, moments have no zone, and a page is no list: the framework writes it so, whatever it publishes"
    ),
    "contractfit sandbox, POST /documents/{document_id}/status_data: 200 InvalidData": (
        "what is absent is null and moments have no zone, as the framework writes them"
    ),
    "contractfit sandbox, GET /documents/{document_id}: 404 ResponseNotFound": (
        "no answer is published for a document that is not there"
    ),
    "contractfit sandbox, GET /documents/{document_id}/last_version: 200 ResponseNotFound": (
        "no success is published for this call"
    ),
    "contractfit sandbox, POST /documents/{inbox_id}: 400 ResponseNotFound": (
        "the framework answers so to a form without a file, whatever is published for the call"
    ),
    "contractfit sandbox, GET /inboxes: 401 ResponseNotFound": (
        "nothing is published for wrong credentials; 401 or 403 are assumed"
    ),
    "contractfit sandbox, GET /inboxes/{inbox_id}/paginated: 401 ResponseNotFound": (
        "nothing is published for wrong credentials; 401 or 403 are assumed"
    ),
    "zefort sandbox, GET /documents/{id}/download/: 200": "the call is inferred; a file may come with its own media type, or empty",
    "zefort sandbox, GET /esigns/{esign_id}/documents/{id}/download/: 200": "a file may come with its own media type, or empty",
    "zefort sandbox, GET /contracts/: 404": "what a page past the end is answered with is not published",
    "zefort sandbox, GET /esigns/: 404": "what a page past the end is answered with is not published",
}
