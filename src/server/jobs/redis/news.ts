/**
 * What processes tell each other by way of Redis: what happens to a job, to those who listen to that job, and what concerns
 * all. Nothing is kept: who was not there looks at the queue itself. Knows no queue.
 */
import type { JobRequest } from '../../contract/drawing.ts';
import type { JobEvent } from '../../contract/job.ts';
import { createListeners } from '../listeners.ts';
import type { RedisConnection } from './connection.ts';

/** `version`: of a job's state, see StoredJob. `moved`: nothing but its position may be new. */
export type Told = JobEvent & { readonly version?: number; readonly moved?: boolean };

export type News =
  /** Jobs came, went or changed places. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'took'; readonly job: JobRequest['kind']; readonly seconds: number };

export interface Hearing {
  readonly events: AsyncGenerator<Told, void, void>;
  leave(): Promise<void>;
}

export interface NewsRoom {
  /** Ids that somebody in this process listens to. */
  ids(): string[];
  /** To this process alone. */
  tellHere(id: string, told: Told): void;
  /** To whoever listens to the job, wherever. Lost where Redis is away. */
  tell(id: string, told: Told): Promise<void>;
  /** What is told of a job from now on; nothing is missed once this has resolved. Leave it in any case. */
  hear(id: string, signal: AbortSignal): Promise<Hearing>;
  /** To all processes, this one too. Lost where Redis is away. */
  announce(news: News): Promise<void>;
  end(): void;
}

export async function openNewsRoom(
  { commands, messages, database }: RedisConnection,
  name: string,
  onNews: (news: News) => void,
): Promise<NewsRoom> {
  const general = `${name}:${database}:news`;
  const channelOf = (id: string) => `${name}:${database}:job:${id}`;
  const listeners = createListeners();
  messages.on('message', (channel: string, text: string) => {
    if (channel === general) onNews(JSON.parse(text) as News);
    else listeners.tell(channel.slice(channelOf('').length), JSON.parse(text) as Told);
  });
  await messages.subscribe(general);
  const publish = async (channel: string, message: object) => {
    await commands.publish(channel, JSON.stringify(message)).catch(() => {});
  };

  return {
    ids: listeners.ids,
    tellHere: listeners.tell,
    tell: (id, told) => publish(channelOf(id), told),
    async hear(id, signal) {
      const events = listeners.hear(id, signal) as AsyncGenerator<Told, void, void>;
      const leave = async () => {
        await events.return();
        if (!listeners.has(id)) await messages.unsubscribe(channelOf(id)).catch(() => {});
      };
      try {
        await messages.subscribe(channelOf(id));
      } catch (error) {
        await leave();
        throw error;
      }
      return { events, leave };
    },
    announce: (news) => publish(general, news),
    end: () => listeners.end(),
  };
}
