//! The error codes that every AWS service shares: the protocols' and the signature's, not the models'.
//!
//! Names and statuses are those of the "Common Errors" page of the ElastiCache API reference and of recorded
//! answers where these differ from the page.

use crate::Code;

/// The caller may not do this.
pub const ACCESS_DENIED: Code = Code::sender("AccessDenied", 403);
/// The `Authorization` header lacks a part.
pub const INCOMPLETE_SIGNATURE: Code = Code::sender("IncompleteSignature", 400);
/// Something failed that the client cannot help.
pub const INTERNAL_FAILURE: Code = Code::receiver("InternalFailure", 500);
/// The service has no such operation in this version.
pub const INVALID_ACTION: Code = Code::sender("InvalidAction", 400);
/// No such access key, or it is disabled.
pub const INVALID_CLIENT_TOKEN_ID: Code = Code::sender("InvalidClientTokenId", 403);
/// The request's parameters have the wrong structure: an index, a type, a list for a string.
pub const MALFORMED_INPUT: Code = Code::sender("MalformedInput", 400);
/// The form cannot be read at all. AWS answers 404 for it.
pub const MALFORMED_QUERY_STRING: Code = Code::sender("MalformedQueryString", 404);
/// The request names no operation.
pub const MISSING_ACTION: Code = Code::sender("MissingAction", 400);
/// The request is not signed.
pub const MISSING_AUTHENTICATION_TOKEN: Code = Code::sender("MissingAuthenticationToken", 403);
/// The operation exists and is not built.
pub const NOT_IMPLEMENTED: Code = Code::receiver("NotImplemented", 501);
/// The request was signed too long ago or is for the future.
pub const REQUEST_EXPIRED: Code = Code::sender("RequestExpired", 400);
/// A JSON body cannot be read, or a member is of another type.
pub const SERIALIZATION_EXCEPTION: Code = Code::sender("SerializationException", 400);
/// The service cannot serve at the moment.
pub const SERVICE_UNAVAILABLE: Code = Code::receiver("ServiceUnavailable", 503);
/// The signature is wrong.
pub const SIGNATURE_DOES_NOT_MATCH: Code = Code::sender("SignatureDoesNotMatch", 403);
/// Too many requests.
pub const THROTTLING: Code = Code::sender("Throttling", 400);
/// A JSON request names no operation.
pub const UNKNOWN_OPERATION_EXCEPTION: Code = Code::sender("UnknownOperationException", 400);
/// A value breaks a constraint of the model.
pub const VALIDATION_ERROR: Code = Code::sender("ValidationError", 400);
