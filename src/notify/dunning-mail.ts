/** The e-mails about an unpaid invoice: what is open, what happens when, and how to pay. */
import { formatCents } from '../core/money';
import type { DunningData, DunningNoticeType } from '../core/dunning-notice';
import type { Mail, Paragraph } from './mail-text';
import { bothBodies, day, oneLine } from './mail-text';
import type { Reader } from './reader';

const SUBJECTS: Readonly<Record<DunningNoticeType, string>> = {
  'dunning.reminder': 'Your payment did not go through',
  'dunning.throttled': 'Your requests are slowed down until your invoice is paid',
  'dunning.given_up': 'Your invoice is still unpaid',
  'dunning.recovered': 'Thank you: your invoice is paid',
};

export function dunningMail(type: DunningNoticeType, data: DunningData, reader: Reader): Mail {
  const name = oneLine(reader.name ?? '');
  const paragraphs: Paragraph[] = [
    { text: name === '' ? 'Hello,' : `Hello ${name},` },
    { text: whatIsOpen(type, data) },
    ...(type === 'dunning.recovered' ? [] : whatFollows(type, data)),
    ...howToPay(type, reader),
  ];
  return { subject: SUBJECTS[type], ...bothBodies(paragraphs) };
}

function whatIsOpen(type: DunningNoticeType, data: DunningData): string {
  if (type === 'dunning.recovered')
    return `invoice ${data.invoiceId} is paid. Everything works as usual again.`;
  const amount = formatCents(data.amountDueCents, data.currency);
  return (
    `invoice ${data.invoiceId} of ${amount} could not be collected since ` +
    `${day(data.firstFailedAt)}. The payment is tried again by itself; a card that works settles it ` +
    'at once.'
  );
}

function whatFollows(type: DunningNoticeType, { access, next, giveUp }: DunningData): Paragraph[] {
  if (type === 'dunning.given_up') return [{ text: END[giveUp] }];
  const now =
    access === 'throttled'
      ? 'Until then requests may be slowed down. Nothing is refused, and no usage is lost.'
      : 'Nothing changes for now: your calls go on as before.';
  if (!next) return [{ text: now }];
  const then = {
    notify: 'we write again',
    throttle: 'requests may be slowed down',
    give_up: END_TO_COME[giveUp],
  }[next.action];
  return [{ text: `${now} On ${day(next.at)} ${then}, unless it is paid by then.` }];
}

const END: Readonly<Record<DunningData['giveUp'], string>> = {
  cancel: 'Your subscription has been canceled. We would be glad to have you back.',
  mark_uncollectible: 'We do not try to collect it any more. Please get in touch.',
  leave: 'Requests stay slowed down until it is paid.',
};

const END_TO_COME: Readonly<Record<DunningData['giveUp'], string>> = {
  cancel: 'your subscription is canceled',
  mark_uncollectible: 'we stop trying to collect it',
  leave: 'we write for the last time',
};

function howToPay(type: DunningNoticeType, reader: Reader): Paragraph[] {
  if (type === 'dunning.recovered') {
    return reader.dashboardUrl === null
      ? []
      : [{ text: 'See your usage', url: reader.dashboardUrl }];
  }
  return reader.billingPortalUrl === null
    ? []
    : [{ text: 'Pay or change your card', url: reader.billingPortalUrl }];
}
