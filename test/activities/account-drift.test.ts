/** The venue holds another position than our fills explain: a liquidation, an auto-deleveraging, or a person's hand. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { NetFills, PositionRow } from '../../src/ports/ledger.ts';
import type { AccountReading } from '../../src/ports/venue.ts';
import {
  account,
  attempt,
  explained,
  perpetual,
  reading,
  tell,
  watchInput,
  type Story,
} from './support/account-story.ts';
import { examplePlan, hedgedRow } from '../support/plans.ts';

const drift = `drift/${account}/${perpetual}`;

interface Pass {
  /** Signed, as the venue shows it. */
  readonly venue: string;
  readonly ledger: readonly NetFills[];
}

/** Runs a watch through these passes; answers which alerts stood after each. */
async function watch(
  passes: readonly Pass[],
  baseline: AccountReading = reading('0'),
  positions: readonly PositionRow[] = [],
): Promise<[string[][], Story]> {
  const standing: string[][] = [];
  let readings = 0;
  // The first reading of a watch is the declaration's; each later one begins a pass.
  const current = (): Pass => passes[readings - 2] ?? assert.fail('no such pass');
  const story = tell({
    venue: {
      reading: () => {
        readings += 1;
        return Promise.resolve(readings === 1 ? baseline : reading(current().venue));
      },
    },
    ledger: {
      declareBaseline: (declared) => Promise.resolve(declared),
      netFills: () => Promise.resolve([...current().ledger]),
      positions: () => Promise.resolve([...positions]),
    },
    betweenPasses: (pass, { open, stop }) => {
      standing.push([...open]);
      if (pass === passes.length) stop();
    },
  });
  await attempt().run(() => story.activities.watchAccount(watchInput));
  return [standing, story];
}

/** What a person gave up of the perpetual. */
function acceptedPosition(acceptedPerpBase: string): PositionRow {
  const row = hedgedRow({ perp: { ...examplePlan().perp, account } });
  return { ...row, status: 'closed', acceptedPerpBase };
}

const agreed: Pass = { venue: '-100', ledger: explained('-100') };
const liquidated: Pass = { venue: '0', ledger: explained('-100') };

suite('drift', () => {
  test('is alerted in the second pass that sees it, with both figures, and ends when they agree', async () => {
    const [standing, story] = await watch([agreed, liquidated, liquidated, liquidated, agreed]);
    assert.deepEqual(standing, [[], [], [drift], [drift], []]);
    const [alert] = story.raised;
    assert.equal(alert?.severity, 'critical');
    assert.match(alert.message, /binance-main.* 0 .*USDC\/USDT:USDT.* -100/);
  });

  test('a position cut in half is drift too', async () => {
    const half: Pass = { venue: '-50', ledger: explained('-100') };
    assert.deepEqual((await watch([half, half]))[0], [[], [drift]]);
  });

  test('what was held before any position of ours is no drift', async () => {
    const held: Pass = { venue: '-93', ledger: explained('-100') };
    assert.deepEqual((await watch([held, held], reading('7')))[0], [[], []]);
    const untouched: Pass = { venue: '7', ledger: [] };
    assert.deepEqual((await watch([untouched, untouched], reading('7')))[0], [[], []]);
    const gone: Pass = { venue: '0', ledger: [] };
    assert.deepEqual((await watch([gone, gone], reading('7')))[0], [[], [drift]]);
  });

  test('what a person gave up may be gone, whole; what happens besides is told', async () => {
    const given = acceptedPosition('-60');
    const gone: Pass = { venue: '-40', ledger: explained('-100') };
    const less: Pass = { venue: '-10', ledger: explained('-100') };
    assert.deepEqual((await watch([gone, gone, gone, less, less], undefined, [given]))[0], [[], [], [], [], [drift]]);
    assert.deepEqual((await watch([less, less, gone, gone], undefined, [given]))[0], [[], [drift], [], []]);
    assert.deepEqual((await watch([gone, gone], undefined, [acceptedPosition('-59')]))[0], [[], [drift]]);
  });

  test('while an order is unresolved nothing is concluded', async () => {
    const filling: Pass = { venue: '-100', ledger: explained('0', 1) };
    assert.deepEqual((await watch([filling, filling, filling]))[0], [[], [], []]);
  });

  test('a fill that is booked while the venue is read is no drift, however often it happens', async () => {
    const passes = ['-10', '-20', '-30', '-40'].map((booked, index) => ({
      venue: index === 0 ? '0' : `-${index * 10}`,
      ledger: explained(booked),
    }));
    assert.deepEqual((await watch(passes))[0], [[], [], [], []]);
  });

  test('an order in between starts the count again', async () => {
    const [standing] = await watch([liquidated, { venue: '0', ledger: explained('-100', 1) }, liquidated, liquidated]);
    assert.deepEqual(standing, [[], [], [], [drift]]);
  });

  test('an alert of a process that is gone ends when its successor sees agreement', async () => {
    const [, story] = await watch([agreed, agreed]);
    assert.deepEqual(
      story.resolved.filter((key) => key === drift),
      [drift],
      'once, not in every pass',
    );
  });
});
