/** What an open position would come to now, in words: after all four fees, as its exits judge it. */
import { decimal } from './decimal.ts';
import { figure, grouped } from './figures.ts';
import type { Mark } from './watch.ts';

/** `P&L -18.00 USD after all fees (-0.180 %), close basis 8.0 bps`. */
export function markText(mark: Mark): string {
  return `P&L ${netText(mark)}, close basis ${figure(decimal(mark.closeBasisBps), 1)} bps`;
}

/** Marks of older versions know the ratio alone. */
export function netText({ netUsd, ratioPct }: Pick<Mark, 'netUsd' | 'ratioPct'>): string {
  const ratio = `${figure(decimal(ratioPct), 3)} %`;
  return netUsd === undefined
    ? `${ratio} after all fees`
    : `${grouped(figure(decimal(netUsd), 2))} USD after all fees (${ratio})`;
}
