/** Asks everything about one account that can be known before money is in its hands; `judge-account.ts` judges. */
import type { Answer, VenueDiagnostics } from '../../ports/venue-diagnostics.ts';
import type { DiagnosedAccount } from '../../../workers/wiring.ts';
import { about, type Check, type Tell } from './check.ts';
import * as judge from './judge-account.ts';
import type { CheckedAccount } from './judge-account.ts';

interface Question {
  readonly check: string;
  readonly symbol: string | null;
  readonly ask: () => Promise<Check>;
}

export async function checkAccount(all: CheckedAccount, diagnosed: DiagnosedAccount, tell: Tell): Promise<Check[]> {
  const { diagnostics, keyIssues } = diagnosed;
  const told = async (check: Check | Promise<Check>): Promise<Check> => {
    const known = await check;
    tell(known);
    return known;
  };
  const none = (
    questions: readonly Pick<Question, 'check' | 'symbol'>[],
    reason: string,
    advice: string,
  ): Promise<Check[]> =>
    Promise.all(
      questions.map(({ check, symbol }) => told(about(account.name, check, symbol).cannotBeTold(reason, advice))),
    );
  const askAll = (questions: readonly Question[]): Promise<Check[]> =>
    Promise.all(questions.map(({ ask }) => told(ask())));

  const exactlyOnce = await told(judge.exactlyOnce(all, diagnosed));
  const reached = await told(judge.reachable(all, await diagnostics.reach()));
  const missing = reached.status === 'ok' ? await missingOf(all, diagnostics) : new Map<string, Check>();
  const leftOut = await Promise.all([...missing.values()].map(told));
  const isThere = (symbol: string): boolean => !missing.has(symbol);
  const account = { ...all, symbols: all.symbols.filter(isThere), perpetuals: all.perpetuals.filter(isThere) };
  const answers = rememberedAnswers(account, diagnostics);
  const pub = publicQuestions(account, diagnostics, answers);
  const priv = privateQuestions(account, diagnostics, answers);
  if (reached.status !== 'ok') {
    const unasked = [named('clock'), ...pub, named('key'), ...priv];
    return [reached, exactlyOnce, ...(await none(unasked, 'not asked: not reachable', 'make it reachable first'))];
  }
  // First of all: signed requests are dated by it.
  const clock = await told(judge.clock(account, await diagnostics.clock()));
  const publicChecks = askAll(pub);
  const key = await told(judge.key(account, keyIssues, await answers.signed()));
  const privateChecks = await (key.status === 'ok'
    ? askAll(priv)
    : none(priv, 'not asked: see the key', 'see to the key first'));
  return [reached, clock, exactlyOnce, ...leftOut, ...(await publicChecks), key, ...privateChecks];
}

/** Generated symbols that the exchange does not have. */
async function missingOf(account: CheckedAccount, diagnostics: VenueDiagnostics): Promise<Map<string, Check>> {
  const asked = account.generated.map(async (symbol) => {
    const answer = await diagnostics.instrument(symbol);
    return answer.kind === 'told' ? [] : [[symbol, judge.leftOut(account, symbol, answer)] as const];
  });
  return new Map((await Promise.all(asked)).flat());
}

function named(check: string): Pick<Question, 'check' | 'symbol'> {
  return { check, symbol: null };
}

type Remembered = ReturnType<typeof rememberedAnswers>;

/** Several checks read the same answers. */
function rememberedAnswers(account: CheckedAccount, diagnostics: VenueDiagnostics) {
  const instrument = onceEach((symbol) => diagnostics.instrument(symbol));
  const isListed = async (symbol: string): Promise<boolean> => (await instrument(symbol)).kind === 'told';
  const permissions = onceEach(() => diagnostics.permissions());
  const reading = onceEach(async () => {
    const listed = await Promise.all(account.symbols.map(isListed));
    return diagnostics.reading(account.symbols.filter((_symbol, index) => listed[index] === true));
  });
  return {
    instrument,
    isListed,
    permissions: () => permissions(''),
    reading: () => reading(''),
    signed: () => Promise.all<Answer<unknown>>([reading(''), permissions('')]),
  };
}

function onceEach<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (name) => {
    const answer = asked.get(name) ?? ask(name);
    asked.set(name, answer);
    return answer;
  };
}

function publicQuestions(account: CheckedAccount, diagnostics: VenueDiagnostics, answers: Remembered): Question[] {
  return [
    ...account.symbols.map((symbol): Question => {
      const ask = async (): Promise<Check> => judge.instrument(account, symbol, await answers.instrument(symbol));
      return { check: 'instrument', symbol, ask };
    }),
    ...account.perpetuals.map((symbol) =>
      ofListed(account, answers, 'funding', symbol, async () =>
        judge.funding(account, symbol, await diagnostics.fundingIntervalHours(symbol)),
      ),
    ),
    ...(diagnostics.tellsMaintenance ? account.perpetuals : []).map((symbol) =>
      ofListed(account, answers, 'opening distance', symbol, async () =>
        judge.openingDistance(account, symbol, await diagnostics.maintenanceRate(symbol)),
      ),
    ),
  ];
}

function privateQuestions(account: CheckedAccount, diagnostics: VenueDiagnostics, answers: Remembered): Question[] {
  const of = (check: string, symbol: string, ask: () => Promise<Check>): Question =>
    ofListed(account, answers, check, symbol, ask);
  return [
    {
      check: 'trade right',
      symbol: null,
      ask: async () => judge.tradeRight(account, await answers.permissions()),
    },
    {
      check: 'withdraw right',
      symbol: null,
      ask: async () => judge.withdrawRight(account, await answers.permissions()),
    },
    { check: 'balances', symbol: null, ask: async () => judge.balances(account, await answers.reading()) },
    ...account.symbols.map((symbol) =>
      of('fees', symbol, async () => judge.fees(account, symbol, await diagnostics.fees(symbol))),
    ),
    ...feeCoinQuestions(account, diagnostics, answers),
    ...account.perpetuals.flatMap((symbol) => [
      of('leverage', symbol, async () => judge.leverage(account, symbol, await diagnostics.leverage(symbol))),
      of('position mode', symbol, async () =>
        judge.positionMode(account, symbol, await diagnostics.positionMode(symbol)),
      ),
      of('margin mode', symbol, async () => judge.marginMode(account, symbol, await diagnostics.marginMode(symbol))),
    ]),
  ];
}

/** Of accounts with spot pairs whose exchange has a coin of its own, or that are configured to pay in one. */
function feeCoinQuestions(account: CheckedAccount, diagnostics: VenueDiagnostics, answers: Remembered): Question[] {
  const hasSpot = account.symbols.some((symbol) => !account.perpetuals.includes(symbol));
  if (!hasSpot || (!diagnostics.tellsSpotFeeCoin && account.terms.fees.spotFeeCoin === undefined)) return [];
  const ask = async (): Promise<Check> =>
    judge.spotFeeCoin(account, await diagnostics.spotFeeCoin(), await answers.reading());
  return [{ check: 'fee coin', symbol: null, ask }];
}

/** What does not exist is told once, by the check of the instrument. */
function ofListed(
  account: CheckedAccount,
  answers: Remembered,
  check: string,
  symbol: string,
  ask: () => Promise<Check>,
): Question {
  const untold = about(account.name, check, symbol).cannotBeTold('not asked: see instrument', 'see to it first');
  return { check, symbol, ask: async () => ((await answers.isListed(symbol)) ? ask() : untold) };
}
