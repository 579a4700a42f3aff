/** Where a request comes from: the peer, or whom the proxy in front of us names. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { remember } from './limits/remember';

/** Addresses that are nobody's on the internet: there a peer is the operator's own proxy. */
const OWN_NETWORKS = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  OWN_NETWORKS.addSubnet(network, bits);
OWN_NETWORKS.addAddress('::1', 'ipv6');
OWN_NETWORKS.addSubnet('fc00::', 7, 'ipv6');
OWN_NETWORKS.addSubnet('fe80::', 10, 'ipv6');

/**
 * The last address of X-Forwarded-For is the one that the nearest proxy saw; those before it are
 * what the caller says. Who reaches us from the internet is believed nothing.
 */
export function clientAddress({ socket, headers }: IncomingMessage): string {
  const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  if (!isOwn(peer)) return peer;
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const last = forwarded.at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? peer : last;
}

/** Whom a limit is for: who has one address of IPv6 has all that begin with the same 64 bits. */
export function clientNetwork(request: IncomingMessage): string {
  const address = clientAddress(request);
  if (isIP(address) !== 6) return address;
  const [front = '', back] = address.split('::');
  const groups = front.split(':').filter(Boolean);
  // Two colons stand for as many groups of zeros as there is room for.
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(':').filter(Boolean).length;
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0')];
  if (back !== undefined) all.push(...back.split(':'));
  const network = all.slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** Looking an address up costs as much as many a refusal does. */
const knownAddresses = new Map<string, boolean>();

export function isOwn(address: string): boolean {
  const answer = knownAddresses.get(address);
  if (answer !== undefined) return answer;
  const version = isIP(address);
  const isOurs = version !== 0 && OWN_NETWORKS.check(address, version === 6 ? 'ipv6' : 'ipv4');
  remember(knownAddresses, address, isOurs);
  return isOurs;
}
