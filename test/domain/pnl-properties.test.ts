/**
 * P&L against an independent simulation of the accounts: a purse a currency, moved fill by fill, that knows nothing of
 * legs, references or causes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, divide, sum, toText, zero, type Decimal } from '../../src/domain/decimal.ts';
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
      const { realisedUsd, feesAtRates, unpricedFees, assumedAtPar, ...parts } = pnl;
      assert.deepEqual([feesAtRates, unpricedFees, assumedAtPar], [[], [], []]);
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

/** Any fills at all: legs that do not match, in coins of any value, with fees in whatever coin, interest and rebates. */
const anyStory = fc.record({
  side: fc.constantFrom(1 as const, -1 as const),
  trades: fc.array(
    fc.record({
      leg: fc.constantFrom('spot' as const, 'perp' as const),
      buys: fc.boolean(),
      cents: fc.integer({ min: 1, max: 500_000 }),
      price: priceText,
      fee: fc.integer({ min: -500, max: 500 }),
      feeIn: fc.constantFrom('USDC', 'USDT', 'USD', 'BNB'),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  references: fc.tuple(priceText, priceText),
  closes: fc.option(fc.record({ spot: priceText, perp: priceText })),
  payments: fc.array(fc.integer({ min: -10_000, max: 10_000 }), { maxLength: 3 }),
  interest: fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 2 }),
  values: fc.record({ USD: priceText, USDT: priceText, BNB: fc.constant('600') }),
  usdtAtOpen: priceText,
});

type AnyStory = typeof anyStory extends fc.Arbitrary<infer T> ? T : never;

const cents = (amount: number): string => toText(decimal(`${amount}e-2`));

/** The spot leg is quoted in USD, the perpetual settles in USDT. @param turn −1: every input on its other side */
function anyPnl(told: AnyStory, turn: 1 | -1) {
  const side = told.side * turn;
  const plan = planOf(side === 1 ? 'long_spot_short_perp' : 'short_spot_long_perp', ...told.references);
  const spot = { ...plan.spot, instrument: { ...plan.spot.instrument, symbol: 'USDC/USD', quote: 'USD' } };
  const fills = told.trades.map(({ leg, buys, cents: size, price, fee, feeIn }): PnlFill => {
    const coin = leg === 'perp' && feeIn === 'USDC' ? 'USDT' : feeIn;
    const made = fill(
      leg,
      buys === (turn === 1) ? 'buy' : 'sell',
      cents(size),
      price,
      `${cents(fee * turn)} ${coin}`,
      0,
    );
    return leg === 'spot' ? { ...made, symbol: 'USDC/USD' } : made;
  });
  // Another position held nothing, and this one held whatever there was: the payments are its own.
  const holder = [fill('perp', side === 1 ? 'sell' : 'buy', '1', '1', '0 USDT', 0)];
  const { values, usdtAtOpen } = told;
  return {
    fills,
    pnl: positionPnl({
      plan: { ...plan, spot },
      fills,
      accountFills: holder,
      funding: told.payments.map((amount, index) => payment(cents(amount * turn), 10 + index)),
      besidePerpBase: '0',
      closePrices: told.closes,
      borrow: told.interest.map((amount) => ({ amount: cents(amount * turn), currency: 'USD' })),
      usdPrices: {
        USD: { open: values.USD, close: values.USD },
        USDT: { open: usdtAtOpen, close: values.USDT },
        BNB: { open: values.BNB, close: values.BNB },
      },
    }),
  };
}

test('property: of any fills, P&L is the signed cash flows and what is left at its last price, and the causes add up', () => {
  fc.assert(
    fc.property(anyStory, (told) => {
      const { pnl, fills } = anyPnl(told, 1);
      const { realisedUsd, feesAtRates, unpricedFees, assumedAtPar, ...causes } = pnl;
      assert.deepEqual([feesAtRates, unpricedFees, assumedAtPar], [[], [], []]);
      assert.equal(toText(sum(Object.values(causes).map(decimal))), realisedUsd);

      const worth = (currency: string): Decimal =>
        decimal(currency === 'BNB' ? '600' : told.values[currency === 'USD' ? 'USD' : 'USDT']);
      let expected = sum(told.payments.map((amount) => decimal(cents(amount)))).times(worth('USDT'));
      expected = expected.minus(sum(told.interest.map((amount) => decimal(cents(amount)))).times(worth('USD')));
      for (const leg of ['spot', 'perp'] as const) {
        const quote = worth(leg === 'spot' ? 'USD' : 'USDT');
        const own = fills.filter(({ account }) => (account === 'bybit') === (leg === 'spot'));
        let left = zero;
        for (const { side, quantityBase, price, fee, feeCurrency } of own) {
          const signed = decimal(side === 'buy' ? quantityBase : `-${quantityBase}`);
          left = left.plus(signed);
          expected = expected.minus(signed.times(decimal(price)).times(quote));
          if (feeCurrency === 'USDC') left = left.minus(decimal(fee));
          else expected = expected.minus(decimal(fee).times(worth(feeCurrency)));
        }
        const reducing = own.filter(({ side }) => (side === 'sell') === ((leg === 'spot') === (told.side === 1)));
        const priced = reducing.length > 0 ? reducing : own;
        const quantity = sum(priced.map(({ quantityBase }) => decimal(quantityBase)));
        if (quantity.eq(zero)) continue;
        const value = sum(priced.map(({ quantityBase, price }) => decimal(quantityBase).times(decimal(price))));
        expected = expected.plus(left.times(divide(value, quantity, 12)).times(quote));
      }
      assert.equal(realisedUsd, toText(expected));
    }),
  );
});

test('property: swapping the side of every input swaps the sign of every cause', () => {
  fc.assert(
    fc.property(anyStory, (told) => {
      const { feesAtRates: _rates, unpricedFees: _fees, assumedAtPar: _par, ...one } = anyPnl(told, 1).pnl;
      const { feesAtRates: _ratesOf, unpricedFees: _others, assumedAtPar: _pars, ...other } = anyPnl(told, -1).pnl;
      for (const [cause, amount] of Object.entries(one)) {
        const turned = Object.entries(other).find(([name]) => name === cause)?.[1] ?? '';
        assert.equal(
          decimal(amount).plus(decimal(turned)).toFixed().replace('-0', '0'),
          '0',
          `${cause}: ${amount} and ${turned}`,
        );
      }
    }),
  );
});
