/**
 * What a refusal says, as a problem or in OTLP's own form, whose message begins with our code. A
 * page says nothing.
 */
export function toldRefusal(text: string): { readonly code?: string; readonly detail?: string } {
  const [, code, detail] = /^\{"code":\d+,"message":"(\w+): (.*)"\}$/.exec(text) ?? [];
  if (code !== undefined) return { code, detail: JSON.parse(`"${detail}"`) as string };
  return text.startsWith('{') ? (JSON.parse(text) as { code: string; detail: string }) : {};
}
