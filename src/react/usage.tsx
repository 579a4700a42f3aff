/** Usage of a period against the allowance, what it costs so far, and where it is heading. */
'use client';

import { useUsage } from './hooks';
import { Money, Section, Stale, Wait } from './parts';
import type { SectionProps } from './parts';
import { useFormats } from './provider';
import type { DashboardBilling } from './data/view';

export interface UsageProps extends SectionProps {
  /** `current` unless given, `previous`, or the start of a period. */
  readonly period?: string;
}

export function Usage({ period, className }: UsageProps) {
  const { data, error, isLoading, refresh } = useUsage(period === undefined ? {} : { period });
  return (
    <Section title="Usage" className={className} isBusy={isLoading}>
      {data ? <Stale error={error} refresh={refresh} /> : <Wait error={error} refresh={refresh} />}
      {data?.billing && <Figures billing={data.billing} />}
      {data?.billing === null && (
        <p className="tollkeeper-note">Your first period is being set up.</p>
      )}
    </Section>
  );
}

interface BillingProps {
  readonly billing: DashboardBilling;
}

function Figures({ billing }: BillingProps) {
  const formats = useFormats();
  const { usedTokens, includedTokens, period, planName, currency, cost, projection } = billing;
  return (
    <>
      <p className="tollkeeper-figure">
        <strong>{formats.tokens(usedTokens)}</strong>{' '}
        {includedTokens ? `of ${formats.tokens(includedTokens)} included tokens` : 'tokens'}
      </p>
      {includedTokens ? <Bar used={usedTokens} included={includedTokens} /> : null}
      <Advice billing={billing} />
      <dl className="tollkeeper-facts">
        <dt>Plan</dt>
        <dd>{planName}</dd>
        <dt>{billing.isEnded ? 'Amount, before tax' : 'Amount due so far, before tax'}</dt>
        <dd>
          <Money cents={cost.amountDueCents} currency={currency} />
        </dd>
        {!billing.isEnded && (
          <>
            <dt>At the end of the period, at this pace</dt>
            <dd>
              <Money cents={projection.amountCents} currency={currency} />
            </dd>
          </>
        )}
        <dt>{billing.isEnded ? 'Period ended' : 'Period ends'}</dt>
        <dd>{formats.moment(period.end)}</dd>
      </dl>
      <Models billing={billing} />
    </>
  );
}

/** In the API's words, which the app is given, too. */
const Advice = ({ billing: { access, overageTokens, isEnded } }: BillingProps) => {
  const formats = useFormats();
  const reasons = isEnded ? [] : access.reasons;
  return (
    <>
      {overageTokens > 0 && (
        <p className="tollkeeper-over">
          {formats.tokens(overageTokens)} tokens over the allowance.
        </p>
      )}
      {reasons.map(({ code, message }) => (
        <p key={code} className="tollkeeper-note">
          {message}
        </p>
      ))}
    </>
  );
};

function Bar({ used, included }: { readonly used: number; readonly included: number }) {
  const formats = useFormats();
  const share = (tokens: number) => `${(tokens * 100) / Math.max(used, included)}%`;
  return (
    <div
      className="tollkeeper-bar"
      role="progressbar"
      aria-label="Allowance used"
      aria-valuemin={0}
      aria-valuemax={included}
      aria-valuenow={Math.min(used, included)}
      aria-valuetext={`${formats.tokens(used)} of ${formats.tokens(included)} included tokens are used`}
    >
      <span style={{ width: share(Math.min(used, included)) }} />
      {used > included && <span className="tollkeeper-beyond" />}
    </div>
  );
}

function Models({ billing: { usage } }: BillingProps) {
  const formats = useFormats();
  const sums = new Map<string, number>();
  for (const { model, tokens } of usage) sums.set(model, (sums.get(model) ?? 0) + tokens);
  if (sums.size === 0) return null;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col" className="tollkeeper-number">
            Tokens
          </th>
        </tr>
      </thead>
      <tbody>
        {[...sums]
          .sort(([, one], [, other]) => other - one)
          .map(([model, tokens]) => (
            <tr key={model}>
              <th scope="row">{model}</th>
              <td className="tollkeeper-number">{formats.tokens(tokens)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
