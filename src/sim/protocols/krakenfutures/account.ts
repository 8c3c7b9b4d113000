/** The account: margin, positions, leverage, fees. */
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall, Route } from './call.ts';
import { accountName, marketNamed, required, wholeNumber } from './call.ts';
import { invalid } from './errors.ts';
import { feeSchedules, feeVolumes } from './fees.ts';
import { chosenLeverage, flexAccount, heldPositions, marginCurrency, positionView } from './margin-view.ts';

export function accountRoutes(context: ProtocolContext): Route[] {
  const { exchange } = context;
  const api = '/derivatives/api/v3';
  return [
    {
      name: `GET ${api}/accounts`,
      needs: 'read',
      cost: () => 2,
      handle: (call) => ({
        accounts: { cash: { type: 'cashAccount', balances: {} }, flex: flexAccount(exchange, accountName(call)) },
      }),
    },
    {
      name: `GET ${api}/openpositions`,
      needs: 'read',
      cost: () => 2,
      handle(call) {
        const account = accountOf(exchange.state, accountName(call));
        return { openPositions: heldPositions(exchange, account.name).map((held) => positionView(account, held)) };
      },
    },
    {
      name: `GET ${api}/leveragepreferences`,
      needs: 'read',
      cost: () => 2,
      handle: (call) => leveragePreferences(context, call),
    },
    {
      name: `PUT ${api}/leveragepreferences`,
      needs: 'trade',
      cost: () => 10,
      handle: (call) => setLeverage(context, call),
    },
    {
      name: `GET ${api}/pnlpreferences`,
      needs: 'read',
      cost: () => 2,
      handle: () => ({ preferences: [] }),
    },
    {
      name: `PUT ${api}/pnlpreferences`,
      needs: 'trade',
      cost: () => 10,
      handle(call) {
        marketNamed(context, required(call.params, 'symbol'));
        if (required(call.params, 'pnlPreference').toUpperCase() !== marginCurrency) throw invalid('pnlPreference');
        return {};
      },
    },
    {
      name: `GET ${api}/unwindqueue`,
      needs: 'read',
      cost: () => 200,
      handle: (call) => ({
        queue: heldPositions(exchange, accountName(call)).map(({ market }) => ({
          symbol: market.instrument.id,
          percentile: 0,
        })),
      }),
    },
    { name: `GET ${api}/notifications`, needs: 'read', handle: () => ({ notifications: [] }) },
    { name: `GET ${api}/feeschedules`, needs: null, handle: () => feeSchedules(context) },
    { name: `GET ${api}/feeschedules/volumes`, needs: 'read', handle: (call) => feeVolumes(context, call) },
  ];
}

/** Contracts with a preference: the others are margined together, up to the leverage of their tier. */
function leveragePreferences(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const { exchange } = context;
  const account = accountOf(exchange.state, accountName(call));
  const symbol = call.params.get('symbol') ?? '';
  const markets = symbol === '' ? [...exchange.state.markets.values()] : [marketNamed(context, symbol)];
  const preferences = markets.flatMap((market) => {
    const maxLeverage = chosenLeverage(account, market);
    return maxLeverage === null ? [] : [{ symbol: market.instrument.id, maxLeverage }];
  });
  return { leveragePreferences: preferences };
}

/** Without `maxLeverage` the preference is taken back. */
function setLeverage(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const market = marketNamed(context, required(call.params, 'symbol'));
  const account = accountOf(context.exchange.state, accountName(call));
  const leverage = wholeNumber(call.params, 'maxLeverage') ?? account.defaultLeverage;
  const most = market.instrument.brackets[0]?.maximumLeverage ?? 1;
  if (leverage < 1 || leverage > most) throw invalid('maxLeverage');
  context.exchange.setLeverage(account.name, market.instrument.id, leverage);
  return {};
}
