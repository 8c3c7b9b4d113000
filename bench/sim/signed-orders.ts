/** Orders as each exchange's clients send them: limit, immediate or cancel, signed. They fill at once. */
import { createHmac } from 'node:crypto';
import type { CcxtCredentials } from '../../src/sim/simulator.ts';

export interface WireRequest {
  /** The request line and headers, without host and length. */
  readonly head: string;
  readonly body: string;
}

export interface OrderWriter {
  /** Buys and sells in turn. @param sequence unique at the venue: makes the client order id */
  order(sequence: number): WireRequest;
  isAccepted(body: string): boolean;
}

export type MakeWriter = (keys: CcxtCredentials) => OrderWriter;

const quantity = '10';
/** Far through the book: the order takes the best price that there is. */
const limits = { buy: '1.0100', sell: '0.9900' } as const;

const json = 'Content-Type: application/json\r\n';

/** By ccxt's names. */
export const orderWriters: Readonly<Record<string, MakeWriter>> = {
  bybit: ({ apiKey, secret }) => ({
    order(sequence) {
      const isBuy = sequence % 2 === 0;
      const body = JSON.stringify({
        category: 'spot',
        symbol: 'USDCUSDT',
        side: isBuy ? 'Buy' : 'Sell',
        orderType: 'Limit',
        qty: quantity,
        price: isBuy ? limits.buy : limits.sell,
        timeInForce: 'IOC',
        orderLinkId: `bench${sequence}`,
      });
      const timestamp = String(Date.now());
      const signature = sha256(secret, `${timestamp}${apiKey}5000${body}`).digest('hex');
      const headers = `X-BAPI-API-KEY: ${apiKey}\r\nX-BAPI-TIMESTAMP: ${timestamp}\r\nX-BAPI-RECV-WINDOW: 5000\r\nX-BAPI-SIGN: ${signature}\r\n`;
      return { head: `POST /v5/order/create HTTP/1.1\r\n${json}${headers}`, body };
    },
    isAccepted: (body) => body.includes('"retCode":0'),
  }),
  binanceusdm: ({ apiKey, secret }) => ({
    order(sequence) {
      const isBuy = sequence % 2 === 0;
      const query = `symbol=USDCUSDT&side=${isBuy ? 'BUY' : 'SELL'}&type=LIMIT&timeInForce=IOC&quantity=${quantity}&price=${isBuy ? limits.buy : limits.sell}&newClientOrderId=bench${sequence}&timestamp=${Date.now()}`;
      const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
      const body = `${query}&signature=${sha256(secret, query).digest('hex')}`;
      return { head: `POST /fapi/v1/order HTTP/1.1\r\n${form}X-MBX-APIKEY: ${apiKey}\r\n`, body };
    },
    isAccepted: (body) => body.includes('"orderId"'),
  }),
  okx: ({ apiKey, secret, password = '' }) => ({
    order(sequence) {
      const isBuy = sequence % 2 === 0;
      const body = JSON.stringify({
        instId: 'USDC-USDT',
        tdMode: 'cash',
        side: isBuy ? 'buy' : 'sell',
        ordType: 'ioc',
        sz: quantity,
        px: isBuy ? limits.buy : limits.sell,
        clOrdId: `bench${sequence}`,
      });
      const timestamp = new Date().toISOString();
      const path = '/api/v5/trade/order';
      const signature = sha256(secret, `${timestamp}POST${path}${body}`).digest('base64');
      const headers = `OK-ACCESS-KEY: ${apiKey}\r\nOK-ACCESS-PASSPHRASE: ${password}\r\nOK-ACCESS-TIMESTAMP: ${timestamp}\r\nOK-ACCESS-SIGN: ${signature}\r\n`;
      return { head: `POST ${path} HTTP/1.1\r\n${json}${headers}`, body };
    },
    isAccepted: (body) => body.includes('"sCode":"0"'),
  }),
};

function sha256(secret: string, text: string): ReturnType<typeof createHmac> {
  return createHmac('sha256', secret).update(text);
}
