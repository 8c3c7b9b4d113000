/** Bybit's envelope and return codes. Nearly every reply is HTTP 200 with a `retCode`; 0 is success. */
import type { RestReply } from '../protocol.ts';
import { ExtendedResult } from './call.ts';

export class BybitError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = 'BybitError';
    this.code = code;
  }
}

export const parameterError = (detail: string): BybitError => new BybitError(10001, detail);

export const tooManyVisits = (): BybitError => new BybitError(10006, 'Too many visits. Exceeded the API Rate Limit.');

/** @param answer of a handler */
export function ok(answer: unknown, wallMs: number): RestReply {
  const extended = answer instanceof ExtendedResult ? answer : new ExtendedResult(answer, {});
  const { result, extInfo } = extended;
  return { status: 200, body: { retCode: 0, retMsg: 'OK', result, retExtInfo: extInfo, time: wallMs } };
}

export function failed(error: BybitError, wallMs: number, status = 200): RestReply {
  return {
    status,
    body: { retCode: error.code, retMsg: error.message, result: {}, retExtInfo: {}, time: wallMs },
  };
}
