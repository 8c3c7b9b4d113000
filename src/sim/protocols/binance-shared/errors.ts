/** Binance's error envelope, `{code, msg}`, and the complaints that its markets have in common. */
import type { RestReply } from '../protocol.ts';

export class BinanceError extends Error {
  readonly code: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: number, message: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'BinanceError';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

export function failed(error: BinanceError): RestReply {
  return { status: error.status, body: { code: error.code, msg: error.message }, headers: error.headers };
}

export function missing(parameter: string): BinanceError {
  return new BinanceError(-1102, `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`);
}

export function illegal(parameter: string, legalRange: string): BinanceError {
  return new BinanceError(
    -1100,
    `Illegal characters found in parameter '${parameter}'; legal range is '${legalRange}'.`,
  );
}

export function notRequired(parameter: string): BinanceError {
  return new BinanceError(-1106, `Parameter '${parameter}' sent when not required.`);
}

export function invalid(parameter: string): BinanceError {
  return new BinanceError(-1130, `Data sent for parameter '${parameter}' is not valid.`);
}

export function badCombination(): BinanceError {
  return new BinanceError(-1128, 'Combination of optional parameters invalid.');
}

export function rejectedKey(): BinanceError {
  return new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
}

export function noSuchOrder(): BinanceError {
  return new BinanceError(-2013, 'Order does not exist.');
}

export function unknownOrder(): BinanceError {
  return new BinanceError(-2011, 'Unknown order sent.');
}

/** @param retryAfterMs wall milliseconds, told in whole seconds, rounded up */
export function tooManyRequests(weightPerMinute: number, retryAfterMs: number): BinanceError {
  const limit = `current limit is ${weightPerMinute} request weight per 1 MINUTE`;
  return new BinanceError(
    -1003,
    `Too much request weight used; ${limit}. Please use WebSocket Streams for live updates to avoid polling the API.`,
    429,
    retryAfter(retryAfterMs),
  );
}

/** @param untilMs wall time, epoch milliseconds */
export function banned(untilMs: number, retryAfterMs: number): BinanceError {
  return new BinanceError(
    -1003,
    `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`,
    418,
    retryAfter(retryAfterMs),
  );
}

export function tooManyOrders(limit: number, interval: string, retryAfterMs: number): BinanceError {
  const message = `Too many new orders; current limit is ${limit} orders per ${interval}.`;
  return new BinanceError(-1015, message, 429, retryAfter(retryAfterMs));
}

function retryAfter(milliseconds: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(milliseconds / 1000))) };
}
