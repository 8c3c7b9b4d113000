/** What a person sees once everything listens: addresses, keys, and how to point ccxt at them. */
import type { SimConfig } from './config.ts';
import type { SimOptions } from './options.ts';
import type { Ready, VenueAddress } from './simulator.ts';
import type { Tape } from './feed/tape.ts';

export function readyText(ready: Ready, options: Pick<SimOptions, 'config' | 'scale'>, tape: Tape | null): string {
  const venues = Object.entries(ready.venues);
  const [first] = venues;
  const unpriced = new Map(tape === null ? [] : unpricedSymbols(options.config, tape));
  const lines = [sourceText(ready, options), ''];
  for (const [venue, address] of venues) {
    lines.push(...venueLines(venue, address));
    const symbols = unpriced.get(venue) ?? [];
    if (symbols.length > 0)
      lines.push(`  no prices  ${symbols.join(', ')}: not in the tape; the control API can set them`);
    lines.push('');
  }
  if (ready.control !== null) lines.push(`control API  ${ready.control}`, '');
  if (ready.feed !== null) lines.push(`feed  ${ready.feed}`, '');
  if (first !== undefined) lines.push(...recipeLines(...first));
  return `${lines.join('\n')}\n`;
}

/** What is listed and not in the tape, by venue: its order books are empty. */
export function unpricedSymbols(config: SimConfig, tape: Tape): [venue: string, symbols: readonly string[]][] {
  return Object.entries(config.venues)
    .map(([venue, { instruments }]): [string, readonly string[]] => [
      venue,
      instruments.filter((symbol) => tape.bars(venue, symbol).length === 0),
    ])
    .filter(([, symbols]) => symbols.length > 0);
}

function sourceText({ tape, feed }: Ready, { config, scale }: Pick<SimOptions, 'config' | 'scale'>): string {
  if (feed !== null) return 'Simulated exchanges, with the prices of a live feed';
  if (tape === null) return 'Simulated exchanges, with the prices of the control API';
  const [from, to] = [tape.startMs, tape.endMs].map((atMs) => `${new Date(atMs).toISOString().slice(0, 16)}Z`);
  return `Simulated exchanges, replaying ${config.tape}\nfrom ${from} to ${to}, ${scale} market seconds a second`;
}

function venueLines(venue: string, { rest, ws, accounts }: VenueAddress): string[] {
  const keys = Object.entries(accounts).map(([name, held]) => `  account ${name}  ${JSON.stringify(held)}`);
  return [venue, `  REST       ${rest}`, `  websocket  ${ws}`, ...keys];
}

/** The addresses that ccxt signs and looks errors up by stay the exchange's own. */
function recipeLines(venue: string, { rest, ws }: VenueAddress): string[] {
  return [
    `An unchanged ccxt on ${venue}; the others alike. JavaScript, with the account as printed above:`,
    '',
    `  const client = new ccxt.pro.${venue}({ ...account, httpAgent: new http.Agent(), fetchImplementation: (url, init) => fetch(url.replace(/^https:..[^/]+/, '${rest}'), init) });`,
    `  client.urls.api = JSON.parse(JSON.stringify(client.urls.api).replace(/wss:..[^/"]+/g, '${ws}'));`,
    '',
    'Python:',
    '',
    `  client = ccxt.${venue}(account); send = client.session.send`,
    `  client.session.send = lambda request, **options: (setattr(request, "url", re.sub("^https://[^/]+", "${rest}", request.url)), send(request, **options))[1]`,
    '',
    'Stop with Ctrl-C.',
  ];
}
