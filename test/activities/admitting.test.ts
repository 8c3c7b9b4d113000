/** The engine's admission of a candidate that cannot be worked out: refused with its reason, and never tried for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admitCandidate, type Admission, type AdmissionPorts } from '../../activities/admitting.ts';
import { constantOutlook } from '../../src/domain/carry.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import { LedgerUnavailable, type PositionRow } from '../../src/ports/ledger.ts';
import type { Candidate } from '../../src/strategy/candidate.ts';
import { limits, nowMs, reading } from '../ledger/support/requests.ts';
import { pairOf, rulesOf } from '../support/pairs.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import { attempt } from './support/account-story.ts';

const deep = '1000000';
const candidate: Candidate = {
  pair: pairOf('0.5', '0.5'),
  direction: 'long_spot_short_perp',
  spotQuote: spotBook({ bids: [['0.9999', deep]], asks: [['1.0000', deep]], aliveAtMs: nowMs }),
  perpQuote: perpBook({ bids: [['1.0050', deep]], asks: [['1.0051', deep]], aliveAtMs: nowMs }),
  funding: constantOutlook({ rate: '0', nextSettlementAtMs: nowMs + 1, intervalHours: 8 }),
  signedBasisBps: '50',
  netApyPct: '20',
};
/** An exchange that asks nothing for a coin: whatever is divided by that price fails. */
const impossible = {
  ...candidate,
  spotQuote: spotBook({ bids: [['0.9999', deep]], asks: [['0', deep]], aliveAtMs: nowMs }),
};

const terms: AdmissionPorts['terms'] = {
  admission: {
    strategy: rulesOf(),
    execution: { maxOpenSlippageBps: '5', maxCloseSlippageBps: '20', hedgeDeadlineMs: 20_000, maxCloseRejections: 5 },
    sizing: {
      bootstrapUsd: '1500',
      probeUsd: null,
      minPositionUsd: '1000',
      maxPositionUsd: '100000',
      maxPairUsd: '50000',
      maxOpenSlippageBps: '5',
      maxCloseSlippageBps: '20',
    },
  },
  limits,
};

function told(change: Partial<AdmissionPorts['ledger']> = {}) {
  const raised: Alert[] = [];
  const resolved: string[] = [];
  const ledger: AdmissionPorts['ledger'] = {
    position: async () => null,
    positions: async () => [],
    tradedPositions: async () => [],
    latestReading: async (account) => reading(account, '100000'),
    boundCoins: async () => [],
    reserve: async () => ({ kind: 'reserved' }),
    ...change,
  };
  const alerts = {
    raise: async (alert: Alert) => void raised.push(alert),
    resolve: async (key: string) => void resolved.push(key),
  };
  const admit = (of: Candidate): Promise<Admission> =>
    attempt().run((): Promise<Admission> =>
      admitCandidate(
        { ledger, alerts, terms },
        { key: 'A', workflowId: 'position/A', book: 'default', candidate: of, nowWallMs: nowMs, nowMarketMs: nowMs },
      ),
    );
  return { admit, raised, resolved };
}

const held: PositionRow = {
  key: 'A',
  workflowId: 'position/A',
  plan: examplePlan({ key: 'A' }),
  status: 'reserving',
  source: 'engine',
  exitReason: null,
  abortReason: null,
  openedAtMarketMs: null,
  closedAtMarketMs: null,
  createdAtWallMs: nowMs,
  updatedAtWallMs: nowMs,
  attribution: null,
  isFenced: false,
  acceptedSpotBase: '0',
  acceptedPerpBase: '0',
};

test('a mistake in working out a candidate refuses it, tells a person, and the next that can be worked out ends that', async () => {
  const { admit, raised, resolved } = told();
  assert.deepEqual(await admit(impossible), {
    kind: 'refused',
    reasons: ['it could not be worked out: division by zero'],
  });
  const message = 'USDC cannot be opened: it could not be worked out: division by zero';
  assert.deepEqual(raised, [{ key: 'admission/USDC', severity: 'warning', message, positionKey: null }]);
  assert.deepEqual(resolved, []);
  const next = await admit(candidate);
  assert.equal(next.kind, 'admitted', JSON.stringify(next));
  assert.deepEqual(resolved, ['admission/USDC']);
});

test('so does a mistake in the transaction that reserves, which leaves nothing behind', async () => {
  const { admit, raised } = told({ reserve: () => Promise.reject(new RangeError('a share of nothing')) });
  assert.deepEqual(await admit(candidate), {
    kind: 'refused',
    reasons: ['it could not be worked out: a share of nothing'],
  });
  assert.equal(raised.length, 1);
});

test('a ledger that is away is asked again', async () => {
  const away = new LedgerUnavailable('the ledger cannot be reached');
  for (const change of [{ reserve: () => Promise.reject(away) }, { latestReading: () => Promise.reject(away) }]) {
    const { admit, raised } = told(change);
    await assert.rejects(admit(candidate), away);
    assert.deepEqual(raised, []);
  }
});

test('a reservation that an attempt before has made is found by the next, and not refused', async () => {
  let isWritten = false;
  const { admit, raised } = told({
    position: async () => (isWritten ? held : null),
    reserve: () => {
      isWritten = true;
      return Promise.reject(new Error('position A was reserved with another plan'));
    },
  });
  await assert.rejects(admit(candidate), /another plan/);
  assert.deepEqual(raised, []);
  const again = await admit(candidate);
  assert.ok(again.kind === 'admitted');
  assert.deepEqual(again.plan, held.plan);
});
