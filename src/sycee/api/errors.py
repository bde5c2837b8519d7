"""What can be wrong with a request before any rule of the bank is asked."""

from __future__ import annotations

from sycee.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    SyceeError,
    TooSlow,
    UnsupportedMedia,
)


class MalformedJson(InvalidInput):
    """The body is not JSON"""

    code = "malformed_json"


class SchemaViolation(InvalidInput):
    """The body does not have the shape that is expected"""

    code = "schema_violation"


class DuplicateKey(InvalidInput):
    """An object names the same key twice"""

    code = "duplicate_key"


class ForbiddenCharacter(InvalidInput):
    """A text holds a character that cannot be kept"""

    code = "forbidden_character"


class MissingField(InvalidInput):
    """A field is needed for this kind of transfer"""

    code = "missing_field"


class UnexpectedField(InvalidInput):
    """A field has no meaning for this kind of transfer"""

    code = "unexpected_field"


class DateOutOfRange(InvalidInput):
    """The date is outside of what a bank keeps books for"""

    code = "date_out_of_range"


class InvalidParameter(InvalidInput):
    """A query parameter or header cannot be understood"""

    code = "invalid_parameter"


class InvalidIdentifier(InvalidInput):
    """That is not an identifier"""

    code = "invalid_identifier"


class RouteNotFound(NotFound):
    """There is nothing at this path"""

    code = "route_not_found"


class PaymentNeeded(Forbidden):
    """Money goes from one customer to another by a payment"""

    code = "payment_needed"


class ConfidentialOrder(Forbidden):
    """The items of the order are confidential"""

    code = "confidential_order"


class ConfidentialPayment(Forbidden):
    """The payment is a salary"""

    code = "confidential_payment"


class BankOnly(Forbidden):
    """Only the bank itself does this"""

    code = "bank_only"


class MethodNotAllowed(SyceeError):
    """This path does not take that method"""

    code = "method_not_allowed"
    status = 405


class NotAcceptable(SyceeError):
    """None of the formats asked for is spoken here"""

    code = "not_acceptable"
    status = 406


class BodyTooSlow(TooSlow):
    """The body did not arrive in time"""

    code = "body_too_slow"


class BodyTooLarge(PayloadTooLarge):
    """The body is larger than is read"""

    code = "body_too_large"


class TooManyTransfers(PayloadTooLarge):
    """The list carries more transfers than are taken at once"""

    code = "too_many_transfers"


class TooManyAccounts(PayloadTooLarge):
    """The list carries more accounts than are taken at once"""

    code = "too_many_accounts"


class TooManyCustomers(PayloadTooLarge):
    """The list carries more customers than are taken at once"""

    code = "too_many_customers"


class TooManyPersons(PayloadTooLarge):
    """The list carries more persons than are taken at once"""

    code = "too_many_persons"


class UnsupportedContentType(UnsupportedMedia):
    """The body is in a format that is not read here"""


class IdempotencyKeyReused(Conflict):
    """The idempotency key was used before, for another request"""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Conflict):
    """A request with this idempotency key is being worked on"""

    code = "idempotency_in_progress"


class InternalError(SyceeError):
    """Something is broken on our side"""

    code = "internal_error"


class AmbiguousPath(InvalidInput):
    """The path can be read in two ways"""

    code = "ambiguous_path"
