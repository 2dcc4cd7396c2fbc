export { affected, COMPILED_KINDS, compileProxy, Compiler } from './compiler.ts';
export type { Compiled, CompileCounts, CompiledKind } from './compiler.ts';
export { ACCESS_LOG_TEXT } from './listener/access-log.ts';
export { proxyNode } from './proxy-node.ts';
export type { ProxyNode } from './proxy-node.ts';
