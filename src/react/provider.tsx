/** Gives all below it one customer's billing, and the words in which figures are written. */
'use client';

import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { createBilling } from './data/billing';
import type { Billing } from './data/billing';
import type { TollkeeperSettings } from './data/client';
import { createFormats } from './data/formats';
import type { ViewerFormats } from './data/formats';

export interface TollkeeperProviderProps extends TollkeeperSettings {
  /** BCP 47, as `de-DE`: how figures and times are written. Left out: as the browser prefers. */
  readonly language?: string;
  readonly children?: ReactNode;
}

interface Provided {
  readonly billing: Billing;
  readonly formats: ViewerFormats;
}

const Context = createContext<Provided | undefined>(undefined);

/**
 * One for each customer: give it a `key` where the signed-in customer can change without the page
 * being loaded anew, and where `baseUrl` can.
 */
export function TollkeeperProvider(props: TollkeeperProviderProps) {
  const { baseUrl, getToken, language, children } = props;
  // An app writes the function in its own markup, which makes another one each time.
  const latest = useRef(getToken);
  useEffect(() => {
    latest.current = getToken;
  }, [getToken]);
  const [billing] = useState(() => createBilling({ baseUrl, getToken: () => latest.current() }));
  const formats = useMemo(() => createFormats(languagesOf(language)), [language]);
  const provided = useMemo(() => ({ billing, formats }), [billing, formats]);
  return <Context.Provider value={provided}>{children}</Context.Provider>;
}

const languagesOf = (language: string | undefined): readonly string[] => {
  if (language !== undefined) return [language];
  return typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
};

export function useProvided(): Provided {
  const provided = useContext(Context);
  if (provided) return provided;
  throw new Error('tollkeeper/react: expected <TollkeeperProvider> around what shows billing.');
}

export const useFormats = (): ViewerFormats => useProvided().formats;
