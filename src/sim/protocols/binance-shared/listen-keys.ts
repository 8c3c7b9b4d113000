/** Listen keys of user streams: one an account, for an hour of wall time unless kept alive. Not journalled. */
import { hmacSha256 } from '../protocol.ts';
import type { BinanceCall, Endpoint } from './call.ts';
import { BinanceError } from './errors.ts';

const lifetimeMs = 60 * 60_000;

export interface ListenKey {
  readonly key: string;
  readonly account: string;
  expiresAtMs: number;
}

export interface ListenKeys {
  /** Null when there is no such key, or no longer. */
  find(key: string): ListenKey | null;
  /** The account's key, made when there is none, alive for another hour. */
  open(call: BinanceCall): ListenKey;
  keepAlive(listenKey: ListenKey, wallMs: number): void;
  delete(listenKey: ListenKey): void;
  ofAccount(account: string): ListenKey | null;
  /** Those whose hour has passed; they are forgotten. */
  expire(wallMs: number): readonly ListenKey[];
}

/** Keys are pure functions of the secret and of how many the account has had. */
export function createListenKeys(): ListenKeys {
  const keys = new Map<string, ListenKey>();
  const made = new Map<string, number>();
  const ofAccount = (account: string): ListenKey | null =>
    [...keys.values()].find((candidate) => candidate.account === account) ?? null;
  return {
    find: (key) => keys.get(key) ?? null,
    open(call) {
      const present = ofAccount(call.account);
      if (present !== null) {
        present.expiresAtMs = call.wallMs + lifetimeMs;
        return present;
      }
      const count = (made.get(call.account) ?? 0) + 1;
      made.set(call.account, count);
      const key = hmacSha256(call.credentials?.secret ?? '', `listen key ${count}`);
      const listenKey = { key, account: call.account, expiresAtMs: call.wallMs + lifetimeMs };
      keys.set(key, listenKey);
      return listenKey;
    },
    keepAlive(listenKey, wallMs) {
      listenKey.expiresAtMs = wallMs + lifetimeMs;
    },
    delete: (listenKey) => void keys.delete(listenKey.key),
    ofAccount,
    expire(wallMs) {
      const expired = [...keys.values()].filter(({ expiresAtMs }) => wallMs >= expiresAtMs);
      for (const { key } of expired) keys.delete(key);
      return expired;
    },
  };
}

/** POST, PUT and DELETE of a listen key. @param named which key a PUT or DELETE means */
export function listenKeyEndpoints(
  path: string,
  weight: number,
  keys: ListenKeys,
  named: (call: BinanceCall) => ListenKey | null,
  closed: (listenKey: ListenKey) => void,
): Record<string, Endpoint> {
  const present = (call: BinanceCall): ListenKey => {
    const listenKey = named(call);
    if (listenKey === null || listenKey.account !== call.account) {
      throw new BinanceError(-1125, 'This listenKey does not exist.');
    }
    return listenKey;
  };
  const endpoint = (handle: Endpoint['handle']): Endpoint => ({ access: 'key', weight, handle });
  return {
    [`POST ${path}`]: endpoint((call) => ({ listenKey: keys.open(call).key })),
    [`PUT ${path}`]: endpoint((call) => {
      const listenKey = present(call);
      keys.keepAlive(listenKey, call.wallMs);
      return { listenKey: listenKey.key };
    }),
    [`DELETE ${path}`]: endpoint((call) => {
      const listenKey = present(call);
      keys.delete(listenKey);
      closed(listenKey);
      return {};
    }),
  };
}
