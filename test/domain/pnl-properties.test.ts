/**
 * P&L against an independent simulation of the accounts: a purse a currency, moved fill by fill, that knows nothing of
 * legs, references or causes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, sum, toText, zero, type Decimal } from '../../src/domain/decimal.ts';
import { receivedBase } from '../../src/domain/execution/received.ts';
import { positionPnl } from '../../src/domain/pnl.ts';
import { fill, inputOf, payment, planOf, type PnlFill } from '../support/pnl-inputs.ts';

const priceText = fc.integer({ min: 9_000, max: 11_000 }).map((value) => toText(decimal(`${value}e-4`)));
const feeBps = fc.constantFrom('0', '0.5', '5', '10', '-1');
const fraction = (bps: string): Decimal => decimal(bps).times(decimal('0.0001'));

/** What the two accounts hold after all fills and payments, beside what they held before. */
function purses(fills: readonly PnlFill[], payments: readonly { readonly amount: string }[]): Map<string, Decimal> {
  const purse = new Map<string, Decimal>([['USDT', sum(payments.map(({ amount }) => decimal(amount)))]]);
  const move = (currency: string, amount: Decimal): void =>
    void purse.set(currency, (purse.get(currency) ?? zero).plus(amount));
  for (const { account, side, quantityBase, price, fee, feeCurrency } of fills) {
    const [quantity, value] = [decimal(quantityBase), decimal(quantityBase).times(decimal(price))];
    const base = account === 'bybit' ? 'USDC' : 'CONTRACT';
    move(base, side === 'buy' ? quantity : zero.minus(quantity));
    move('USDT', side === 'buy' ? zero.minus(value) : value);
    move(feeCurrency, zero.minus(decimal(fee)));
  }
  return purse;
}

const story = fc.record({
  side: fc.constantFrom(1 as const, -1 as const),
  quantities: fc.array(fc.integer({ min: 1, max: 500_000 }), { minLength: 1, maxLength: 4 }),
  prices: fc.array(priceText, { minLength: 16, maxLength: 16 }),
  references: fc.tuple(priceText, priceText),
  closes: fc.option(fc.record({ spot: priceText, perp: priceText })),
  spotFee: feeBps,
  perpFee: feeBps,
  received: fc.boolean(),
  payments: fc.array(fc.integer({ min: -10_000, max: 10_000 }), { maxLength: 3 }),
});

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Opens in as many fills as there are quantities, on both legs, and closes the same way. */
function fillsOf({ side, quantities, prices, spotFee, perpFee, received }: Story): PnlFill[] {
  const legs = ['spot', 'perp'] as const;
  return (['open', 'close'] as const).flatMap((phase, phaseIndex) =>
    legs.flatMap((leg, legIndex) =>
      quantities.map((cents, index) => {
        const buys = (leg === 'spot') === (side === 1) ? phase === 'open' : phase === 'close';
        const quantity = decimal(`${cents}e-2`);
        const price = prices[(phaseIndex * 8 + legIndex * 4 + index) % prices.length] ?? '1';
        const inBase = received && leg === 'spot' && buys;
        const fee = quantity
          .times(fraction(leg === 'spot' ? spotFee : perpFee))
          .times(inBase ? decimal('1') : decimal(price));
        return fill(
          leg,
          buys ? 'buy' : 'sell',
          toText(quantity),
          price,
          `${toText(fee)} ${inBase ? 'USDC' : 'USDT'}`,
          phase === 'open' ? 0 : 100,
        );
      }),
    ),
  );
}

function pnlOf(told: Story) {
  const fills = fillsOf(told);
  const payments = told.payments.map((cents, index) => payment(toText(decimal(`${cents}e-2`)), 10 + index));
  const [spot, perp] = told.references;
  const plan = planOf(told.side === 1 ? 'long_spot_short_perp' : 'short_spot_long_perp', spot, perp);
  const pnl = positionPnl(inputOf(plan, fills, { funding: payments, closePrices: told.closes }));
  return { pnl, fills, payments };
}

