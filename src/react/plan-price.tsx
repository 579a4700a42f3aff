/** What a change costs: now, at the next invoice, and what both are made of. */
'use client';

import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { useFormats } from './provider';
import type { ChangePrice } from './data/standing';

interface PriceProps {
  readonly price: ChangePrice;
  /** The confirmation. */
  readonly children: ReactNode;
}

export function PlanPrice({ price, children }: PriceProps) {
  const formats = useFormats();
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever can't see that the list has gone is led to what stands there now.
  useEffect(() => heading.current?.focus(), []);
  const { name, way, currency, dueNowCents, lines, nextInvoice } = price;
  const money = (cents: number) => formats.money(cents, currency);
  return (
    <div className="tollkeeper-price">
      <h3 ref={heading} tabIndex={-1}>
        {way === 'now' ? `Change to ${name} now` : `${name} from the next period on`}
      </h3>
      {price.takesBackCancellation && <p>Your cancellation is taken back with it.</p>}
      <p className="tollkeeper-note">
        {way === 'now'
          ? "Its allowance and prices hold for all of this period's usage, also for what you have used."
          : `It begins on ${formats.moment(price.effectiveFrom)}. Until then you keep what you have.`}
      </p>
      <table>
        <tbody>
          <Row isSum name="To pay now" amount={money(dueNowCents)} />
          {dueNowCents !== 0 &&
            lines.map(({ description, amountCents }, at) => (
              <Row key={at} name={description} amount={money(amountCents)} />
            ))}
          <Row
            isSum
            name={`Next invoice, so far, on ${formats.moment(nextInvoice.at)}`}
            amount={money(nextInvoice.amountCents)}
          />
          <Row name={`${name}, for the next period`} amount={money(nextInvoice.planPriceCents)} />
          {nextInvoice.usageCents !== 0 && (
            <Row name="Usage beyond the allowance, so far" amount={money(nextInvoice.usageCents)} />
          )}
          {nextInvoice.discountCents !== 0 && (
            <Row name="Discount" amount={money(-nextInvoice.discountCents)} />
          )}
        </tbody>
      </table>
      {children}
    </div>
  );
}

interface RowProps {
  readonly name: string;
  readonly amount: string;
  readonly isSum?: boolean;
}

const Row = ({ name, amount, isSum }: RowProps) => (
  <tr className={isSum ? 'tollkeeper-sum' : undefined}>
    <th scope="row">{name}</th>
    <td className="tollkeeper-number">{amount}</td>
  </tr>
);
