/**
 * Responses of a session in its customer's pace: one that the app asks for waits before it is asked
 * for, one that the provider begins by itself (voice detection) before the app hears of it.
 */
import { isObject, parseObject } from '../../../sdk/metered-call';

export interface SessionPace {
  /** Resolves to whether the app's message goes on. */
  fromClient(text: string): Promise<boolean>;
  /** Resolves when the provider's message may go on. */
  fromProvider(text: string): Promise<void>;
}

export interface SessionPacing {
  /** Resolves when the customer's next response may go. Throws where it has no place. */
  take(): Promise<void>;
  /** The app is told why a response does not come. */
  tell(error: unknown): void;
  /** The provider goes no further with a response. */
  cancel(responseId: string): void;
}

export function paceSession({ take, tell, cancel }: SessionPacing): SessionPace {
  /** Places were taken for so many responses that have not begun. */
  let places = 0;
  return {
    fromClient: async (text) => {
      if (!text.includes('response.create')) return true;
      try {
        await take();
        places += 1;
        return true;
      } catch (error) {
        tell(error);
        return false;
      }
    },
    fromProvider: async (text) => {
      const id = begunResponse(text);
      if (id === undefined) return;
      if (places > 0) return void (places -= 1);
      await take().catch((error: unknown) => {
        cancel(id);
        tell(error);
      });
    },
  };
}

function begunResponse(text: string): string | undefined {
  // Sound comes in messages by the hundred, and was parsed once.
  if (!text.includes('response.created')) return undefined;
  const { type, response } = parseObject(text);
  if (type !== 'response.created' || !isObject(response)) return undefined;
  return typeof response.id === 'string' ? response.id : undefined;
}