test('property: realised P&L is the change of the accounts, and its parts add up to it exactly', () => {
  fc.assert(
    fc.property(story, (told) => {
      const { pnl, fills, payments } = pnlOf(told);
      const purse = purses(fills, payments);
      assert.equal(purse.get('CONTRACT')?.toFixed(), '0', 'the perpetual is flat');
      // Dust: what base fees took from the spot leg, at the average price of the fills that closed it.
      const closing = fills.filter(({ account, executedAtMs }) => account === 'bybit' && executedAtMs === 100);
      const quantity = sum(closing.map(({ quantityBase }) => decimal(quantityBase)));
      const value = sum(closing.map(({ quantityBase, price }) => decimal(quantityBase).times(decimal(price))));
      const dust = purse.get('USDC') ?? zero;
      const expected = (purse.get('USDT') ?? zero).times(quantity).plus(dust.times(value));
      const difference = decimal(pnl.realisedUsd).times(quantity).minus(expected);
      assert.ok(
        difference.abs().lte(dust.abs().times(quantity).times(decimal('1e-12'))),
        `off by ${difference.toFixed()}`,
      );
      const { realisedUsd, unpricedFees, assumedAtPar, ...parts } = pnl;
      assert.deepEqual([unpricedFees, assumedAtPar], [[], []]);
      assert.equal(sum(Object.values(parts).map(decimal)).toFixed(), realisedUsd);
      assert.ok(
        dust.eq(
          receivedBase(
            fills.filter(({ account }) => account === 'bybit'),
            'USDC',
          ),
        ),
      );
    }),
  );
});

test('property: with equal fills, realised = s·Q·(B_open − B_close) − fees + funding', () => {
  const equal = story.map((told) => ({ ...told, quantities: told.quantities.slice(0, 1), received: false }));
  fc.assert(
    fc.property(equal, (told) => {
      const { pnl, fills, payments } = pnlOf(told);
      const [spotOpen, perpOpen, spotClose, perpClose] = fills.map(({ price }) => decimal(price));
      assert.ok(spotOpen && perpOpen && spotClose && perpClose);
      const quantity = decimal(fills[0]?.quantityBase ?? '0');
      const gained = perpOpen.minus(spotOpen).minus(perpClose.minus(spotClose)).times(quantity);
      const signed = told.side === 1 ? gained : zero.minus(gained);
      const fees = sum(fills.map(({ fee }) => decimal(fee)));
      const funding = sum(payments.map(({ amount }) => decimal(amount)));
      assert.equal(pnl.realisedUsd, toText(signed.minus(fees).plus(funding)));
      assert.equal(decimal(pnl.basisUsd).plus(decimal(pnl.slippageUsd)).toFixed(), toText(signed));
      if (told.closes === null) {
        // Only the open can slip then: s·Q·(B at the fills − B at the references).
        const [spotReference, perpReference] = told.references.map(decimal);
        assert.ok(spotReference && perpReference);
        const slipped = perpOpen.minus(spotOpen).minus(perpReference.minus(spotReference)).times(quantity);
        assert.equal(pnl.slippageUsd, toText(told.side === 1 ? slipped : zero.minus(slipped)));
      }
    }),
  );
});

test('property: swapping the side of every fill swaps the sign of everything but the fees', () => {
  fc.assert(
    fc.property(story, (told) => {
      const one = pnlOf({ ...told, received: false, payments: [] }).pnl;
      const other = pnlOf({ ...told, received: false, payments: [], side: told.side === 1 ? -1 : 1 }).pnl;
      for (const part of ['basisUsd', 'slippageUsd'] as const) {
        assert.equal(decimal(one[part]).plus(decimal(other[part])).toFixed(), '0');
      }
      assert.equal(one.feesUsd, other.feesUsd);
    }),
  );
});
