/** /openapi.json, and the same for people at /docs. All of it is served from here. */
import { join } from 'node:path';
import { Router } from 'express';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import type { openApiDocument } from './openapi';

/** The package has more, that nobody has to see: what it is made of, and maps of its sources. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];

// A file of its own, because the content security policy allows no inline script.
const SCRIPT = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });\n`;

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Tollkeeper API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

export function docsRoutes(document: ReturnType<typeof openApiDocument>): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  router.get('/docs', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('text/javascript').send(SCRIPT);
  });
  for (const name of FILES)
    router.get(`/docs/${name}`, (_request, response) => {
      response.set('Cache-Control', 'no-cache').sendFile(join(getAbsoluteFSPath(), name));
    });
  return router;
}
