/** Two people at once: one resumes, the other halts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resume } from '../../src/cli/resume.ts';
import { nowMs } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';

test('a resume ends the halt that stood, and says which', () =>
  withLedger(async ({ ledger }) => {
    await ledger.recordHalt('default', 'news', nowMs);
    const told: (string | null)[] = [];
    const tell = ({ seenHalt }: { seenHalt: string | null }): Promise<void> =>
      Promise.resolve(void told.push(seenHalt === null ? null : 'seen'));
    assert.deepEqual(await resume(ledger, 'default', tell), { ended: 'news', standing: null });
    assert.equal(await ledger.haltOf('default'), null);
    assert.deepEqual(await resume(ledger, 'default', tell), { ended: null, standing: null });
    assert.deepEqual(told, ['seen', null]);
  }));

test('a halt that is written while another person resumes holds, be it in the same words', () =>
  withLedger(async ({ ledger }) => {
    await ledger.recordHalt('default', 'basis halt', nowMs);
    const halted = (): Promise<void> => ledger.recordHalt('default', 'basis halt', nowMs + 1);
    assert.deepEqual(await resume(ledger, 'default', halted), { ended: 'basis halt', standing: 'basis halt' });
    assert.equal(await ledger.haltOf('default'), 'basis halt');
  }));

test('a halt that is written while another person ends a pause holds', () =>
  withLedger(async ({ ledger }) => {
    const halted = (): Promise<void> => ledger.recordHalt('default', 'news', nowMs);
    assert.deepEqual(await resume(ledger, 'default', halted), { ended: null, standing: 'news' });
    assert.equal(await ledger.haltOf('default'), 'news');
  }));
