/** The causes of a P&L add up: in the sums, and in what is shown of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import { causes, shownParts, sumOfAttributions } from '../../src/metrics/attribution.ts';
import { attributed } from './support/marks.ts';

const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((value) => toText(decimal(`${value}e-9`)));
const attribution = fc
  .record({
    basisUsd: amount,
    fundingUsd: amount,
    feesUsd: amount,
    slippageUsd: amount,
    borrowUsd: amount,
    quoteCurrencyUsd: amount,
  })
  .map((parts) => ({ ...parts, realisedUsd: toText(sum(Object.values(parts).map(decimal))) }));

test('two positions add up, cause by cause', () => {
  const total = sumOfAttributions([attributed('3.001', '-1', '2.001'), attributed('-0.5', '-1', '-1.5')]);
  assert.deepEqual(total, attributed('2.501', '-2', '0.501'));
  assert.deepEqual(sumOfAttributions([]), attributed('0', '0', '0'));
});

test('one whose parts do not come to its P&L is refused', () => {
  assert.throws(() => sumOfAttributions([attributed('3', '-1', '2.1')]), /parts come to 2, not to 2\.1/);
});

test('property: the sum of any attributions adds up exactly', () => {
  fc.assert(
    fc.property(fc.array(attribution, { maxLength: 20 }), (list) => {
      const total = sumOfAttributions(list);
      assert.equal(toText(sum(causes.map((cause) => decimal(total[cause])))), total.realisedUsd);
      assert.equal(total.realisedUsd, toText(sum(list.map(({ realisedUsd }) => decimal(realisedUsd)))));
    }),
  );
});

test('three thirds of a cent are shown as one cent in one of them', () => {
  assert.deepEqual(shownParts(['0.0034', '0.0033', '0.0033'], '0.01', 2), ['0.01', '0.00', '0.00']);
  assert.deepEqual(shownParts(['-0.004', '-0.004', '1'], '0.992', 2), ['-0.01', '0.00', '1.00']);
});

test('property: what is shown adds up, and no part is off by a whole unit', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 6 }), (parts, places) => {
      const total = toText(sum(parts.map(decimal)));
      const shown = shownParts(parts, total, places);
      assert.equal(sum(shown.map(decimal)).toFixed(places), decimal(total).round(places, 1).toFixed(places));
      const unit = decimal(`1e-${places}`);
      for (const [index, part] of parts.entries())
        assert.ok(
          decimal(shown[index] ?? '')
            .minus(decimal(part))
            .abs()
            .lt(unit),
          `${part} shown as ${shown[index]}`,
        );
    }),
  );
});
