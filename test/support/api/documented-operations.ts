/** The operations of the OpenAPI document that an API serves, one by one. */

export interface DocumentedOperation {
  /** `get /v1/customers/{customer}`. */
  readonly name: string;
  /** In capitals, as it is sent. */
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

export interface OperationObject {
  readonly operationId: string;
  readonly security: readonly [{ readonly apiKey: readonly [string] }];
  readonly 'x-bound-keys': 'own' | 'by-event' | 'none';
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required?: boolean; readonly content: ContentObject };
  readonly responses: Readonly<Record<string, { readonly content?: ContentObject }>>;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: object;
}

export type ContentObject = Readonly<Record<string, { readonly schema: object }>>;

export interface ServedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export const readDocument = async (apiUrl: string): Promise<ServedDocument> =>
  (await (await fetch(`${apiUrl}/openapi.json`)).json()) as ServedDocument;

/** Those that a key may ask for. */
export const operationsOf = (document: ServedDocument): DocumentedOperation[] =>
  allOperations(document).filter(({ operation: { security } }) => 'apiKey' in security[0]);

/** Those that a customer's own token may ask for. */
export const ownOperationsOf = (document: ServedDocument): DocumentedOperation[] =>
  allOperations(document).filter(({ operation: { security } }) => !('apiKey' in security[0]));

const allOperations = ({ paths }: ServedDocument): DocumentedOperation[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...{ name: `${method} ${path}`, method: method.toUpperCase(), path, operation },
    })),
  );
