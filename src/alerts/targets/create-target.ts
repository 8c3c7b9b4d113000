/** A target from its terms in the configuration and its secrets in the environment. */
import type { AlertTarget } from '../target.ts';
import type { TargetBasics } from './basics.ts';
import { createSlackTarget } from './slack.ts';
import { createTelegramTarget } from './telegram.ts';
import { createWebhookTarget } from './webhook.ts';

export type TargetSettings = TargetBasics &
  (
    | { readonly kind: 'telegram'; readonly chat: string; readonly server: string }
    | { readonly kind: 'slack' }
    | { readonly kind: 'webhook' }
  );

export interface TargetSecrets {
  readonly token?: string;
  readonly url?: string;
  readonly secret?: string;
}

/** Null while a secret is missing. */
export function createTarget(settings: TargetSettings, { token, url, secret }: TargetSecrets): AlertTarget | null {
  const { name, minSeverity, maxPerMinute } = settings;
  const basics = { name, minSeverity, maxPerMinute };
  switch (settings.kind) {
    case 'telegram': {
      const { chat, server } = settings;
      return token === undefined ? null : createTelegramTarget({ ...basics, chat, server, token });
    }
    case 'slack':
      return url === undefined ? null : createSlackTarget({ ...basics, url });
    case 'webhook':
      return url === undefined || secret === undefined ? null : createWebhookTarget({ ...basics, url, secret });
  }
}
