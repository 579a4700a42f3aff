/** The state of the customer's access, why, and what to do about it. */
import type { ComponentChildren } from 'preact';
import type { DashboardAccess } from '../view';
import { Card } from './card';
import { useFormats } from './formats';

const STATES: Readonly<Record<DashboardAccess['state'], { title: string; tone: string }>> = {
  ok: { title: 'All is well', tone: 'good' },
  warned: { title: 'Needs your attention', tone: 'warning' },
  throttled: { title: 'Slowed down', tone: 'warning' },
  revoked: { title: 'Ended', tone: 'bad' },
};

interface AccessProps {
  readonly access: DashboardAccess;
  /** The allowance is used up. */
  readonly isOver: boolean;
  /** What to do about it can be done on this page. */
  readonly isManaged?: boolean;
}

export function AccessCard({ access, isOver, isManaged = false }: AccessProps) {
  const formats = useFormats();
  const { title, tone } = STATES[access.state];
  const heading = (
    <>
      Access <span class={`badge ${tone}`}>{access.state}</span>
    </>
  );
  return (
    <Card id="access" title={heading}>
      <p>
        <strong>{title}</strong>
      </p>
      {access.requestsPerMinute !== undefined && (
        <p>
          Requests are slowed to {formats.tokens(access.requestsPerMinute)} a minute. None is
          refused, and all usage counts.
        </p>
      )}
      {access.reasons.length === 0 && <p>Requests run at full speed. There is nothing to do.</p>}
      {access.reasons.map(({ code, message }) => (
        <p key={code}>{(isManaged && HERE[code]) || adviceOn(code, message, access, isOver)}</p>
      ))}
    </Card>
  );
}

const HERE: Readonly<Record<string, string>> = {
  subscription_ended: 'Your subscription has ended. Subscribe again below to go on.',
  subscription_paused: 'The trial has ended. Put in a card below, then go on.',
  payment_incomplete: 'The first payment is not made yet. Put in a card below that pays it.',
  payment_past_due: 'An invoice is unpaid. Pay it below, or put in another card.',
};

function adviceOn(
  code: string,
  message: string,
  { upgradeName }: DashboardAccess,
  isOver: boolean,
): ComponentChildren {
  const upgrade = upgradeName === undefined ? '' : ` ${upgradeName} has a larger allowance.`;
  switch (code) {
    case 'subscription_ended':
      return 'Your subscription has ended. Subscribe again to go on.';
    case 'subscription_paused':
      return <>{message} Add a payment method in the app that gave you this page to go on.</>;
    case 'payment_incomplete':
      return 'The first payment is not made yet. Make it in the app that gave you this page.';
    case 'payment_past_due':
      return (
        'An invoice is unpaid. Pay it by the link in its e-mail, or renew your payment method in ' +
        'the app that gave you this page.'
      );
    case 'allowance_warning':
      return (
        `${isOver ? 'The allowance is used up.' : 'Most of the allowance is used.'} ` +
        `You may go on: usage beyond it is billed.${upgrade}`
      );
    case 'allowance_exceeded':
      return `The allowance is far exceeded. Upgrade, or wait for the next period.${upgrade}`;
    default:
      return message;
  }
}
