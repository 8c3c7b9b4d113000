/** Carrying out what a round's plan says: faults in, processes ended or held, prices moved. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Arena } from '../arena/arena.ts';
import type { RoundEvent } from './round-plan.ts';

/** Faults of a whole venue: nothing at it can be done meanwhile. */
const venueWide = new Set(['venue_down', 'clock_skew']);

const thinBooks = 'order books with next to nothing in them';

export interface Strikes {
  /** Wall times at which a process was killed. */
  readonly killedAtMs: readonly number[];
  carryOut(event: RoundEvent): Promise<void>;
  /** Everything that stands still goes on. */
  release(): void;
}

export function createStrikes(arena: Arena, signal: AbortSignal): Strikes {
  const { control, outages, stack } = arena;
  const killedAtMs: number[] = [];
  const stopped = new Map<string, number>();
  const lasting = new Set<string>();
  stack.onEvent((event) => {
    if (event.kind === 'died' && event.how === 'SIGKILL') killedAtMs.push(Date.now());
  });

  function goOn(child: string): void {
    const pid = stopped.get(child);
    if (pid === undefined) return;
    stopped.delete(child);
    send(pid, 'SIGCONT');
    outages.up(`stopped ${child}`, Date.now());
  }

  async function carryOut(event: RoundEvent): Promise<void> {
    switch (event.kind) {
      case 'fault': {
        const { fault, forMs } = event;
        const id = await control.addFault(fault);
        const name = `${fault.kind} ${id}`;
        const isOutage = venueWide.has(fault.kind);
        if (isOutage) {
          lasting.add(name);
          outages.down(name, Date.now());
        }
        await pause(forMs, undefined, { signal });
        await control.removeFault(id);
        if (isOutage) outages.up(name, Date.now());
        return;
      }
      case 'kill': {
        const pid = arena.pidOf(event.child);
        if (pid !== null) send(pid, 'SIGKILL');
        return;
      }
      case 'stop': {
        const pid = arena.pidOf(event.child);
        if (pid === null || stopped.has(event.child)) return;
        stopped.set(event.child, pid);
        outages.down(`stopped ${event.child}`, Date.now());
        send(pid, 'SIGSTOP');
        await pause(event.forMs, undefined, { signal });
        goOn(event.child);
        return;
      }
      case 'kill_at': {
        const victim = event.victim === null ? null : arena.pidOf(event.victim);
        arena.arm(event.point, victim === null ? { kind: 'kill' } : { kind: 'kill', pid: victim });
        return;
      }
      case 'hold_at':
        arena.arm(event.point, { kind: 'hold', holdMs: event.holdMs });
        return;
      case 'prices':
        // What nobody buys cannot be sold: the same as an exchange that does not serve.
        if (event.thin === null) outages.up(thinBooks, Date.now());
        else outages.down(thinBooks, Date.now());
        return control.setPrices(event.prices, event.thin ?? undefined);
      case 'trade':
        return control.trade(event.listing, event.side, event.quantity);
      case 'deleverage':
        await control.deleverage(event.venue, event.account, event.quantity);
        return;
      case 'liquidate':
        await control.liquidate(event.venue, event.account);
    }
  }

  return {
    killedAtMs,
    carryOut,
    release() {
      for (const name of [...lasting, thinBooks]) outages.up(name, Date.now());
      for (const child of stopped.keys()) goOn(child);
    },
  };
}

/** It may have ended by itself. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone: its supervisor starts another.
  }
}
