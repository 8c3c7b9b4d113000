/** Where each exchange books what a liquidation costs beside its fills. Rows that are trades are left to the fills. */
import { decimal, toText, zero, type DecimalText } from '../../domain/decimal.ts';
import { logBookOf } from './krakenfutures-log.ts';
import { decimalText, decimalTextOrNull, list, record, text, textOrNull, timeMs, type RawRecord } from './raw.ts';
import { callEndpoint, callForList } from './usual.ts';
import type { LiquidationRecords } from './venue-dialect.ts';

type FetchPage = LiquidationRecords['fetchPage'];

/** https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Get-Income-History */
export const binanceClearances: FetchPage = async (exchange, sinceMs, limit, { until, ...rest }) => {
  const rows = await callForList(exchange, 'fapiPrivateGetIncome', {
    incomeType: 'INSURANCE_CLEAR',
    ...(sinceMs === undefined ? {} : { startTime: sinceMs }),
    ...(typeof until === 'number' ? { endTime: until } : {}),
    limit,
    ...rest,
  });
  return rows.map((each) => {
    const row = record(each, 'income');
    return {
      id: text(row['tranId'], 'transaction id'),
      timestamp: timeMs(row['time'], 'time of income'),
      marketId: textOrNull(row['symbol']),
      amount: decimalText(row['income'], 'income'),
      currency: exchange.safeCurrencyCode(text(row['asset'], 'asset')),
      isOfTrade: false,
    };
  });
};

/** https://bybit-exchange.github.io/docs/v5/account/transaction-log */
export const bybitLiquidations: FetchPage = async (exchange, sinceMs, limit, { until, ...rest }) => {
  const reply = await callEndpoint(exchange, 'privateGetV5AccountTransactionLog', {
    accountType: 'UNIFIED',
    type: 'LIQUIDATION',
    ...(sinceMs === undefined ? {} : { startTime: sinceMs }),
    ...(typeof until === 'number' ? { endTime: until } : {}),
    limit,
    ...rest,
  });
  return list(record(reply['result'], 'result')['list'], 'transaction log').map((each) => {
    const row = record(each, 'transaction');
    return {
      id: text(row['id'], 'transaction id'),
      timestamp: timeMs(row['transactionTime'], 'time of a transaction'),
      marketId: textOrNull(row['symbol']),
      amount: decimalText(row['change'], 'change'),
      currency: exchange.safeCurrencyCode(text(row['currency'], 'currency')),
      isOfTrade: textOrNull(row['tradeId']) !== null,
    };
  });
};

/** https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-3-months: type 5 is liquidation. */
export const okxLiquidations: FetchPage = async (exchange, sinceMs, limit, { until, ...rest }) => {
  const reply = await callEndpoint(exchange, 'privateGetAccountBillsArchive', {
    type: '5',
    ...(sinceMs === undefined ? {} : { begin: sinceMs }),
    ...(typeof until === 'number' ? { end: until } : {}),
    limit,
    ...rest,
  });
  return list(reply['data'], 'bills').map((each) => {
    const row = record(each, 'bill');
    return {
      id: text(row['billId'], 'bill id'),
      timestamp: timeMs(row['ts'], 'time of a bill'),
      marketId: textOrNull(row['instId']),
      amount: decimalText(row['balChg'], 'change of the balance'),
      currency: exchange.safeCurrencyCode(text(row['ccy'], 'ccy')),
      isOfTrade: textOrNull(row['tradeId']) !== null,
    };
  });
};

/**
 * https://docs.kraken.com/api/docs/futures-api/history/account-log: the fee is on the row of a trade or on one of its
 * own. What else a liquidation books without an execution is a charge, too.
 */
export const krakenLiquidations: FetchPage = async (exchange, sinceMs = 0, _limit, { until }) => {
  const rows = await logBookOf(exchange).since(sinceMs, typeof until === 'number' ? until : undefined);
  return rows
    .filter(({ row }) => isCharge(row))
    .map(({ id, atMs, row }) => ({
      id: String(id),
      timestamp: atMs,
      marketId: textOrNull(row['contract'])?.toUpperCase() ?? null,
      amount: changeOf(row),
      currency: exchange.safeCurrencyCode(text(row['asset'], 'asset').toUpperCase()),
      isOfTrade: false,
    }));
};

function isCharge(row: RawRecord): boolean {
  const fee = decimalTextOrNull(row['liquidation_fee'], 'liquidation fee');
  if (fee !== null && !decimal(fee).eq(zero)) return true;
  return textOrNull(row['info']) === 'futures liquidation' && textOrNull(row['execution']) === null;
}

function changeOf(row: RawRecord): DecimalText {
  const fee = decimalTextOrNull(row['liquidation_fee'], 'liquidation fee');
  if (fee !== null && !decimal(fee).eq(zero)) return toText(zero.minus(decimal(fee)));
  const [before, after] = [row['old_balance'], row['new_balance']].map((value) =>
    decimal(decimalText(value, 'balance')),
  );
  // What it realised of funding is in the balance, and booked as a payment.
  const funding = decimalTextOrNull(row['realized_funding'], 'realised funding') ?? '0';
  return toText((after ?? zero).minus(before ?? zero).minus(decimal(funding)));
}
