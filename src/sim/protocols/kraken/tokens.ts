/** Tokens with which a websocket proves its account: made by a signed request, good for fifteen minutes of wall time. */
import { createHash } from 'node:crypto';
import type { Credentials } from '../protocol.ts';

export const tokenLifeSeconds = 900;

export interface Tokens {
  issue(credentials: Credentials, wallMs: number): string;
  /** Null when nobody was given it, or it is too old. */
  holderOf(token: string, wallMs: number): Credentials | null;
}

export function createTokens(): Tokens {
  const issued = new Map<string, { credentials: Credentials; expiresAtMs: number }>();
  let count = 0;
  return {
    issue(credentials, wallMs) {
      for (const [token, { expiresAtMs }] of issued) if (expiresAtMs <= wallMs) issued.delete(token);
      count += 1;
      const token = createHash('sha256').update(`${credentials.secret} ${count}`).digest('base64').replace('=', '');
      issued.set(token, { credentials, expiresAtMs: wallMs + tokenLifeSeconds * 1000 });
      return token;
    },
    holderOf(token, wallMs) {
      const holder = issued.get(token);
      return holder !== undefined && wallMs < holder.expiresAtMs ? holder.credentials : null;
    },
  };
}
