/**
 * A service of one's own. The header `x-basiskeeper-signature` is `t=<seconds>,v1=<hex>`: HMAC-SHA256 with the shared
 * secret over the seconds, a point and the body. A receiver compares it, and refuses what is older than minutes.
 */
import { createHmac } from 'node:crypto';
import { alertEvent } from '../../domain/alert-keys.ts';
import type { Delivery } from '../../ports/alert-outbox.ts';
import { messageText } from '../message-text.ts';
import { postJson } from '../post-json.ts';
import type { AlertMessage, AlertTarget } from '../target.ts';
import type { TargetBasics } from './basics.ts';

export const signatureHeader = 'x-basiskeeper-signature';
const longestText = 4_000;

export interface WebhookTerms extends TargetBasics {
  readonly url: string;
  readonly secret: string;
}

export function createWebhookTarget({ url, secret, ...basics }: WebhookTerms): AlertTarget {
  return {
    ...basics,
    kind: 'webhook',
    async send(message) {
      const body = JSON.stringify(document(message));
      const headers = { [signatureHeader]: signature(secret, body, message.sentAtMs) };
      const reply = await postJson({ url, body, headers });
      if (reply.kind === 'unanswered') return { kind: 'failed', reason: reply.reason, retryAfterMs: null };
      const { status, retryAfterMs } = reply;
      if (status >= 200 && status < 300) return { kind: 'taken', detail: String(status) };
      const moved = status >= 300 && status < 400 ? ' (redirections are not followed)' : '';
      return { kind: 'failed', reason: `${status}${moved}`, retryAfterMs };
    },
  };
}

/** @param atMs wall time */
export function signature(secret: string, body: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Times are ISO 8601. `id` is the same whenever the same is sent again. */
function document(message: AlertMessage) {
  const { origin, sentAtMs, alerts } = message;
  return {
    version: 1,
    ...origin,
    sentAt: iso(sentAtMs),
    text: messageText(message, longestText),
    alerts: alerts.map(alertDocument),
  };
}

function alertDocument(alert: Delivery) {
  const { alertId, phase, key, severity, message, positionKey, raisedAtMs, resolvedAtMs, count, attempts } = alert;
  return {
    id: `${alertId}/${phase}`,
    phase,
    event: alertEvent(key),
    key,
    severity,
    message: message.toWellFormed(),
    positionKey,
    raisedAt: iso(raisedAtMs),
    resolvedAt: resolvedAtMs === null ? null : iso(resolvedAtMs),
    count,
    attempt: attempts + 1,
  };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
