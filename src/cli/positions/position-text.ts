/** One position with its orders, fills and P&L, for an 80-column terminal. */
import { decimal } from '../../domain/decimal.ts';
import { netText } from '../../domain/mark-text.ts';
import type { Mark } from '../../domain/watch.ts';
import type { BaselineChange, LedgerFill, OrderRow, PositionRow } from '../../ports/ledger.ts';
import { marketTime, money } from './position-table.ts';
import { tableText } from '../text/table.ts';
import { wrapped } from '../text/wrapped.ts';

const width = 80;
/** Of what stands below an order: why it came to nothing. */
const indent = '      ';

export interface PositionDocument {
  readonly position: PositionRow;
  readonly orders: readonly OrderRow[];
  readonly fills: readonly LedgerFill[];
  /** The newest; null where it was never evaluated. */
  readonly mark: Mark | null;
}

export function positionText({ position, orders, fills, mark }: PositionDocument): string {
  const isOn = mark !== null && position.attribution === null;
  return [
    ...heading(position).flatMap(inWidth),
    '',
    orderTable(orders),
    '',
    ...pnlLines(position, fills).flatMap(inWidth),
    ...(isOn ? [`now: close basis ${money(mark.closeBasisBps, 2)} bps, P&L ${netText(mark)}`] : []),
  ].join('\n');
}

function inWidth(line: string): string[] {
  return wrapped(line, width);
}

function heading({
  key,
  plan,
  status,
  exitReason,
  abortReason,
  openedAtMarketMs,
  closedAtMarketMs,
  baselineChange,
}: PositionRow): string[] {
  const ending = exitReason === null ? (abortReason === null ? '' : `: ${abortReason}`) : `: ${exitReason}`;
  return [
    key,
    `${status}${ending}`,
    `${plan.direction.replaceAll('_', ' ')}, ${money(plan.quantityBase, 0)} ${plan.asset}, ${money(plan.notionalUsd, 2)} USD`,
    `opened ${marketTime(openedAtMarketMs) || '–'}, closed ${marketTime(closedAtMarketMs) || '–'} (market time, UTC)`,
    ...(baselineChange === undefined ? [] : [keptText(baselineChange)]),
  ];
}

function keptText({ account, currency, quantityBase, price }: BaselineChange): string {
  const sold = money(quantityBase.replace('-', ''), 2);
  return `quote kept: ${sold} ${currency} of ${account} stay sold, worth ${price} each when that was decided`;
}

function orderTable(orders: readonly OrderRow[]): string {
  if (orders.length === 0) return 'no orders';
  const { heading: columns, rows } = tableText<OrderRow>(
    [
      { heading: 'STEP', align: 'right', text: ({ step }) => String(step) },
      { heading: 'PURPOSE', text: ({ purpose }) => purpose },
      { heading: 'LEG', text: ({ leg, account }) => `${leg} ${account}` },
      { heading: 'SIDE', text: ({ side }) => side },
      {
        heading: 'FILLED',
        align: 'right',
        text: ({ filledBase, quantityBase }) => `${money(filledBase, 2)}/${money(quantityBase, 2)}`,
      },
      { heading: 'PRICE', align: 'right', text: ({ averagePrice, limitPrice }) => averagePrice ?? `(${limitPrice})` },
      { heading: 'STATE', text: ({ state }) => state },
    ],
    orders,
  );
  const why = ({ reason }: OrderRow): string[] =>
    reason === null ? [] : wrapped(reason, width - indent.length).map((line) => `${indent}${line}`);
  return [columns, ...orders.flatMap((order, index) => [rows[index] ?? '', ...why(order)])].join('\n');
}

function pnlLines({ attribution }: PositionRow, fills: readonly LedgerFill[]): string[] {
  const counted = `${fills.length} fills`;
  if (attribution === null) return [counted];
  const parts = [
    ['basis', attribution.basisUsd],
    ['funding', attribution.fundingUsd],
    ['fees', attribution.feesUsd],
    ['slippage', attribution.slippageUsd],
    ['borrow', attribution.borrowUsd],
    ['quote currency', attribution.quoteCurrencyUsd],
  ].filter(([, amount]) => !decimal(amount ?? '0').eq(decimal('0')));
  const list = parts.map(([name, amount]) => `${name} ${money(amount ?? '0', 4)}`).join(', ');
  return [`${counted}; P&L ${money(attribution.realisedUsd, 4)} USD${list === '' ? '' : ` = ${list}`}`];
}
