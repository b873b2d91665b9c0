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
    "ResponseNotFound: Unknown response http status: 4": (
        "the documents list few errors or none; which status a refusal has is taken from other sources, or is a switch"
    ),
    "ResponseNotFound: Unknown response http status: 5": "a server that fails asks no document; some failures are switches",
    "contractfit sandbox, POST /documents/{document_id}/status_data: 200 MissingData": "a switch: an answer without a body",
    "contractfit sandbox, POST /documents/{inbox_id}: 200 DataValidationError: MediaTypeNotFound": "a switch: the bare id",
    "contractfit sandbox, POST /documents/{inbox_id}: 200 InvalidData: it: type 'object'": "a switch: the id in a list or a text",
    "documine client, GET /api/extracted/{id}: is not documented": "a path that a setting has corrected",
    "documine client, POST /realms/sandbox-workspace/protocol/openid-connect/token: is not documented": (
        "a path that a setting has corrected"
    ),
    "InvalidData: it: lacks storageId": "a switch: packages name their id otherwise",
    "lacks id, fileName": "a switch: files name their id and name otherwise",
    "processingStatus: enum": "a switch: a status that nobody knows",
    "hypatos sandbox, GET /documents/{id}: 200 InvalidData: state: enum": "a test has put a document into a state that nobody knows",
    "hypatos sandbox, GET /documents: 200 InvalidData: data.*.state: enum": "a test has put a document into a state that nobody knows",
    "status: enum ['queued', 'processing', 'review', 'done', 'archived', 'error', 'limited']": "a switch: a status that nobody knows",
    "200 InvalidData: it: lacks count": "a switch: lists that do not say how long they are",
    "zefort sandbox, GET /esigns/: 200 InvalidData: results.*.id: type 'string'": "a switch: ids that are numbers, as the tutorial has them",
    "zefort sandbox, GET /esigns/{id}/: 200 InvalidData: id: type 'string'": "a switch: ids that are numbers, as the tutorial has them",
    "contractfit sandbox, POST /documents/{inbox_id}: 200 InvalidData: it: lacks id": "a switch: the id under another name",
    "documine sandbox, GET /api/downloads/{downloadId}/download: 200 DataValidationError: MediaTypeNotFound": (
        "a switch: the file itself instead of a package"
    ),
    "documine sandbox, POST /api/dossier-templates/{dossierTemplateId}/dossiers/{dossierId}/files: 200 MissingData": (
        "a switch: an answer without a body"
    ),
    "hypatos client, POST /files: RequestBodyValidationError: MediaTypeDeserializeError": (
        "the library reads XML, and a test has sent other bytes under that name"
    ),
    "hypatos sandbox, POST /cases/process-file-batch: 200 MissingData": "a switch: an answer without a body",
    "hypatos sandbox, POST /cases/process-file-batch: 201 ResponseNotFound": "a switch: 201 in the place of 202",
    "hypatos sandbox, POST /cases/process-file-batch: 202 MissingData": "a switch: an answer without a body",
    "hypatos sandbox, POST /enrichment/suppliers: 200 MissingData": "a switch: an answer without a body",
    "zefort client, GET /contracts/{id}/documents/{id}/download/: is not documented": "a path that a setting has corrected",
    "cover_document: type 'object'": "a switch: the id of the cover document in the place of the object",
    "role: type 'string'": "a party without a role has null there, and no schema says whether it may",
    "zefort sandbox, POST /contracts/{contract_id}/binders/: 200 ResponseNotFound": "a switch: 200 in the place of 201",
}
