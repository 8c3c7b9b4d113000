/** What a person reads: one alert in full, a burst in one line each, the worst first, and the rest counted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { duration, messageText } from '../../src/alerts/message-text.ts';
import type { Delivery } from '../../src/ports/alert-outbox.ts';
import { delivery, origin, raisedAtMs } from './support/deliveries.ts';

const textOf = (alerts: readonly Delivery[], maxLength = 4_000): string =>
  messageText({ origin, sentAtMs: raisedAtMs, alerts }, maxLength);

describe('one alert', () => {
  test('its end says how long it stood and how often it was raised', () => {
    const over = delivery({ phase: 'resolved', resolvedAtMs: raisedAtMs + 185_000, count: 21 });
    assert.equal(
      textOf([over]),
      [
        'OVER stuck',
        'stuck in closing: no liquidity within 20 bps',
        'after 3 min, raised 21 times, 2026-11-26 12:16:10 UTC · basiskeeper live/default',
      ].join('\n'),
    );
  });

  test('one that may have arrived before says so', () => {
    assert.match(textOf([delivery({ attempts: 1 })]), /live\/default, perhaps told before$/);
  });
});

describe('a burst', () => {
  const warning = delivery({ id: '1', alertId: '1', severity: 'warning', key: 'watchdog/A', message: 'slow\nbooks' });
  const opened = delivery({
    id: '2',
    alertId: '2',
    severity: 'info',
    phase: 'happened',
    key: 'opened/A',
    message: 'A: opened',
  });
  const began = delivery({ id: '3', alertId: '3', key: 'drift/bybit', message: 'drift' });
  const ended = delivery({ ...began, id: '4', phase: 'resolved', resolvedAtMs: raisedAtMs });

  test('is told with the most severe first, and of what is over its end alone', () => {
    assert.equal(
      textOf([opened, warning, began, delivery(), ended]),
      [
        '5 alerts · basiskeeper live/default',
        'CRITICAL stuck: stuck in closing: no liquidity within 20 bps',
        'WARNING watchdog: slow books',
        'INFO opened: A: opened',
        'OVER drift: drift',
      ].join('\n'),
    );
  });

  test('too long for one message is counted by what it is', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      delivery({ id: `${index}`, alertId: `${index}`, message: `${'m'.repeat(150)} ${index}` }),
    );
    const text = textOf([...many, opened], 1_000);
    const lines = text.split('\n');
    // 1,000 less 200 kept for the last line and 37 of the first leaves 763: four lines of 168 characters and their ends.
    assert.equal(lines.length, 6);
    assert.equal(lines.at(-1), 'and 97 more (basis alerts has what stands): 96 CRITICAL stuck, 1 INFO opened');
    assert.ok(text.length <= 1_000);
  });
});

test('whatever is said, the text fits and is well-formed', () => {
  const one = fc
    .record({
      message: fc.string({ unit: 'binary', maxLength: 400 }),
      alertId: fc.string(),
      severity: fc.constantFrom('info', 'warning', 'critical'),
    })
    .map((change) => delivery(change));
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 250, max: 4_000 }),
      (alerts, most) => {
        const text = textOf(alerts, most);
        assert.ok(text.length <= most, `${text.length} of ${most}`);
        assert.ok(text.isWellFormed());
        assert.notEqual(text, '');
      },
    ),
  );
});

test('durations are rounded down', () => {
  assert.deepEqual([-1, 999, 119_999, 120_000, 7_199_999, 7_200_000, 172_800_000].map(duration), [
    '0 s',
    '0 s',
    '119 s',
    '2 min',
    '119 min',
    '2 h',
    '2 d',
  ]);
});
