/** The state of the vendor's account at Stripe, and what the vendor can do about it. */
import type { KnownAccount } from '../core/vendors/vendor-account';
import { mayReceiveTransfers } from '../core/vendors/vendor-account';
import type { Html } from './html';
import { html } from './html';
import { dayOf } from './time';
import type { VendorDashboardView } from './vendor-view';

interface State {
  readonly badge: string;
  readonly tone: 'good' | 'warning' | 'bad';
  readonly text: Html;
}

export function accountSection({ account }: VendorDashboardView): Html {
  const { badge, tone, text } = stateOf(account);
  const dueFields = account?.requirementsDue ?? [];
  return html`<section class="card wide" aria-labelledby="account">
    <h2 id="account">Account at Stripe <span class="badge ${tone}">${badge}</span></h2>
    <p>${text}</p>
    ${
      dueFields.length > 0 &&
      html`<p>Stripe asks for:</p>
        <ul>
          ${dueFields.map((name) => html`<li>${inWords(name)} <small>${name}</small></li> `)}
        </ul>`
    }
  </section>`;
}

const LINK = 'Open Stripe’s form by the link that the platform gives you.';

function stateOf(account: KnownAccount | undefined): State {
  if (!account || account.stripeAccountId === null)
    return {
      badge: 'not set up',
      tone: 'warning',
      text: html`You have no account yet: what you earn waits for it. ${LINK}`,
    };
  if (account.deauthorizedAt !== null)
    return {
      badge: 'disconnected',
      tone: 'bad',
      text: html`You disconnected your account on ${dayOf(account.deauthorizedAt)}: what you earn
      waits until the platform may use it again.`,
    };
  if (mayReceiveTransfers(account)) return active(account);
  if (account.transfersStatus === 'pending')
    return {
      badge: 'in review',
      tone: 'warning',
      text: html`Stripe checks what you have told it: what you earn waits until it is done.`,
    };
  return {
    badge: 'restricted',
    tone: 'bad',
    text: html`Your account may not receive transfers: what you earn waits until it may. ${LINK}`,
  };
}

function active({ payoutsEnabled, requirementsDue }: KnownAccount): State {
  if (!payoutsEnabled)
    return {
      badge: 'no payouts',
      tone: 'warning',
      text: html`You receive transfers, but Stripe does not pay out to your bank yet. ${LINK}`,
    };
  if (requirementsDue.length > 0)
    return {
      badge: 'attention',
      tone: 'warning',
      text: html`You receive transfers. Stripe needs to know more to keep it so. ${LINK}`,
    };
  return {
    badge: 'active',
    tone: 'good',
    text: html`You receive transfers, and Stripe pays out to your bank. There is nothing to do.`,
  };
}

const KNOWN: Readonly<Record<string, string>> = {
  external_account: 'your bank account',
  'tos_acceptance.date': 'your consent to Stripe’s terms',
  'tos_acceptance.ip': 'your consent to Stripe’s terms',
  business_type: 'the kind of your business',
  'business_profile.mcc': 'what your business sells',
  'business_profile.url': 'your website',
};

/** `individual.verification.document` becomes "individual, verification document". */
function inWords(name: string): string {
  const [firstPart = '', ...rest] = name.replaceAll('_', ' ').split('.');
  return KNOWN[name] ?? (rest.length > 0 ? `${firstPart}: ${rest.join(', ')}` : firstPart);
}
