/** The e-mail about a threshold: how much is used of what, and what happens next. */
import type { OverageRate, UsageThresholdData } from '../core/dunning/notification';
import type { Mail, Paragraph } from './mail-text';
import { bothBodies, day, oneLine, priceText } from './mail-text';
import type { Reader } from './reader';
import { grouped } from '../core/grouped';

export function usageThresholdMail(data: UsageThresholdData, reader: Reader): Mail {
  const name = oneLine(reader.name ?? '');
  const { includedTokens, usedTokens, period } = data;
  const paragraphs: Paragraph[] = [
    { text: name === '' ? 'Hello,' : `Hello ${name},` },
    {
      text:
        `you have used ${grouped(usedTokens)} of the ${grouped(includedTokens)} tokens that your ` +
        `${oneLine(data.plan.name)} plan includes. ${whatIsLeft(data)}`,
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

function whatIsLeft({ includedTokens, usedTokens, overageTokens }: UsageThresholdData): string {
  const isGranted = overageTokens < usedTokens - includedTokens;
  const allowance = `the allowance${isGranted ? ' and the tokens that were given to you' : ''}`;
  if (overageTokens > 0) return `${grouped(overageTokens)} of them are beyond ${allowance}.`;
  if (usedTokens <= includedTokens) return `${grouped(includedTokens - usedTokens)} are left.`;
  return 'What is beyond the allowance is covered by tokens that were given to you.';
}

function subject({ thresholdPercent, plan }: UsageThresholdData): string {
  const allowance = `your ${oneLine(plan.name)} allowance`;
  return thresholdPercent === 100
    ? `You have used up ${allowance}`
    : `You have used ${thresholdPercent}% of ${allowance}`;
}

/** No call is ever refused because of an allowance: what changes is the price. */
function whatFollows({ overageRates, overageTokens, currency }: UsageThresholdData): Paragraph[] {
  const moment = overageTokens > 0 ? 'From here on' : 'Once it is used up';
  const goesOn = `Nothing stops: your calls go on as before. ${moment}`;
  const price = (rate: OverageRate) =>
    `${priceText(rate.pricePerMillionTokens, currency)} per million tokens`;
  const [onlyRate, ...otherRates] = overageRates;
  if (!onlyRate) return [{ text: `${goesOn}, further tokens are not charged.` }];
  if (otherRates.length === 0)
    return [{ text: `${goesOn}, further tokens are charged at ${price(onlyRate)}.` }];
  return [
    { text: `${goesOn}, further tokens are charged at these rates:` },
    { list: overageRates.map((rate) => `${oneLine(rate.name)}: ${price(rate)}`) },
  ];
}
