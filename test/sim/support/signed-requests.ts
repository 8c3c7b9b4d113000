/** Every request that ccxt can sign for a venue, whether the simulated exchange serves it or not. */
import ccxt from 'ccxt';
import { isObject } from '../../../src/sim/json.ts';

/** As ccxt lists it: `private`, or `['v3', 'private']`. */
type Section = string | readonly string[];

export interface Endpoint {
  readonly section: Section;
  readonly method: string;
  /** With `{names}` that the parameters fill. */
  readonly path: string;
}

export interface SignedRequest {
  /** Path and query. */
  readonly target: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

interface Signer {
  readonly api: unknown;
  milliseconds: () => number;
  seconds: () => number;
  sign(path: string, section: Section, method: string, params: object): unknown;
}

export interface RequestSource {
  readonly endpoints: readonly Endpoint[];
  /** As ccxt would send it; null when it cannot sign such parameters. */
  sign(endpoint: Endpoint, params: object): SignedRequest | null;
}

const methods = new Set(['get', 'post', 'put', 'delete']);
/** Of products that are not simulated. */
const otherProducts = /^(dapi|eapi|papi|zendesk|sapiV|v2)/;

/** Everything that ccxt can call at a venue, with signatures. @param wallMs what they say of the time */
export function requestSource(venue: string, credentials: object, wallMs: () => number = Date.now): RequestSource {
  const client = signerOf(venue, credentials);
  client.milliseconds = wallMs;
  client.seconds = () => Math.floor(wallMs() / 1000);
  return {
    endpoints: endpointsOf(client.api, []).filter(({ section }) => !otherProducts.test([section].flat()[0] ?? '')),
    sign({ path, section, method }, params) {
      let signed: unknown;
      try {
        signed = client.sign(path, section, method, params);
      } catch {
        return null;
      }
      if (!isObject(signed) || typeof signed['url'] !== 'string') return null;
      const { pathname, search } = new URL(signed['url']);
      const headers = Object.entries(isObject(signed['headers']) ? signed['headers'] : {});
      return {
        target: pathname + search,
        method,
        headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
        body: typeof signed['body'] === 'string' ? signed['body'] : null,
      };
    },
  };
}

function signerOf(venue: string, credentials: object): Signer {
  const make: unknown = Reflect.get(ccxt, venue);
  if (typeof make !== 'function') throw new Error(`ccxt has no ${venue}`);
  const client: unknown = Reflect.construct(make, [{ ...credentials, enableRateLimit: false }]);
  if (!isSigner(client)) throw new Error(`ccxt's ${venue} cannot sign`);
  return client;
}

function isSigner(value: unknown): value is Signer {
  return isObject(value) && 'api' in value && typeof value['sign'] === 'function';
}

function endpointsOf(tree: unknown, sections: readonly string[]): Endpoint[] {
  if (!isObject(tree)) return [];
  const section = sections.length === 1 ? (sections[0] ?? '') : sections;
  return Object.entries(tree).flatMap(([name, inner]) => {
    if (!methods.has(name)) return endpointsOf(inner, [...sections, name]);
    const paths = Array.isArray(inner) ? inner.map(String) : Object.keys(isObject(inner) ? inner : {});
    return paths.map((path): Endpoint => ({ section, method: name.toUpperCase(), path }));
  });
}
