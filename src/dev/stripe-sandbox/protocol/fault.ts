/** What Stripe answers instead of an object: a status and `{ error: { type, code, message } }`. */

export interface ErrorBody {
  type:
    | 'api_error'
    | 'card_error'
    | 'idempotency_error'
    | 'invalid_request_error'
    | 'temporary_session_expired';
  message: string;
  code?: string;
  param?: string;
  [field: string]: unknown;
}

export class StripeFault extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
    this.name = 'StripeFault';
  }
}

export function invalid(message: string, details: { code?: string; param?: string } = {}) {
  return new StripeFault(400, { type: 'invalid_request_error', message, ...details });
}

export function missing(kind: string, id: string, param = 'id'): StripeFault {
  return new StripeFault(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });
}

/** Something named in a parameter does not exist: 400, not the 404 of the path. */
export function missingParam(kind: string, id: string, param: string): StripeFault {
  return new StripeFault(400, missing(kind, id, param).body);
}

export function cardDeclined(code: string, declineCode: string | null, message: string) {
  return new StripeFault(402, {
    type: 'card_error',
    code,
    ...(declineCode !== null && { decline_code: declineCode }),
    message,
  });
}
