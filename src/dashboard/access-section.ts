/** The state of the customer's access, why, and what to do about it. */
import type { Html } from './html';
import { html } from './html';
import type { DashboardAccess, DashboardView } from './view';

const STATES: Readonly<Record<DashboardAccess['state'], { title: string; tone: string }>> = {
  ok: { title: 'All is well', tone: 'good' },
  warned: { title: 'Needs your attention', tone: 'warning' },
  throttled: { title: 'Slowed down', tone: 'warning' },
  revoked: { title: 'Ended', tone: 'bad' },
};

export function accessSection({ report, upgradeName }: DashboardView): Html {
  const { access } = report;
  const isOver = report.overageTokens > 0;
  const { title, tone } = STATES[access.state];
  const advice = access.reasons.map(({ code, message }) =>
    adviceOn(code, message, isOver, upgradeName),
  );
  return html`<section class="card wide" aria-labelledby="access">
    <h2 id="access">Access <span class="badge ${tone}">${access.state}</span></h2>
    <p><strong>${title}</strong></p>
    ${
      access.requestsPerMinute !== undefined &&
      html`<p>
        Requests are slowed to ${access.requestsPerMinute} a minute. None is refused, and all usage
        counts.
      </p>`
    }
    ${
      advice.length === 0
        ? html`<p>Requests run at full speed. There is nothing to do.</p>`
        : html`<ul>
            ${advice.map((sentence) => html`<li>${sentence}</li>`)}
          </ul>`
    }
  </section>`;
}

function adviceOn(
  code: string,
  message: string,
  isOver: boolean,
  upgradeName: string | undefined,
): Html {
  const upgrade = upgradeName !== undefined && html` ${upgradeName} has a larger allowance.`;
  switch (code) {
    case 'subscription_ended':
      return html`Your subscription has ended. Subscribe again to go on.`;
    case 'payment_past_due':
      return html`An invoice is unpaid. Pay it, or renew your payment method, in the app that you
      use.`;
    case 'allowance_warning':
      return html`${isOver ? 'The allowance is used up.' : 'Most of the allowance is used.'} You may
      go on: usage beyond it is billed.${upgrade}`;
    case 'allowance_exceeded':
      return html`The allowance is far exceeded. Upgrade, or wait for the next period.${upgrade}`;
    default:
      return html`${message}`;
  }
}
