/** Named spans of one run, and their distributions over all runs. */
import type { OrderPurpose } from '../src/domain/order.ts';
import { distribution, type Distribution } from './statistics.ts';
import type { ActivitySpan, Timeline } from './history.ts';

/** Milliseconds by stage, in the order of the story. */
export type Stages = Readonly<Record<string, number>>;

export interface StageFigures extends Distribution {
  readonly stage: string;
}

/** Every run has the same stages. */
export function stageFigures(runs: readonly Stages[]): StageFigures[] {
  return Object.keys(runs[0] ?? {}).map((stage) => ({
    stage,
    ...distribution(runs.map((run) => run[stage] ?? Number.NaN)),
  }));
}

/** From the client's call to the exchanges' acknowledgement. `acceptedAtMs`: of the order that was later. */
export function openStages(calledAtMs: number, timeline: Timeline, acceptedAtMs: number): Stages {
  const firstTask = timeline.workflowTasks[0];
  if (firstTask === undefined) throw new Error('no workflow task was completed');
  const prepare = activity(timeline, 'prepareOpening');
  const edge = activity(timeline, 'checkEdge');
  const orders = firstOrders(timeline);
  const later = laterOf(orders);
  const readyAtMs = Math.max(prepare.completedAtMs, edge.completedAtMs);
  return {
    'client call → workflow started': timeline.startedAtMs - calledAtMs,
    'first workflow task: queue': firstTask.startedAtMs - firstTask.scheduledAtMs,
    'first workflow task: run': firstTask.completedAtMs - firstTask.startedAtMs,
    'prepareOpening: queue': prepare.startedAtMs - prepare.scheduledAtMs,
    'prepareOpening: run': prepare.completedAtMs - prepare.startedAtMs,
    'checkEdge: queue': edge.startedAtMs - edge.scheduledAtMs,
    'checkEdge: run': edge.completedAtMs - edge.startedAtMs,
    'both done → orders scheduled': later.scheduledAtMs - readyAtMs,
    'later submitOrder: queue': later.startedAtMs - later.scheduledAtMs,
    'later submitOrder: run': later.completedAtMs - later.startedAtMs,
    'later submitOrder: started → accepted at the venue': acceptedAtMs - later.startedAtMs,
    'client call → later order acknowledged': later.completedAtMs - calledAtMs,
  };
}

export interface ExitMoments {
  readonly changedAtMs: number;
  /** When the watcher's rule first held: the quote that crossed. */
  readonly seenAtMs: number;
  /** When the decision had been confirmed on fresh order books. */
  readonly decidedAtMs: number;
  readonly signalledAtMs: number;
  readonly acceptedAtMs: number;
}

/** From the change of the price to both closing orders at the exchanges. */
export function exitStages(moments: ExitMoments, timeline: Timeline): Stages {
  const { changedAtMs, seenAtMs, decidedAtMs, signalledAtMs, acceptedAtMs } = moments;
  const intents = activity(timeline, 'prepareOrders');
  const later = laterOf(closingOrders(timeline));
  return {
    'price change → quote seen by the watcher': seenAtMs - changedAtMs,
    'quote seen → confirmed on fresh order books': decidedAtMs - seenAtMs,
    'confirmed → signal in the history': signalledAtMs - decidedAtMs,
    'signal → intents scheduled': intents.scheduledAtMs - signalledAtMs,
    'prepareOrders: queue': intents.startedAtMs - intents.scheduledAtMs,
    'prepareOrders: run': intents.completedAtMs - intents.startedAtMs,
    'intents written → orders scheduled': later.scheduledAtMs - intents.completedAtMs,
    'later submitOrder: queue': later.startedAtMs - later.scheduledAtMs,
    'later submitOrder: run': later.completedAtMs - later.startedAtMs,
    'later submitOrder: started → accepted at the venue': acceptedAtMs - later.startedAtMs,
    'quote seen → both closes accepted': acceptedAtMs - seenAtMs,
    'quote seen → both closes acknowledged': later.completedAtMs - seenAtMs,
    'price change → both closes accepted': acceptedAtMs - changedAtMs,
  };
}

/** The later of both opening or closing orders. */
export function laterOf(orders: readonly ActivitySpan[]): ActivitySpan {
  const [first, second] = orders;
  if (first === undefined || second === undefined || orders.length > 2) {
    throw new Error(`${orders.length} orders were sent, and two were expected`);
  }
  return first.completedAtMs > second.completedAtMs ? first : second;
}

/** Both orders of an opening. */
export function firstOrders(timeline: Timeline): ActivitySpan[] {
  return ordersFor(timeline, 'open');
}

export function closingOrders(timeline: Timeline): ActivitySpan[] {
  return ordersFor(timeline, 'close');
}

function ordersFor(timeline: Timeline, purpose: OrderPurpose): ActivitySpan[] {
  return timeline.activities.filter(({ name, input }) => name === 'submitOrder' && purposeOf(input) === purpose);
}

function activity(timeline: Timeline, name: string): ActivitySpan {
  const found = timeline.activities.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the history has no completed ${name}`);
  return found;
}

function purposeOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'purpose' in input ? input.purpose : null;
}

/** Of an order that was given to `submitOrder`. */
export function clientOrderIdOf({ input }: ActivitySpan): string {
  if (typeof input === 'object' && input !== null && 'clientOrderId' in input) return String(input.clientOrderId);
  throw new Error('an order without a client order id');
}
