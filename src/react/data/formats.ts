/** Figures, money and times as the viewer writes them: by the browser's languages and time zone. */

export interface ViewerFormats {
  /** The IANA name, such as Europe/Berlin. */
  readonly zone: string;
  tokens(count: number): string;
  /** An axis shows 1.2M. */
  shortTokens(count: number): string;
  /** Takes percent: 100 is all of it. */
  percent(percent: number): string;
  money(cents: number, currency: string): string;
  /** Takes a decimal string in the currency's major unit, and shows all its places. */
  price(amount: string, currency: string): string;
  /** An instant, in the viewer's zone. */
  moment(iso: string): string;
  clock(iso: string): string;
  /** A day that is billed (YYYY-MM-DD): the same day wherever it is read. */
  day(day: string): string;
  shortDay(day: string): string;
  /** It shows 14, or 2.5. */
  count(value: number): string;
}

const CENTS_PER_UNIT = 100;
/** Stripe's limit for a price. */
const PRICE_PLACES_MAX = 12;

/** `zone` is the viewer's own unless given. */
export function createFormats(languages: readonly string[], zone?: string): ViewerFormats {
  const locales = [...languages.filter(isLanguageTag), 'en'];
  const numbers = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locales, options);
  const times = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locales, { timeZone: zone, ...options });
  const tokens = numbers({ maximumFractionDigits: 0 });
  const short = numbers({ notation: 'compact', maximumFractionDigits: 1 });
  // A percentage always has its tenth: a figure that grows by a place pushes others aside.
  const percent = numbers({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const count = numbers({ maximumFractionDigits: 1 });
  const moment = times({ dateStyle: 'medium', timeStyle: 'short' });
  const clock = times({ timeStyle: 'medium' });
  const day = times({ dateStyle: 'full', timeZone: 'UTC' });
  const shortDay = times({ day: 'numeric', month: 'short', timeZone: 'UTC' });
  const money = (currency: string, places: number) =>
    numbers({
      ...{ style: 'currency', currency, minimumFractionDigits: 2 },
      maximumFractionDigits: Math.max(2, places),
    });
  return {
    zone: moment.resolvedOptions().timeZone,
    tokens: (value) => tokens.format(value),
    shortTokens: (value) => short.format(value),
    percent: (value) => percent.format(value / 100),
    money: (cents, currency) => money(currency, 2).format(cents / CENTS_PER_UNIT),
    price: (amount, currency) => money(currency, PRICE_PLACES_MAX).format(Number(amount)),
    moment: (iso) => moment.format(new Date(iso)),
    clock: (iso) => clock.format(new Date(iso)),
    day: (name) => day.format(new Date(name)),
    shortDay: (name) => shortDay.format(new Date(name)),
    count: (value) => count.format(value),
  };
}

/** Some systems name theirs in a way that only they know: en-US@posix. */
function isLanguageTag(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}
