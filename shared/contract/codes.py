"""Every reason Inlet gives, as a code: the same in an answer, a receipt, a metric label and a log line."""

from enum import StrEnum


class Code(StrEnum):
    """Why a request, a batch, a record or a value was refused."""

    # A request, refused before anything was accepted or read.
    INVALID_REQUEST = "invalid_request"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    INVALID_GZIP = "invalid_gzip"
    TOO_DEEP = "too_deep"
    INVALID_ENVELOPE = "invalid_envelope"
    EMPTY_BATCH = "empty_batch"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    MISSING_CREDENTIALS = "missing_credentials"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - the name of a code, not a secret
    INVALID_SESSION = "invalid_session"
    SESSION_NEEDED = "session_needed"
    FOREIGN_ORIGIN = "foreign_origin"
    INVALID_CSRF_TOKEN = "invalid_csrf_token"  # noqa: S105 - the name of a code, not a secret
    INSUFFICIENT_SCOPE = "insufficient_scope"
    FORBIDDEN_INTEGRATION = "forbidden_integration"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INVALID_QUERY = "invalid_query"
    INVALID_BODY = "invalid_body"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    PRECONDITION_REQUIRED = "precondition_required"
    VERSION_CONFLICT = "version_conflict"
    DUPLICATE = "duplicate"
    TYPE_CONFLICT = "type_conflict"
    IN_USE = "in_use"
    TOO_MANY = "too_many"
    INVALID_STATE = "invalid_state"
    UNKNOWN_REFERENCE = "unknown_reference"
    NOT_ALLOWED_TO_GRANT = "not_allowed_to_grant"
    OUT_OF_REACH = "out_of_reach"
    INVALID_CREDENTIALS = "invalid_credentials"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    LAST_ADMIN = "last_admin"
    RECEIPT_EXPIRED = "receipt_expired"
    CHANGES_EXPIRED = "changes_expired"
    INTEGRATION_PAUSED = "integration_paused"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_RECORDS = "too_many_records"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_CODING = "unsupported_coding"
    RATE_LIMITED = "rate_limited"
    HEAD_INCOMPLETE = "head_incomplete"
    BODY_INCOMPLETE = "body_incomplete"
    OVERLOADED = "overloaded"
    NOT_CONFIRMED = "not_confirmed"
    NOT_READY = "not_ready"

    # A record, refused by the mapper; named on the receipt.
    NOT_AN_OBJECT = "not_an_object"
    RECORD_TOO_LARGE = "record_too_large"
    LONE_SURROGATE = "lone_surrogate"
    MISSING_USER_ID = "missing_user_id"
    INVALID_USER_ID = "invalid_user_id"
    INVALID_OBSERVED_AT = "invalid_observed_at"
    FUTURE_OBSERVED_AT = "future_observed_at"
    UNKNOWN_PROPERTY = "unknown_property"

    # A value, refused by the mapper; the rest of its record still counts unless the integration says otherwise.
    WRONG_TYPE = "wrong_type"
    EMPTY_VALUE = "empty_value"
    CONTAINS_NUL = "contains_nul"
    TOO_LONG = "too_long"
    INVALID_NUMBER = "invalid_number"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    INVALID_DATE = "invalid_date"
    MISSING_TIME_ZONE = "missing_time_zone"

    # A batch or a frame, put aside among the dead letters.
    UNKNOWN_REVISION = "unknown_revision"
    INVALID_REVISION = "invalid_revision"
    MAPPED_TOO_LARGE = "mapped_too_large"
    UNKNOWN_VERSION = "unknown_version"
    UNREADABLE_FRAME = "unreadable_frame"
    TOO_MANY_DELIVERIES = "too_many_deliveries"
    INTERNAL_ERROR = "internal_error"


DEAD_LETTER_CODES = (
    Code.INVALID_UTF8,
    Code.INVALID_JSON,
    Code.TOO_MANY_RECORDS,
    Code.UNKNOWN_REVISION,
    Code.INVALID_REVISION,
    Code.MAPPED_TOO_LARGE,
    Code.UNKNOWN_VERSION,
    Code.UNREADABLE_FRAME,
    Code.TOO_MANY_DELIVERIES,
    Code.INTERNAL_ERROR,
)

