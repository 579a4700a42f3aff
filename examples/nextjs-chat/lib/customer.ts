/** Who pays: your session knows who is logged in. Here a header stands for it. */
export function customerOf(request: Request): string {
  return request.headers.get('x-account') ?? 'ada-lovelace';
}
