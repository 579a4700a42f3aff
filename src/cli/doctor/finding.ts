/** What the doctor finds: what is wrong, with the figures, and what to do about it. */

export interface Finding {
  readonly severity: 'critical' | 'warning';
  /** database, Temporal, Stripe, or a customer's id. */
  readonly of: string;
  readonly what: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** One thing that is looked at; it answers what is wrong with it. */
export interface Check {
  readonly name: string;
  readonly of: string;
  /** It can't be looked at without Temporal. */
  readonly needsTemporal?: true;
  readonly look: () => Promise<readonly Finding[]>;
}

/** What can't be looked at is a finding, too: nothing is well only because nobody could see it. */
export async function lookAt({ name, of, look }: Check): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    return [
      {
        severity: 'critical',
        of,
        what: `${name} could not be checked: ${reason.split('\n')[0]}`,
        remedy: 'Mend what the message names, and ask the doctor again.',
      },
    ];
  }
}

export const critical = (subject: string, what: string, remedy: string): Finding => ({
  ...{ severity: 'critical', of: subject, what, remedy },
});

export const warning = (subject: string, what: string, remedy: string): Finding => ({
  ...{ severity: 'warning', of: subject, what, remedy },
});
