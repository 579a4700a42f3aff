/** The providers behind the proxy, each below a path of ours. */

/** How a provider wants to be spoken to, and tells its errors. */
export type Dialect = 'openai' | 'anthropic';

/** Where it looks for a key. */
export type KeyHeader = 'authorization' | 'x-api-key' | 'api-key';

export interface Route {
  /** It is `openai`, `anthropic`, or `upstreams/` and what the operator calls it. */
  readonly name: string;
  /** Our paths of it begin so; what follows is the provider's own path below its URL. */
  readonly prefix: string;
  readonly dialect: Dialect;
  readonly upstreamUrl: string;
  /** We send ours instead of the caller's; undefined: the caller's own goes on. */
  readonly upstreamKey: string | undefined;
  readonly keyHeader: KeyHeader;
  /** Where the operator sets that key, for messages. */
  readonly keySetting: string;
}

/** One of the operator's own. */
export interface UpstreamSetting {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly dialect: Dialect;
  /** Left out: as the dialect has it. */
  readonly keyHeader?: KeyHeader | undefined;
}

export interface RouteSettings {
  readonly OPENAI_UPSTREAM_URL?: string;
  readonly OPENAI_UPSTREAM_API_KEY?: string;
  readonly ANTHROPIC_UPSTREAM_URL?: string;
  readonly ANTHROPIC_UPSTREAM_API_KEY?: string;
  readonly UPSTREAMS?: Readonly<Record<string, UpstreamSetting>>;
}

const KEY_HEADERS = { openai: 'authorization', anthropic: 'x-api-key' } as const;

/** Whether it is one of the proxy's paths, be there a provider behind it or not. */
export const isForProvider = (url: string | undefined): boolean =>
  url !== undefined && /^\/(openai|anthropic|upstreams\/[^/?]*)\/v1(?:[/?]|$)/.test(url);

export function routesOf(settings: RouteSettings): Route[] {
  const providers = (['openai', 'anthropic'] as const).flatMap((name): Route[] => {
    const variable = name === 'openai' ? 'OPENAI' : 'ANTHROPIC';
    const url = settings[`${variable}_UPSTREAM_URL`];
    const keySetting = `${variable}_UPSTREAM_API_KEY` as const;
    if (url === undefined) return [];
    const setting = { url, apiKey: settings[keySetting], dialect: name };
    return [routeOf(name, `/${name}/v1`, setting, keySetting)];
  });
  const others = Object.entries(settings.UPSTREAMS ?? {}).map(([name, setting]) =>
    routeOf(
      `upstreams/${name}`,
      `/upstreams/${name}/v1`,
      setting,
      `apiKey of ${name} in UPSTREAMS`,
    ),
  );
  return [...providers, ...others];
}

const routeOf = (
  name: string,
  prefix: string,
  { url, apiKey, dialect, keyHeader = KEY_HEADERS[dialect] }: UpstreamSetting,
  keySetting: string,
): Route => ({
  ...{ name, prefix, dialect, keyHeader, keySetting },
  ...{ upstreamUrl: url, upstreamKey: apiKey },
});
