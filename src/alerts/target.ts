/** A place where alerts go: a chat, a channel, a service of somebody's. */
import type { Delivery, TargetTerms } from '../ports/alert-outbox.ts';

/** Whose alerts they are: one person may run several services. */
export interface Origin {
  readonly mode: string;
  readonly book: string;
}

export interface AlertMessage {
  readonly origin: Origin;
  readonly sentAtMs: number;
  /** At least one; several are a burst. */
  readonly alerts: readonly Delivery[];
}

export type Answer =
  | { readonly kind: 'taken'; readonly detail: string }
  /** Not known to be taken: it is sent again. No word of it holds a secret. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number | null };

export interface AlertTarget extends TargetTerms {
  readonly kind: 'telegram' | 'slack' | 'webhook';
  /** Messages in any minute, at most. */
  readonly maxPerMinute: number;
  /** Never throws, and answers within seconds. */
  send(message: AlertMessage): Promise<Answer>;
}
