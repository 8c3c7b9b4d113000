/** One request to Kraken's REST protocol, after its signature and parameters have been read. */
import type { Credentials, Permission } from '../protocol.ts';
import type { Parameters } from './parameters.ts';

export interface KrakenCall {
  readonly params: Parameters;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
  /** Deadlines are not looked at. */
  readonly ignoreExpiry: boolean;
}

export interface PrivateCall extends KrakenCall {
  readonly account: string;
  readonly credentials: Credentials;
  /** As sent. */
  readonly nonce: string;
}

/** Returns the `result` of the envelope. @throws KrakenError */
export type PublicHandler = (call: KrakenCall) => unknown;

export interface PrivateEndpoint {
  /** Null: any key may. */
  readonly permission: Permission | null;
  /** What it adds to the key's call counter. */
  readonly cost: number;
  /** Returns the `result` of the envelope. @throws KrakenError */
  handle(call: PrivateCall): unknown;
}