MESSAGES: dict[Code, str] = {
    Code.INVALID_REQUEST: "The request is not valid HTTP (RFC 9112).",
    Code.INVALID_UTF8: "The body is not UTF-8.",
    Code.INVALID_JSON: "The body is not JSON (RFC 8259).",
    Code.INVALID_GZIP: "The body is not one complete gzip member.",
    Code.TOO_DEEP: "The body is nested more than 64 levels deep.",
    Code.INVALID_ENVELOPE: 'The body must be an object with a string "token" and an array "data".',
    Code.EMPTY_BATCH: '"data" holds no record.',
    Code.INVALID_IDEMPOTENCY_KEY: "Idempotency-Key must be 1 to 255 printable ASCII characters.",
    Code.MISSING_CREDENTIALS: "An access token is required.",
    Code.INVALID_TOKEN: "The access token is unknown, expired or revoked.",
    Code.INVALID_SESSION: "The session is over; sign in again.",
    Code.SESSION_NEEDED: "This address answers to console sessions only.",
    Code.FOREIGN_ORIGIN: "The request does not come from a page of Inlet's.",
    Code.INVALID_CSRF_TOKEN: "X-CSRF-Token is missing or not the session's.",
    Code.INSUFFICIENT_SCOPE: "The caller does not have the scope that this request needs.",
    Code.FORBIDDEN_INTEGRATION: "The integration token is not valid for this access token.",
    Code.NOT_FOUND: "There is nothing at this address.",
    Code.METHOD_NOT_ALLOWED: "This address does not answer to this method.",
    Code.INVALID_QUERY: "A parameter of the query is not known or not valid.",
    Code.INVALID_BODY: "The body does not fit what this address takes; `errors` says where.",
    Code.INVALID_FIELD: "The value is not valid here.",
    Code.UNKNOWN_FIELD: "There is no such field.",
    Code.MISSING_FIELD: "The field is required.",
    Code.PRECONDITION_REQUIRED: "If-Match with the ETag of the state that was read is required (RFC 6585).",
    Code.VERSION_CONFLICT: "Somebody has changed this since it was read; read it again.",
    Code.DUPLICATE: "There is one of that name or key already.",
    Code.TYPE_CONFLICT: "There is an attribute of that name or key with another type.",
    Code.IN_USE: "It is in use.",
    Code.TOO_MANY: "There are as many of them as there may be.",
    Code.INVALID_STATE: "Its state does not allow this.",
    Code.UNKNOWN_REFERENCE: "There is nothing of that key or id.",
    Code.NOT_ALLOWED_TO_GRANT: "Nobody can give rights that they do not have.",
    Code.OUT_OF_REACH: "This is for callers that reach every system.",
    Code.INVALID_CREDENTIALS: "The name or the password is wrong, or the user is disabled.",
    Code.TOO_MANY_ATTEMPTS: "Too many attempts failed; try again later.",
    Code.LAST_ADMIN: "It is the last admin who can sign in and reaches every system.",
    Code.RECEIPT_EXPIRED: "The receipt is past its retention.",
    Code.CHANGES_EXPIRED: "Changes after this cursor are not kept any more; read all profiles, then go on without it.",
    Code.INTEGRATION_PAUSED: "The integration is paused.",
    Code.BODY_TOO_LARGE: "The body is too large.",
    Code.TOO_MANY_RECORDS: "The batch holds too many records.",
    Code.UNSUPPORTED_MEDIA_TYPE: "Content-Type must be application/json.",
    Code.UNSUPPORTED_CODING: "Content-Encoding must be gzip or absent.",
    Code.RATE_LIMITED: "The access token sends more records a second than it may.",
    Code.HEAD_INCOMPLETE: "The head of the request did not arrive in time.",
    Code.BODY_INCOMPLETE: "The body did not arrive in time.",
    Code.OVERLOADED: "Too much is waiting to be confirmed; send again later.",
    Code.NOT_CONFIRMED: "The batch could not be stored in time; send it again later.",
    Code.NOT_READY: "The service is not ready to accept; send again later.",
    Code.NOT_AN_OBJECT: "The record is not a JSON object.",
    Code.RECORD_TOO_LARGE: "The record is larger than 32 KiB.",
    Code.LONE_SURROGATE: "The record holds half of a surrogate pair, which no text can hold.",
    Code.MISSING_USER_ID: "The record has no user ID.",
    Code.INVALID_USER_ID: "The user ID must be a string of 1 to 512 bytes without NUL, or an integer.",
    Code.INVALID_OBSERVED_AT: "The time of the change cannot be read.",
    Code.FUTURE_OBSERVED_AT: "The time of the change is more than 5 minutes in the future.",
    Code.UNKNOWN_PROPERTY: "The property is not mapped, and the integration refuses such records.",
    Code.WRONG_TYPE: "The value is of a kind that the attribute's type does not accept.",
    Code.EMPTY_VALUE: "The value is empty.",
    Code.CONTAINS_NUL: "The value holds a NUL character.",
    Code.TOO_LONG: "The value is longer than 4,096 bytes.",
    Code.INVALID_NUMBER: "The value is not a number in JSON's grammar.",
    Code.NUMBER_OUT_OF_RANGE: "The number has more than 1,000 digits or an exponent beyond 1,000.",
    Code.INVALID_DATE: "The value is not a date in the expected format.",
    Code.MISSING_TIME_ZONE: "The time has no zone, and the property names none.",
    Code.UNKNOWN_REVISION: "The revision under which the batch was accepted does not exist.",
    Code.INVALID_REVISION: "The revision names a date format or a time zone that does not exist.",
    Code.MAPPED_TOO_LARGE: "The batch, once mapped, is larger than a message may be.",
    Code.UNKNOWN_VERSION: "The frame has a schema version that this release does not read.",
    Code.UNREADABLE_FRAME: "The frame's bytes cannot be decoded.",
    Code.TOO_MANY_DELIVERIES: "The batch was delivered ten times and never finished.",
    Code.INTERNAL_ERROR: "Something unexpected went wrong.",
}
