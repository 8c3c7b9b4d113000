/** When a streamed order book is believed: held against REST, and jumps only when both say them. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Quote } from '../../src/domain/quote.ts';
import { createBookAudit } from '../../src/venues/markets/book-audit.ts';

/** A book one basis point wide around a price. */
function book(price: number, aliveAtMs: number): Quote {
  const level = (at: number) => [{ price: at.toFixed(6), quantityBase: '1' }];
  return { venue: 'v', symbol: 's', bids: level(price - 0.00005), asks: level(price + 0.00005), aliveAtMs };
}

suite('a stream', () => {
  test('that shows what REST shows is left alone, and asked about again after ten seconds', () => {
    const audit = createBookAudit(0);
    assert.ok(audit.streamed(book(1, 1_000)));
    assert.deepEqual([audit.isDue(9_999), audit.isDue(10_000)], [false, true]);
    assert.deepEqual(audit.read(book(1.0001, 10_100), 10_000), { isShown: true, isStreamWrong: false });
    assert.equal(audit.isDue(20_000), false);
  });

  test('that lost a difference is wrong once REST has said otherwise twice', () => {
    const audit = createBookAudit(0);
    audit.streamed(book(1, 9_900));
    // 5 bps away from everything that was streamed around the question.
    assert.deepEqual(audit.read(book(1.0005, 10_100), 10_000), { isShown: true, isStreamWrong: false });
    assert.ok(audit.isDue(12_100), 'and it is asked again soon');
    audit.streamed(book(1, 12_050));
    assert.deepEqual(audit.read(book(1.0005, 12_200), 12_100), { isShown: true, isStreamWrong: true });
    audit.restarted();
    audit.streamed(book(1.0005, 12_300));
    assert.equal(audit.read(book(1.0005, 12_500), 12_400).isStreamWrong, false);
  });

  test('that moves while REST is asked agrees with any of its prices of that time', () => {
    const audit = createBookAudit(0);
    for (const [price, atMs] of [
      [1, 9_000],
      [1.0005, 9_900],
      [1.001, 10_050],
    ] as const)
      audit.streamed(book(price, atMs));
    assert.equal(audit.read(book(1.0005, 10_100), 10_000).isStreamWrong, false);
    assert.equal(audit.read(book(1.0005, 10_300), 10_200).isStreamWrong, false);
  });
});

suite('a price that jumps by more than a tenth', () => {
  test('is not shown from the stream alone, and is once REST says it too', () => {
    const audit = createBookAudit(0);
    assert.equal(audit.streamed(book(1, 1_000)), true);
    assert.equal(audit.streamed(book(0.5, 1_100)), false);
    assert.equal(audit.isDue(1_100), true);
    assert.equal(audit.read(book(0.51, 1_300), 1_200).isShown, true);
    assert.equal(audit.streamed(book(0.51, 1_400)), true);
  });

  test('is forgotten when REST shows the old price', () => {
    const audit = createBookAudit(0);
    audit.streamed(book(1, 1_000));
    assert.equal(audit.streamed(book(2, 1_100)), false);
    assert.equal(audit.read(book(1, 1_300), 1_200).isShown, true);
    assert.equal(audit.isDue(1_400), false);
  });

  test('is not shown from REST alone either', () => {
    const audit = createBookAudit(0);
    audit.streamed(book(1, 1_000));
    assert.equal(audit.read(book(2, 2_100), 2_000).isShown, false);
  });

  test('is news after ten seconds without any price', () => {
    const audit = createBookAudit(0);
    audit.streamed(book(1, 1_000));
    assert.equal(audit.streamed(book(0.5, 11_001)), true);
  });
});
