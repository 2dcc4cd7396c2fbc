import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CodedError } from '#shared/base';
import { ROUTES } from '#shared/api';
import type { Body, Params, Reply, RouteId } from '#shared/api';
import { E } from '../errors.ts';

/** Replies are data nobody changes any more. */
export type Frozen<T> = T extends (infer U)[] ? readonly Frozen<U>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
type Query<R extends RouteId> = NonNullable<(typeof ROUTES)[R]['query']['_zod']['output']>;
export type Input<R extends RouteId> = { readonly params: Params<R>; readonly query: Query<R>; readonly body: Body<R>; readonly request: FastifyRequest };
export type Handler<R extends RouteId> = (input: Input<R>) => Promise<Frozen<Reply<R>>>;
type Parser = { safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } } };

function parsed(schema: Parser, value: unknown, where: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw E.make('BAD_REQUEST', { why: `${where}${issue === undefined || issue.path.length === 0 ? '' : ` ${issue.path.join('.')}`}: ${issue?.message ?? 'not valid'}` });
}

/** Checks a reply against the table; only in tests, where a mismatch is a bug of the console. */
export function checkReply(id: RouteId, reply: unknown): void {
  const result = ROUTES[id].reply.safeParse(JSON.parse(JSON.stringify(reply ?? null)));
  if (!result.success) throw new Error(`the reply of ${id} does not fit its schema: ${result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
}

/** Serves one route of the table: parameters, query and body are parsed by its schemas before the handler sees them. */
export function bind<R extends RouteId>(app: FastifyInstance, id: R, handler: Handler<R>, options: { readonly validateReplies: boolean }): void {
  const route = ROUTES[id];
  const bodySchema: Parser | undefined = 'body' in route ? route.body : undefined;
  app.route({
    method: route.method, url: route.path,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      // The schemas of the table are what gives these their types; TypeScript cannot follow R through the table.
      const input = { params: parsed(route.params, request.params, 'path'), query: parsed(route.query, request.query, 'query'), body: bodySchema === undefined ? undefined : parsed(bodySchema, request.body, 'body'), request } as Input<R>;
      const answer = await handler(input);
      if (options.validateReplies) checkReply(id, answer);
      return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(answer ?? null));
    },
  });
}

/** Any error as the API's error: status, code, sentence, next step. */
export function asApiError(error: unknown): CodedError | undefined {
  return error instanceof CodedError ? error : undefined;
}
