import * as z from 'zod/mini';
import { CSRF_HEADER, ROUTES, schemas } from '#shared/api';
import type { RouteId } from '#shared/api';
import { E } from '../errors.ts';

type Json = Record<string, unknown>;
const isId = (id: string): id is RouteId => Object.hasOwn(ROUTES, id);

const schemaOf = (schema: z.core.$ZodType): Json => {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { target: 'openapi-3.0', unrepresentable: 'any', io: 'input' }) as Json;
  return rest;
};
const fieldsOf = (schema: z.core.$ZodType): readonly (readonly [string, unknown])[] => {
  const { properties } = schemaOf(schema);
  return typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
};

/** OpenAPI 3.0 of the console's API, made from the same table that serves it. */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(ROUTES)) {
    if (!isId(id)) continue;
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const parameters = [
      ...fieldsOf(route.params).map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
      ...fieldsOf(route.query).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
      ...(route.method === 'GET' ? [] : [{ name: CSRF_HEADER, in: 'header', required: true, schema: { type: 'string', enum: ['1'] } }]),
    ];
    const content = 'sse' in route ? { 'text/event-stream': { schema: { type: 'string' } } } : { 'application/json': { schema: schemaOf(route.reply) } };
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        operationId: id, summary: route.summary, parameters, 'x-permission': route.permission,
        ...('body' in route ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } } } : {}),
        responses: { 200: { description: route.summary, content }, default: { description: `An error. Codes: ${Object.keys(E.entries).join(', ')}`, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } } },
      },
    };
  }
  return { openapi: '3.0.3', info: { title: 'Pharos console', version, description: 'The console speaks this API to its own page; it may be used by anything else.' }, paths, components: { schemas: { Error: schemaOf(schemas.apiError) } } };
}
