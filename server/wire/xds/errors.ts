import { defineErrors } from '#shared/base';

export const xdsErrors = defineErrors({
  XDS_UNENCODABLE: { status: 500, message: '{path}: {problem}', next: 'Compare the resource with the message named in the path.' },
  XDS_MALFORMED: { status: 400, message: 'malformed {message}: {problem}', next: 'The sender wrote bytes that are not this message.' },
  XDS_DESCRIPTOR: { status: 500, message: 'the descriptor of {message} is missing or broken', next: 'Run `npm run generate:xds`.' },
});
