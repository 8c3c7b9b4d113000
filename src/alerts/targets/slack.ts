/** Slack's incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import { messageText } from '../message-text.ts';
import { postJson } from '../post-json.ts';
import type { AlertTarget } from '../target.ts';
import type { TargetBasics } from './basics.ts';

/** Slack cuts far later; longer ones are not read. Escaping may make it up to five times as long. */
const longestText = 4_000;

export interface SlackTerms extends TargetBasics {
  /** The whole address is the key. */
  readonly url: string;
}

export function createSlackTarget({ url, ...basics }: SlackTerms): AlertTarget {
  return {
    ...basics,
    kind: 'slack',
    async send(message) {
      const text = escaped(messageText(message, longestText));
      const body = JSON.stringify({ text, mrkdwn: false, unfurl_links: false, unfurl_media: false });
      const reply = await postJson({ url, body });
      if (reply.kind === 'unanswered') return { kind: 'failed', reason: reply.reason, retryAfterMs: null };
      const said = reply.text.trim();
      // Whatever stands between us and Slack may answer 200 as well.
      if (reply.status === 200 && said === 'ok') return { kind: 'taken', detail: 'ok' };
      return {
        kind: 'failed',
        // Slack says no_service, invalid_payload, channel_is_archived and the like; a page is nobody's word.
        reason: `${reply.status} ${/^[a-z_]{1,60}$/.test(said) ? said : 'no answer of Slack'}`,
        retryAfterMs: reply.retryAfterMs,
      };
    },
  };
}

/** Slack's three control characters: without them nothing that an exchange said can call a channel or hide a link. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
