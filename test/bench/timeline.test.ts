/** From a workflow history to the stages of an opening: one small history, its figures read off by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timelineOf, type History } from '../../bench/history.ts';
import { openStages } from '../../bench/stages.ts';

type HistoryEvent = NonNullable<History['events']>[number];

const startMs = 1_790_000_000_000;

function event(id: number, afterMs: number, attributes: Partial<HistoryEvent> = {}): HistoryEvent {
  const atMs = startMs + afterMs;
  const eventTime = { seconds: long(Math.floor(atMs / 1_000)), nanos: Math.round((atMs % 1_000) * 1e6) };
  return { ...attributes, eventId: long(id), eventTime };
}

/** 64-bit numbers arrive as objects that print themselves. */
function long(value: number): NonNullable<HistoryEvent['eventId']> {
  const low = value % 2 ** 32;
  return Object.assign(Object.create({ toString: () => String(value) }), { low, high: (value - low) / 2 ** 32 });
}

function scheduled(id: number, afterMs: number, name: string, input: unknown): HistoryEvent {
  const payloads = [{ data: Buffer.from(JSON.stringify(input)) }];
  return event(id, afterMs, {
    activityTaskScheduledEventAttributes: { activityType: { name }, input: { payloads } },
  });
}

function completed(id: number, afterMs: number, scheduledId: number, startedId: number): HistoryEvent {
  return event(id, afterMs, {
    activityTaskCompletedEventAttributes: { scheduledEventId: long(scheduledId), startedEventId: long(startedId) },
  });
}

const history: History = {
  events: [
    event(1, 0),
    event(2, 0.5),
    event(3, 2),
    event(4, 5, { workflowTaskCompletedEventAttributes: { scheduledEventId: long(2), startedEventId: long(3) } }),
    scheduled(5, 5, 'prepareOpening', {}),
    scheduled(6, 5, 'checkEdge', {}),
    event(7, 6),
    event(8, 7),
    completed(9, 11, 6, 8),
    completed(10, 14, 5, 7),
    scheduled(11, 18, 'submitOrder', { purpose: 'open', clientOrderId: 'spot-1' }),
    scheduled(12, 18, 'submitOrder', { purpose: 'open', clientOrderId: 'perp-1' }),
    event(13, 19),
    event(14, 20),
    completed(15, 26, 12, 14),
    completed(16, 27.25, 11, 13),
    // An activity that never completed leaves no span.
    scheduled(17, 28, 'settleOrder', {}),
    event(18, 400, { workflowExecutionSignaledEventAttributes: { signalName: 'forceClose' } }),
  ],
};

describe('a timeline', () => {
  test('holds what was completed, with its input, and the signals', () => {
    const timeline = timelineOf(history);
    assert.equal(timeline.startedAtMs, startMs);
    assert.deepEqual(
      timeline.activities.map(({ name }) => name),
      ['checkEdge', 'prepareOpening', 'submitOrder', 'submitOrder'],
    );
    assert.deepEqual(timeline.signals, [{ name: 'forceClose', input: null, atMs: startMs + 400 }]);
  });

  test('is cut into stages whose figures follow from its times', () => {
    const stages = openStages(startMs - 3, timelineOf(history), startMs + 24);
    const expected = {
      'client call → workflow started': 3,
      'first workflow task: queue': 1.5,
      'first workflow task: run': 3,
      'prepareOpening: queue': 1,
      'prepareOpening: run': 8,
      'checkEdge: queue': 2,
      'checkEdge: run': 4,
      'both done → orders scheduled': 4,
      'later submitOrder: queue': 1,
      'later submitOrder: run': 8.25,
      'later submitOrder: started → accepted at the venue': 5,
      'client call → later order acknowledged': 30.25,
    };
    assert.deepEqual(stages, expected);
  });

  test('of an opening with one completed order is refused: it is another story', () => {
    const oneLegged: History = { events: history.events?.slice(0, -3) ?? [] };
    assert.throws(() => openStages(startMs, timelineOf(oneLegged), startMs), /1 orders were sent/);
  });
});
