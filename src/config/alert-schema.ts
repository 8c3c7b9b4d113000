/** The section `alerts` of the configuration: whom to tell, of what, and how often at most. */
import { z } from 'zod';
import { choice, count, section, text } from './fields.ts';

const severities = ['info', 'warning', 'critical'] as const;

const targetTerms = {
  /** The least severe that it is told of: openings and closings are `info`. */
  minSeverity: choice(...severities).prefault('info'),
  /** What is more is told in one message. */
  maxPerMinute: count('messages a minute', 1, 60).prefault('20'),
};

/** Tokens, addresses and signing secrets come from the environment: src/config/alert-secrets.ts. */
const alertTargetSchema = z.discriminatedUnion(
  'kind',
  [
    section({
      kind: z.literal('telegram'),
      chat: text("a chat's number, such as -1001234567890, or a channel's @name", /^(-?\d{1,20}|@\w{4,64})$/),
      /** Of the Bot API; one may run a server of one's own. */
      server: text('https://host without a path', /^https?:\/\/[^/?#@\s]+$/).prefault('https://api.telegram.org'),
      ...targetTerms,
    }),
    section({ kind: z.literal('slack'), ...targetTerms }),
    section({ kind: z.literal('webhook'), ...targetTerms }),
  ],
  { error: 'must be a section with the kind telegram, slack or webhook' },
);

export const alertsSchema = section({
  targets: z.record(z.string(), alertTargetSchema, { error: 'must be a section of named targets' }).prefault({}),
});
