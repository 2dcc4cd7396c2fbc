export * from './otlp/index.ts';
