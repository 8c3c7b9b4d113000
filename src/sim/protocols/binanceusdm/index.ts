/** Binance USDⓈ-M (`/fapi`): REST, market and user streams, and the websocket API. */
import { BinanceError } from '../binance-shared/errors.ts';
import { createListenKeys, listenKeyEndpoints } from '../binance-shared/listen-keys.ts';
import { openMarketStream } from '../binance-shared/market-streams.ts';
import { otherProductEndpoints } from '../binance-shared/other-products.ts';
import { createRest } from '../binance-shared/rest.ts';
import { createSockets } from '../binance-shared/sockets.ts';
import { createUserStreams } from '../binance-shared/user-streams.ts';
import { createWalletLimits, walletEndpoints } from '../binance-shared/wallet.ts';
import { createWsApi } from '../binance-shared/ws-api.ts';
import { createDeadMan } from '../dead-man.ts';
import type { CreateProtocol } from '../protocol.ts';
import { accountEndpoints } from './account.ts';
import { batchOrderEndpoints } from './batch-orders.ts';
import { createForcedOrders, forcedOrderEndpoints } from './forced-orders.ts';
import { createUsdmLimits, weightPerMinute } from './limits.ts';
import { usdmStreams } from './market-streams.ts';
import { marketEndpoints } from './market.ts';
import { orderEndpoints } from './orders.ts';
import { settingEndpoints } from './settings.ts';
import { usdmUserEvents } from './user-events.ts';
import { usdmMethods } from './ws-methods.ts';

const wsApiPath = '/ws-fapi/';
/** Streams of one connection. */
const mostStreams = 1024;

export const createBinanceUsdmProtocol: CreateProtocol = (context) => {
  const limits = createUsdmLimits(context.enforceRateLimits);
  const deadMan = createDeadMan(context);
  const userStreams = createUserStreams(context, (account, transaction) =>
    usdmUserEvents(context, account, transaction),
  );
  const listenKeys = createListenKeys();
  const dialect = usdmStreams(context, createForcedOrders(context));
  const sockets = createSockets({
    context,
    listenKeys,
    userStreams,
    mostStreams,
    open: (name) => openMarketStream(context, dialect, name),
  });
  const endpoints = {
    ...marketEndpoints(context),
    ...orderEndpoints(context),
    ...batchOrderEndpoints(context),
    ...forcedOrderEndpoints(context),
    ...accountEndpoints(context, limits),
    ...settingEndpoints(context, deadMan),
    ...walletEndpoints(context, 'futures'),
    ...otherProductEndpoints('linear'),
    ...listenKeyEndpoints(
      '/fapi/v1/listenKey',
      1,
      listenKeys,
      (call) => listenKeys.ofAccount(call.account),
      (listenKey) => sockets.close(listenKey),
    ),
  };
  const rest = createRest({
    context,
    endpoints,
    limits,
    walletLimits: createWalletLimits(context.enforceRateLimits),
    weightPerMinute,
    unknownPath: ({ method, path }) =>
      new BinanceError(-5000, `Path ${path.slice(0, 100)}, Method ${method} is invalid`, 404),
  });
  const wsApi = createWsApi({ context, endpoints, methods: usdmMethods, limits, userStreams: null });
  return {
    ...rest,
    connect(socket, path) {
      if (path.startsWith(wsApiPath)) wsApi.connect(socket);
      else sockets.connect(socket, path);
    },
    tick(wallMs) {
      deadMan.tick(wallMs);
      sockets.tick(wallMs);
    },
  };
};
