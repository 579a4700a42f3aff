/** Shows where the period is heading, and how that is worked out (src/core/plans/projection.ts). */
import type { DashboardBilling } from '../view';
import { Card } from './card';
import { useFormats } from './formats';

interface ProjectionProps {
  readonly billing: DashboardBilling;
}

const DAY_MS = 86_400_000;

export function ProjectionCard({ billing }: ProjectionProps) {
  const formats = useFormats();
  const { period, projection, currency, isEnded } = billing;
  const end = <time dateTime={period.end}>{formats.moment(period.end)}</time>;
  if (isEnded)
    return (
      <Card id="projection" title="Projection">
        <p class="figure">
          <strong>Ended</strong>
        </p>
        <p class="note">This period ended on {end}: nothing is left to estimate.</p>
      </Card>
    );
  return (
    <Card id="projection" title="Projected cost of the period">
      <p class="figure">
        <strong id="projected">{formats.money(projection.amountCents, currency)}</strong>
      </p>
      <p class="note">
        By {end}, if usage goes on as it did: {formats.tokens(projection.tokens)} tokens,{' '}
        {formats.tokens(projection.overageTokens)} over.
      </p>
      <details>
        <summary>How this is computed</summary>
        <Steps billing={billing} />
      </details>
    </Card>
  );
}

function Steps({ billing }: ProjectionProps) {
  const formats = useFormats();
  const { period, projection, currency, cost, includedTokens, usedTokens, usage } = billing;
  const days = (Date.parse(period.end) - Date.parse(period.start)) / DAY_MS;
  const passed = (Date.parse(billing.now) - Date.parse(period.start)) / DAY_MS;
  // The first calls of a period say nothing of a month: they count as those of a whole day.
  const counted = Math.min(Math.max(passed, 1), days);
  const [pastDays, allDays] = [formats.count(counted), formats.count(days)];
  const overage = formats.tokens(projection.overageTokens);
  const usageCents = projection.amountCents - cost.planPriceCents;
  return (
    <ol>
      <li>
        {formats.tokens(usedTokens)} tokens in {pastDays} of {allDays} days
        {passed < 1 && ' (the first day counts as a whole one)'}.
      </li>
      <li>At the same pace to the end: {formats.tokens(projection.tokens)} tokens.</li>
      {includedTokens !== null && (
        <li>
          Less {formats.tokens(includedTokens)} included
          {projection.grantedTokens > 0 &&
            ` and ${formats.tokens(projection.grantedTokens)} given to you`}
          : {overage} over.
        </li>
      )}
      {usage.some(({ vendor }) => vendor !== undefined) && (
        <li>Vendors' models go on at the same pace, at their own prices.</li>
      )}
      <li>
        Priced in the mix of models used so far: {formats.money(usageCents, currency)}, plus the
        plan's {formats.money(cost.planPriceCents, currency)}.
      </li>
    </ol>
  );
}
