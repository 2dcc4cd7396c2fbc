import { StatusError } from '../status/status-error.ts';

/** How an answer is wanted: a plain object, a Table, or metadata alone. */
export type AnswerForm = { readonly as: '' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'; readonly version: string; readonly isYaml: boolean };
const PLAIN: AnswerForm = { as: '', version: 'v1', isYaml: false };

type Clause = { readonly type: string; readonly params: ReadonlyMap<string, string>; readonly q: number };
export function parseAccept(accept: string): readonly Clause[] {
  const clauses = accept.split(',').map((part): Clause => {
    const [type = '', ...rest] = part.split(';').map((piece) => piece.trim());
    const params = new Map(rest.map((piece): [string, string] => [piece.split('=')[0]?.toLowerCase() ?? '', piece.split('=').slice(1).join('=')]));
    return { type: type.toLowerCase(), params, q: Number(params.get('q') ?? 1) };
  });
  return clauses.filter((clause) => clause.type !== '').sort((a, b) => b.q - a.q);
}

const FORMS: ReadonlySet<string> = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const isForm = (as: string): as is AnswerForm['as'] => FORMS.has(as);

/** Picks the first form the client accepts that this server can give; protobuf is answered by JSON only when JSON is accepted too. */
export function negotiate(accept: string | undefined): AnswerForm {
  if (accept === undefined || accept.trim() === '') return PLAIN;
  let refusedForm = false;
  let isProtobuf = false;
  for (const clause of parseAccept(accept)) {
    const isJson = clause.type === 'application/json' || clause.type === '*/*' || clause.type === 'application/*';
    const isYaml = clause.type === 'application/yaml';
    if (clause.type === 'application/vnd.kubernetes.protobuf') isProtobuf = true;
    if (!isJson && !isYaml) continue;
    const as = clause.params.get('as') ?? '';
    if (as === '') return { ...PLAIN, isYaml };
    const version = clause.params.get('v') ?? 'v1';
    if (isForm(as) && clause.params.get('g') === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1')) return { as, version, isYaml };
    refusedForm = true;
  }
  // A client that takes protobuf alone gets JSON: every such client reads it by content type, and a 406 would help nobody.
  if (isProtobuf && !refusedForm) return PLAIN;
  if (refusedForm) throw new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf');
  throw new StatusError(406, 'NotAcceptable', '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch', {});
}
