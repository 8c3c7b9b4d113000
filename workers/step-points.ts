/**
 * Step points: named places between two steps of a worker where the fault harness may end or hold it.
 *
 * There is one before and after every activity (`submitOrder.before`), every call of the ledger (`ledger.claimOrder.after`)
 * and every call of a venue (`venue.submit.before`): each is a place where one step is done and the next is not. The
 * harness arms a point by writing a file of its name into the folder that BASIS_STEP_POINTS names; the first worker that
 * gets there takes the file and does what it says. Without the variable nothing is wrapped, and nothing is looked up.
 */
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ActivityInboundCallsInterceptor, WorkerInterceptors } from '@temporalio/worker';
import { z } from 'zod';

/** What a worker does at an armed point. */
export type Blow =
  /** SIGKILL of a process; of itself without a pid. */
  | { readonly kind: 'kill'; readonly pid?: number | undefined }
  /** Holds this one call, as a machine does that stands still for a while; wall time. */
  | { readonly kind: 'hold'; readonly holdMs: number };

const blowSchema = z.union([
  z.object({ kind: z.literal('kill'), pid: z.number().optional() }),
  z.object({ kind: z.literal('hold'), holdMs: z.number() }),
]);

const folder = process.env['BASIS_STEP_POINTS'] ?? null;

/** The folder to which a point's file moves when somebody has got there. */
export const reachedFolder = 'reached';

async function reach(folder: string, point: string): Promise<void> {
  const blow = take(folder, point);
  switch (blow?.kind) {
    case undefined:
      return;
    case 'kill':
      end(blow.pid ?? process.pid);
      return;
    case 'hold':
      await pause(blow.holdMs);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since the point was armed.
  }
}

/** One taker a file: a rename succeeds once. */
function take(folder: string, point: string): Blow | null {
  const taken = join(folder, reachedFolder, point);
  try {
    renameSync(join(folder, point), taken);
  } catch {
    return null;
  }
  return blowSchema.parse(JSON.parse(readFileSync(taken, 'utf8')));
}

/** The port itself, or the port with a step point before and after each of its methods, all of which are asynchronous. */
export function withStepPoints<Port extends object>(name: string, port: Port): Port {
  if (folder === null) return port;
  mkdirSync(join(folder, reachedFolder), { recursive: true });
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function' || typeof property !== 'string') return member;
      return async (...inputs: unknown[]): Promise<unknown> => {
        await reach(folder, `${name}.${property}.before`);
        const result: unknown = await Reflect.apply(member, target, inputs);
        await reach(folder, `${name}.${property}.after`);
        return result;
      };
    },
  });
}

/** Step points around activities; nothing where they are off. */
export function stepPointInterceptors(): Pick<WorkerInterceptors, 'activity'> {
  if (folder === null) return {};
  mkdirSync(join(folder, reachedFolder), { recursive: true });
  return {
    activity: [
      ({ info: { activityType } }) => {
        const inbound: ActivityInboundCallsInterceptor = {
          async execute(input, next) {
            await reach(folder, `${activityType}.before`);
            const result = await next(input);
            await reach(folder, `${activityType}.after`);
            return result;
          },
        };
        return { inbound };
      },
    ],
  };
}
