/**
 * Bybit's spot margin: in the unified account a spot order with `isLeverage` may take a coin's balance below zero. What
 * is missing is owed, interest is charged five minutes after each full hour and added to it, and whatever comes in of
 * the coin pays it back: there is nothing to repay by a request of its own. Up to five times of what the account is
 * worth is counted on; an account may be set to other leverage there.
 */
import type { CoinLoan, InterestCharge } from '../../domain/margin/borrow.ts';
import { decimal, divide, sum, toText, zero, type Decimal } from '../../domain/decimal.ts';
import { VenueError, type LendingTerms } from '../../ports/venue.ts';
import { decimalText, decimalTextOrNull, list, record, text, textOrNull, timeMs, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { LendingDialect } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

export const bybitLending: LendingTerms = { collateralRate: '0.2' };

const weekMs = 7 * 24 * 3_600_000;

export const bybitLoans: LendingDialect = {
  orderParams: { isLeverage: 1 },
  margin(info) {
    const wallet = record(list(record(record(info, 'reply')['result'], 'result')['list'], 'wallet list')[0], 'wallet');
    const coins = list(wallet['coin'], 'coins').map((coin) => record(coin, 'coin'));
    return {
      equityUsd: decimalText(wallet['totalMarginBalance'], 'margin balance'),
      maintenanceUsd: decimalText(wallet['totalMaintenanceMargin'], 'maintenance margin'),
      owedUsd: toText(sum(coins.map(owedUsd))),
    };
  },
  loans: (exchange, coins) => Promise.all(coins.map((coin) => loanOf(exchange, coin))),
  // https://bybit-exchange.github.io/docs/v5/account/transaction-log
  interestPaging: { kind: 'cursor', parameter: 'cursor', nextCursor, pageSize: 50, windowMs: weekMs - 1 },
  interestParams: (untilMs) => ({ accountType: 'UNIFIED', type: 'INTEREST', endTime: untilMs }),
  interestOf(info): InterestCharge {
    return {
      chargeId: text(info['id'], 'id of a charge'),
      currency: text(info['currency'], 'currency of a charge'),
      amount: toText(zero.minus(decimal(decimalText(info['change'], 'interest')))),
      chargedAtMs: timeMs(info['transactionTime'], 'time of a charge'),
    };
  },
};

/** Rows are counted before ccxt leaves any out: a page without one is the end, whatever cursor comes with it. */
export function nextCursor(body: unknown): string | null {
  const result = record(record(body, 'reply')['result'], 'result');
  return list(result['list'], 'rows').length === 0 ? null : textOrNull(result['nextPageCursor']);
}

/** The venue values a coin's equity: what is owed of it is worth as much a unit. */
function owedUsd(coin: RawRecord): Decimal {
  const owed = decimal(decimalTextOrNull(coin['borrowAmount'], 'borrowed amount') ?? '0');
  const equity = decimal(decimalText(coin['equity'], 'equity'));
  if (owed.eq(zero) || equity.eq(zero)) return zero;
  return owed.times(divide(decimal(decimalText(coin['usdValue'], 'value in USD')), equity));
}

/** https://bybit-exchange.github.io/docs/v5/account/collateral-info */
async function loanOf(exchange: ExactExchange, coin: string): Promise<CoinLoan> {
  const reply = await callEndpoint(exchange, 'privateGetV5AccountCollateralInfo', { currency: coin });
  const rows = list(record(reply['result'], 'result')['list'], 'coins').map((row) => record(row, 'coin'));
  const row = rows.find((one) => one['currency'] === coin);
  if (row === undefined) throw new VenueError('malformed_reply', `nothing is said of loans in ${coin}`);
  return {
    currency: coin,
    owed: decimalText(row['borrowAmount'], 'borrowed amount'),
    hourlyRate: decimalTextOrNull(row['hourlyBorrowRate'], 'borrow rate'),
    isLent: row['borrowable'] === true,
    available: decimalTextOrNull(row['availableToBorrow'], 'what may be borrowed'),
  };
}
