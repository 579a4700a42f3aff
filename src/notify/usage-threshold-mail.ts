/** The e-mail about a threshold: how much is used of what, and what happens next. */
import { grouped } from '../core/details';
import type { OverageRate, UsageThresholdData } from '../core/notification';
import type { Mail, Paragraph } from './mail-text';
import { bothBodies, day, oneLine, priceText } from './mail-text';
import type { Reader } from './reader';

export function usageThresholdMail(data: UsageThresholdData, reader: Reader): Mail {
  const name = oneLine(reader.name ?? '');
  const { includedTokens, usedTokens, overageTokens, period } = data;
  const left =
    overageTokens > 0
      ? `${grouped(overageTokens)} of them are beyond the allowance.`
      : `${grouped(includedTokens - usedTokens)} are left.`;
  const paragraphs: Paragraph[] = [
    { text: name === '' ? 'Hello,' : `Hello ${name},` },
    {
      text:
        `you have used ${grouped(usedTokens)} of the ${grouped(includedTokens)} tokens that your ` +
        `${oneLine(data.plan.name)} plan includes. ${left}`,
    },
    ...whatFollows(data),
    {
      text:
        `This is about the period from ${day(period.start)} to ${day(period.end)} (UTC). The next ` +
        'period begins with the full allowance.',
    },
    ...(reader.dashboardUrl === null ? [] : [{ text: 'See your usage', url: reader.dashboardUrl }]),
  ];
  return { subject: subject(data), ...bothBodies(paragraphs) };
}

function subject({ thresholdPercent, plan }: UsageThresholdData): string {
  const allowance = `your ${oneLine(plan.name)} allowance`;
  return thresholdPercent === 100
    ? `You have used up ${allowance}`
    : `You have used ${thresholdPercent}% of ${allowance}`;
}

/** No call is ever refused because of an allowance: what changes is the price. */
function whatFollows({ overageRates, overageTokens, currency }: UsageThresholdData): Paragraph[] {
  const when = overageTokens > 0 ? 'From here on' : 'Once it is used up';
  const goesOn = `Nothing stops: your calls go on as before. ${when}`;
  const price = (rate: OverageRate) =>
    `${priceText(rate.pricePerMillionTokens, currency)} per million tokens`;
  const [only, ...others] = overageRates;
  if (!only) return [{ text: `${goesOn}, further tokens are not charged.` }];
  if (others.length === 0)
    return [{ text: `${goesOn}, further tokens are charged at ${price(only)}.` }];
  return [
    { text: `${goesOn}, further tokens are charged at these rates:` },
    { list: overageRates.map((rate) => `${oneLine(rate.name)}: ${price(rate)}`) },
  ];
}
