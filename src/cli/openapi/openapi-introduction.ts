/** What all requests have in common: the head of the API's reference. */

export const INTRODUCTION = `# HTTP API

<!-- Made by \`npx tollkeeper openapi --markdown\`: change the schemas in src/api, then make it again. -->

Every request and every answer, from the same OpenAPI document that the API serves at
\`/openapi.json\` and shows at \`/docs\`; \`npx tollkeeper openapi\` prints it. In the examples
\`TOLLKEEPER_URL\` is where the API is and \`TOLLKEEPER_KEY\` a key with the scope that is named:
\`npx tollkeeper keys create\` makes one.

- **Keys** are sent as \`Authorization: Bearer tk_…\`. \`ingest\` records usage, \`read\` reads, and
  \`admin\` may do everything. Below \`/v1/me\` a customer's token is sent instead, which
  \`POST /v1/customers/{customer}/token\` makes for a page.
- **Times** are ISO 8601 with any offset when sent, and in UTC when answered. Periods are half-open:
  the start is in them, the end is not.
- **Money** is whole minor units (\`amountCents\`), or a decimal string where a figure needs more.
- **Tokens** are whole numbers.
- **Problems** are \`application/problem+json\` (RFC 9457), an object [Problem](#problem). Compare
  \`code\`, which is stable; \`detail\` is for people. What any request may answer besides:
  \`not_found\` (404), \`internal_error\` (500).
- **Retrying**: a request that was not answered is safe to repeat, where it says so or takes an
  \`Idempotency-Key\`. With 429 and 503 comes \`Retry-After\`.`;
