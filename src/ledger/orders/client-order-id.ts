/** Client order ids: a pure function of what an order is, so that a retry or a replay names the same order. */
import { createHash } from 'node:crypto';
import type { LegName, OrderPurpose } from '../../domain/order.ts';
import type { ClientOrderIdForm } from '../../ports/venue.ts';

export interface OrderIdentity {
  readonly installationId: string;
  readonly workflowId: string;
  readonly leg: LegName;
  readonly purpose: OrderPurpose;
  readonly step: number;
  readonly attempt: number;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const letters = 26;
const hexDigits = 32;

/**
 * In the form that the order's venue takes, from one SHA-256: `bk` and 26 characters of base 32 (RFC 4648, lower case),
 * or its first 32 hexadecimal digits.
 */
export function clientOrderId(identity: OrderIdentity, form: ClientOrderIdForm): string {
  const { installationId, workflowId, leg, purpose, step, attempt } = identity;
  const hash = createHash('sha256');
  for (const part of [installationId, workflowId, leg, purpose, String(step), String(attempt)]) {
    // Each part with its length, so that no two identities run together to the same text.
    hash.update(`${Buffer.byteLength(part)}:${part};`);
  }
  const digest = hash.digest();
  switch (form) {
    case 'alphanumeric':
      return `bk${base32(digest, letters)}`;
    case 'hex':
      return digest.toString('hex').slice(0, hexDigits);
  }
}

function base32(bytes: Buffer, length: number): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += alphabet.charAt((value >>> bits) & 31);
    }
    value &= (1 << bits) - 1;
    if (text.length === length) break;
  }
  return text;
}
