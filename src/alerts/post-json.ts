/** One POST of JSON. What went wrong is told in words of our own: errors of the runtime may quote the address, and with it a key. */
import { parseRetryAfterMs } from './retry-after.ts';

export interface JsonPost {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export type Reply =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'unanswered'; readonly reason: string };

/** Of a send from beginning to end: whoever drains waits no longer for a target that hangs. */
const defaultTimeoutMs = 10_000;
/** Nobody's answer to an alert is longer; what is, is not read to its end. */
const longestReplyBytes = 16_384;

/** Never throws. Redirections are not followed: they would carry a key, or a signature, to another host. */
export async function postJson({ url, body, headers = {}, timeoutMs = defaultTimeoutMs }: JsonPost): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'basiskeeper', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      kind: 'answered',
      status: response.status,
      text: await beginning(response),
      retryAfterMs: parseRetryAfterMs(response.headers.get('retry-after'), Date.now()),
    };
  } catch (error) {
    return { kind: 'unanswered', reason: reasonOf(error, timeoutMs) };
  }
}

async function beginning(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= longestReplyBytes) break;
  }
  return Buffer.concat(parts).subarray(0, longestReplyBytes).toString('utf8');
}

/** Codes of the system and of the runtime's client: names, never texts. */
const code = /^[A-Z][A-Z0-9_]{1,40}$/;

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'the request failed';
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const codes = [error, error.cause, ...(error.cause instanceof AggregateError ? error.cause.errors : [])].flatMap(
    (one: unknown) => (typeof one === 'object' && one !== null && 'code' in one ? [String(one.code)] : []),
  );
  const known = codes.find((one) => code.test(one));
  return known === undefined ? 'the request failed' : `cannot be reached: ${known}`;
}
