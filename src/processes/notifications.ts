/** Config → the deliverer of notifications, with what it is allowed to use. */
import { createDashboardLinks, createPortalLinks, LINK_SECONDS_MAX } from '../links/signed-link';
import { createDeliverer } from '../notify/deliverer';
import type { Deliverer } from '../notify/deliverer';
import { createMailer } from '../notify/mailer';
import { createWebhookSender } from '../notify/webhook';
import type { Services } from './services';
import { MAILED_PORTAL_SECONDS } from '../links/link-request';

export interface Notifications {
  readonly deliverer: Deliverer;
  close(): void;
}

export function startNotifications({ config, log, pool }: Services): Notifications {
  const { SMTP_URL, MAIL_FROM, NOTIFICATION_WEBHOOK_URL, NOTIFICATION_WEBHOOK_SECRET } = config;
  const mailer =
    SMTP_URL !== undefined && MAIL_FROM !== undefined
      ? createMailer({ smtpUrl: SMTP_URL, from: MAIL_FROM })
      : undefined;
  const webhook =
    NOTIFICATION_WEBHOOK_URL !== undefined && NOTIFICATION_WEBHOOK_SECRET !== undefined
      ? createWebhookSender({ url: NOTIFICATION_WEBHOOK_URL, secret: NOTIFICATION_WEBHOOK_SECRET })
      : undefined;
  const links = { page: createDashboardLinks(config), portal: createPortalLinks(config) };
  const linksFor = (customer: string) => {
    if (config.PUBLIC_URL === undefined)
      return { dashboardUrl: null, billingPortalUrl: null, cardUrl: null };
    const base = config.PUBLIC_URL.replace(/\/+$/, '');
    const linkFor = (seconds: number) => ({
      subject: customer,
      expiresAt: new Date(Date.now() + seconds * 1000),
    });
    const pageToken = links.page.sign(linkFor(LINK_SECONDS_MAX));
    const portalToken = links.portal.sign(linkFor(MAILED_PORTAL_SECONDS));
    const billingPortalUrl = `${base}/billing-portal?token=${portalToken}`;
    return {
      dashboardUrl: `${base}/dashboard?token=${pageToken}`,
      billingPortalUrl,
      cardUrl: `${billingPortalUrl}&flow=card`,
    };
  };
  return {
    deliverer: createDeliverer({ pool, log, mailer, webhook, links: linksFor }),
    close: () => mailer?.close(),
  };
}
