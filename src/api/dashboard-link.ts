/** The signed token of a dashboard link: whose page, until when. */
import type { ApiConfig } from './deps';
import { createSignedLinks } from './signed-link';

const PURPOSE = 'tollkeeper dashboard link v1';

export interface DashboardLinks {
  sign(link: DashboardLink): string;
  verify(token: string, now: Date): DashboardLink | 'expired' | 'invalid';
}

export interface DashboardLink {
  readonly customer: string;
  readonly expiresAt: Date;
}

export function createDashboardLinks(config: ApiConfig): DashboardLinks {
  const links = createSignedLinks(config, PURPOSE);
  return {
    sign: ({ customer, expiresAt }) => links.sign({ subject: customer, expiresAt }),
    verify: (token, now) => {
      const link = links.verify(token, now);
      if (typeof link === 'string') return link;
      return { customer: link.subject, expiresAt: link.expiresAt };
    },
  };
}
