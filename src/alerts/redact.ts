/** The last line before a text leaves the process: whatever it says, it holds none of these secrets. */
import type { AlertMessage, AlertTarget, Answer } from './target.ts';

export type Redact = (text: string) => string;

/** Shorter ones would black out ordinary words. */
const shortestSecret = 8;
const longestReason = 200;

/** As they are, and as an address spells them. The longest first, so that no part of one is left of another. */
export function createRedact(secrets: readonly string[]): Redact {
  const spellings = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), encodeURI(secret)])
    .filter((spelling) => spelling.length >= shortestSecret)
    .toSorted((first, second) => second.length - first.length);
  return (text) => spellings.reduce((rest, spelling) => rest.replaceAll(spelling, '[secret]'), text);
}

/** The same target; no message to it, and no answer of it, holds a secret. What it throws is a failure like any other. */
export function withRedaction(target: AlertTarget, redact: Redact): AlertTarget {
  return {
    ...target,
    async send(message) {
      try {
        return await sendClean(message);
      } catch (error) {
        const name = error instanceof Error ? error.name : 'unknown';
        return { kind: 'failed', reason: `the message could not be made: ${name}`, retryAfterMs: null };
      }
    },
  };

  async function sendClean(message: AlertMessage): Promise<Answer> {
    const alerts = message.alerts.map((alert) => ({
      ...alert,
      key: redact(alert.key),
      message: redact(alert.message),
      positionKey: alert.positionKey === null ? null : redact(alert.positionKey),
    }));
    const answer = await target.send({ ...message, alerts });
    // Cut only then: the first half of a secret would not be known for one.
    return answer.kind === 'failed' ? { ...answer, reason: redact(answer.reason).slice(0, longestReason) } : answer;
  }
}
