/**
 * Node's HTTP modules without the ES module in front of them: importing 'node:http' reads each of its exports, WebSocket among them, and that
 * loads the whole of undici (6 MB in every process, measured on Node 24). https is read only where it is used: 3 MB.
 */
export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');
export const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');
