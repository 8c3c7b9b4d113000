/** Logging in on a websocket: a signature of `GET/users/self/verify` with a time in seconds. */
import { isObject } from '../../json.ts';
import type { Credentials } from '../protocol.ts';
import { signatureMatches } from '../protocol.ts';
import { hmacBase64, windowMs } from './authentication.ts';
import { parametersOf } from './call.ts';
import { OkxError } from './errors.ts';

/** @param args `[{apiKey, passphrase, timestamp, sign}]` @throws OkxError 60004–60009, 60013, 60024 */
export function credentialsOf(credentials: readonly Credentials[], args: unknown, wallMs: number): Credentials {
  const given: unknown = Array.isArray(args) ? args[0] : undefined;
  if (!isObject(given)) throw new OkxError('60013', 'Invalid args');
  const params = parametersOf(given);
  const timestamp = params.get('timestamp') ?? '';
  const found = credentials.find((candidate) => candidate.apiKey === params.get('apiKey'));
  if (found === undefined) throw new OkxError('60005', 'Invalid apiKey');
  if (!signatureMatches(found.password ?? '', params.get('passphrase') ?? '')) {
    throw new OkxError('60024', 'Wrong passphrase');
  }
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(timestamp)) throw new OkxError('60004', 'Invalid timestamp');
  if (Math.abs(Number(timestamp) * 1000 - wallMs) > windowMs) {
    throw new OkxError('60006', 'Timestamp request expired');
  }
  const expected = hmacBase64(found.secret, `${timestamp}GET/users/self/verify`);
  if (!signatureMatches(expected, params.get('sign') ?? '')) throw new OkxError('60007', 'Invalid sign');
  if (!found.permissions.has('read')) throw new OkxError('60009', 'Login failed.');
  return found;
}
