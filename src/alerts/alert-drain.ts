/**
 * Tells people what the ledger has for them. One process does at a time; the others stand by. Nothing of the trading
 * waits for it, and what it cannot deliver stays in the ledger until it can.
 */
import type { AlertOutbox, HeldOutbox, Notice } from '../ports/alert-outbox.ts';
import type { PositionRow } from '../ports/ledger.ts';
import { createLedgerOutage } from './ledger-outage.ts';
import { positionNotices } from './position-notices.ts';
import { drainTarget, pause, type QueuePorts } from './target-queue.ts';
import type { AlertTarget } from './target.ts';

export interface DrainPorts extends QueuePorts {
  readonly outbox: AlertOutbox;
  readonly targets: readonly AlertTarget[];
  /** Looks for what nobody raises by itself: each is called every few seconds, where the outbox is held. */
  readonly watches: readonly (() => Promise<void>)[];
}

const noticesAtOnce = 100;

/** Until the signal aborts. Never throws. */
export async function drainAlerts(ports: DrainPorts, signal: AbortSignal): Promise<void> {
  const { outbox, log, timing } = ports;
  const outage = createLedgerOutage(ports);
  while (!signal.aborted) {
    const reason = await outbox.probe().then(() => null, messageOf);
    if (reason !== null) {
      await outage.lasts(reason);
    } else {
      try {
        await outage.over();
        await outbox.hold((held) => drainHeld(held, ports, signal));
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'the delivery of alerts was broken off; it begins again');
      }
    }
    await pause(timing.retryMs, signal);
  }
}

/** Until the signal aborts, or one part of it fails: then all of it ends. */
async function drainHeld(held: HeldOutbox, ports: DrainPorts, signal: AbortSignal): Promise<void> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const parts = [
    planning(held, ports, ending),
    watching(ports, ending),
    ...ports.targets.map((target) => drainTarget(target, held, ports, ending)),
  ];
  for (const part of parts) part.catch(() => failing.abort());
  // All of them, so that no send is under way when the outbox is let go; then the first failure is told.
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

/** Without a target as well: what nobody was there to hear must not be told when there is one. */
async function planning(held: HeldOutbox, ports: DrainPorts, signal: AbortSignal): Promise<void> {
  const { targets, timing, clock } = ports;
  while (!signal.aborted) {
    for (const position of await held.untoldPositions(noticesAtOnce)) {
      await held.recordNotices(position, noticesOf(position, ports));
    }
    await held.plan(targets, clock.nowMs());
    await pause(timing.pollMs, signal);
  }
}

/** One position that cannot be told of must not keep everything else from being told. */
function noticesOf(position: PositionRow, { log }: DrainPorts): Notice[] {
  try {
    return positionNotices(position);
  } catch (error) {
    log.warn({ positionKey: position.key, reason: messageOf(error) }, 'a position could not be told of');
    return [];
  }
}

/** What one of them cannot see must not keep the others, nor any delivery. */
async function watching({ watches, timing, log }: DrainPorts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const watch of watches) {
      await watch().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'an alert watch failed'));
    }
    await pause(timing.watchMs, signal);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
