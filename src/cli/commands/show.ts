import type { Command } from 'commander';
import { decimal } from '../../domain/decimal.ts';
import { positionWorkflowId } from '../../domain/names.ts';
import type { BaselineChange, LedgerFill, OrderRow, PositionRow } from '../../ports/ledger.ts';
import { createOutput } from '../output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { marketTime, money } from '../position-table.ts';
import { resolveKey, withService } from '../service.ts';
import { table } from '../table.ts';

export function showCommand(program: Command): void {
  withCommonOptions(program.command('show <key>'))
    .description('show one position with its orders, fills and P&L; an ending of the key is enough')
    .addHelpText('after', '\nExample:\n  npm run basis -- show 3M2N1P')
    .action(async (given: string, options: CommonOptions) => {
      await withService(options, async ({ ledger, addresses }) => {
        const key = await resolveKey(ledger, given);
        const [position, orders, fills, marks] = await Promise.all([
          ledger.position(key),
          ledger.ordersOf(key),
          ledger.fillsOf(key),
          ledger.latestMarks([key]),
        ]);
        if (position === null) throw new Error(`position ${key} is gone`);
        const mark = marks[0] ?? null;
        createOutput(options.json).result({ position, orders, fills, mark }, () =>
          [
            ...heading(position),
            '',
            orderTable(orders),
            '',
            ...pnlLines(position, fills),
            ...(mark === null || position.attribution !== null
              ? []
              : [
                  `now: close basis ${money(mark.closeBasisBps, 2)} bps, P&L ${money(mark.unrealisedPnlUsd, 2)} USD (${money(mark.ratioPct, 3)} %)`,
                ]),
            ...(addresses.uiUrl === null
              ? []
              : ['', `${addresses.uiUrl}/namespaces/default/workflows/${encodeURIComponent(positionWorkflowId(key))}`]),
          ].join('\n'),
        );
      });
    });
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
  return table<OrderRow>(
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
      { heading: 'STATE', text: ({ state, reason }) => (reason === null ? state : `${state}: ${reason}`) },
    ],
    orders,
  );
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
