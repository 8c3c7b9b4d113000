/** A request to bybit v5 once its signature has been checked, and what answers it. */
import type { Permission } from '../protocol.ts';

export const categories = ['spot', 'linear', 'inverse', 'option'] as const;
export type Category = (typeof categories)[number];

/** Scalar parameters as text; an empty value counts as not sent. */
export type Params = ReadonlyMap<string, string>;

export interface BybitCall {
  readonly params: Params;
  /** The `request` list of a batch; null when none was sent. */
  readonly batch: readonly Params[] | null;
  /** How many orders of the batch the rate limit still lets through. */
  readonly batchAllowed: number;
  /** '' on public endpoints. */
  readonly account: string;
  readonly apiKey: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Returns the `result` of the envelope, or one with `retExtInfo` as well. @throws BybitError */
export type BybitHandler = (call: BybitCall) => unknown;

/** What a handler returns when `retExtInfo` is not empty. */
export class ExtendedResult {
  readonly result: unknown;
  readonly extInfo: unknown;
  constructor(result: unknown, extInfo: unknown) {
    this.result = result;
    this.extInfo = extInfo;
  }
}
