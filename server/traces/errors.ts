import { defineErrors } from '#shared/base';

export const TRACE_ERRORS = defineErrors({
  TRACES_BUSY: { status: 503, message: 'the trace store has {count} spans waiting to be written', next: 'send again later; the OTLP exporters do so by themselves' },
  TRACES_DISK: { status: 503, message: 'the trace store cannot write: {reason}', next: 'free space on the disk of the data folder; spans are taken again as soon as a write succeeds' },
  TRACES_TOO_LARGE: { status: 413, message: 'the body is over {limit} bytes', next: 'send smaller batches' },
  TRACES_MEDIA_TYPE: { status: 415, message: '{type} is not taken here', next: '{hint}' },
  TRACES_BAD_BODY: { status: 400, message: '{reason}', next: 'send what the content type says' },
});
