/** Telegram's Bot API, sendMessage: https://core.telegram.org/bots/api#sendmessage */
import { z } from 'zod';
import { messageText } from '../message-text.ts';
import { postJson, type Reply } from '../post-json.ts';
import { bounded } from '../retry-after.ts';
import type { AlertTarget, Answer } from '../target.ts';
import type { TargetBasics } from './basics.ts';

/** Telegram takes 4,096 characters. */
const longestText = 4_000;

const replySchema = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z
    .object({ retry_after: z.number().nonnegative().optional(), migrate_to_chat_id: z.number().optional() })
    .optional(),
});

export interface TelegramTerms extends TargetBasics {
  /** A chat's number, or a public channel's @name. */
  readonly chat: string;
  /** Of the Bot API, without a slash at its end. */
  readonly server: string;
  readonly token: string;
}

export function createTelegramTarget({ chat, server, token, ...basics }: TelegramTerms): AlertTarget {
  return {
    ...basics,
    kind: 'telegram',
    async send(message) {
      const body = JSON.stringify({
        chat_id: chat,
        // Without a parse mode: nothing in it is markup, whatever an exchange has said.
        text: messageText(message, longestText),
        link_preview_options: { is_disabled: true },
      });
      return answerOf(await postJson({ url: `${server}/bot${token}/sendMessage`, body }));
    },
  };
}

function answerOf(reply: Reply): Answer {
  if (reply.kind === 'unanswered') return { kind: 'failed', reason: reply.reason, retryAfterMs: null };
  const { data } = replySchema.safeParse(json(reply.text));
  if (data?.ok === true && reply.status === 200) return { kind: 'taken', detail: 'ok' };
  const { retry_after: retryAfterS, migrate_to_chat_id: movedTo } = data?.parameters ?? {};
  const said = data?.description ?? 'no answer of Telegram';
  const moved = movedTo === undefined ? '' : `; the chat is ${movedTo} now: write that into the configuration`;
  return {
    kind: 'failed',
    reason: `${reply.status} ${said}${moved}`,
    retryAfterMs: retryAfterS === undefined ? reply.retryAfterMs : bounded(retryAfterS * 1_000),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
