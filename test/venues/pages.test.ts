/** A list is read window by window and page by page to its end, or refused; it is never cut. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bybit } from '../../src/venues/capabilities/bybit.ts';
import type { Paging } from '../../src/venues/capabilities/venue-dialect.ts';
import { readAllPages, type PagedList } from '../../src/venues/calls/pages.ts';
import type { VenueCaller } from '../../src/venues/calls/venue-call.ts';

const caller: VenueCaller = { dialect: bybit, credentials: null, clock: { nowMs: () => 0 }, deadlineMs: 4_000 };
const weekMs = 7 * 86_400_000;
const paging: Paging = { kind: 'time', pageSize: 2, windowMs: weekMs - 1, continueById: null };

interface Entry {
  readonly id: string;
  readonly timestamp: number;
}

function listOf(fetchPage: PagedList<Entry>['fetchPage']): PagedList<Entry> {
  return { what: 'entries', paging, fetchPage, keyOf: ({ id }) => id };
}

suite('pages', () => {
  test('five years are 261 weeks, and every one of them is read', async () => {
    const asked: [number, number][] = [];
    const list = listOf((sinceMs = 0, _limit, { until = 0 }) => {
      asked.push([sinceMs, until]);
      return Promise.resolve([{ id: String(sinceMs), timestamp: sinceMs }]);
    });
    const untilMs = 5 * 365 * 86_400_000;
    const entries = await readAllPages(caller, list, 0, untilMs);
    assert.equal(asked.length, 261);
    assert.deepEqual(
      entries.map(({ timestamp }) => timestamp),
      Array.from({ length: 261 }, (_, week) => week * weekMs),
    );
    assert.deepEqual(asked.at(-1), [260 * weekMs, untilMs]);
  });

  test('a window without an end is refused', async () => {
    let pages = 0;
    const list = listOf((sinceMs = 0) => {
      pages += 1;
      return Promise.resolve([sinceMs, sinceMs + 1].map((timestamp) => ({ id: String(timestamp), timestamp })));
    });
    await assert.rejects(readAllPages(caller, list, 0, weekMs - 1), { kind: 'malformed_reply', message: /200 pages/ });
    assert.equal(pages, 200);
  });
});
