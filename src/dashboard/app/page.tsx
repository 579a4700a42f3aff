/** The customer's page, whole. */
import type { ComponentChildren } from 'preact';
import type { DashboardBilling, DashboardView } from '../view';
import { AccessCard } from './access-card';
import { Card } from './card';
import { AmountCard, CostTable } from './cost';
import { DailyChart } from './chart/daily-chart';
import { useFormats } from './formats';
import { InvoiceTable } from './invoice-table';
import type { LiveState } from './live-view';
import type { Desk } from './manage/desk';
import { InvoiceList } from './manage/invoice-list';
import { ManageCards } from './manage/manage-cards';
import { useStanding } from './manage/use-standing';
import { ModelTable } from './model-table';
import { periodHref } from './period-link';
import { ProjectionCard } from './projection-card';
import { seriesOf } from './chart/series';
import { UsageCard } from './usage-card';
import { Waiting } from './waiting';

interface PageProps {
  readonly view: DashboardView;
  readonly state: LiveState;
  /** undefined: the link shows the page, and lets nobody change anything. */
  readonly desk: Desk | undefined;
}

export function Page({ view, state, desk }: PageProps) {
  if (state === 'expired') return <Expired />;
  const { customerName, billing } = view;
  return (
    <>
      <main>
        <header>
          <h1>{customerName}</h1>
          {billing && <PeriodLine billing={billing} />}
          {billing?.waiting && !desk && <Waiting changes={billing.waiting} />}
        </header>
        <div class="cards">
          {desk ? (
            <Managed view={view} desk={desk} />
          ) : (
            <Figures billing={billing} invoices={billing && <InvoiceTable billing={billing} />} />
          )}
        </div>
      </main>
      <Footer billing={billing} state={state} />
    </>
  );
}

function Managed({ view, desk }: { readonly view: DashboardView; readonly desk: Desk }) {
  const now = useStanding(desk, view);
  const mayOpen = now.standing?.rights.includes('invoices');
  const { billing } = view;
  const invoices = mayOpen ? (
    <InvoiceList desk={desk} billing={billing} />
  ) : (
    billing && <InvoiceTable billing={billing} />
  );
  return (
    <Figures billing={billing} manage={<ManageCards desk={desk} now={now} />} invoices={invoices} />
  );
}

interface FiguresProps {
  readonly billing: DashboardBilling | null;
  readonly manage?: ComponentChildren;
  readonly invoices: ComponentChildren;
}

function Figures({ billing, manage, invoices }: FiguresProps) {
  if (!billing)
    return (
      <>
        {manage ?? <Welcome />}
        {invoices}
      </>
    );
  const series = seriesOf(billing.usage);
  return (
    <>
      <UsageCard billing={billing} />
      <div class="row">
        {!billing.isEnded && (
          <AccessCard
            access={billing.access}
            isOver={billing.overageTokens > 0}
            isManaged={manage !== undefined}
          />
        )}
        <AmountCard billing={billing} />
        <ProjectionCard billing={billing} />
      </div>
      {manage}
      <DailyChart period={billing.period} series={series} />
      <ModelTable usage={billing.usage} series={series} />
      <CostTable billing={billing} />
      {invoices}
    </>
  );
}

function PeriodLine({ billing: { planName, period, isEnded } }: { billing: DashboardBilling }) {
  const formats = useFormats();
  return (
    <p>
      <strong>{planName}</strong> ·{' '}
      <time dateTime={period.start}>{formats.moment(period.start)}</time>
      {' – '}
      <time dateTime={period.end}>{formats.moment(period.end)}</time>
      {isEnded && (
        <>
          {' · '}
          <a href={periodHref('current')}>current period</a>
        </>
      )}
    </p>
  );
}

const Welcome = () => (
  <Card id="waiting" title="Welcome" isWide>
    <p>Your first billing period is being set up: this page shows it in a moment, by itself.</p>
  </Card>
);

const Expired = () => (
  <main>
    <header>
      <h1>This link has expired</h1>
    </header>
    <Card id="expired" title="What to do" isWide>
      <p role="status">
        For your safety it works for a limited time only. Go back to the app that gave it to you and
        open it from there.
      </p>
    </Card>
  </main>
);

const LIVE = {
  connecting: '',
  live: 'Live.',
  stale: 'Not live at the moment: trying again.',
} as const;

function Footer({ billing, state }: { billing: DashboardBilling | null; state: LiveState }) {
  const formats = useFormats();
  return (
    <footer>
      {billing && (
        <>
          As of <time dateTime={billing.now}>{formats.moment(billing.now)}</time>
          {billing.isOnTestClock && ' (test clock)'}.{' '}
        </>
      )}
      Times are those of {formats.zone.replaceAll('_', ' ')}.{' '}
      <span role="status" class={state === 'stale' ? 'over' : ''}>
        {state !== 'expired' && LIVE[state]}
      </span>
    </footer>
  );
}
