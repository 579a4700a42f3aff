/** The e-mails about an unpaid invoice: what is open, what happens when, and how to pay. */
import { formatCents } from '../core/money';
import type { DunningData, DunningNoticeType } from '../core/dunning/dunning-notice';
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
    ...howToPay(type, data, reader),
  ];
  return { subject: SUBJECTS[type], ...bothBodies(paragraphs) };
}

function whatIsOpen(type: DunningNoticeType, data: DunningData): string {
  const { invoiceId, amountDueCents, currency, firstFailedAt } = data;
  if (type === 'dunning.recovered')
    return `invoice ${invoiceId} is paid. Nothing is slowed down because of it any more.`;
  const failure =
    `we could not collect ${formatCents(amountDueCents, currency)} for invoice ${invoiceId}, which ` +
    `has been unpaid since ${day(firstFailedAt)}.`;
  if (type === 'dunning.given_up') return failure;
  const help = 'The payment is tried again by itself, and at once by a card that you put in.';
  return `${failure} ${help}`;
}

function whatFollows(type: DunningNoticeType, data: DunningData): Paragraph[] {
  const { access, next, giveUp } = data;
  if (type === 'dunning.given_up') return [{ text: END[giveUp] }];
  const effect =
    access === 'throttled'
      ? 'From now on, until it is paid, requests may be slowed down. Nothing is refused, and no ' +
        'usage is lost.'
      : 'Nothing changes for now: your calls go on as before.';
  if (!next) return [{ text: effect }];
  const wording = {
    notify: 'we will write again',
    throttle: 'requests may be slowed down until it is paid',
    give_up: END_TO_COME[giveUp],
  }[next.action];
  return [{ text: `${effect} If it is still unpaid on ${day(next.at)}, ${wording}.` }];
}

const END: Readonly<Record<DunningData['giveUp'], string>> = {
  cancel: 'Your subscription has been canceled. We would be glad to have you back.',
  mark_uncollectible:
    'We do not try to collect it any more, and your subscription goes on. Please get in touch.',
  leave: 'Requests stay slowed down until it is paid. Nothing is refused, and no usage is lost.',
};

const END_TO_COME: Readonly<Record<DunningData['giveUp'], string>> = {
  cancel: 'your subscription will be canceled',
  mark_uncollectible: 'we will stop trying to collect it',
  leave: 'we will write for the last time',
};

/** A new card pays what is still to be collected; what was given up is paid on its own page. */
function howToPay(type: DunningNoticeType, { giveUp }: DunningData, reader: Reader): Paragraph[] {
  const isGivenUp = type === 'dunning.given_up' && giveUp !== 'leave';
  if (type === 'dunning.recovered') {
    return reader.dashboardUrl === null
      ? []
      : [{ text: 'See your usage', url: reader.dashboardUrl }];
  }
  return [
    ...(reader.cardUrl === null || isGivenUp
      ? []
      : [{ text: 'Put in a card that pays it', url: reader.cardUrl }]),
    ...(reader.billingPortalUrl === null
      ? []
      : [{ text: 'See your invoices, or pay in another way', url: reader.billingPortalUrl }]),
  ];
}
