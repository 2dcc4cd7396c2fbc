import { errorText } from '#shared/base';
import { CSRF_HEADER, schemas } from '#shared/api';
import { ApiFault } from './fault.ts';

/** The part of a route of `ROUTES` that a call needs; the reply's type comes from its schema. */
export type Callable<T> = { readonly method: string; readonly path: string; readonly permission: 'read' | 'write'; readonly reply: { parse(v: unknown): T } };
export type Args = { readonly params?: Readonly<Record<string, string>>; readonly query?: Readonly<Record<string, string | number | undefined>>; readonly body?: unknown };

/** The address of a route with its parameters filled in; empty and undefined query values are left out. */
export function addressOf(path: string, args: Args): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(args.params?.[name] ?? ''));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args.query ?? {})) if (value !== undefined && value !== '') query.set(name, String(value));
  const text = query.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

async function faultOf(response: Response): Promise<ApiFault> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = schemas.apiError.safeParse(body);
  if (parsed.success) return new ApiFault({ ...parsed.data, status: response.status });
  return new ApiFault({ status: response.status, code: `HTTP_${response.status}`, message: `The console’s server answered ${response.status}.`, next: 'See its log.' });
}

/** Calls a route and parses the reply with the route's own schema; anything else is an ApiFault. */
export async function call<T>(route: Callable<T>, args: Args = {}, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (route.method !== 'GET') headers[CSRF_HEADER] = '1';
  if (args.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(addressOf(route.path, args), { method: route.method, headers, ...(args.body === undefined ? {} : { body: JSON.stringify(args.body) }), ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiFault({ status: 0, code: 'CONSOLE_DOWN', message: 'The console’s server does not answer.', next: 'Start it again with npm start, or check the connection to it.', details: errorText(error) });
  }
  if (!response.ok) throw await faultOf(response);
  const body: unknown = await response.json();
  try {
    return route.reply.parse(body);
  } catch (error) {
    throw new ApiFault({ status: response.status, code: 'BAD_REPLY', message: `The answer of ${route.path} has another shape than agreed.`, next: 'Console and server are of different versions: build the web app again.', details: errorText(error) });
  }
}
