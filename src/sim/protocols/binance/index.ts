/** Binance spot (`/api/v3`): REST, market streams, and the websocket API with its user streams. */
import { BinanceError } from '../binance-shared/errors.ts';
import { createListenKeys, listenKeyEndpoints } from '../binance-shared/listen-keys.ts';
import { openMarketStream } from '../binance-shared/market-streams.ts';
import { otherProductEndpoints } from '../binance-shared/other-products.ts';
import { required } from '../binance-shared/parameters.ts';
import { createRest } from '../binance-shared/rest.ts';
import { createSockets } from '../binance-shared/sockets.ts';
import { createUserStreams } from '../binance-shared/user-streams.ts';
import { createWalletLimits, walletEndpoints } from '../binance-shared/wallet.ts';
import { createWsApi } from '../binance-shared/ws-api.ts';
import type { CreateProtocol } from '../protocol.ts';
import { accountEndpoints } from './account.ts';
import { createSpotLimits, weightPerMinute } from './limits.ts';
import { marketEndpoints } from './market.ts';
import { orderEndpoints } from './orders.ts';
import { spotStreams } from './streams.ts';
import { spotUserEvents } from './user-events.ts';
import { spotMethods } from './ws-methods.ts';

const wsApiPath = '/ws-api/';
/** Streams of one connection. */
const mostStreams = 1024;

export const createBinanceProtocol: CreateProtocol = (context) => {
  const limits = createSpotLimits(context.enforceRateLimits);
  const cancelIds = new Map<string, string>();
  const userStreams = createUserStreams(context, (account, transaction) =>
    spotUserEvents(context, cancelIds, account, transaction),
  );
  const listenKeys = createListenKeys();
  const dialect = spotStreams(context);
  const sockets = createSockets({
    context,
    listenKeys,
    userStreams,
    mostStreams,
    open: (name) => openMarketStream(context, dialect, name),
  });
  const endpoints = {
    ...marketEndpoints(context),
    ...orderEndpoints(context, cancelIds),
    ...accountEndpoints(context, limits),
    ...walletEndpoints(context, 'spot'),
    ...otherProductEndpoints('spot'),
    ...listenKeyEndpoints(
      '/api/v3/userDataStream',
      2,
      listenKeys,
      (call) => listenKeys.find(required(call, 'listenKey')),
      (listenKey) => sockets.close(listenKey),
    ),
  };
  const rest = createRest({
    context,
    endpoints,
    limits,
    walletLimits: createWalletLimits(context.enforceRateLimits),
    weightPerMinute,
    unknownPath: ({ path }) => new BinanceError(-1020, `This operation is not supported: ${path.slice(0, 100)}`, 404),
  });
  const wsApi = createWsApi({ context, endpoints, methods: spotMethods, limits, userStreams });
  return {
    ...rest,
    connect(socket, path) {
      if (path.startsWith(wsApiPath)) wsApi.connect(socket);
      else sockets.connect(socket, path);
    },
    tick: (wallMs) => sockets.tick(wallMs),
  };
};
