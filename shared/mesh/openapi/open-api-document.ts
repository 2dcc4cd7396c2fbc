import type { Json } from '#shared/base';
import { Components } from './components.ts';
import type { OpenApiKind } from './open-api-kind.ts';
import { pathsOf } from './paths.ts';

type JsonObject = { readonly [key: string]: Json };
export type OpenApiDocument = { readonly openapi: '3.0.0'; readonly info: JsonObject; readonly paths: JsonObject; readonly components: { readonly schemas: JsonObject } };

/**
 * The OpenAPI v3 document of one group and version (`/openapi/v3/apis/<group>/<version>`), as kubectl reads it: explain, field validation
 * (a patch operation with the kind and a `fieldValidation` parameter) and strategic merge (its media type on built-in kinds).
 */
export function openApiDocument(kinds: readonly OpenApiKind[]): OpenApiDocument {
  const components = new Components();
  const paths: { [path: string]: Json } = {};
  for (const kind of kinds) {
    const name = components.addKind(kind);
    Object.assign(paths, pathsOf(kind, name, components.addList(kind, name)));
  }
  components.addShared();
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1' }, paths, components: { schemas: components.schemas() } };
}
