export * from './grpc/index.ts';
export * from './otlp/index.ts';
export * from './x509/index.ts';
export * from './xds/index.ts';
