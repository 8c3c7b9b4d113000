/** A request as an endpoint sees it, and what an endpoint states of itself. */
import type { Credentials } from '../protocol.ts';

/** Names are the client's: a map, never an object. */
export type Parameters = ReadonlyMap<string, string>;

export interface BinanceCall {
  readonly params: Parameters;
  /** '' on public endpoints. */
  readonly account: string;
  /** Null on public endpoints. */
  readonly credentials: Credentials | null;
  /** Market time. */
  readonly nowMs: number;
  /** The venue's wall time. */
  readonly wallMs: number;
}

export interface Endpoint {
  /** `key`: needs the key alone. `read`, `trade`: signed, by a key with that permission. */
  readonly access: 'public' | 'key' | 'read' | 'trade';
  /** Request weight; the parameters are not checked yet. */
  readonly weight: number | ((params: Parameters) => number);
  /** Orders that a request places at most: 0 unless said otherwise. */
  readonly orders?: number | ((params: Parameters) => number);
  /** Returns the reply's body. @throws BinanceError */
  readonly handle: (call: BinanceCall) => unknown;
}

/** By method and path: `GET /api/v3/order`. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

export type Handler = Endpoint['handle'];

/** Weight of a list or book by the number of rows asked for; beyond the last step the last one counts. */
export function weightByLimit(
  steps: readonly (readonly [upTo: number, weight: number])[],
  usual: number,
): (params: Parameters) => number {
  return (params) => {
    const limit = Number(params.get('limit') ?? usual);
    const step = steps.find(([upTo]) => limit <= upTo) ?? steps.at(-1);
    return step?.[1] ?? 1;
  };
}

/** One weight with the parameter, another without. */
export function weightWith(name: string, withIt: number, without: number): (params: Parameters) => number {
  return (params) => (params.get(name) === undefined || params.get(name) === '' ? without : withIt);
}
